"""Reminders and changes: who is told, once, whatever the clock does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events.models import Event
from events.services import cancel_event, change_event, give_back, reserve_seats, schedule_event
from events.services.telling import tell_everybody
from events.tasks import tell_families
from portal.kernel.models import Notice
from tests.events.plans import family, plan
from tests.threads import at_once
from tests.world import NOW, build_world

TOMORROW = NOW + timedelta(days=1)


def salon(world, **more) -> Event:
    return schedule_event(world.schools[0], plan=wanted(world, **more), actor=None, now=NOW)


def wanted(world, **more):
    return plan(
        world, **{"starts_at": TOMORROW, "needs_booking": True, "capacity": 1, "title": "Salon", **more}
    )


def told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("person__name", "kind"))


@pytest.fixture
def booked(world) -> Event:
    """One family has the seat, one waits, one has given back, one never asked."""
    Event.objects.all().delete()
    event, people = salon(world), [family(world, n) for n in range(4)]
    held = [reserve_seats(event, people=[person], actor=person, now=NOW) for person in people[:3]]
    give_back(held[2], actor=people[2], now=NOW)
    return event


def test_the_day_before_those_who_have_seats_are_reminded_once(world, booked):
    for minutes in (0, 5, 600):
        tell_everybody(now=NOW + timedelta(minutes=minutes))
    assert told() == {("Guardian 000", "events.tomorrow")}
    assert Notice.objects.count() == 1


def test_two_days_before_nobody_is_reminded(world, booked):
    assert tell_everybody(now=NOW - timedelta(days=1)) == 0


def test_an_event_that_is_put_off_is_told_and_remembered_anew(world, booked):
    tell_everybody(now=NOW)
    later = NOW + timedelta(hours=1)
    change_event(booked, plan=wanted(world, starts_at=TOMORROW + timedelta(days=1)), actor=None, now=later)
    tell_everybody(now=later)
    tell_everybody(now=later + timedelta(days=1))
    kinds = Notice.objects.filter(person__name="Guardian 000").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["events.tomorrow", "events.changed", "events.tomorrow"]
    assert ("Guardian 001", "events.changed") in told(), "who waits has to know, too"


def test_a_change_of_the_seats_alone_is_no_news(world, booked):
    change_event(booked, plan=wanted(world, capacity=2, starts_at=booked.starts_at), actor=None, now=NOW)
    tell_everybody(now=NOW - timedelta(days=1))
    assert told() == {("Guardian 001", "events.moved_up")}


def test_who_asked_after_the_change_is_not_told_of_it(world, booked):
    change_event(booked, plan=wanted(world, place="Library"), actor=None, now=NOW)
    late = family(world, 9)
    reserve_seats(booked, people=[late], actor=late, now=NOW + timedelta(minutes=1))
    tell_everybody(now=NOW + timedelta(minutes=2))
    assert (late.name, "events.changed") not in told()


def test_a_called_off_event_is_told_with_its_reason(world, booked):
    cancel_event(booked, reason="Snow", actor=None, now=NOW)
    tell_everybody(now=NOW)
    assert told() == {("Guardian 000", "events.called_off"), ("Guardian 001", "events.called_off")}
    assert Notice.objects.first().params["reason"] == "Snow"


def test_where_everybody_simply_comes_to_a_school_all_expected_are_reminded(world):
    Event.objects.all().delete()
    salon(world, needs_booking=False)
    schedule_event(world.county, plan=wanted(world, needs_booking=False), actor=None, now=NOW)
    tell_everybody(now=NOW)
    assert told() == {("Parent 0", "events.tomorrow")}, "the county's own events wake nobody who did not book"


def test_the_task_run_by_several_workers_at_once_tells_once(shared_database, time_machine):
    time_machine.move_to(NOW, tick=False)
    world = build_world()
    Event.objects.all().delete()
    event, one = salon(world), family(world, 1)
    reserve_seats(event, people=[one], actor=one, now=NOW)
    at_once([tell_families for _ in range(4)])
    assert told() == {(one.name, "events.tomorrow")}
    assert Notice.objects.count() == 1
