"""Why a line stands: its cause, the rule with its version and source, what a cap cut, who recorded it and how, what it
undoes and what undid it.

One definition for the parent's phone, the office and the API: what is shown of a line is said here, and running sums
are taken over the very lines that are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Person
from assessment.enums import Cap, Effect, EntryReason, Posting
from assessment.models import Adjustment, Batch, Objection, PointEntry
from assessment.queries.objections import ADJUSTMENT, SPENDING, against
from assessment.rules import Rule, expires_on
from assessment.sources import SOURCES, Told
from assessment.wording import kept_back, names_of_kinds, rule_sentence
from portal.kernel import clock
from portal.kernel.calendar import Period

NO_LIMITS = (Cap.VOID, Cap.ONCE)
"""What keeps points back without being a limit that is reached."""


@dataclass(frozen=True)
class Reason:
    """One answer to “why”: `label` asks, `words` answer. `link` is where the source can be read."""

    label: str
    words: str
    link: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the ledger as a person would say it. `running` is the sum up to and with this line."""

    entry: PointEntry
    words: str
    note: str
    happened_on: date
    points: int
    running: int
    none_because: str
    why: tuple[Reason, ...]
    objection: Objection | None = None
    """The latest against this line."""
    from_objection: Objection | None = None
    """The one that this line by hand makes good."""


def counted_lines(person: Person, *, through: date, period: Period | None) -> QuerySet[PointEntry]:
    """The lines of which a standing of `through` is the sum: of the period, not spent, not expired by then."""
    entries = (
        PointEntry.objects.filter(person=person, posted_on__lte=through)
        .exclude(source=SPENDING)
        .exclude(rule__effect=Effect.SPEND)
    )
    if period is not None:
        entries = entries.filter(happened_on__gte=period.begins_on, happened_on__lt=period.ends_on)
    expired = expired_among(entries, through)
    return entries.exclude(pk__in=expired) if expired else entries


def spent_lines(person: Person) -> QuerySet[PointEntry]:
    """The lines that lessen what is available, never what counts."""
    entries: QuerySet[PointEntry] = PointEntry.objects.filter(person=person)
    return entries.filter(Q(source=SPENDING) | Q(rule__effect=Effect.SPEND))


def expired_among(entries: QuerySet[PointEntry], day: date) -> list[int]:
    """The lines whose rule gave points that no longer count on a day."""
    short_lived = entries.exclude(rule=None).exclude(rule__validity="")
    columns = ("pk", "happened_on", "rule__validity", "rule__valid_months")
    return [
        pk
        for pk, happened_on, validity, months in short_lived.values_list(*columns)
        if (ends := expires_on(validity_of(validity, months), happened_on)) is not None and ends <= day
    ]


def validity_of(validity: str, months: int) -> Rule:
    """A rule of which only the validity is asked."""
    return Rule(id=0, code="", source="", points=0, validity=validity, valid_months=months)


TOLD = (
    "points", "quantity", "cut", "cut_by", "happened_on", "source", "source_id", "reason", "note", "reverses",
)  # fmt: skip
NAMES = ("rule__name", "kind__name", "unit__name")
"""What a line without its reasons says; the first page asks no more."""


def for_lines(entries: QuerySet[PointEntry]) -> QuerySet[PointEntry]:
    """With what `told_lines` reads of them."""
    return entries.select_related("rule", "kind", "unit").only(*TOLD, *NAMES)


def told_lines(entries: Sequence[PointEntry]) -> list[Line]:
    """The lines in the order given, with running sums, without their reasons."""
    return _lines(entries, records_of(entries), {entry.pk: () for entry in entries})


def explained(entries: QuerySet[PointEntry]) -> list[Line]:
    """The same, each with everything that it rests on. Asks the same number of questions whatever the number of
    lines."""
    kept = list(
        entries.select_related("rule__version__scheme", "kind", "unit", "reverses", "batch").prefetch_related(
            "rule__kinds", "rule__items", "rule__group"
        )
    )
    records = records_of(kept)
    reversals = PointEntry.objects.filter(reverses__in=[entry.pk for entry in kept])
    undone = dict(reversals.values_list("reverses", "posted_on"))
    asked = by_hand(kept)
    reasons = {
        entry.pk: (
            *why(entry, records.get((entry.source, entry.source_id)), undone.get(entry.pk)),
            *why_by_hand(asked.get(entry.pk)),
        )
        for entry in kept
    }
    return _lines(kept, records, reasons, against(kept), asked)


def explained_with_amends(objection: Objection) -> tuple[Line, Line | None]:
    """The line objected to, and the line by which it was made good, once that is entered."""
    wanted = Q(pk=objection.entry_id)
    if objection.adjustment_id is not None:
        wanted |= Q(source=ADJUSTMENT, source_id=objection.adjustment_id, reverses=None)
    lines = {line.entry.pk: line for line in explained(PointEntry.objects.filter(wanted))}
    return lines.pop(objection.entry_id), next(iter(lines.values()), None)


def by_hand(entries: Iterable[PointEntry]) -> dict[int, Adjustment]:
    """What was asked for by hand behind a line, by the line's id."""
    keys = {
        entry.source_id: entry.pk for entry in entries if entry.source == ADJUSTMENT and not entry.reverses_id
    }
    if not keys:
        return {}
    asked = Adjustment.objects.filter(pk__in=keys).select_related("asked_by", "decided_by", "objection")
    return {keys[adjustment.pk]: adjustment for adjustment in asked}


def records_of(entries: Sequence[PointEntry]) -> dict[tuple[str, int], Told]:
    """What the lines' sources tell of their records."""
    named: dict[str, set[int]] = {}
    for entry in entries:
        named.setdefault(entry.source, set()).add(entry.source_id)
    return {
        (source.code, pk): told
        for source in SOURCES.values()
        if source.code in named
        for pk, told in source.tell(named[source.code]).items()
    }


def _lines(
    entries: Sequence[PointEntry],
    records: dict[tuple[str, int], Told],
    reasons: dict[int, tuple[Reason, ...]],
    objections: dict[int, Objection] | None = None,
    asked: dict[int, Adjustment] | None = None,
) -> list[Line]:
    lines, running = [], 0
    for entry in entries:
        running += entry.points
        told = records.get((entry.source, entry.source_id))
        lines.append(
            Line(
                entry=entry,
                words=cause_of(entry, told),
                note=note_of(entry, told),
                happened_on=entry.happened_on,
                points=entry.points,
                running=running,
                none_because=none_because(entry),
                why=reasons[entry.pk],
                objection=(objections or {}).get(entry.pk),
                from_objection=getattr((asked or {}).get(entry.pk), "objection", None),
            )
        )
    return lines


def cause_of(entry: PointEntry, told: Told | None) -> str:
    if told is not None and entry.kind is not None:
        words = _("Came to %(kind)s “%(title)s”") % {"kind": entry.kind.name, "title": told.title}
    elif told is not None:
        words = told.title
    else:
        posted = _("Points handed in") if entry.source == SPENDING else _("Adjusted by hand")
        words = entry.rule.name if entry.rule else posted
    return _("Taken back: %(what)s") % {"what": words} if entry.reverses_id else words


def note_of(entry: PointEntry, told: Told | None) -> str:
    parts = [str(entry.unit)] if entry.unit else []
    if told is not None and not entry.reverses_id:
        parts.append(told.method)
    if entry.quantity > 1 and entry.rule and not entry.reverses_id:
        parts.append(
            _("%(points)s points × %(quantity)s")
            % {"points": (entry.points + entry.cut) // entry.quantity, "quantity": entry.quantity}
        )
    if entry.reason not in (EntryReason.EARNED, EntryReason.ADJUSTMENT, EntryReason.SPENT):
        parts.append(entry.get_reason_display())
    if entry.note:
        parts.append(entry.note)
    if entry.cut and entry.points > 0:
        parts.append(kept_back(entry.cut, entry.cut_by))
    return " · ".join(parts)


def none_because(entry: PointEntry) -> str:
    if entry.points or entry.reverses_id:
        return ""
    if not entry.cut:
        return _("earns nothing")
    if entry.cut_by in NO_LIMITS:
        return str(Cap(entry.cut_by).label)
    return _("reached: %(cap)s") % {"cap": entry.get_cut_by_display()}


# ── Why ──────────────────────────────────────────────────────────────────────


def _unended(sources: list[str]) -> Iterator[str]:
    """As they stand in a list: all but the last without the full stop that somebody may have typed."""
    yield from (source.rstrip("。. ") for source in sources[:-1])
    yield sources[-1]


def why(entry: PointEntry, told: Told | None, undone_on: date | None) -> Iterable[Reason]:
    """Everything that a person could ask of a line, in the order in which people ask."""
    if entry.rule is not None:
        version = entry.rule.version
        yield Reason(_("Rule"), rule_sentence(entry.rule, names_of_kinds(entry.rule)))
        yield Reason(
            _("Version"),
            _("%(scheme)s, version %(number)s, in force from %(day)s")
            % {
                "scheme": version.scheme.name,
                "number": version.number,
                "day": date_format(version.effective_from),
            },
        )
        if sources := [part for part in (version.scheme.source, entry.rule.source_item) if part]:
            words = pgettext("between sources", ", ").join(_unended(sources))
            yield Reason(_("Source"), words, link=version.scheme.source_url)
    if entry.reverses_id:
        yield Reason(_("Takes back"), taken_back(entry))
    elif entry.rule is not None:
        yield Reason(_("Counted"), arithmetic(entry))
    if told is not None:
        yield Reason(_("Recorded"), recorded(told))
    yield Reason(_("Entered"), entered(entry))
    if entry.batch.kind == Posting.REVERSAL:
        yield Reason(_("Part of"), taking_back(entry.batch))
    if undone_on is not None:
        yield Reason(_("Taken back"), _("on %(day)s, by a line of its own") % {"day": date_format(undone_on)})
    if entry.note:
        yield Reason(_("Note"), entry.note)


def why_by_hand(asked: Adjustment | None) -> Iterable[Reason]:
    """Who decided that a line be entered by hand, and upon what."""
    if asked is None:
        return
    words = asked.asked_by.name
    if asked.decided_by is not None:
        names = {"name": words, "other": asked.decided_by.name}
        words = _("by %(name)s, approved by %(other)s") % names
    yield Reason(_("Decided by"), words)
    if (objection := getattr(asked, "objection", None)) is not None:
        day = date_format(clock.day_of(objection.filed_at))
        yield Reason(_("Objection"), _("makes good the objection of %(day)s") % {"day": day})


def taking_back(batch: Batch) -> str:
    """That a whole posting was taken back, and why, in the words of whoever did it; the lines themselves do not say."""
    words = (
        _("the rules of a version were withdrawn")
        if batch.version_id
        else _("a posting by hand was taken back")
    )
    return _("%(what)s: %(reason)s") % {"what": words, "reason": batch.reason} if batch.reason else words


def arithmetic(entry: PointEntry) -> str:
    """“1 分 × 3 = 3 分，因每日上限少计 1 分，得 2 分”: what is cut and what is left always make up what was worth."""
    worth = entry.points + entry.cut
    each = worth // entry.quantity if entry.quantity else worth
    if entry.quantity != 1 and each * entry.quantity == worth:
        parts = [
            _("%(each)s × %(quantity)s = %(worth)s points")
            % {"each": each, "quantity": entry.quantity, "worth": worth}
        ]
    else:
        parts = [ngettext("%(worth)s point", "%(worth)s points", worth) % {"worth": worth}]
    if entry.cut:
        parts.append(kept_back(entry.cut, entry.cut_by))
        parts.append(_("leaves %(points)s") % {"points": entry.points})
    return _(", ").join(parts)


def taken_back(entry: PointEntry) -> str:
    undone = entry.reverses
    if undone is None:
        return ""
    return _("the line of %(points)s points entered on %(day)s") % {
        "points": undone.points,
        "day": date_format(undone.posted_on),
    }


def recorded(told: Told) -> str:
    """How the record came about, and by whom; who signed in without help recorded it personally."""
    parts = [date_format(told.on), told.place, told.method]
    if told.by is not None:
        parts.append(_("by %(name)s") % {"name": told.by} if told.by else _("by oneself"))
    return _(", ").join(part for part in parts if part)


def entered(entry: PointEntry) -> str:
    """When and on what ground the line came into the ledger; that what is earned is entered goes without saying."""
    day = date_format(entry.posted_on)
    if entry.reason == EntryReason.EARNED:
        return day
    return _("%(day)s, %(reason)s") % {"day": day, "reason": entry.get_reason_display()}
