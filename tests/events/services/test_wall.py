from datetime import timedelta

import pytest
from django.core import signing

from accounts.enums import Basis
from events.engine.check_in import put_on_list
from events.enums import Doubt, EventStatus, Method
from events.models import Attendance
from events.services import (
    accept_attendance,
    cancel_event,
    codes,
    refuse_attendance,
    revoke_attendance,
    scan_by_host_code,
    take_roll,
)
from events.services.attendances import NoSeats, ReasonNeeded
from events.services.codes import (
    CodeExpired,
    Scan,
    claim_of,
    device_of,
    read_claim,
    read_wall_code,
    wall_code,
)
from events.services.locking import EventCancelled
from events.services.wall import DoorsClosed, NobodyCame, NotOfTheFamily, TakenOff, TooManyTries
from parentschool.enums import Relation
from parentschool.models import Child, Guardianship
from portal.kernel.models import AuditEntry
from tests.events.doors import SCAN, STARTS, enter, evening, under_way
from tests.events.plans import family
from tests.world import NOW, appoint, person


@pytest.fixture
def event(world):
    return evening(world)


def row_of(person):
    return Attendance.objects.get(person=person)


def standing():
    return set(Attendance.objects.filter(revoked_at=None).values_list("person__name", flat=True))


def test_a_parent_scans_and_is_on_the_list_once(world, event):
    first = enter(event, world.parents[0])
    again = enter(event, world.parents[0], SCAN + timedelta(minutes=20))
    assert (first.is_new, again.is_new) == (True, False)
    row = Attendance.objects.get()
    assert (row.method, row.taken_at, row.taken_by, row.revision) == (Method.WALL_CODE, SCAN, None, 1)
    event.refresh_from_db()
    assert event.status == EventStatus.HELD
    assert AuditEntry.objects.filter(action="attendance.check_in", actor=world.parents[0]).count() == 1


def test_whoever_the_staff_ticked_first_keeps_that_method(world, event):
    take_roll(event, present=[world.parents[0].pk], actor=None, now=SCAN)
    assert enter(event, world.parents[0]).is_new is False
    assert Attendance.objects.get().method == Method.ROLL_CALL


def test_a_code_is_dead_after_two_rotations(event):
    shown = wall_code(event, SCAN)
    assert wall_code(event, shown.renewed_at - timedelta(seconds=1)) == shown
    assert wall_code(event, shown.renewed_at).token != shown.token
    assert wall_code(event, shown.renewed_at).host_code != shown.host_code
    last = shown.renewed_at + timedelta(seconds=20)
    assert read_wall_code(shown.token, last - timedelta(seconds=1)).event_id == event.pk
    with pytest.raises(CodeExpired):
        read_wall_code(shown.token, last)


def test_a_code_from_the_future_is_worth_nothing(event):
    with pytest.raises(CodeExpired):
        read_wall_code(wall_code(event, SCAN + timedelta(minutes=1)).token, SCAN)


def test_the_claim_outlives_the_code_but_not_for_ever(event):
    claim = claim_of(wall_code(event, SCAN).token, SCAN, mark="own")
    assert read_claim(claim, SCAN + timedelta(minutes=9, seconds=59), mark="own").scanned_at == SCAN
    with pytest.raises(CodeExpired):
        read_claim(claim, SCAN + timedelta(minutes=10), mark="own")


def test_a_claim_of_another_browser_is_worth_nothing(event):
    claim = claim_of(wall_code(event, SCAN).token, SCAN, mark="own")
    for mark in ("another", ""):
        with pytest.raises(CodeExpired):
            read_claim(claim, SCAN, mark=mark)


def test_a_claim_of_the_last_minute_counts_although_the_doors_closed_meanwhile(world, event):
    last = event.ends_at + timedelta(minutes=29)
    assert enter(event, world.parents[0], last, now=last + timedelta(minutes=9)).is_new


def test_a_claim_is_made_of_a_living_code_and_of_nothing_else(event):
    token = wall_code(event, SCAN).token
    claim = claim_of(token, SCAN, mark="own")
    assert read_claim(claim, SCAN, mark="own").event_id == event.pk
    for worthless in (claim, token + "x", "", "1.2.3", signing.dumps(event.pk)):
        with pytest.raises(CodeExpired):
            claim_of(worthless, SCAN, mark="own")
    with pytest.raises(CodeExpired):
        read_claim(token, SCAN, mark="own")


@pytest.mark.parametrize(("minutes", "open_"), [(-31, False), (-30, True), (89, True), (90, False)])
def test_signing_in_is_possible_while_the_doors_are_open(world, event, minutes, open_):
    at = STARTS + timedelta(minutes=minutes)
    if open_:
        assert enter(event, world.parents[0], at).is_new
    else:
        with pytest.raises(DoorsClosed):
            enter(event, world.parents[0], at)
        assert not Attendance.objects.exists()


def test_an_event_called_off_lets_nobody_in(world, event):
    cancel_event(event, reason="Snow", actor=None, now=NOW)
    with pytest.raises(EventCancelled):
        enter(event, world.parents[0])


def test_who_belongs_to_the_host_is_on_the_list_at_once_and_others_wait(world, event):
    guardian_only = family(world, 1)
    guardian_only.memberships.all().delete()
    teacher = person("A teacher")
    appoint(teacher, "class_teacher", world.schools[0], world.classes[0].path)
    stranger = person("A stranger")
    for somebody in (world.parents[0], guardian_only, teacher):
        assert enter(event, somebody).is_pending is False
    for somebody in (world.parents[1], stranger):
        assert (enter(event, somebody).is_pending, row_of(somebody).doubt) == (True, Doubt.STRANGER)
    assert standing() == {"Parent 0", "Guardian 001", "A teacher"}


def test_a_pending_one_counts_when_staff_accept_and_not_before(world, event):
    stranger = person("A stranger")
    enter(event, stranger)
    assert enter(event, stranger).is_pending, "a second tap changes nothing"
    row = accept_attendance(row_of(stranger), actor=None, now=SCAN)
    assert (row.revoked_at, row.revision, row.is_pending, standing()) == (None, 2, False, {"A stranger"})
    assert accept_attendance(row, actor=None, now=SCAN).revision == 2
    assert enter(event, stranger).is_pending is False
    assert AuditEntry.objects.filter(action="attendance.accept").count() == 1


def test_a_refused_one_cannot_scan_again(world, event):
    stranger = person("A stranger")
    enter(event, stranger)
    with pytest.raises(ReasonNeeded):
        refuse_attendance(row_of(stranger), reason=" ", actor=None, now=SCAN)
    refuse_attendance(row_of(stranger), reason="Nobody saw them", actor=None, now=SCAN)
    assert standing() == set()
    with pytest.raises(TakenOff):
        enter(event, stranger)
    assert refuse_attendance(row_of(stranger), reason="Again", actor=None, now=SCAN).revision == 2


def test_a_tick_of_the_roll_accepts_a_pending_one(world, event):
    stranger = person("A stranger")
    enter(event, stranger)
    take_roll(event, present=[stranger.pk], actor=None, now=SCAN)
    row = row_of(stranger)
    assert (row.is_pending, row.method, standing()) == (False, Method.WALL_CODE, {"A stranger"})


def test_the_third_person_on_one_phone_waits(world, event):
    people = [family(world, number) for number in range(3)]
    at = [SCAN + timedelta(minutes=number) for number in range(3)]
    done = [enter(event, p, t, mark="shared") for p, t in zip(people, at, strict=True)]
    assert [one.is_pending for one in done] == [False, False, True]
    assert row_of(people[2]).doubt == Doubt.DEVICE


@pytest.mark.parametrize(("later", "doubt"), [(0, Doubt.SAME_SCAN), (2, Doubt.HASTE), (3, "")])
def test_two_people_in_three_seconds_on_one_phone(world, event, later, doubt):
    enter(event, family(world, 1), mark="shared")
    second = family(world, 2)
    enter(event, second, SCAN + timedelta(seconds=later), mark="shared")
    assert row_of(second).doubt == doubt


def test_the_marks_of_a_phone_at_two_events_have_nothing_in_common(world, event):
    assert device_of("one", event.pk) != device_of("one", event.pk + 1)


def household_of(world):
    """A mother, a father and a grandmother of Child 0, and the mother's second child."""
    father, grandmother = family(world, 1), person("Grandmother")
    for one in (father, grandmother):
        Guardianship.objects.create(guardian=one, child=world.children[0], relation=Relation.OTHER)
    second = Child.objects.create(
        basis=Basis.DUTY, name="Second", school_class=world.classes[0], path=world.classes[0].path
    )
    Guardianship.objects.create(guardian=world.parents[0], child=second, relation=Relation.MOTHER)
    return world.parents[0], father, grandmother, second


def test_one_tap_signs_in_the_family_each_in_their_own_row(world, event):
    mother, father, grandmother, second = household_of(world)
    everybody = [mother.pk, father.pk, grandmother.pk]
    for _ in range(2):
        enter(event, mother, people=everybody, child_id=world.children[0].pk)
    rows = {row.person_id: row for row in Attendance.objects.all()}
    assert set(rows) == set(everybody)
    assert {row.taken_by_id for row in rows.values()} == {None, mother.pk}
    assert {row.child for row in rows.values()} == {world.children[0]}
    assert not any(row.is_pending for row in rows.values())
    enter(event, mother, SCAN, people=[father.pk], child_id=second.pk)
    assert set(Attendance.objects.values_list("child__name", flat=True)) == {"Child 0"}


def test_a_child_is_noted_for_those_who_care_for_it(world, event):
    mother, father, _grandmother, second = household_of(world)
    enter(event, mother, people=[mother.pk, father.pk], child_id=second.pk)
    assert (row_of(mother).child, row_of(father).child) == (second, None)


def test_nobody_signs_in_people_of_another_family(world, event):
    mother, *_family = household_of(world)
    other = family(world, 7)
    for people, child in (([mother.pk, other.pk], None), ([mother.pk], world.children[1].pk)):
        with pytest.raises(NotOfTheFamily):
            enter(event, mother, people=people, child_id=child)
    with pytest.raises(NobodyCame):
        enter(event, mother, people=[])
    assert not Attendance.objects.exists()


def test_a_family_gets_all_seats_or_none(world):
    event = evening(world, capacity=2)
    mother, father, grandmother, _second = household_of(world)
    with pytest.raises(NoSeats):
        enter(event, mother, people=[mother.pk, father.pk, grandmother.pk])
    assert not Attendance.objects.exists()
    assert enter(event, mother, people=[mother.pk, father.pk]).is_new


def test_whom_staff_took_off_the_list_with_a_reason_cannot_scan_again(world, event):
    enter(event, world.parents[0])
    revoke_attendance(row_of(world.parents[0]), reason="Was not there", actor=None, now=SCAN)
    with pytest.raises(TakenOff):
        enter(event, world.parents[0], SCAN + timedelta(minutes=1))


def test_a_tick_taken_back_does_not_keep_a_parent_out(world, event):
    take_roll(event, present=[world.parents[0].pk], actor=None, now=SCAN)
    take_roll(event, present=[], absent=[world.parents[0].pk], actor=None, now=SCAN)
    assert enter(event, world.parents[0]).is_new
    row = Attendance.objects.get()
    assert (row.method, row.revision, row.revoked_at) == (Method.WALL_CODE, 3, None)


def typed(code, person, at=SCAN):
    return scan_by_host_code(code, person_id=person.pk, mark="own", now=at)


def test_six_digits_are_worth_a_scan(world, event):
    code = wall_code(event, SCAN).host_code
    scan = typed(f" {code[:3]} {code[3:]} ", world.parents[0])
    assert scan == Scan(event.pk, SCAN, device_of("own", event.pk))
    assert (len(code), code.isdigit()) == (6, True)


def test_five_wrong_codes_and_a_person_has_to_wait(world, event):
    right = wall_code(event, SCAN).host_code
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        with pytest.raises(CodeExpired):
            typed(wrong, world.parents[0])
    with pytest.raises(TooManyTries):
        typed(right, world.parents[0])
    assert typed(right, family(world, 1)).event_id == event.pk
    later = SCAN + timedelta(minutes=10)
    assert typed(wall_code(event, later).host_code, world.parents[0], later).event_id == event.pk


def test_digits_that_two_walls_show_let_nobody_in(world, event, monkeypatch):
    evening(world, title="Another")
    monkeypatch.setattr(codes, "host_code", lambda event, period: "123456")
    with pytest.raises(CodeExpired):
        typed("123456", world.parents[0])


def test_the_last_seat_is_given_once(world):
    event = evening(world, capacity=1)
    assert enter(event, world.parents[0]).is_new
    with pytest.raises(NoSeats):
        enter(event, family(world, 1))
    assert enter(event, world.parents[0]).is_new is False


def test_at_an_event_under_way_one_statement_lets_in(world, django_assert_num_queries):
    event = under_way(world)
    with django_assert_num_queries(1):
        assert enter(event, world.parents[0]).is_new
    row = row_of(world.parents[0])
    assert (row.method, row.taken_at, row.created_at, row.revision) == (Method.WALL_CODE, SCAN, SCAN, 1)
    assert (row.taken_by, row.device_again, row.doubt, row.revoked_at) == (None, False, "", None)


@pytest.mark.parametrize("change", ["left", "other_school", "other_year", "cancelled", "closed"])
def test_the_short_way_lets_in_nobody_whom_the_long_way_would_not(world, change):
    event, parent = under_way(world), family(world, 1)
    own = {
        "left": lambda: parent.memberships.update(left_on=SCAN.date()),
        "other_school": lambda: parent.memberships.update(path=world.schools[1].path),
        "other_year": lambda: parent.memberships.update(school_year=2025),
        "cancelled": lambda: type(event).objects.update(status=EventStatus.CANCELLED),
        "closed": lambda: type(event).objects.update(ends_at=SCAN - timedelta(minutes=30), starts_at=NOW),
    }
    Guardianship.objects.filter(guardian=parent).update(ended_on=SCAN.date())
    own[change]()
    assert put_on_list(event.pk, parent.pk, scanned_at=SCAN, device="", now=SCAN) is None
    assert not Attendance.objects.filter(person=parent).exists()
