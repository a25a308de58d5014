"""One person's points: the standing, why this star and what the next one takes, and the lines that make up the sum.

One definition for the person's own pages, the office and the API.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Person
from accounts.paths import WIDTH
from assessment.enums import Counting, Effect, SpendingPace, StarBasis
from assessment.models import PointEntry, PointRule, SchemeVersion, Standing, StarLevel
from assessment.queries import explain
from assessment.queries.explain import Line
from assessment.queries.nights import counted_day
from assessment.rules import counting_period
from assessment.wording import names_of_kinds, rule_sentence
from events.models import Attendance
from portal.kernel import clock, prepared
from portal.kernel.calendar import Period


@dataclass(frozen=True)
class NextStar:
    name: str
    goal: int
    ways: tuple[tuple[str, ...], ...]
    """What is missing on each way to the star, each a phrase; what is not looked up here (hours, times under a rule,
    complaints) is said in all cases. Nothing is missing where the next night will give the star."""

    @property
    def words(self) -> str:
        """Empty where nothing is missing on one of the ways."""
        if not all(self.ways):
            return ""
        together = pgettext("between things that are missing", " and ")
        return pgettext("between two ways to a star", ", or ").join(together.join(way) for way in self.ways)


@dataclass(frozen=True)
class Own:
    """What the last night says of a person."""

    day: date
    points: int
    available: int
    star: int
    star_name: str
    stars: tuple[bool, ...]
    counted: str
    period: Period | None
    next: NextStar | None
    levels: list[StarLevel]
    version_id: int


@dataclass
class Month:
    first_day: date
    lines: list[Line] = field(default_factory=list)


def own_standing(person: Person) -> Own | None:
    """The standing of the last night; None before the first night that knew the person."""
    standing = next(iter(_standings(person)), None)
    if standing is None:
        return None
    levels = _levels(standing.version_id)
    day = max(standing.day, standing.counted or standing.day)
    period = counting_period(standing.version.counting, day)
    reached = [level for level in levels if level.level <= standing.star]
    beyond = [level for level in levels if level.level > standing.star]
    return Own(
        day=day,
        points=standing.points,
        available=standing.available,
        star=standing.star,
        star_name=reached[-1].name if reached else "",
        stars=tuple(n <= standing.star for n in range(1, max((lv.level for lv in levels), default=0) + 1)),
        counted=_counted(standing.version.counting),
        period=period,
        next=_next_star(person, beyond, standing.points, period) if beyond else None,
        levels=levels,
        version_id=standing.version_id,
    )


def _standings(person: Person) -> list[Any]:
    """The standing with the last counted day, or nothing."""

    def build() -> QuerySet[Standing]:
        standings = Standing.objects.filter(person=prepared.STAND_IN).annotate(counted=counted_day(person))
        return standings.select_related("version").order_by("pk")[:1]

    return prepared.rows(("own.standing", person.path[: 2 * WIDTH]), build, {prepared.STAND_IN: person.pk})


def _levels(version_id: int) -> list[StarLevel]:
    def build() -> QuerySet[StarLevel]:
        levels = StarLevel.objects.filter(version=prepared.STAND_IN).select_related("also_kind")
        return levels.order_by("level", "route")

    return prepared.rows("own.levels", build, {prepared.STAND_IN: version_id})


def _counted(counting: str) -> str:
    return {
        Counting.SCHOOL_YEAR: _("points this school year"),
        Counting.CALENDAR_YEAR: _("points this year"),
    }.get(Counting(counting), _("points in all"))


def _next_star(person: Person, beyond: list[StarLevel], points: int, period: Period | None) -> NextStar:
    """The star after the one reached; it may be reached in several ways."""
    ways = [level for level in beyond if level.level == beyond[0].level]
    goals = [level.threshold for level in ways if level.basis == StarBasis.POINTS]
    needs = tuple(_missing(person, level, points, period) for level in ways)
    return NextStar(ways[0].name, goals[0] if goals else 0, needs)


def _missing(person: Person, level: StarLevel, points: int, period: Period | None) -> tuple[str, ...]:
    needs = []
    if level.basis == StarBasis.POINTS:
        missing = level.threshold - points
        if missing > 0:
            needs.append(ngettext("%(n)s more point", "%(n)s more points", missing) % {"n": missing})
    elif level.basis == StarBasis.HOURS:
        needs.append(_("%(n)s hours of service in all") % {"n": level.threshold})
    else:
        needs.append(_("%(n)s times in all") % {"n": level.threshold})
    if level.also_kind is not None:
        missing = level.also_times - times_at(person, level.also_kind_id, period)
        if missing > 0:
            needs.append(_("%(n)s more × %(kind)s") % {"n": missing, "kind": level.also_kind.name})
    if level.also_rule and level.also_rule_times:
        rule = PointRule.objects.filter(version=level.version_id, code=level.also_rule).first()
        needs.append(
            _("%(n)s times under “%(rule)s” in all")
            % {"n": level.also_rule_times, "rule": rule.name if rule else level.also_rule}
        )
    if level.no_complaint:
        needs.append(_("no complaint open"))
    return tuple(needs)


def times_at(person: Person, kind_id: int | None, period: Period | None) -> int:
    came = Attendance.objects.filter(person=person, event__kind=kind_id, revoked_at=None)
    if period is not None:
        came = came.filter(
            event__starts_at__gte=clock.midnight(period.begins_on),
            event__starts_at__lt=clock.midnight(period.ends_on),
        )
    return came.count()


def lines_of(person: Person, own: Own) -> list[Line]:
    """The lines that make up the points of the standing, the latest first; their sum is the last running total."""
    entries = explain.counted_lines(person, through=own.day, period=own.period)
    return explain.explained(entries.order_by("happened_on", "pk"))[::-1]


def spendable(own: Own) -> int | None:
    """The points still to spend; None where the scheme does not let points be spent."""
    lets = SchemeVersion.objects.filter(
        ~Q(scheme__spending=SpendingPace.NEVER) | Q(rules__effect=Effect.SPEND), pk=own.version_id
    )
    return own.available if lets.exists() else None


def spent_of(person: Person) -> list[Line]:
    """The lines by which points were spent, the latest first; they are no part of the points of the standing."""
    return explain.explained(explain.spent_lines(person).order_by("happened_on", "pk"))[::-1]


def every_line(person: Person) -> list[Line]:
    """All there ever were, the latest first: of other periods too, expired and spent ones."""
    return explain.explained(PointEntry.objects.filter(person=person).order_by("happened_on", "pk"))[::-1]


def shown_of(person: Person, own: Own | None, *, is_all: bool) -> tuple[list[Line], list[Line]]:
    """The lines that count now and those by which points were spent; or all there ever were, as one list."""
    if is_all:
        return every_line(person), []
    return lines_of(person, own) if own else [], spent_of(person)


def has_other_lines(person: Person, shown: Collection[Line]) -> bool:
    return PointEntry.objects.filter(person=person).count() > len(shown)


def latest_lines(person: Person, *, limit: int = 3) -> list[Line]:
    """The last lines, without running totals."""

    def build() -> QuerySet[PointEntry]:
        lines = PointEntry.objects.filter(person=prepared.STAND_IN).order_by("-happened_on", "-pk")
        return explain.for_lines(lines[:limit])

    return explain.told_lines(
        prepared.rows(("own.latest_lines", limit), build, {prepared.STAND_IN: person.pk})
    )


def by_month(lines: list[Line]) -> list[Month]:
    months: list[Month] = []
    for line in lines:
        first = line.happened_on.replace(day=1)
        if not months or months[-1].first_day != first:
            months.append(Month(first))
        months[-1].lines.append(line)
    return months


def rules_of(version_id: int) -> list[str]:
    """What earns points, a sentence for each rule."""
    rules = PointRule.objects.filter(version=version_id).order_by("order", "code")
    return [
        rule_sentence(rule, names_of_kinds(rule))
        for rule in rules.prefetch_related("kinds", "items", "group")
    ]
