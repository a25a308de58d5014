from datetime import timedelta

import pytest

from parentschool.enums import VisitOutcome
from parentschool.models import HomeVisit
from parentschool.services.visits import VisitRefused, record_home_visit, revoke_home_visit
from portal.kernel.models import AuditEntry
from tests.threads import at_once
from tests.world import NOW, TODAY, build_world

LATER = NOW + timedelta(hours=3)
ATTEMPT, CONTACT = VisitOutcome.ATTEMPT, VisitOutcome.CONTACT


def visit(world, outcome=CONTACT, **more):
    teacher = world.staff["class_teacher:0"]
    told = {"visited_on": TODAY, "visitor": teacher, "actor": teacher, "now": NOW, **more}
    return record_home_visit(world.children[0], outcome=outcome, **told)


def test_a_visit_is_recorded_with_who_was_met(world):
    made = visit(world, met=world.parents[0], note=" Homework ")
    kept = HomeVisit.objects.get(pk=made.pk)
    assert (kept.child, kept.outcome, kept.met, kept.note, kept.visitor, kept.revision) == (
        world.children[0],
        CONTACT,
        world.parents[0],
        "Homework",
        world.staff["class_teacher:0"],
        1,
    )
    entry = AuditEntry.objects.get(action="visit.record")
    assert (entry.path, entry.object_id) == (world.children[0].path, str(made.pk))
    assert "Homework" not in str(entry.summary)


def test_the_same_again_changes_nothing(world):
    first = visit(world, met=world.parents[0])
    again = visit(world, met=world.parents[0], now=LATER)
    assert (again.pk, again.revision, again.updated_at) == (first.pk, 1, first.updated_at)
    assert AuditEntry.objects.count() == 1


def test_nobody_in_the_morning_the_family_in_the_evening(world):
    first = visit(world, ATTEMPT)
    met = visit(world, met=world.parents[0], now=LATER)
    assert (met.pk, met.outcome, met.revision) == (first.pk, CONTACT, 2)
    with pytest.raises(VisitRefused):
        visit(world, ATTEMPT, now=LATER)
    assert HomeVisit.objects.get().outcome == CONTACT


def test_two_colleagues_on_one_day_are_two_visits(world):
    visit(world)
    visit(world, visitor=world.staff["school_lead:0"])
    assert HomeVisit.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"visited_on": TODAY + timedelta(days=1)}, "visited_on"),
        ({"visited_on": TODAY - timedelta(days=367)}, "visited_on"),
    ],
)
def test_days_that_cannot_be_are_refused(world, more, field):
    with pytest.raises(VisitRefused) as refusal:
        visit(world, **more)
    assert refusal.value.details["field"] == field
    assert not HomeVisit.objects.exists()


def test_only_a_guardian_of_the_child_can_have_been_met(world):
    with pytest.raises(VisitRefused):
        visit(world, met=world.parents[1])
    with pytest.raises(VisitRefused):
        visit(world, ATTEMPT, met=world.parents[0])
    world.parents[0].guardianships.update(ended_on=TODAY)
    with pytest.raises(VisitRefused):
        visit(world, met=world.parents[0])


def test_a_child_who_had_left_is_not_visited(world):
    child = world.children[0]
    child.left_on = TODAY
    child.save()
    with pytest.raises(VisitRefused):
        visit(world)
    visit(world, visited_on=TODAY - timedelta(days=1))


def test_a_revoked_visit_stays_on_record_and_may_be_recorded_anew(world):
    made = visit(world, met=world.parents[0])
    with pytest.raises(VisitRefused):
        revoke_home_visit(made, reason=" ", actor=None, now=LATER)
    revoked = revoke_home_visit(made, reason="Wrong child", actor=None, now=LATER)
    assert (revoked.revoked_at, revoked.revoked_reason, revoked.revision) == (LATER, "Wrong child", 2)
    assert revoke_home_visit(made, reason="Again", actor=None, now=LATER).revision == 2
    anew = visit(world, ATTEMPT, now=LATER)
    assert (anew.pk, anew.revoked_at, anew.revoked_reason, anew.outcome, anew.revision) == (
        made.pk,
        None,
        "",
        ATTEMPT,
        3,
    )


def test_ten_presses_of_the_button_are_one_visit(shared_database):
    world = build_world()
    at_once([lambda: visit(world, met=world.parents[0])] * 10)
    assert HomeVisit.objects.get().revision == 1
    assert AuditEntry.objects.filter(action="visit.record").count() == 1
