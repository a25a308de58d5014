"""How far the statutory minimums are met: counted from the events held, never typed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from accounts.models import Unit
from accounts.paths import WIDTH
from accounts.queries import open_units
from accounts.scopes import Scope
from assessment.enums import RequiredPer
from assessment.models import Requirement
from events.enums import EventStatus
from events.models import Event
from portal.kernel import clock
from portal.kernel.calendar import Period, SchoolYear, calendar_year_of, term_of

PERIODS: dict[str, Callable[[date], Period]] = {
    RequiredPer.TERM: term_of,
    RequiredPer.SCHOOL_YEAR: lambda day: SchoolYear.of(day).period,
    RequiredPer.CALENDAR_YEAR: calendar_year_of,
}


@dataclass(frozen=True)
class Minimum:
    """What one unit has done of one requirement in the period that runs."""

    requirement: Requirement
    unit: Unit
    period: Period
    done: int

    @property
    def is_met(self) -> bool:
        return self.done >= self.requirement.at_least

    @property
    def left(self) -> int:
        return max(0, self.requirement.at_least - self.done)


class Tally:
    """How many of several units have met it."""

    minimums: tuple[Minimum, ...]

    @property
    def met(self) -> int:
        return sum(minimum.is_met for minimum in self.minimums)

    @property
    def lacking(self) -> int:
        return len(self.minimums) - self.met

    @property
    def percent(self) -> int:
        return 100 * self.met // len(self.minimums)


@dataclass(frozen=True)
class Under(Tally):
    """The units that belong to one unit, such as the schools and villages of a township's station."""

    unit: Unit
    minimums: tuple[Minimum, ...]


@dataclass(frozen=True)
class Progress(Tally):
    """Of all units in reach that a requirement is about, those that still lack something first."""

    requirement: Requirement
    period: Period
    minimums: tuple[Minimum, ...]

    def by_parent(self) -> list[Under]:
        """Where most units still lack something first."""
        found: dict[Unit, list[Minimum]] = {}
        for minimum in self.minimums:
            found.setdefault(minimum.unit.parent or minimum.unit, []).append(minimum)
        groups = (Under(unit, tuple(own)) for unit, own in found.items())
        return sorted(groups, key=lambda group: (-group.lacking, group.unit.path))


def requirements_on(day: date, reach: Scope) -> QuerySet[Requirement]:
    """In force on the day, of the counties in which the reach lies."""
    counties = {path[:WIDTH] for path in reach.paths}
    return Requirement.objects.filter(unit__path__in=counties, valid_from__lte=day).filter(
        Q(valid_until=None) | Q(valid_until__gt=day)
    )


def minimums(reach: Scope, *, day: date) -> list[Progress]:
    """The progress of every requirement in force, in three queries however many units there are."""
    requirements = list(requirements_on(day, reach)) if reach else []
    if not requirements:
        return []
    kinds = {kind for requirement in requirements for kind in requirement.unit_kinds}
    units = list(
        open_units(day).filter(reach.q("path"), kind__in=kinds).select_related("parent").order_by("path")
    )
    counted = _held(requirements, units, day)
    found = []
    for requirement in requirements:
        period = PERIODS[requirement.per](day)
        own = [
            Minimum(requirement, unit, period, counted.get((unit.pk, requirement.pk), 0))
            for unit in units
            if unit.kind in requirement.unit_kinds
        ]
        if own:
            ordered = sorted(own, key=lambda one: (one.is_met, -one.left, one.unit.path))
            found.append(Progress(requirement, period, tuple(ordered)))
    return found


def _held(
    requirements: Sequence[Requirement], units: Sequence[Unit], day: date
) -> dict[tuple[int, int], int]:
    """How many events each unit has held, by unit and requirement."""
    counts = {f"r{requirement.pk}": _count(requirement, day) for requirement in requirements}
    begins = min(PERIODS[requirement.per](day).begins_on for requirement in requirements)
    rows = (
        Event.objects.filter(host__in=[unit.pk for unit in units], status=EventStatus.HELD)
        .filter(starts_at__gte=clock.midnight(begins))
        .order_by()
        .values("host")
        .annotate(**counts)
        .values_list("host", *counts)
    )
    return {
        (host, requirement.pk): n
        for host, *numbers in rows
        for requirement, n in zip(requirements, numbers, strict=True)
    }


def _count(requirement: Requirement, day: date) -> Count:
    period = PERIODS[requirement.per](day)
    inside = Q(starts_at__gte=clock.midnight(period.begins_on), starts_at__lt=clock.midnight(period.ends_on))
    kinds = requirement.event_kinds
    of_kind = Q(kind__code__in=kinds) if kinds else Q(kind__for_families=True)
    return Count("pk", filter=inside & of_kind)
