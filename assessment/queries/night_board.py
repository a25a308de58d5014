"""How each part of each night stands: days, the shards of each day, their steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet

from accounts.models import Unit
from accounts.scopes import Scope
from assessment.enums import BROKEN, RECOUNTABLE, SETTLED, NightStep, PartState
from assessment.queries.nights import FIGURES, POINTS, SHEETS
from assessment.queries.shards import shards
from portal.kernel import runs
from portal.kernel.models import Run

NIGHTS = 14
"""Nights that the page looks back."""

OF_COUNTY = (FIGURES, SHEETS)


@dataclass(frozen=True)
class Part:
    """One step of one shard on one day; `run` is None where it was never begun."""

    step: str
    shard: str
    unit: str
    day: date
    state: str
    run: Run | None = None

    @property
    def step_name(self) -> str:
        return str(NightStep(self.step).label)

    @property
    def state_name(self) -> str:
        return str(PartState(self.state).label)

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED

    @property
    def is_broken(self) -> bool:
        return self.state in BROKEN

    @property
    def is_recountable(self) -> bool:
        return self.state in RECOUNTABLE

    @property
    def finished_at(self) -> datetime | None:
        return self.run.finished_at if self.run else None

    @property
    def attempts(self) -> int | None:
        return self.run.attempts if self.run else None

    @property
    def people(self) -> int | None:
        return self._number("people")

    @property
    def posted(self) -> int | None:
        return self._number("posted")

    @property
    def reversed(self) -> int | None:
        return self._number("reversed")

    def _number(self, name: str) -> int | None:
        return self.run.counts.get(name) if self.run else None


@dataclass(frozen=True)
class Night:
    """All parts of a day within somebody's reach: those of the counties first, then shard by shard."""

    day: date
    parts: tuple[Part, ...]

    @cached_property
    def _states(self) -> Counter[str]:
        return Counter(part.state for part in self.parts)

    @property
    def settled(self) -> int:
        return sum(self._states[state] for state in SETTLED)

    @property
    def broken(self) -> list[Part]:
        return [part for part in self.parts if part.is_broken]

    @property
    def is_whole(self) -> bool:
        return self.settled == len(self.parts)

    @property
    def is_running(self) -> bool:
        return bool(self._states[PartState.RUNNING])

    @property
    def posted(self) -> int:
        return sum((part.posted or 0) + (part.reversed or 0) for part in self.parts)

    @property
    def people(self) -> int:
        return sum(part.people or 0 for part in self.parts)


@dataclass(frozen=True)
class Place:
    """A shard, or a county as the place of a step, by path and name."""

    step: str
    path: str
    name: str
    county: str


@dataclass(frozen=True)
class Span:
    """From which to which day a step of a shard was begun, and how far it is done."""

    first: date
    last: date
    done: date | None


def nights(reach: Scope, *, now: datetime, days: int = NIGHTS) -> list[Night]:
    """The last nights in reach, the latest first."""
    found = Run.objects.filter(reach.q("shard"), step=POINTS).order_by("-day")
    return nights_of(reach, list(found.values_list("day", flat=True).distinct()[:days]), now=now)


def nights_of(reach: Scope, days: list[date], *, now: datetime) -> list[Night]:
    """These days, in the order given, in a handful of queries however many there are."""
    if not days:
        return []
    places = list(_places(reach))
    rows = Run.objects.filter(reach.q("shard"), day__in=days)
    by_part = {(run.day, run.step, run.shard): run for run in rows}
    spans = {
        (step, shard): Span(first, last, done)
        for step, shard, first, last, done in Run.objects.filter(reach.q("shard"))
        .order_by()
        .values("step", "shard")
        .annotate(first=Min("day"), last=Max("day"), done=Max("day", filter=Q(status=Run.Status.DONE)))
        .values_list("step", "shard", "first", "last", "done")
    }
    return [Night(day, tuple(_parts(day, places, by_part, spans, now))) for day in days]


def _places(reach: Scope) -> Iterator[Place]:
    """Counties with their own steps, then every shard, as far as they are in reach."""
    known = [shard for shard in shards() if reach.covers(shard.path)]
    names = dict(Unit.objects.filter(path__in=[shard.path for shard in known]).values_list("path", "name"))
    for shard in known:
        if shard.path == shard.county.path:
            yield from (Place(step, shard.path, shard.county.name, shard.path) for step in OF_COUNTY)
    for shard in known:
        yield Place(POINTS, shard.path, names.get(shard.path, shard.path), shard.county.path)


def _parts(
    day: date,
    places: Iterable[Place],
    rows: dict[tuple[date, str, str], Run],
    spans: dict[tuple[str, str], Span],
    now: datetime,
) -> Iterator[Part]:
    points: dict[str, list[Part]] = {}
    of_county = []
    for place in places:
        if place.step in OF_COUNTY:
            of_county.append(place)
            continue
        part = _part(place, day, rows, spans, now)
        points.setdefault(place.county, []).append(part)
    for place in of_county:
        part = _part(place, day, rows, spans, now)
        lacks = any(one.state not in SETTLED for one in points.get(place.county, []))
        if lacks and part.state == PartState.MISSING:
            part = Part(place.step, place.path, place.name, day, PartState.WAITING)
        yield part
    for of_one in points.values():
        yield from of_one


def _part(
    place: Place,
    day: date,
    rows: dict[tuple[date, str, str], Run],
    spans: dict[tuple[str, str], Span],
    now: datetime,
) -> Part:
    run, span = rows.get((day, place.step, place.path)), spans.get((place.step, place.path))
    state = _state(run, now) if run else _state_without(place.step, day, span)
    if state in BROKEN and span is not None and span.done is not None and span.done > day:
        state = PartState.CAUGHT_UP
    return Part(place.step, place.path, place.name, day, state, run)


def _state(run: Run, now: datetime) -> PartState:
    if run.status == Run.Status.STARTED:
        return PartState.STUCK if runs.is_stuck(run, now) else PartState.RUNNING
    return PartState.DONE if run.status == Run.Status.DONE else PartState.FAILED


def _state_without(step: str, day: date, span: Span | None) -> PartState:
    """Of what was not begun. Sheets are counted only where some are open; what lies before the first day, or before
    a later one that was begun, is done or never was to be."""
    if step == SHEETS or (span is not None and (day < span.first or day < span.last)):
        return PartState.NOTHING
    return PartState.MISSING


def part_of(step: str, path: str, day: date, *, now: datetime) -> Part | None:
    """One part; None where there is no such step of such a shard."""
    for night in nights_of(Scope.of(path), [day], now=now):
        for part in night.parts:
            if (part.step, part.shard) == (step, path):
                return part
    return None


def broken_runs(reach: Scope, *, now: datetime) -> QuerySet[Run]:
    """Runs that failed or were cut off, and that no later day has made up for."""
    later = Run.objects.filter(
        step=OuterRef("step"), shard=OuterRef("shard"), day__gt=OuterRef("day"), status=Run.Status.DONE
    )
    cut_off = Q(status=Run.Status.STARTED, started_at__lt=now - runs.STUCK_AFTER)
    return Run.objects.filter(
        reach.q("shard"), Q(status=Run.Status.FAILED) | cut_off, ~Exists(later), step__in=(POINTS, *OF_COUNTY)
    )


def latest_night(county: Unit) -> date | None:
    """The last day that any shard of the county has begun."""
    begun = Run.objects.filter(Scope.of(county.path).q("shard"), step=POINTS).order_by("-day")
    return begun.values_list("day", flat=True).first()
