from contextlib import nullcontext
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import rules
from events.models import Event, EventLecturer
from events.services import (
    book_lecturer,
    cancel_event,
    change_event,
    hold_lecture,
    release_lecturer,
    schedule_event,
)
from events.services.bookings import LecturerBusy, LecturerNotInPool
from tests.events.plans import lecturer, plan
from tests.world import NOW


def event_at(world, minute, lasts, *, host=0, title=None):
    return schedule_event(
        world.schools[host],
        plan=plan(
            world,
            starts_at=NOW + timedelta(minutes=minute),
            minutes=lasts,
            title=title or f"{host}:{minute}:{lasts}",
        ),
        actor=None,
        now=NOW,
    )


def test_a_lecturer_is_booked_once_however_often_it_is_said(world):
    speaker, event = lecturer(world), event_at(world, 0, 60)
    first = book_lecturer(event, lecturer=speaker, actor=None, now=NOW)
    assert book_lecturer(event, lecturer=speaker, actor=None, now=NOW) == first
    assert (first.starts_at, first.ends_at) == (event.starts_at, event.ends_at)
    release_lecturer(event, lecturer=speaker, actor=None, now=NOW)
    release_lecturer(event, lecturer=speaker, actor=None, now=NOW)
    assert not EventLecturer.objects.exists()


def test_the_refusal_says_where_the_lecturer_is(world):
    speaker = lecturer(world)
    book_lecturer(event_at(world, 0, 60, title="In the hall"), lecturer=speaker, actor=None, now=NOW)
    with pytest.raises(LecturerBusy) as refusal:
        book_lecturer(event_at(world, 30, 60, host=1), lecturer=speaker, actor=None, now=NOW)
    assert all(part in str(refusal.value) for part in ("In the hall", "School 0", "10:00", "11:00"))
    assert refusal.value.details["field"] == "lecturer"


def test_touching_lectures_and_other_lecturers_do_not_clash(world):
    speaker, other = lecturer(world), lecturer(world, "lecturer:1")
    first = event_at(world, 60, 60)
    book_lecturer(first, lecturer=speaker, actor=None, now=NOW)
    for neighbour in (event_at(world, 0, 60, host=1), event_at(world, 120, 60, host=1)):
        book_lecturer(neighbour, lecturer=speaker, actor=None, now=NOW)
    book_lecturer(event_at(world, 70, 10, host=1), lecturer=other, actor=None, now=NOW)
    assert EventLecturer.objects.count() == 4


def test_a_lecture_called_off_sets_its_lecturer_free(world):
    speaker, event = lecturer(world), event_at(world, 0, 60)
    book_lecturer(event, lecturer=speaker, actor=None, now=NOW)
    cancel_event(event, reason="Snow", actor=None, now=NOW)
    book_lecturer(event_at(world, 0, 60, host=1), lecturer=speaker, actor=None, now=NOW)


def test_moving_a_lecture_moves_its_booking_or_is_refused(world):
    speaker = lecturer(world)
    still = event_at(world, 120, 60, host=1)
    moving = event_at(world, 0, 60)
    for event in (still, moving):
        book_lecturer(event, lecturer=speaker, actor=None, now=NOW)
    clash = plan(world, starts_at=NOW + timedelta(minutes=150), title="moving", lecturers=(speaker,))
    with pytest.raises(LecturerBusy):
        change_event(moving, plan=clash, actor=None, now=NOW)
    assert EventLecturer.objects.get(event=moving).starts_at == NOW
    free = plan(world, starts_at=NOW + timedelta(minutes=180), title="moving", lecturers=(speaker,))
    change_event(moving, plan=free, actor=None, now=NOW)
    assert EventLecturer.objects.get(event=moving).starts_at == NOW + timedelta(minutes=180)


def test_who_is_not_in_the_pool_on_the_day_is_not_booked_and_the_event_is_not_kept(world):
    gone = lecturer(world, valid_until=NOW.date())
    with pytest.raises(LecturerNotInPool):
        hold_lecture(world.schools[0], plan=plan(world, lecturers=(gone,)), actor=None, now=NOW)
    assert not Event.objects.filter(place="Hall").exists()


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), min_size=1, max_size=12, unique=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans)
def test_however_lectures_fall_no_lecturer_is_in_two_places(world, spans):
    Event.objects.filter(place="Hall").delete()
    speaker = world.staff["lecturer:0"].__class__.objects.get(username="lecturer_0")
    speaker = getattr(speaker, "lecturer", None) or lecturer(world)
    taken: list[tuple[int, int]] = []
    for minute, lasts in spans:
        free = not any(minute < end and start < minute + lasts for start, end in taken)
        with nullcontext() if free else pytest.raises(LecturerBusy):
            book_lecturer(event_at(world, minute, lasts), lecturer=speaker, actor=None, now=NOW)
            taken.append((minute, minute + lasts))
    rows = list(EventLecturer.objects.filter(lecturer=speaker, event__place="Hall"))
    assert len(rows) == len(taken)
    assert not any(
        rules.overlap(one.starts_at, one.ends_at, other.starts_at, other.ends_at)
        for i, one in enumerate(rows)
        for other in rows[:i]
    )
