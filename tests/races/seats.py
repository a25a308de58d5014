"""Races at the door, for seats, and for a lecturer's hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.db.models import F, Sum

from accounts.models import Person
from events.enums import SeatStatus
from events.models import Attendance, Event, EventLecturer, Reservation, ReservedPerson
from events.services import (
    book_lecturer,
    bookings,
    give_back,
    reservations,
    reserve_seats,
    schedule_event,
    take_roll,
    wall,
)
from events.services.attendances import NoSeats, RollTaken
from events.services.bookings import LecturerBusy
from events.services.wall import CheckedIn
from tests.events.doors import SCAN, enter, evening
from tests.events.plans import family, lecturer, plan
from tests.races.arena import Race, Round, Rounds
from tests.races.controls import slowly, without_constraint, without_transactions
from tests.world import NOW, World
from training.models import Lecturer

AHEAD = NOW + timedelta(days=3)


def families(world: World, number: int) -> list[Person]:
    return [family(world, n) for n in range(number)]


def unlocked(event: Event | int) -> Event:
    return Event.objects.select_related("host").get(pk=event if isinstance(event, int) else event.pk)


# ── Checking in ──────────────────────────────────────────────────────────────


def one_person_many_taps(world: World, clients: int) -> Rounds:
    """On her own phone, on the screen in the hall, and by the teacher's roll: on the list once, by one of them."""
    guest, teacher = family(world, 9999), world.as_("class_teacher:0")

    def one_round(number: int) -> Round:
        event, who = evening(world, title=f"Talk {number}"), family(world, number)
        enter(event, guest)
        kinds = [
            lambda: enter(event, who),
            lambda: enter(event, who, mark="hall"),
            lambda: take_roll(event, present=[who.pk], actor=teacher, now=SCAN),
        ]

        def wrong(answers: list[Any]) -> Iterator[str]:
            rows = Attendance.objects.filter(event=event, person=who)
            if rows.count() != 1 or rows.first().revoked_at is not None:
                yield f"{rows.count()} rows of one person, counting {rows.filter(revoked_at=None).count()}"
            by_roll = sum(each.added for each in answers if isinstance(each, RollTaken))
            by_wall = sum(each.is_new for each in answers if isinstance(each, CheckedIn))
            if by_roll + by_wall != 1:
                yield f"{by_roll + by_wall} were told that they put her on the list"

        return Round([kinds[n % 3] for n in range(clients)], wrong)

    return one_round


def without_keeping_people_apart() -> Any:
    return without_constraint(Attendance, "attendance_once", "attendance_first_of_device")


def last_seat_at_the_door(world: World, clients: int) -> Rounds:
    people, seats = families(world, clients), max(1, clients // 3)

    def one_round(number: int) -> Round:
        event = evening(world, title=f"Talk {number}", capacity=seats)

        def wrong(answers: list[Any]) -> Iterator[str]:
            inside = Attendance.objects.filter(event=event, revoked_at=None).count()
            if inside != seats:
                yield f"{inside} people on {seats} seats"
            turned_away = sum(isinstance(each, NoSeats) for each in answers)
            if turned_away != clients - seats:
                yield f"{turned_away} turned away of {clients}"

        return Round([lambda p=p: enter(event, p) for p in people], wrong)

    return one_round


@contextmanager
def without_holding_the_event_at_the_door() -> Iterator[None]:
    with (
        without_transactions(),
        patch.object(wall, "locked_event", unlocked),
        patch.object(wall, "ask_for_seats", slowly(wall.ask_for_seats)),
    ):
        yield


# ── Seats booked beforehand ──────────────────────────────────────────────────


def salon(world: World, number: int, capacity: int) -> Event:
    made = plan(world, title=f"Salon {number}", starts_at=AHEAD, needs_booking=True, capacity=capacity)
    return schedule_event(world.schools[0], plan=made, actor=None, now=NOW)


def book(event: Event, one: Person, children: int = 0) -> Reservation:
    return reserve_seats(event, people=[one], children=children, actor=one, now=NOW)


def what_the_sums_say(event: Event) -> Iterator[str]:
    event.refresh_from_db()
    rows = Reservation.objects.filter(event=event)
    for status, kept in ((SeatStatus.SEATED, event.seats_taken), (SeatStatus.WAITING, event.seats_waiting)):
        seats = rows.filter(status=status).aggregate(n=Sum("seats"))["n"] or 0
        if seats != kept:
            yield f"{seats} seats are {status}, the event says {kept}"
    if event.seats_taken > (event.capacity or 0):
        yield f"{event.seats_taken} seats given of {event.capacity}"
    first = rows.filter(status=SeatStatus.WAITING).first()
    if first is not None and event.seats_taken + first.seats <= (event.capacity or 0):
        yield f"{event.seats_taken} of {event.capacity} seats given while a household of {first.seats} waits"


def last_seats_booked(world: World, clients: int) -> Rounds:
    """Households of one, two and three; the seats are for less than half of them."""
    people = families(world, clients)

    def one_round(number: int) -> Round:
        event = salon(world, number, capacity=clients // 2 + 1)

        def wrong(answers: list[Any]) -> Iterator[str]:
            yield from what_the_sums_say(event)
            if len({each.pk for each in answers if isinstance(each, Reservation)}) != clients:
                yield "not every household holds a booking of its own"

        return Round([lambda n=n, p=p: book(event, p, n % 3) for n, p in enumerate(people)], wrong)

    return one_round


@contextmanager
def looking_first_and_taking_then() -> Iterator[None]:
    def look_then_take(event: Event, seats: int, may: Any = None, *, from_queue: bool = False) -> bool:
        seen = slowly(Event.objects.get)(pk=event.pk)
        if seen.seats_taken + seats > (seen.capacity or 0):
            return False
        return bool(Event.objects.filter(pk=event.pk).update(seats_taken=F("seats_taken") + seats))

    with without_transactions(), patch.object(reservations, "_take_seats", look_then_take):
        yield


def one_household_many_taps(world: World, clients: int) -> Rounds:
    def one_round(number: int) -> Round:
        event, who = salon(world, number, capacity=clients * 3), family(world, number)

        def wrong(answers: list[Any]) -> Iterator[str]:
            yield from what_the_sums_say(event)
            if len({each.pk for each in answers if isinstance(each, Reservation)}) != 1:
                yield "the taps were answered with more than one booking"
            if event.seats_taken != 2:
                yield f"one household holds {event.seats_taken} seats instead of 2"

        return Round([lambda: book(event, who, 1)] * clients, wrong)

    return one_round


@contextmanager
def without_one_seat_for_a_person() -> Iterator[None]:
    with (
        without_constraint(ReservedPerson, "seat_once_per_event"),
        without_transactions(),
        patch.object(reservations, "_standing", slowly(reservations._standing)),
    ):
        yield


def moving_up(world: World, clients: int) -> Rounds:
    """Every seat is taken and some wait. Households give back, each pressing twice, while new ones ask."""
    leaving = clients // 3
    people = families(world, clients)

    def one_round(number: int) -> Round:
        event = salon(world, number, capacity=leaving)
        held = [book(event, one) for one in people[: leaving + 2]]
        asking = people[leaving + 2 :][: clients - 2 * leaving]
        acts = [lambda row=row: give_back(row, actor=None, now=NOW) for row in held[:leaving] * 2]
        acts += [lambda p=p: book(event, p) for p in asking]

        def wrong(answers: list[Any]) -> Iterator[str]:
            yield from what_the_sums_say(event)
            if event.seats_taken != leaving:
                yield f"{event.seats_taken} of {leaving} seats are given, and families wait"
            stand = ReservedPerson.objects.filter(event=event, is_standing=True).count()
            if stand != 2 + len(asking):
                yield f"{stand} people hold or await a seat, not {2 + len(asking)}"

        return Round(acts, wrong)

    return one_round


@contextmanager
def without_holding_the_event_of_a_booking() -> Iterator[None]:
    with (
        without_transactions(),
        patch.object(reservations, "locked_event", unlocked),
        patch.object(reservations, "_hold", slowly(reservations._hold)),
    ):
        yield


# ── A lecturer's hour ────────────────────────────────────────────────────────


def one_lecturer_many_hosts(world: World, clients: int) -> Rounds:
    speaker = lecturer(world)

    def one_round(number: int) -> Round:
        day = AHEAD + timedelta(days=number)
        plans = [plan(world, title=f"Lecture {n}", starts_at=day, minutes=60) for n in range(clients)]
        events = [
            schedule_event(world.schools[n % 2], plan=each, actor=None, now=NOW)
            for n, each in enumerate(plans)
        ]

        def wrong(answers: list[Any]) -> Iterator[str]:
            booked = EventLecturer.objects.filter(lecturer=speaker, event__in=events).count()
            if booked != 1:
                yield f"{booked} hosts have the lecturer at the same hour"

        acts = [lambda e=e: book_lecturer(e, lecturer=speaker, actor=None, now=NOW) for e in events]
        return Round(acts, wrong)

    return one_round


@contextmanager
def without_holding_the_lecturer() -> Iterator[None]:
    with (
        without_transactions(),
        patch.object(bookings, "locked_lecturers", lambda keys: Lecturer.objects.in_bulk(list(keys))),
        patch.object(bookings, "_ask_free", slowly(bookings._ask_free)),
    ):
        yield


RACES = [
    Race("one person, many taps", one_person_many_taps, without_keeping_people_apart),
    Race("last seat", last_seat_at_the_door, without_holding_the_event_at_the_door, (NoSeats,)),
    Race("last seats booked", last_seats_booked, looking_first_and_taking_then),
    Race("one household, many taps", one_household_many_taps, without_one_seat_for_a_person),
    Race("moving up", moving_up, without_holding_the_event_of_a_booking),
    Race("one lecturer", one_lecturer_many_hosts, without_holding_the_lecturer, (LecturerBusy,)),
]
