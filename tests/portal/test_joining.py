"""Two records of one human become one, with everything that hangs on them."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts import belongings
from accounts.belongings import How, relations, undeclared
from accounts.belongings import belongings as all_belongings
from accounts.models import Consent, Person
from accounts.services.consents import load_purposes
from accounts.services.joining import JoiningRefused, join_people
from assessment.models import PointEntry, Standing
from assessment.services.night import count_through
from assessment.tasks import start_night
from events.enums import EventStatus, Method
from events.models import Attendance, Event
from parentschool.enums import MembershipSource, VisitOutcome
from parentschool.models import Guardianship, HomeVisit, Membership
from portal import nightly
from portal.kernel.models import AuditEntry, Run
from portal.privacy.erasure import erase_person
from tests.agreeing import agree
from tests.assessment.facts import scheme
from tests.world import NOW, TODAY, appoint, person


@pytest.fixture
def managed(world):
    """A grandmother without a phone who came to the lecture and was met at home."""
    made = person("王芳", home=world.schools[0])
    Guardianship.objects.create(guardian=made, child=world.children[0], relation="grandma_p")
    learn(made, world.schools[0])
    come(made, world)
    HomeVisit.objects.create(
        child=world.children[0],
        visited_on=TODAY,
        outcome=VisitOutcome.CONTACT,
        met=made,
        visitor=world.staff["class_teacher:0"],
    )
    return made


@pytest.fixture
def newcomer(world):
    load_purposes(actor=None, now=NOW)
    made = person("王芳", home=world.schools[1], phone="13700000001")
    agree(made)
    return made


def learn(who, school):
    Membership.objects.create(
        person=who,
        school=school,
        school_year=2026,
        joined_on=TODAY,
        source=MembershipSource.STAFF,
        path=school.path,
    )


def come(who, world, event=0):
    Event.objects.filter(pk=world.events[event].pk).update(status=EventStatus.HELD)
    return Attendance.objects.create(event=world.events[event], person=who, method=Method.PAPER, taken_at=NOW)


def join(one, other):
    return join_people(one, other, actor=None, now=NOW)


def test_every_relation_of_a_person_is_declared():
    """A new relation fails here: say in portal/belongings.py what becomes of its rows."""
    assert undeclared() == set()
    assert {(each.label.lower(), each.field) for each in all_belongings()} <= relations()


def test_an_undeclared_relation_stops_the_joining(newcomer, managed, monkeypatch):
    declared = dict(belongings._declared)
    del declared["events.attendance", "person"]
    monkeypatch.setattr(belongings, "_declared", declared)
    with pytest.raises(JoiningRefused):
        join(newcomer, managed)


def test_everything_that_moves_goes_along(world, newcomer, managed):
    kept = join(newcomer, managed)
    assert kept == newcomer
    for belonging in all_belongings():
        if belonging.how == How.MOVES and belonging.label != "accounts.person":
            assert not belongings.rows_of(belonging, managed).exists(), belonging
    assert kept.guardianships.get().child == world.children[0]
    assert kept.attendances.get().event == world.events[0]
    assert kept.visits_received.count() == kept.memberships.count() == 1
    assert Consent.objects.filter(person=kept).count() == 2


def test_the_other_record_signs_in_no_more(newcomer, managed):
    join(newcomer, managed)
    gone = Person.objects.get(pk=managed.pk)
    assert (gone.is_active, gone.joined_into, gone.phone_index) == (False, newcomer, "")
    assert AuditEntry.objects.get(action="person.join").summary["gone"] == managed.pk


def test_what_both_have_is_there_once(world, newcomer, managed):
    Guardianship.objects.create(
        guardian=newcomer, child=world.children[0], relation="grandma_p", ended_on=TODAY
    )
    learn(newcomer, world.schools[0])
    come(newcomer, world)
    kept = join(newcomer, managed)
    assert kept.guardianships.get().ended_on is None
    assert kept.memberships.get().left_on is None
    assert kept.attendances.get().revoked_at is None
    assert not Guardianship.objects.filter(guardian=managed, ended_on=None).exists()
    assert not Attendance.objects.filter(person=managed, revoked_at=None).exists()
    left = Membership.objects.get(person=managed)
    assert left.left_on == left.joined_on


def test_the_record_with_lines_in_the_ledger_stays_and_keeps_them(world, newcomer, managed):
    scheme(world, {"code": "lecture"})
    list(count_through(TODAY))
    before = list(PointEntry.objects.values_list("pk", "person"))
    kept = join(newcomer, managed)
    assert kept == managed
    assert kept.phone == "13700000001"
    list(count_through(TODAY))
    assert list(PointEntry.objects.values_list("pk", "person")) == before
    assert Standing.objects.get(person=kept).points > 0


def test_where_both_have_lines_the_night_follows_the_facts(world, newcomer, managed):
    scheme(world, {"code": "lecture"})
    come(newcomer, world, event=1)
    list(count_through(TODAY))
    points = {s.person_id: s.points for s in Standing.objects.all()}
    kept = join(newcomer, managed)
    list(count_through(TODAY))
    after = {s.person_id: s.points for s in Standing.objects.all()}
    gone = ({newcomer.pk, managed.pk} - {kept.pk}).pop()
    assert after[kept.pk] == points[newcomer.pk] + points[managed.pk]
    assert after.get(gone, 0) == 0


def test_what_comes_to_the_record_that_went_follows_it_by_the_night(world, newcomer, managed):
    """A roll that was open before the joining is saved after it."""
    scheme(world, {"code": "lecture"})
    kept = join(newcomer, managed)
    come(managed, world)
    come(managed, world, event=1)
    assert all(run.status == Run.Status.DONE for run in nightly.run(TODAY))
    assert set(Attendance.objects.filter(person=kept).values_list("event", flat=True)) == {
        event.pk for event in world.events
    }
    assert {s.person_id: s.points for s in Standing.objects.exclude(points=0)} == {kept.pk: 2}
    assert AuditEntry.objects.get(action="person.follow").summary == {"gone": managed.pk, "rows": 1}
    list(nightly.run(TODAY))
    assert AuditEntry.objects.filter(action="person.follow").count() == 1


def test_the_night_by_tasks_has_it_follow_too(world, newcomer, managed):
    kept = join(newcomer, managed)
    come(managed, world, event=1)
    start_night(TODAY.isoformat())
    assert Attendance.objects.filter(person=kept).count() == 2


def test_joined_a_second_time_they_stay_as_they_are(newcomer, managed):
    assert join(newcomer, managed) == join(managed, newcomer) == join(newcomer, managed)
    assert AuditEntry.objects.filter(action="person.join").count() == 1


def test_erasing_the_person_erases_the_second_record_too(newcomer, managed):
    kept = join(newcomer, managed)
    erase_person(kept, actor=kept, now=NOW)
    assert not Person.objects.filter(name="王芳").exists()


def test_an_office_is_never_the_one_that_goes(world, newcomer, managed):
    appoint(managed, "lecturer", world.schools[0])
    assert join(newcomer, managed) == managed


def test_two_offices_or_two_numbers_are_not_joined(world, newcomer, managed):
    other = person("王芳", home=world.schools[0], phone="13700000002")
    for one, two in (
        (newcomer, other),
        (newcomer, newcomer),
        (world.staff["inspector"], world.staff["liaison"]),
    ):
        with pytest.raises(JoiningRefused), transaction.atomic():
            join(one, two)
