"""Seats for households: all or none, and the queue in order. At the same moment: tests/races/seats.py."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db.models import Sum

from events.enums import SeatStatus
from events.models import Event, Reservation, ReservedPerson
from events.services import (
    cancel_event,
    change_event,
    change_seats,
    give_back,
    reserve_for_family,
    reserve_seats,
    schedule_event,
)
from events.services import reservations as services
from events.services.reservations import BookedAlready, BookingClosed, NotEnoughSeats, SeatsRefused
from portal.kernel.models import Notice
from tests.events.plans import family, plan
from tests.world import NOW

AHEAD = {"starts_at": NOW + timedelta(days=3), "needs_booking": True}


def salon(world, capacity=4, **more) -> Event:
    made = plan(world, **{**AHEAD, "capacity": capacity, **more})
    return schedule_event(world.schools[0], plan=made, actor=None, now=NOW)


def book(event, *people, children=0, now=NOW, verb=reserve_seats) -> Reservation:
    return verb(event, people=people, children=children, actor=people[0], now=now)


def stands(event) -> tuple[int, int]:
    event.refresh_from_db()
    return event.seats_taken, event.seats_waiting


def families(world, number) -> list:
    return [family(world, n) for n in range(number)]


def test_a_household_gets_all_its_seats_or_waits_for_all_of_them(world):
    event, (one, two, three) = salon(world, 4), families(world, 3)
    assert book(event, one, children=1).status == SeatStatus.SEATED
    waiting = book(event, two, children=2)
    assert (waiting.status, stands(event)) == (SeatStatus.WAITING, (2, 3))
    assert book(event, three).status == SeatStatus.WAITING, "one seat is free, but nobody overtakes"


def test_the_same_again_is_the_same_booking_and_another_one_is_refused(world):
    event, (one, two) = salon(world), families(world, 2)
    first = book(event, one, children=1)
    assert book(event, one, children=1) == first
    for people, children in (([one], 0), ([one, two], 1)):
        with pytest.raises(BookedAlready, match=one.name):
            book(event, *people, children=children)
    assert stands(event) == (2, 0)


def test_what_is_given_back_is_free_at_once_and_whole_households_move_up_in_order(world):
    event, (one, two, three, four) = salon(world, 3), families(world, 4)
    first = book(event, one, children=2)
    for minute, (person, children) in enumerate(((two, 1), (three, 1), (four, 0))):
        book(event, person, children=children, now=NOW + timedelta(minutes=minute))
    later = NOW + timedelta(hours=1)
    give_back(first, actor=one, now=later)
    give_back(first, actor=one, now=later)
    seated = Reservation.objects.filter(event=event, status=SeatStatus.SEATED)
    assert [row.made_by for row in seated] == [two], "three does not fit beside two, and four waits behind"
    assert stands(event) == (2, 3)
    told = Notice.objects.get()
    assert (told.person, told.kind, told.route, told.key) == (
        two,
        "events.moved_up",
        "family_event",
        str(event.pk),
    )
    assert book(event, one).status == SeatStatus.WAITING, "who gave back asks anew, at the end"


def test_more_seats_move_families_up_and_fewer_throw_nobody_out(world):
    event, (one, two, three) = salon(world, 2), families(world, 3)
    for person in (one, two, three):
        book(event, person, children=1)
    change_event(event, plan=plan(world, **AHEAD, capacity=4), actor=None, now=NOW)
    assert stands(event) == (4, 2)
    change_event(event, plan=plan(world, **AHEAD, capacity=1), actor=None, now=NOW)
    assert stands(event) == (4, 2)
    give_back(Reservation.objects.get(made_by=one), actor=one, now=NOW)
    assert stands(event) == (2, 2), "nobody moves up while more are seated than there are seats"


def test_a_booking_is_changed_in_place_as_far_as_seats_are_free(world):
    event, (one, two, three) = salon(world, 4), families(world, 3)
    own = book(event, one)
    change_seats(own, people=[one, two], children=1, actor=one, now=NOW)
    assert stands(event) == (3, 0)
    with pytest.raises(NotEnoughSeats):
        change_seats(own, people=[one, two], children=3, actor=one, now=NOW)
    waiting = book(event, three, children=1)
    change_seats(own, people=[one], children=1, actor=one, now=NOW)
    waiting.refresh_from_db()
    assert (waiting.status, stands(event)) == (SeatStatus.SEATED, (4, 0))
    assert set(ReservedPerson.objects.filter(reservation=own).values_list("person", flat=True)) == {one.pk}


def test_a_person_is_not_taken_from_another_booking(world):
    event, (one, two) = salon(world), families(world, 2)
    own = book(event, one)
    book(event, two)
    with pytest.raises(BookedAlready):
        change_seats(own, people=[one, two], actor=one, now=NOW)
    assert stands(event) == (2, 0)


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"needs_booking": False}, NOW),
        ({"book_until": NOW + timedelta(days=1)}, NOW + timedelta(days=1)),
        ({}, AHEAD["starts_at"]),
    ],
)
def test_outside_its_time_nobody_books(world, more, at):
    event, one = salon(world, **more), family(world, 1)
    with pytest.raises(BookingClosed):
        book(event, one, now=at)
    assert stands(event) == (0, 0)


def test_staff_book_after_the_deadline_for_whoever_has_no_phone(world):
    event, one = salon(world, book_until=NOW + timedelta(days=1)), family(world, 1)
    late = NOW + timedelta(days=2)
    assert book(event, one, now=late, verb=reserve_for_family).status == SeatStatus.SEATED


def test_of_a_called_off_event_nothing_is_booked(world):
    event, one = salon(world), family(world, 1)
    cancel_event(event, reason="Snow", actor=None, now=NOW)
    with pytest.raises(BookingClosed, match="取消"):
        book(event, one)


def test_nobody_and_too_many_are_refused(world):
    event, one = salon(world), family(world, 1)
    for people, children in (([], 1), ([one], 7), ([one], -1)):
        with pytest.raises(SeatsRefused):
            reserve_seats(event, people=people, children=children, actor=one, now=NOW)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_families_do_the_sums_hold_and_nobody_overtakes(world, seed):
    """A random course of bookings, changes and cancellations, looked at after every step."""
    draw, event, people = Random(seed), salon(world, 6), families(world, 8)
    for step in range(40):
        now, person = NOW + timedelta(minutes=step), draw.choice(people)
        held = Reservation.objects.filter(places__person=person, places__is_standing=True).first()
        try:
            if held is None:
                book(event, person, children=draw.randrange(3), now=now)
            elif draw.random() < 0.5:
                give_back(held, actor=person, now=now)
            else:
                change_seats(held, people=[person], children=draw.randrange(3), actor=person, now=now)
        except NotEnoughSeats:
            pass
        rows = Reservation.objects.filter(event=event)
        sums = {
            status: rows.filter(status=status).aggregate(n=Sum("seats"))["n"] or 0
            for status in (SeatStatus.SEATED, SeatStatus.WAITING)
        }
        taken, waiting = stands(event)
        assert (taken, waiting) == (sums[SeatStatus.SEATED], sums[SeatStatus.WAITING])
        assert taken <= event.capacity
        head = rows.filter(status=SeatStatus.WAITING).first()
        assert head is None or taken + head.seats > event.capacity, "who fits does not wait"


def test_who_asks_while_seats_are_given_back_does_not_wait_for_free_ones(world, monkeypatch):
    """Between finding nothing free and joining the queue, everything was given back, and nobody waited then."""
    event, (one, two) = salon(world, 2), families(world, 2)
    first, take_seats, acts = book(event, one, children=1), services._take_seats, ["give back"]

    def overtaken(*args, **how):
        is_taken = take_seats(*args, **how)
        if acts:
            acts.pop()
            give_back(first, actor=one, now=NOW)
        return is_taken

    monkeypatch.setattr(services, "_take_seats", overtaken)
    made = book(event, two, children=1)
    assert (made.status, stands(event)) == (SeatStatus.SEATED, (2, 0))
