"""Classes, children, guardians, learners and class teams, one at a time."""

import pytest

from accounts.access import allows
from accounts.services.appointments import AppointmentRefused
from accounts.services.authority import NotYours
from parentschool.enums import TeamDuty
from parentschool.models import Child, ClassTeamMember, Membership
from parentschool.services import families, teams
from portal.kernel.models import AuditEntry
from tests.world import NOW, OPENED, TODAY, person

BY = {"now": NOW}


@pytest.fixture
def lead(world):
    return world.as_("school_lead:0")


def test_a_class_opens_at_the_next_place(world, lead):
    made = families.open_class(world.schools[0], stage="primary", entry_year=2025, number=1, actor=lead, **BY)
    assert made.path == f"{world.schools[0].path}0002"
    with pytest.raises(families.FamilyRefused):
        families.open_class(world.schools[0], stage="primary", entry_year=2025, number=1, actor=lead, **BY)
    with pytest.raises(families.FamilyRefused):
        families.open_class(world.schools[0], stage="senior", entry_year=2025, number=1, actor=lead, **BY)
    with pytest.raises(families.FamilyRefused):
        families.open_class(world.villages[0], stage="primary", entry_year=2025, number=1, actor=lead, **BY)


def test_a_child_is_added_once_by_name(world, lead):
    child = families.add_child(world.classes[0], name=" 张 小明 ", by_duty=True, actor=lead, **BY)
    assert (child.name, child.path) == ("张 小明", world.classes[0].path)
    with pytest.raises(families.FamilyRefused):
        families.add_child(world.classes[0], name="Child 0", by_duty=True, actor=lead, **BY)


def test_a_transfer_to_another_school_takes_the_guardians_along(world, lead):
    families.transfer_child(world.children[0], to=world.classes[1], actor=lead, **BY)
    child = Child.objects.get(name="Child 0")
    assert (child.school_class, child.path) == (world.classes[1], world.classes[1].path)
    learners = Membership.objects.filter(person=world.parents[0], school_year=2026)
    assert {learner.school for learner in learners} == set(world.schools)


def test_a_guardian_is_a_learner_and_ends_once(world, lead):
    grandfather = person("爷爷")
    bond = families.add_guardian(world.children[0], grandfather, relation="grandpa_p", actor=lead, **BY)
    assert (
        families.add_guardian(world.children[0], grandfather, relation="grandpa_p", actor=lead, **BY) == bond
    )
    assert grandfather.memberships.get().school == world.schools[0]
    for _ in range(2):
        families.end_guardianship(bond, on=TODAY, actor=lead, **BY)
    bond.refresh_from_db()
    assert bond.ended_on == TODAY
    assert AuditEntry.objects.filter(action="guardianship.end").count() == 1


def test_only_parent_schools_have_learners(world, lead):
    with pytest.raises(families.FamilyRefused):
        families.enrol_member(world.parents[0], school=world.county, actor=lead, **BY)
    village = families.enrol_member(world.parents[0], school=world.villages[0], actor=lead, **BY)
    assert families.enrol_member(world.parents[0], school=world.villages[0], actor=lead, **BY) == village


def test_the_class_teachers_rights_come_and_go_with_the_duty(world, lead):
    teacher = person("王老师", username="wang")
    member = teams.join_class_team(
        world.classes[0], teacher, duty=TeamDuty.HEAD, valid_from=TODAY, actor=lead, **BY
    )
    view = "parentschool.view_child"
    assert member.assignment.path == world.classes[0].path
    fresh = type(teacher).objects.get(pk=teacher.pk)
    held = [a for a in fresh.assignments.all() if a.holds_on(TODAY)]
    assert [a.role for a in held] == ["class_teacher"]
    with pytest.raises(teams.TeamRefused):
        teams.join_class_team(world.classes[0], lead, duty=TeamDuty.HEAD, valid_from=TODAY, actor=None, **BY)
    teams.leave_class_team(member, on=TODAY, actor=lead, **BY)
    assert not allows(type(teacher).objects.get(pk=teacher.pk), view, world.children[0])


def test_other_duties_give_no_rights(world, lead):
    teacher = person("李老师", username="li")
    member = teams.join_class_team(
        world.classes[0], teacher, duty=TeamDuty.MIND, valid_from=TODAY, actor=lead, **BY
    )
    assert member.assignment is None


@pytest.mark.parametrize(
    ("who", "actor", "refusal"),
    [
        ("school_lead:0", "school_lead:0", NotYours),
        ("lecturer:0", "school_lead:1", NotYours),
        ("lecturer:0", "class_teacher:0", NotYours),
        ("shut out", "school_lead:0", AppointmentRefused),
    ],
)
def test_a_class_teacher_is_appointed_by_the_rules_of_appointments(world, who, actor, refusal):
    teacher = person("王老师", username="wang") if who == "shut out" else world.as_(who)
    teacher.is_active = who != "shut out"
    teacher.save()
    with pytest.raises(refusal):
        teams.join_class_team(
            world.classes[0], teacher, duty=TeamDuty.HEAD, valid_from=TODAY, actor=world.as_(actor), **BY
        )
    assert not ClassTeamMember.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_appointment_and_its_end_are_in_the_audit(world, lead):
    teacher = person("王老师", username="wang")
    member = teams.join_class_team(
        world.classes[0], teacher, duty=TeamDuty.HEAD, valid_from=OPENED, actor=lead, **BY
    )
    teams.leave_class_team(member, on=TODAY, actor=lead, **BY)
    acts = AuditEntry.objects.filter(path=world.classes[0].path).order_by("pk")
    assert [entry.action for entry in acts] == ["role.give", "team.join", "role.end", "team.leave"]


def test_who_teaches_the_class_already_is_not_appointed_twice(world, lead):
    teacher = world.as_("class_teacher:0")
    member = teams.join_class_team(
        world.classes[0], teacher, duty=TeamDuty.HEAD, valid_from=TODAY, actor=lead, **BY
    )
    assert member.assignment == teacher.assignments.get()
