from datetime import timedelta

import pytest

from accounts.models import Person
from events.enums import Audience, EventStatus
from events.models import Attendance, Event
from events.queries import expected_people
from events.services import cancel_event, change_event, hold_lecture, schedule_event, take_roll
from events.services.events import EnteredAlready, EventRefused
from events.services.locking import EventCancelled
from portal.kernel.models import AuditEntry
from tests.events.plans import family, lecturer, plan
from tests.world import NOW


def hold(world, **more):
    return hold_lecture(
        world.schools[0], plan=plan(world, **more), actor=world.staff["school_lead:0"], now=NOW
    )


def plan_ahead(world, **more):
    return schedule_event(
        world.schools[0],
        plan=plan(world, **{"starts_at": NOW + timedelta(days=3), **more}),
        actor=world.staff["school_lead:0"],
        now=NOW,
    )


def test_a_lecture_is_entered_in_one_go(world):
    speaker = lecturer(world)
    event = hold(world, lecturers=(speaker,), audience=Audience.CLASSES, classes=(world.classes[0],))
    event = Event.objects.get(pk=event.pk)
    assert (event.status, event.host, event.title, event.place) == (
        EventStatus.HELD,
        world.schools[0],
        "Talking with children",
        "Hall",
    )
    assert (list(event.lecturers.all()), list(event.classes.all())) == ([speaker], [world.classes[0]])
    assert event.entered_by == world.staff["school_lead:0"]
    entry = AuditEntry.objects.get(action="event.enter")
    assert (entry.actor, entry.object_id, entry.path) == (
        world.staff["school_lead:0"],
        str(event.pk),
        world.schools[0].path,
    )


def test_what_lies_ahead_is_planned_and_not_held(world):
    assert plan_ahead(world).status == EventStatus.PLANNED
    with pytest.raises(EventRefused) as refusal:
        hold(world, starts_at=NOW + timedelta(hours=1))
    assert refusal.value.details["field"] == "starts_at"


def test_a_second_press_of_the_button_leaves_one_event(world):
    first = hold(world)
    with pytest.raises(EnteredAlready) as refusal:
        hold(world)
    assert refusal.value.details["event"] == first.pk
    assert Event.objects.filter(title="Talking with children").count() == 1
    cancel_event(first, reason="Entered by mistake", actor=None, now=NOW)
    assert hold(world).pk != first.pk


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": "  "}, "title"),
        ({"minutes": 0}, "ends_at"),
        ({"minutes": -30}, "ends_at"),
        ({"minutes": 9 * 24 * 60}, "starts_at"),
        ({"starts_at": NOW - timedelta(days=400)}, "starts_at"),
        ({"audience": Audience.CLASSES}, "classes"),
    ],
)
def test_a_slip_is_named_with_its_field_and_nothing_is_kept(world, more, field):
    with pytest.raises(EventRefused) as refusal:
        hold(world, **more)
    assert refusal.value.details["field"] == field
    assert not Event.objects.filter(place="Hall").exists()
    assert not AuditEntry.objects.exists()


def test_classes_of_another_school_are_refused(world):
    with pytest.raises(EventRefused):
        hold(world, audience=Audience.CLASSES, classes=(world.classes[1],))


def test_a_unit_that_is_closed_holds_nothing(world):
    school = world.schools[0]
    school.closed_on = NOW.date()
    school.save()
    with pytest.raises(EventRefused):
        hold(world)
    hold(world, starts_at=NOW - timedelta(days=1))


def test_who_is_expected_follows_the_audience(world):
    grandparent = family(world, 1)
    family(world, 2, school=1)
    everybody = hold(world)
    assert set(expected_people(everybody)) == {world.parents[0], grandparent}
    one_class = hold(world, title="B", audience=Audience.CLASSES, classes=(world.classes[0],))
    assert set(expected_people(one_class)) == {world.parents[0], grandparent}
    guest_list = hold(world, title="C", audience=Audience.INVITED)
    assert set(expected_people(guest_list)) == set()


def test_who_has_left_is_not_expected(world):
    family(world, 1).memberships.update(left_on=NOW.date())
    gone = family(world, 2)
    gone.memberships.update(school_year=2025)
    moved = family(world, 3)
    moved.guardianships.get().child.__class__.objects.filter(guardianships__guardian=moved).update(
        left_on=NOW.date()
    )
    event = hold(world)
    assert set(expected_people(event)) == {world.parents[0], moved}
    of_class = hold(world, title="B", audience=Audience.CLASSES, classes=(world.classes[0],))
    people = set(expected_people(of_class))
    assert moved not in people
    assert people == set(Person.objects.filter(name__in=["Parent 0", "Guardian 001", "Guardian 002"]))


def test_a_change_is_written_down_field_by_field(world):
    event = plan_ahead(world)
    changed = change_event(
        event,
        plan=plan(world, starts_at=NOW + timedelta(days=3), title="A better title"),
        actor=world.staff["school_lead:0"],
        now=NOW,
    )
    assert Event.objects.get(pk=event.pk).title == changed.title == "A better title"
    entry = AuditEntry.objects.get(action="event.change")
    assert entry.summary["changed"] == {"title": ["Talking with children", "A better title"]}


def test_a_change_of_nothing_writes_nothing(world):
    event = hold(world)
    change_event(event, plan=plan(world), actor=None, now=NOW)
    assert not AuditEntry.objects.filter(action="event.change").exists()


def test_a_change_of_time_or_kind_is_a_new_revision_of_each_attendance(world):
    event = hold(world)
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    change_event(event, plan=plan(world, title="Only the title"), actor=None, now=NOW)
    assert Attendance.objects.get(event=event).revision == 1
    later = NOW + timedelta(minutes=5)
    change_event(
        event, plan=plan(world, title="Only the title", kind=world.kinds["salon"]), actor=None, now=later
    )
    row = Attendance.objects.get(event=event)
    assert (row.revision, row.updated_at) == (2, later)


def test_a_held_event_does_not_move_into_the_future(world):
    event = hold(world)
    with pytest.raises(EventRefused):
        change_event(event, plan=plan(world, starts_at=NOW + timedelta(days=1)), actor=None, now=NOW)


def test_seats_do_not_drop_below_who_came(world):
    event = hold(world)
    take_roll(event, present=[world.parents[0].pk, family(world, 1).pk], actor=None, now=NOW)
    with pytest.raises(EventRefused) as refusal:
        change_event(event, plan=plan(world, capacity=1), actor=None, now=NOW)
    assert refusal.value.details["field"] == "capacity"
    change_event(event, plan=plan(world, capacity=2), actor=None, now=NOW)


def test_calling_off_keeps_the_list_and_makes_it_count_for_nothing(world):
    event = hold(world)
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    later = NOW + timedelta(minutes=5)
    cancel_event(event, reason=" The hall was flooded ", actor=world.staff["school_lead:0"], now=later)
    cancel_event(event, reason="Again", actor=world.staff["school_lead:0"], now=later)
    event.refresh_from_db()
    assert (event.status, event.cancel_reason) == (EventStatus.CANCELLED, "The hall was flooded")
    row = Attendance.objects.get(event=event)
    assert (row.revoked_at, row.revision, row.updated_at) == (None, 2, later)
    assert AuditEntry.objects.filter(action="event.cancel").count() == 1


def test_calling_off_needs_a_reason_and_ends_all_changes(world):
    event = plan_ahead(world)
    with pytest.raises(EventRefused):
        cancel_event(event, reason=" ", actor=None, now=NOW)
    cancel_event(event, reason="Snow", actor=None, now=NOW)
    with pytest.raises(EventCancelled):
        change_event(event, plan=plan(world), actor=None, now=NOW)
    with pytest.raises(EventCancelled):
        take_roll(event, present=[], actor=None, now=NOW)
