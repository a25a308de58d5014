"""Events near a parent: of the own parent schools, of the township station above them, of the county, and those where
the family has a seat. Everything hangs on the person, nothing on a role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When

from accounts.enums import Level
from accounts.models import Person
from accounts.scopes import Scope
from events.enums import Audience, EventStatus
from events.models import Attendance, Event, Reservation, ReservedPerson
from events.queries.people import guardianships_on
from parentschool.models import Guardianship, Membership
from portal.kernel import clock, prepared
from portal.kernel.calendar import Period, SchoolYear

PLACES = {
    "school": (Level.SCHOOL,),
    "town": (Level.STATION,),
    "county": (Level.COUNTY, Level.DEPARTMENT),
}
"""What a parent may ask for by name, and the levels of the hosts that it means."""
SERVED = Case(When(host__level=Level.DEPARTMENT, then=F("host__parent__path")), default=F("host__path"))
"""`Unit.served_path` of an event's host, for the database."""


ON_CARDS = (
    "title", "starts_at", "ends_at", "place", "status", "needs_booking", "capacity", "seats_taken", "seats_waiting",
    "host__name", "kind__name",
)  # fmt: skip


@dataclass(frozen=True)
class Relative:
    """Somebody who cares for the same child, and how they are called."""

    pk: int
    name: str
    relation: str


def events_for(person: Person, *, now: datetime) -> QuerySet[Event]:
    """Events meant for this person: of the own parent schools, of the units above them and of the departments beside
    those, for all learners or for a class of an own child; those by invitation only where the person has come or
    holds a seat.

    `came` says whether the person came, `seat` what became of a reservation. Called-off events stand only where the
    person holds a seat.
    """
    day = clock.day_of(now)
    own = guardianships_on(day).filter(guardian=person)
    learns = schools_of(person, day).filter(path__startswith=OuterRef("served"))
    came = Attendance.objects.filter(event=OuterRef("pk"), person=person, revoked_at=None)
    seat = ReservedPerson.objects.filter(event=OuterRef("pk"), person=person, is_standing=True)
    for_class = Event.classes.through.objects.filter(
        event=OuterRef("pk"), schoolclass__in=own.values("child__school_class")
    )
    meant = Q(Exists(learns), audience=Audience.SCHOOL)
    meant |= Q(Exists(for_class), audience=Audience.CLASSES)
    return (
        Event.objects.annotate(served=SERVED)
        .annotate(came=Exists(came), seat=Subquery(seat.values("reservation__status")[:1]))
        .filter(Q(came=True) | Q(seat__isnull=False) | meant & Q(kind__for_families=True))
        .exclude(Q(status=EventStatus.CANCELLED) & Q(seat=None))
        .select_related("host", "kind")
    )


def schools_of(person: Person, day: date) -> QuerySet[Membership]:
    """Where the person learns this school year."""
    rows: QuerySet[Membership] = Membership.objects.filter(person=person)
    return rows.filter(Q(left_on=None) | Q(left_on__gt=day), school_year=SchoolYear.of(day).year)


def at(events: QuerySet[Event], place: str) -> QuerySet[Event]:
    return events.filter(host__level__in=PLACES[place]) if place in PLACES else events


def booked(events: QuerySet[Any]) -> QuerySet[Any]:
    """Of `events_for`, where the person has seats or waits for them."""
    return events.filter(seat__isnull=False)


def coming(events: QuerySet[Event], *, now: datetime, limit: int = 20) -> list[Event]:
    """Those that have not ended, the nearest first."""
    return list(_coming(events, now)[:limit])


def next_for(person: Person, *, now: datetime) -> list[Event]:
    """The nearest of `coming`, or none; for the first page, from a statement that is compiled once a day."""
    return prepared.rows(
        ("events.next_for", clock.day_of(now)),
        lambda: _coming(events_for(Person(pk=prepared.STAND_IN), now=now), now)[:1],
        {prepared.STAND_IN: person.pk, now: now},
    )


def _coming(events: QuerySet[Event], now: datetime) -> QuerySet[Event]:
    return events.filter(ends_at__gt=now).only(*ON_CARDS).order_by("starts_at", "pk")


def past(events: QuerySet[Event], *, now: datetime, limit: int = 30) -> list[Event]:
    """Those of this school year that have ended, the latest first."""
    begins = clock.midnight(SchoolYear.of(clock.day_of(now)).period.begins_on)
    ended = events.filter(ends_at__lte=now, starts_at__gte=begins)
    return list(ended.order_by("-starts_at", "-pk")[:limit])


def in_days(events: QuerySet[Event], days: Period) -> list[Event]:
    """Those that begin on these days, earliest first."""
    begins, ends = clock.midnight(days.begins_on), clock.midnight(days.ends_on)
    return list(events.filter(starts_at__gte=begins, starts_at__lt=ends).order_by("starts_at", "pk"))


def by_day(events: Iterable[Event]) -> dict[date, list[Event]]:
    found: dict[date, list[Event]] = defaultdict(list)
    for event in events:
        found[clock.day_of(event.starts_at)].append(event)
    return dict(found)


def weeks_of(month: Period) -> list[list[date]]:
    """The month's weeks from Monday to Sunday, with the days of its neighbours that fill them."""
    first = month.begins_on - timedelta(days=month.begins_on.weekday())
    count = (month.last_day - first).days // 7 + 1
    return [[first + timedelta(days=7 * week + day) for day in range(7)] for week in range(count)]


def relatives(person: Person, event: Event) -> list[Relative]:
    """Whom a person may book for besides themselves: who else cares for a child of theirs at the host or below it."""
    held = guardianships_on(clock.day_of(event.starts_at)).within(Scope.of(event.host.served_path))
    rows = (
        held.filter(child__in=held.filter(guardian=person).values("child"))
        .exclude(guardian=person)
        .select_related("guardian")
        .defer("guardian__phone")
        .order_by("guardian__name", "guardian_id", "pk")
    )
    kin: dict[int, Guardianship] = {}
    for row in rows:
        kin.setdefault(row.guardian_id, row)
    return [Relative(key, row.guardian.name, str(row.relation_name)) for key, row in kin.items()]


def standing_reservations(event: Event, people: Iterable[int]) -> list[Reservation]:
    """What these people hold at an event, in the order in which they asked."""
    of_people = ReservedPerson.objects.filter(event=event, is_standing=True, person__in=people)
    return list(
        Reservation.objects.filter(pk__in=of_people.values("reservation"))
        .prefetch_related(
            Prefetch("places", ReservedPerson.objects.select_related("person").defer("person__phone"))
        )
        .order_by("asked_at", "pk")
    )


def ahead_of(reservation: Reservation) -> int:
    """How many households stand before this one on the waiting list."""
    waiting = Reservation.objects.filter(event=reservation.event_id, status=reservation.status)
    earlier = Q(asked_at__lt=reservation.asked_at) | Q(asked_at=reservation.asked_at, pk__lt=reservation.pk)
    return waiting.filter(earlier).count()


def speakers(event: Event) -> list[str]:
    rows = event.bookings.select_related("lecturer__person").defer("lecturer__person__phone").order_by("pk")
    return [*(str(row.lecturer) for row in rows), *([event.speaker] if event.speaker else [])]
