"""Objections as people see them: which are late, who may decide, what may be corrected, what happened so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count, takewhile
from typing import Any
from uuid import UUID, uuid5

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from accounts.access import allows
from accounts.models import Person
from accounts.scopes import ScopedModel
from assessment.enums import AdjustmentStatus, ObjectionStatus, VersionStatus
from assessment.models import Adjustment, Batch, Objection, PointEntry, PointScheme, Spending
from assessment.queries.shards import county_of
from assessment.rules_objections import Involved, unfit_because
from events.models import Attendance, Record
from parentschool.models import Guardianship, HomeVisit
from portal.kernel.models import AuditEntry

ADJUSTMENT, SPENDING = "adjustment", "spending"
HAND_MADE = (ADJUSTMENT, SPENDING)
"""The sources of lines that people post; those of the second lessen what is available, never what counts."""
ANSWER_DAYS = 10
"""Working days to answer where the county has no scheme."""
TOKENS = UUID("5f2c55a6-0b0c-4a8e-9d3b-6b1f4f6f3d11")
"""The space of names from which an objection's adjustments get their tokens, so that each is asked for once."""
IS_OPEN = Q(status=ObjectionStatus.OPEN)
URGENT_FIRST = (
    Case(When(IS_OPEN, then=Value(0)), default=Value(1), output_field=IntegerField()),
    Case(When(IS_OPEN, then="due_on")),
    "-closed_at",
    "pk",
)
"""Open ones by the day on which the answer is due, overdue ones therefore first; then those that ended, the latest
first."""
RELATIVE = "relative"
RECORDS: dict[str, tuple[type[ScopedModel], str, str]] = {
    "attendance": (Attendance, "taken_by", "events.change_attendance"),
    "home_visit": (HomeVisit, "visitor", "parentschool.change_homevisit"),
}
"""For a source of facts whose records can be corrected from an objection: the model, who recorded a row, and the
permission to correct it."""
WRITTEN: dict[str, tuple[type[ScopedModel], str]] = {
    **{source: (model, recorder) for source, (model, recorder, _permission) in RECORDS.items()},
    "record": (Record, "entered_by"),
    SPENDING: (Spending, "entered_by"),
}
"""For a source of lines that somebody writes down: the model, and who recorded a row."""


def overdue(objections: QuerySet[Objection], today: date) -> QuerySet[Objection]:
    """Those still open after the day that was promised."""
    return objections.filter(status=ObjectionStatus.OPEN, due_on__lt=today)


def waiting(objections: QuerySet[Objection]) -> QuerySet[Objection]:
    """Those upheld by points on which a second person has not decided yet."""
    return objections.filter(adjustment__status=AdjustmentStatus.PENDING)


def answer_days(entry: PointEntry) -> int:
    """The working days that the line's scheme leaves for an answer; for a line by hand, the scheme in force."""
    if entry.rule is not None:
        return entry.rule.version.scheme.answer_days
    latest = PointScheme.objects.filter(
        unit=county_of(entry.person), versions__status=VersionStatus.PUBLISHED
    ).order_by("-versions__effective_from", "-versions__pk")
    found = latest.values_list("answer_days", flat=True).first()
    return found or ANSWER_DAYS


def standing_against(entry: PointEntry) -> Objection | None:
    """The objection that has no end yet: open, or upheld by points that wait for a second person."""
    unended = Q(status=ObjectionStatus.OPEN) | Q(adjustment__status=AdjustmentStatus.PENDING)
    return Objection.objects.filter(unended, entry=entry).first()


def token_of(objection: Objection, before: int) -> UUID:
    """Of the points that the decision asks for, after so many that a second person did not approve."""
    return uuid5(TOKENS, f"{objection.pk}:{before}" if before else str(objection.pk))


def not_approved(objection: Objection) -> list[Adjustment]:
    """The points by which it was upheld before and which a second person did not approve, the first first."""
    refused = Adjustment.objects.filter(about=objection.entry_id, status=AdjustmentStatus.REFUSED)
    by_token = {asked.token: asked for asked in refused.select_related("asked_by", "decided_by")}
    rounds = (token_of(objection, before) for before in count())
    return [by_token[token] for token in takewhile(by_token.__contains__, rounds)]


def record_of(entry: PointEntry) -> ScopedModel | None:
    """The record from which a line follows, where it is one that can be corrected."""
    if entry.source not in RECORDS:
        return None
    model = RECORDS[entry.source][0]
    found: ScopedModel | None = model.objects.filter(pk=entry.source_id).first()
    return found


def is_correctable_by(person: Person, record: Model | None, entry: PointEntry) -> bool:
    """A home visit taken back is recorded anew by the visitor, not restored here."""
    if record is None or (isinstance(record, HomeVisit) and record.revoked_at is not None):
        return False
    return allows(person, RECORDS[entry.source][2], record)


def correction_words(record: Model) -> str:
    if isinstance(record, Attendance):
        return (
            _("Put the person back on the list of the event")
            if record.revoked_at
            else _("Take the person off the list of the event")
        )
    return _("Take the home visit back")


def involved_in(objection: Objection) -> Involved:
    """Who may not decide it."""
    return involved_in_each([objection], Objection.objects.filter(entry=objection.entry_id))[objection.pk]


def decidable_by(person: Person, objections: QuerySet[Objection]) -> list[Objection]:
    """Of open objections those that this person does not stand too near to decide."""
    on_lines = Objection.objects.filter(entry__in=objections.values("entry")).select_related("entry")
    found = [each for each in on_lines if each.is_open]
    involved = involved_in_each(found, on_lines)
    return [each for each in found if unfit_because(person.pk, involved[each.pk]) is None]


def involved_in_each(objections: Sequence[Objection], on_lines: QuerySet[Objection]) -> dict[int, Involved]:
    """Who may not decide each, by the objection's id; `on_lines` are all that were ever made to their lines."""
    if not objections:
        return {}
    near = _near(objections)
    judged = [(each.pk, each.entry_id, each.decided_by_id) for each in on_lines]
    return {
        one.pk: Involved(
            objector=one.person_id,
            recorders=frozenset(near[one.entry.source, one.entry.source_id] - {one.person_id}),
            relatives=frozenset(near[RELATIVE, one.person_id] - {one.person_id}),
            judges=frozenset(by for pk, entry, by in judged if by and entry == one.entry_id and pk != one.pk),
        )
        for one in objections
    }


def _near(objections: Sequence[Objection]) -> dict[tuple[str, int], set[int]]:
    """The guardians of each objector's children, and everybody who wrote the record of a line: took it, made it, or
    corrected it since. One question, whatever their number."""
    objectors = {objection.person_id for objection in objections}
    bonds = Guardianship.objects.filter(child__guardianships__guardian__in=objectors)
    parts = [_part(RELATIVE, bonds, "child__guardianships__guardian", "guardian")]
    named: defaultdict[str, set[int]] = defaultdict(set)
    for objection in objections:
        named[objection.entry.source].add(objection.entry.source_id)
    for source, keys in named.items():
        parts += _writers(source, keys)
    near: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for of, key, who in parts[0].union(*parts[1:], all=True):
        if who is not None:
            near[of, key].add(who)
    return near


def _writers(source: str, keys: Collection[int]) -> Iterator[QuerySet[Any, Any]]:
    if source in HAND_MADE:
        yield _takers_back(source, keys)
    if source == ADJUSTMENT:
        asked = Adjustment.objects.filter(pk__in=keys)
        yield _part(source, asked, "pk", "asked_by")
        yield _part(source, asked, "pk", "decided_by")
    elif source in WRITTEN:
        model, recorder = WRITTEN[source]
        yield _part(source, model.objects.filter(pk__in=keys), "pk", recorder)
        names = [str(key) for key in keys]
        acts = AuditEntry.objects.filter(object_type=model._meta.label_lower, object_id__in=names)
        yield _part(source, acts, "object_id", "actor")


def _takers_back(source: str, keys: Collection[int]) -> QuerySet[Any, Any]:
    """Who took back what was posted by hand: a posting of one line."""
    lines = PointEntry.objects.filter(source=source, reverses=None).order_by()
    postings = lines.filter(source_id__in=keys).values_list(Cast("batch_id", CharField()))
    acts = AuditEntry.objects.filter(
        action="posting.reverse", object_type=Batch._meta.label_lower, object_id__in=postings
    )
    posted = lines.filter(batch_id=Cast(OuterRef("object_id"), BigIntegerField()))
    return _part(source, acts.annotate(line=Subquery(posted.values("source_id")[:1])), "line", "actor")


def _part(of: str, rows: QuerySet[Any], key: str, who: str) -> QuerySet[Any, Any]:
    named = {"of": Value(of, CharField()), "key": Cast(key, BigIntegerField()), "who": F(who)}
    found: QuerySet[Any, Any] = rows.order_by().annotate(**named).values_list("of", "key", "who")
    return found


def against(entries: Iterable[PointEntry]) -> dict[int, Objection]:
    """The latest objection against each line, by the line's id."""
    keys = [entry.pk for entry in entries]
    found = Objection.objects.filter(entry__in=keys).select_related("adjustment").order_by("pk")
    return {objection.entry_id: objection for objection in found}


# ── What happened so far ─────────────────────────────────────────────────────


@dataclass(frozen=True)
class Step:
    at: datetime
    words: str
    more: str = ""


def history(objection: Objection, *, for_office: bool = False) -> list[Step]:
    """Every state the objection has been in, the first first; the same for the parent and the office, but that the
    office alone reads what the second person wrote to the first."""
    steps = [Step(objection.filed_at, _("Objection made"), objection.grounds)]
    for asked in not_approved(objection):
        steps.append(Step(asked.asked_at, _upheld_by(asked.asked_by), asked.reason))
        words = _("A second person did not approve %(points)s points; the objection is open again.")
        told = asked.decision if for_office else ""
        steps.append(Step(asked.decided_at or asked.asked_at, words % {"points": f"{asked.points:+d}"}, told))
    if objection.status == ObjectionStatus.WITHDRAWN and objection.closed_at:
        steps.append(Step(objection.closed_at, _("Withdrawn by the parent")))
    if objection.decided_by is not None and objection.closed_at:
        by = objection.decided_by
        refused = _("Not upheld, by %(name)s") % {"name": by.name}
        words = _upheld_by(by) if objection.status == ObjectionStatus.UPHELD else refused
        steps.append(Step(objection.closed_at, words, objection.answer))
    return [*steps, *_made_good(objection)]


def _upheld_by(person: Person) -> str:
    return _("Upheld by %(name)s") % {"name": person.name}


def _made_good(objection: Objection) -> list[Step]:
    adjustment = objection.adjustment
    if objection.status != ObjectionStatus.UPHELD or objection.closed_at is None:
        return []
    if adjustment is None:
        return [Step(objection.closed_at, _("The record is corrected; the next night counts it."))]
    points = {"points": f"{adjustment.points:+d}"}
    if objection.waits:
        return [
            Step(adjustment.asked_at, _("%(points)s points wait until a second person approves.") % points)
        ]
    decided_at = adjustment.decided_at or adjustment.asked_at
    return [Step(decided_at, _("%(points)s points were entered by a line of its own.") % points)]
