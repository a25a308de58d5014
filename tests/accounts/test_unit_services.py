"""The tree's verbs: what changes, what follows, what is refused."""

from datetime import date, timedelta

import pytest
import time_machine

from accounts.enums import Kind
from accounts.models import Person, RoleAssignment, Unit, UnitPlacement
from accounts.queries import tree_on
from accounts.services import units
from parentschool.models import Child, Membership, SchoolClass
from portal.kernel.models import AuditEntry
from tests.world import NOW, TODAY


def move(unit, to, on=TODAY):
    units.move_unit(unit, to=to, on=on, reason="minutes 12", actor=None, now=NOW)


def test_opening_gives_the_next_free_place(world):
    opened = units.open_unit(
        code="X1",
        name="New village",
        kind=Kind.VILLAGE,
        parent=world.stations[0],
        opened_on=TODAY,
        actor=None,
        now=NOW,
    )
    assert opened.path == world.stations[0].path + "0003"
    assert list(opened.placements.values_list("name", "valid_from", "valid_until")) == [
        ("New village", TODAY, None)
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "U0001"}, "code"),
        ({"name": "School 0"}, "name"),
        ({"kind": Kind.STATION}, "parent"),
    ],
)
def test_opening_refused_changes_nothing(world, change, field):
    before = set(Unit.objects.values_list("pk", flat=True))
    given = {"code": "X1", "name": "New", "kind": Kind.SCHOOL, "parent": world.stations[0], **change}
    with pytest.raises(units.UnitRefused) as refusal:
        units.open_unit(**given, opened_on=TODAY, actor=None, now=NOW)
    assert refusal.value.details["field"] == field
    assert set(Unit.objects.values_list("pk", flat=True)) == before


def test_moving_a_school_takes_everything_below_along(world):
    school, to = world.schools[0], world.stations[1]
    move(school, to)
    moved = Unit.objects.get(pk=school.pk)
    assert moved.parent_id == to.pk
    assert moved.path == to.path + "0003"
    assert SchoolClass.objects.get(pk=world.classes[0].pk).path == moved.path + "0001"
    assert Child.objects.get(pk=world.children[0].pk).path == moved.path + "0001"
    assert Person.objects.get(pk=world.parents[0].pk).path == moved.path
    assert Membership.objects.get(person=world.parents[0]).path == moved.path
    assert RoleAssignment.objects.get(person=world.staff["class_teacher:0"]).path == moved.path + "0001"
    untouched = [world.schools[1].path, world.villages[0].path]
    assert [Unit.objects.get(path=path).path for path in untouched] == untouched


def test_the_tree_as_it_was_and_as_it_is(world):
    school = world.schools[0]
    move(school, world.stations[1])
    assert tree_on(TODAY - timedelta(days=1))[school.pk].lineage == (
        world.county.pk,
        world.stations[0].pk,
        school.pk,
    )
    assert tree_on(TODAY)[school.pk].lineage == (world.county.pk, world.stations[1].pk, school.pk)


def test_a_future_move_waits_for_its_day(world):
    school, day = world.schools[0], TODAY + timedelta(days=20)
    move(school, world.stations[1], on=day)
    assert Unit.objects.get(pk=school.pk).parent_id == world.stations[0].pk
    assert units.apply_due_placements(today=day - timedelta(days=1)) == 0
    assert units.apply_due_placements(today=day) == 1
    assert Unit.objects.get(pk=school.pk).parent_id == world.stations[1].pk
    assert units.apply_due_placements(today=day) == 0


def test_moving_refused(world):
    for to in (world.stations[0], world.schools[1]):
        with pytest.raises(units.UnitRefused):
            move(world.schools[0], to)
    with pytest.raises(units.UnitRefused):
        move(world.schools[0], world.stations[1], on=date(2019, 1, 1))
    assert UnitPlacement.objects.filter(unit=world.schools[0]).count() == 1


def test_renaming_keeps_the_old_name_for_its_days(world):
    units.rename_unit(world.schools[0], name="Central school", on=TODAY, reason="", actor=None, now=NOW)
    assert Unit.objects.get(pk=world.schools[0].pk).name == "Central school"
    assert tree_on(TODAY - timedelta(days=1))[world.schools[0].pk].name == "School 0"


def test_closing_ends_duties_and_keeps_history(world):
    with pytest.raises(units.UnitRefused):
        units.close_unit(world.stations[0], on=TODAY, reason="", actor=None, now=NOW)
    units.close_unit(world.schools[0], on=TODAY, reason="merged", actor=None, now=NOW)
    assert world.schools[0].pk not in tree_on(TODAY)
    with time_machine.travel(NOW, tick=False):
        assert not world.as_("school_lead:0").has_perm("accounts.view_unit")
    assert AuditEntry.objects.filter(action="unit.close").count() == 1


def test_what_a_change_touches_is_said_before(world):
    touched = {row.name: row.count for row in units.touched_by(world.schools[0])}
    assert touched[str(Child._meta.verbose_name_plural)] == 1
    assert touched[str(Unit._meta.verbose_name_plural)] == 1
