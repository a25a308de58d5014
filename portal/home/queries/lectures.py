"""What a lecturer is booked for: what lies ahead, and what was given in a school year."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Min, QuerySet

from accounts.access import assignments_of
from accounts.models import Person
from events.enums import EventStatus
from events.models import Event, EventLecturer
from events.queries.lists import with_count
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear, years_since


def is_lecturer(person: Person) -> bool:
    return any(assignment.role == "lecturer" for assignment in assignments_of(person))


def ahead(person: Person, *, now: datetime) -> list[Event]:
    """Events that have not ended, the nearest first; called-off ones too, so that nobody travels to them."""
    return list(_booked(person).filter(ends_at__gt=now).order_by("starts_at", "pk"))


def given(person: Person, year: SchoolYear, *, now: datetime) -> list[Event]:
    """Events of a school year that have ended and were not called off, the latest first, each with `came`, the number
    of people on its list. Those whose roll was never taken are not held yet."""
    begins, ends = (clock.midnight(day) for day in (year.period.begins_on, year.period.ends_on))
    rows = _booked(person).filter(starts_at__gte=begins, starts_at__lt=ends, ends_at__lte=now)
    return list(with_count(rows.exclude(status=EventStatus.CANCELLED)).order_by("-starts_at", "-pk"))


def years_of(person: Person, today: date) -> list[SchoolYear]:
    """This school year, and back to the first one for which the person was booked, at most ten."""
    first = _bookings(person).aggregate(first=Min("starts_at"))["first"]
    return years_since(first and clock.day_of(first), today)


def _bookings(person: Person) -> QuerySet[EventLecturer]:
    rows: QuerySet[EventLecturer] = EventLecturer.objects.filter(lecturer__person=person)
    return rows


def _booked(person: Person) -> QuerySet[Event]:
    return Event.objects.filter(pk__in=_bookings(person).values("event")).select_related("host", "kind")
