from datetime import timedelta

import pytest

from accounts.models import Person
from events.enums import EventStatus, Method
from events.models import Attendance
from events.services import (
    add_walk_in,
    cancel_event,
    check_in,
    enrol_walk_in,
    hold_lecture,
    restore_attendance,
    revoke_attendance,
    schedule_event,
    take_roll,
)
from events.services.attendances import Namesake, NoSeats, NotBegun, ReasonNeeded
from events.services.codes import Scan
from events.services.locking import EventCancelled
from parentschool.enums import MembershipSource
from parentschool.models import Membership
from parentschool.services.learners import NameNeeded
from portal.kernel.models import AuditEntry
from tests.events.plans import family, plan
from tests.threads import at_once
from tests.world import NOW, build_world

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def lead(world):
    return world.staff["school_lead:0"]


@pytest.fixture
def event(world):
    return hold_lecture(world.schools[0], plan=plan(world), actor=None, now=NOW)


@pytest.fixture
def families(world):
    return [family(world, number) for number in range(3)]


def on_list(event):
    return set(event.attendances.filter(revoked_at=None).values_list("person__name", flat=True))


def keys(people):
    return [person.pk for person in people]


def test_a_roll_puts_people_on_the_list_in_one_batch(event, families, lead, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        taken = take_roll(event, present=keys(families), actor=lead, now=NOW)
    assert (taken.added, taken.removed, taken.kept, taken.present) == (3, 0, 0, 3)
    assert on_list(event) == {"Guardian 000", "Guardian 001", "Guardian 002"}
    row = Attendance.objects.get(event=event, person=families[0])
    assert (row.method, row.taken_at, row.taken_by, row.revision) == (Method.ROLL_CALL, NOW, lead, 1)
    entry = AuditEntry.objects.get(action="attendance.take_roll")
    assert (entry.summary["added"], entry.summary["revoked"]) == (keys(families), [])


def test_the_same_roll_again_changes_nothing(event, families, lead):
    for _ in range(3):
        take_roll(event, present=keys(families[:2]), absent=keys(families[2:]), actor=lead, now=NOW)
    before = set(Attendance.objects.values_list())
    taken = take_roll(event, present=keys(families[:2]), absent=keys(families[2:]), actor=lead, now=LATER)
    assert (taken.added, taken.removed) == (0, 0)
    assert set(Attendance.objects.values_list()) == before
    assert AuditEntry.objects.filter(action="attendance.take_roll").count() == 1


def test_taking_a_tick_back_and_giving_it_again_keeps_one_row_and_counts_revisions(event, families, lead):
    one = families[0]
    take_roll(event, present=[one.pk], actor=lead, now=NOW)
    take_roll(event, present=[], absent=[one.pk], actor=lead, now=LATER)
    row = Attendance.objects.get(event=event, person=one)
    assert (row.revoked_at, row.revision, row.updated_at) == (LATER, 2, LATER)
    take_roll(event, present=[one.pk], actor=lead, now=LATER + timedelta(minutes=1), method=Method.PAPER)
    row.refresh_from_db()
    assert (row.revoked_at, row.revision, row.method) == (None, 3, Method.PAPER)
    assert row.updated_at == LATER + timedelta(minutes=1)
    assert Attendance.objects.filter(event=event).count() == 1


def test_the_first_method_stays(event, families, lead):
    take_roll(event, present=[families[0].pk], actor=lead, now=NOW)
    take_roll(event, present=[families[0].pk], actor=lead, now=LATER, method=Method.PAPER)
    row = Attendance.objects.get(event=event)
    assert (row.method, row.taken_at, row.revision) == (Method.ROLL_CALL, NOW, 1)


def test_somebody_both_present_and_absent_is_present(event, families, lead):
    one = families[0].pk
    take_roll(event, present=[one, one], absent=[one], actor=lead, now=NOW)
    take_roll(event, present=[one], absent=[one], actor=lead, now=NOW)
    assert on_list(event) == {"Guardian 000"}


def test_two_teachers_take_the_roll_of_their_classes_side_by_side(event, families, lead):
    take_roll(event, present=[families[0].pk], absent=[families[1].pk], actor=lead, now=NOW)
    take_roll(event, present=[families[2].pk], actor=lead, now=NOW)
    assert on_list(event) == {"Guardian 000", "Guardian 002"}


def test_who_signed_in_at_the_wall_is_not_unticked_by_a_roll(world, event, lead):
    parent = world.parents[0]
    scanned = NOW - timedelta(hours=1, minutes=30)
    check_in(Scan(event.pk, scanned), person_id=parent.pk, now=scanned)
    taken = take_roll(event, present=[], absent=[parent.pk], actor=lead, now=NOW)
    assert (taken.removed, taken.kept) == (0, 1)
    assert on_list(event) == {"Parent 0"}


def test_two_days_on_taking_somebody_off_needs_a_reason_and_adding_does_not(event, families, lead):
    take_roll(event, present=[families[0].pk], actor=lead, now=NOW)
    late = event.ends_at + timedelta(days=2)
    with pytest.raises(ReasonNeeded):
        take_roll(event, present=[families[1].pk], absent=[families[0].pk], actor=lead, now=late)
    assert on_list(event) == {"Guardian 000"}
    take_roll(event, present=[families[1].pk], actor=lead, now=late, method=Method.PAPER)
    take_roll(event, present=[], absent=[families[0].pk], actor=lead, now=late, reason="Mixed up")
    assert on_list(event) == {"Guardian 001"}
    assert Attendance.objects.get(event=event, person=families[0]).correction_reason == "Mixed up"


def test_the_first_roll_marks_a_planned_event_as_held_and_touches_who_was_there_before(world, lead):
    soon = NOW + timedelta(minutes=30)
    event = schedule_event(world.schools[0], plan=plan(world, starts_at=soon), actor=None, now=NOW)
    Attendance.objects.create(event=event, person=world.parents[0], method=Method.PAPER, taken_at=NOW)
    take_roll(event, present=[], actor=lead, now=LATER)
    event.refresh_from_db()
    assert event.status == EventStatus.HELD
    assert Attendance.objects.get().updated_at == LATER
    assert AuditEntry.objects.filter(action="attendance.take_roll").count() == 1


def test_no_roll_before_the_doors_open_and_none_for_an_event_called_off(world, lead):
    event = schedule_event(
        world.schools[0], plan=plan(world, starts_at=NOW + timedelta(minutes=31)), actor=None, now=NOW
    )
    with pytest.raises(NotBegun):
        take_roll(event, present=[world.parents[0].pk], actor=lead, now=NOW)
    cancel_event(event, reason="Snow", actor=None, now=NOW)
    with pytest.raises(EventCancelled):
        take_roll(event, present=[world.parents[0].pk], actor=lead, now=NOW + timedelta(hours=1))
    assert not Attendance.objects.exists()


def test_a_roll_never_fills_more_seats_than_there_are(world, families, lead):
    event = hold_lecture(world.schools[0], plan=plan(world, capacity=2), actor=None, now=NOW)
    with pytest.raises(NoSeats):
        take_roll(event, present=keys(families), actor=lead, now=NOW)
    take_roll(event, present=keys(families[:2]), actor=lead, now=NOW)
    take_roll(event, present=[families[2].pk], absent=[families[0].pk], actor=lead, now=NOW)
    assert on_list(event) == {"Guardian 001", "Guardian 002"}


def test_a_walk_in_whom_the_portal_knows(world, event, lead):
    guest = world.parents[1]
    first = add_walk_in(event, person=guest, actor=lead, now=NOW)
    assert add_walk_in(event, person=guest, actor=lead, now=LATER) == first
    assert on_list(event) == {"Parent 1"}


def test_a_walk_in_whom_the_portal_does_not_know_becomes_a_learner(world, event, lead):
    row = enrol_walk_in(event, name=" 阿依古丽·麦麦提 ", actor=lead, now=NOW)
    person = Person.objects.get(pk=row.person_id)
    assert (person.name, person.phone, person.home, person.path) == (
        "阿依古丽·麦麦提",
        "",
        world.schools[0],
        world.schools[0].path,
    )
    assert not person.has_usable_password()
    membership = Membership.objects.get(person=person)
    assert (membership.school, membership.school_year, membership.source, membership.path) == (
        world.schools[0],
        2026,
        MembershipSource.WALK_IN,
        world.schools[0].path,
    )


def test_the_same_new_name_twice_is_asked_about(event, lead):
    enrol_walk_in(event, name="Somebody New", actor=lead, now=NOW)
    with pytest.raises(Namesake):
        enrol_walk_in(event, name="Somebody New ", actor=lead, now=LATER)
    assert Person.objects.filter(name="Somebody New").count() == 1
    enrol_walk_in(event, name="Somebody New", actor=lead, now=LATER, is_another=True)
    assert Person.objects.filter(name="Somebody New").count() == 2


@pytest.mark.parametrize("name", ["", " ", "王", "x" * 61])
def test_a_walk_in_needs_a_name(event, lead, name):
    people = Person.objects.count()
    with pytest.raises(NameNeeded):
        enrol_walk_in(event, name=name, actor=lead, now=NOW)
    assert (Person.objects.count(), on_list(event)) == (people, set())


def test_no_seat_for_a_walk_in_leaves_no_person_behind(world, lead):
    event = hold_lecture(world.schools[0], plan=plan(world, capacity=0), actor=None, now=NOW)
    people = Person.objects.count()
    with pytest.raises(NoSeats):
        enrol_walk_in(event, name="Somebody New", actor=lead, now=NOW)
    assert Person.objects.count() == people


def test_a_station_has_no_learners_of_its_own(world, lead):
    event = hold_lecture(world.stations[0], plan=plan(world), actor=None, now=NOW)
    row = enrol_walk_in(event, name="Somebody New", actor=lead, now=NOW)
    assert row.person.home == world.stations[0]
    assert not Membership.objects.filter(person=row.person).exists()


def test_a_correction_is_a_revision_with_a_reason_and_never_a_deletion(event, families, lead):
    take_roll(event, present=[families[0].pk], actor=lead, now=NOW)
    row = Attendance.objects.get()
    with pytest.raises(ReasonNeeded):
        revoke_attendance(row, reason="  ", actor=lead, now=LATER)
    revoked = revoke_attendance(row, reason=" Wrong person ", actor=lead, now=LATER)
    assert (revoked.revoked_at, revoked.revision, revoked.updated_at, revoked.correction_reason) == (
        LATER,
        2,
        LATER,
        "Wrong person",
    )
    again = LATER + timedelta(days=9)
    assert revoke_attendance(row, reason="Once more", actor=lead, now=again).revision == 2
    restored = restore_attendance(row, reason="Was there", actor=lead, now=again)
    assert (restored.revoked_at, restored.revision, restored.updated_at, restored.method) == (
        None,
        3,
        again,
        Method.ROLL_CALL,
    )
    assert restore_attendance(row, reason="Was there", actor=lead, now=again).revision == 3
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "summary__reason"))
    assert actions[-2:] == [
        ("attendance.revoke", "Wrong person"),
        ("attendance.restore", "Was there"),
    ]


def test_restoring_needs_a_seat_and_a_standing_event(world, families, lead):
    event = hold_lecture(world.schools[0], plan=plan(world, capacity=1), actor=None, now=NOW)
    take_roll(event, present=[families[0].pk], actor=lead, now=NOW)
    row = Attendance.objects.get()
    revoke_attendance(row, reason="Wrong", actor=lead, now=NOW)
    take_roll(event, present=[families[1].pk], actor=lead, now=NOW)
    with pytest.raises(NoSeats):
        restore_attendance(row, reason="Right", actor=lead, now=NOW)
    cancel_event(event, reason="Mistake", actor=lead, now=NOW)
    with pytest.raises(EventCancelled):
        restore_attendance(row, reason="Right", actor=lead, now=NOW)


def test_twenty_rolls_at_once_are_one_roll(shared_database):
    world = build_world()
    people = keys([family(world, number) for number in range(20)])
    event = hold_lecture(world.schools[0], plan=plan(world), actor=None, now=NOW)
    at_once([lambda: take_roll(event, present=people, actor=None, now=NOW)] * 20)
    assert Attendance.objects.filter(event=event, revoked_at=None, revision=1).count() == 20
    assert AuditEntry.objects.filter(action="attendance.take_roll").count() == 1


def test_twenty_new_walk_ins_of_one_name_at_once_are_one_person(shared_database):
    world = build_world()
    event = hold_lecture(world.schools[0], plan=plan(world), actor=None, now=NOW)
    at_once([lambda: enrol_walk_in(event, name="Somebody New", actor=None, now=NOW)] * 20, expected=Namesake)
    assert Person.objects.filter(name="Somebody New").count() == 1
