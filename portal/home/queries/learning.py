"""What a person took part in during a school year: events, visits at home, and what staff put down of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from accounts.models import Person
from events.models import Attendance, Record
from parentschool.enums import VisitOutcome
from parentschool.models import HomeVisit
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear, years_since


@dataclass(frozen=True)
class Learned:
    """One line of the record; `periods` counts lesson periods of 45 minutes, 0 where nothing was taught."""

    on: date
    title: str
    kind: str
    place: str
    how: str
    periods: int = 0


def learning_record(person: Person, year: SchoolYear) -> list[Learned]:
    """The lines of a school year, the latest first. What was taken back or still waits is not among them."""
    found = [*_events(person, year), *_visits(person, year), *_records(person, year)]
    return sorted(found, key=lambda line: (line.on, line.title), reverse=True)


def _events(person: Person, year: SchoolYear) -> list[Learned]:
    begins, ends = (clock.midnight(day) for day in (year.period.begins_on, year.period.ends_on))
    came = Attendance.objects.filter(
        person=person, revoked_at=None, event__starts_at__gte=begins, event__starts_at__lt=ends
    ).select_related("event__host", "event__kind")
    return [
        Learned(
            on=clock.day_of(row.event.starts_at),
            title=row.event.title,
            kind=row.event.kind.name,
            place=row.event.host.name,
            how=str(row.get_method_display()),
            periods=row.event.lesson_periods,
        )
        for row in came
    ]


def _visits(person: Person, year: SchoolYear) -> list[Learned]:
    met = HomeVisit.objects.filter(
        met=person,
        outcome=VisitOutcome.CONTACT,
        revoked_at=None,
        visited_on__gte=year.period.begins_on,
        visited_on__lt=year.period.ends_on,
    ).select_related("child__school_class__school", "visitor")
    kind = str(HomeVisit._meta.verbose_name)
    return [
        Learned(
            on=row.visited_on,
            title=row.visitor.name,
            kind=kind,
            place=row.child.school_class.school.name,
            how=str(row.get_outcome_display()),
        )
        for row in met.defer("visitor__phone")
    ]


def _records(person: Person, year: SchoolYear) -> list[Learned]:
    kept = Record.objects.filter(
        person=person,
        revoked_at=None,
        kind__is_complaint=False,
        happened_on__gte=year.period.begins_on,
        happened_on__lt=year.period.ends_on,
    ).select_related("kind", "unit")
    return [
        Learned(
            on=row.happened_on, title=row.kind.name, kind=row.kind.name, place=row.unit.name, how=row.note
        )
        for row in kept
    ]


def years_of(person: Person, today: date) -> list[SchoolYear]:
    """This school year, and back to the first one in which the person came to something, at most ten."""
    came = Attendance.objects.filter(person=person, revoked_at=None)
    first = came.aggregate(first=Min("event__starts_at"))["first"]
    return years_since(first and clock.day_of(first), today)
