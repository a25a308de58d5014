"""Objections as people see them: which are late, who may decide, what may be corrected, what happened so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Case, IntegerField, Model, QuerySet, Value, When
from django.utils.translation import gettext as _

from accounts.access import allows
from accounts.models import Person
from accounts.scopes import ScopedModel
from assessment.enums import AdjustmentStatus, ObjectionStatus
from assessment.models import Adjustment, Objection, PointEntry
from assessment.rules_objections import Involved
from events.models import Attendance
from parentschool.models import Guardianship, HomeVisit
from portal.kernel.models import AuditEntry

ADJUSTMENT = "adjustment"
"""The source of lines that people post."""
RECORDS: dict[str, tuple[type[ScopedModel], str, str]] = {
    "attendance": (Attendance, "taken_by", "events.change_attendance"),
    "home_visit": (HomeVisit, "visitor", "parentschool.change_homevisit"),
}
"""For a source of facts whose records can be corrected from an objection: the model, who recorded a row, and the
permission to correct it."""


def urgent_first(objections: QuerySet[Objection]) -> QuerySet[Objection]:
    """Open ones by the day on which the answer is due, overdue ones therefore first; then those that ended, the
    latest first."""
    return objections.annotate(
        ended=Case(
            When(status=ObjectionStatus.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField()
        )
    ).order_by("ended", Case(When(status=ObjectionStatus.OPEN, then="due_on")), "-closed_at", "pk")


def overdue(objections: QuerySet[Objection], today: date) -> QuerySet[Objection]:
    """Those still open after the day that was promised."""
    return objections.filter(status=ObjectionStatus.OPEN, due_on__lt=today)


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
    earlier = Objection.objects.filter(entry=objection.entry_id, decided_by__isnull=False).exclude(
        pk=objection.pk
    )
    children = Guardianship.objects.filter(guardian=objection.person_id).values("child")
    family = Guardianship.objects.filter(child__in=children).exclude(guardian=objection.person_id)
    return Involved(
        objector=objection.person_id,
        recorders=recorders_of(objection.entry),
        relatives=frozenset(family.values_list("guardian", flat=True)),
        judges=frozenset(earlier.values_list("decided_by", flat=True)),
    )


def recorders_of(entry: PointEntry) -> frozenset[int]:
    """Everybody who wrote the record of a line: took it, made it, or corrected it since."""
    if entry.source == ADJUSTMENT:
        found = Adjustment.objects.filter(pk=entry.source_id).values_list("asked_by", "decided_by")
        return frozenset(person for row in found for person in row if person)
    if entry.source not in RECORDS:
        return frozenset()
    model, recorder, _permission = RECORDS[entry.source]
    wrote = set(model.objects.filter(pk=entry.source_id).values_list(recorder, flat=True))
    acts = AuditEntry.objects.filter(object_type=model._meta.label_lower, object_id=str(entry.source_id))
    wrote |= set(acts.values_list("actor", flat=True))
    return frozenset(wrote - {None, entry.person_id})


def against(entries: Iterable[PointEntry]) -> dict[int, Objection]:
    """The latest objection against each line, by the line's id."""
    keys = [entry.pk for entry in entries]
    return {
        objection.entry_id: objection for objection in Objection.objects.filter(entry__in=keys).order_by("pk")
    }


# ── What happened so far ─────────────────────────────────────────────────────


@dataclass(frozen=True)
class Step:
    at: datetime
    words: str
    more: str = ""


def history(objection: Objection) -> list[Step]:
    """Every state the objection has been in, the first first; the same for the parent and the office."""
    steps = [Step(objection.filed_at, _("Objection made"), objection.grounds)]
    if objection.status == ObjectionStatus.WITHDRAWN and objection.closed_at:
        steps.append(Step(objection.closed_at, _("Withdrawn by the parent")))
    if objection.decided_by is not None and objection.closed_at:
        words = {
            ObjectionStatus.UPHELD: _("Upheld by %(name)s"),
            ObjectionStatus.REFUSED: _("Not upheld, by %(name)s"),
        }[ObjectionStatus(objection.status)]
        steps.append(Step(objection.closed_at, words % {"name": objection.decided_by.name}, objection.answer))
    return [*steps, *_made_good(objection)]


def _made_good(objection: Objection) -> list[Step]:
    adjustment = objection.adjustment
    if objection.status != ObjectionStatus.UPHELD or objection.closed_at is None:
        return []
    if adjustment is None:
        return [Step(objection.closed_at, _("The record is corrected; the next night counts it."))]
    points = {"points": f"{adjustment.points:+d}"}
    if adjustment.status == AdjustmentStatus.PENDING:
        return [
            Step(adjustment.asked_at, _("%(points)s points wait until a second person approves.") % points)
        ]
    decided_at = adjustment.decided_at or adjustment.asked_at
    if adjustment.status == AdjustmentStatus.REFUSED:
        words = _("%(points)s points were not approved. You may object to the line again.") % points
        return [Step(decided_at, words, adjustment.decision)]
    return [Step(decided_at, _("%(points)s points were entered by a line of its own.") % points)]
