"""Reach: within(scope) is the only door, and an object question asks the same filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.access import allows, scope_for
from accounts.models import Unit
from accounts.paths import covers, ranges
from accounts.scopes import NOWHERE, Scope
from parentschool.models import Child, Guardianship
from tests.world import TODAY


def names(rows):
    return {str(row) for row in rows}


def test_no_scope_means_nothing(world):
    assert not Unit.objects.within(NOWHERE).exists()
    assert scope_for(world.parents[0], "accounts.view_unit") == NOWHERE


@pytest.mark.parametrize(
    ("who", "units"),
    [
        (
            "county_admin",
            {"County", "Town 0", "Town 1", "School 0", "School 1", "Village 0", "Village 1", "Department"},
        ),
        ("station_lead:0", {"Town 0", "School 0", "Village 0"}),
        ("school_lead:1", {"School 1"}),
        ("class_teacher:1", {"School 1"}),
        ("liaison", {"Department"}),
    ],
)
def test_units_in_reach(world, who, units):
    person = world.as_(who)
    assert names(Unit.objects.within(scope_for(person, "accounts.view_unit"))) == units
    assert {str(u) for u in Unit.objects.all() if allows(person, "accounts.view_unit", u)} == units


def test_class_teacher_sees_the_class_and_no_other(world):
    teacher = world.as_("class_teacher:0")
    assert names(Child.objects.within(scope_for(teacher, "parentschool.view_child"))) == {"Child 0"}
    assert Guardianship.objects.within(scope_for(teacher, "parentschool.view_guardianship")).count() == 1


def test_ended_assignment_ends_access_at_once(world):
    lead = world.as_("school_lead:0")
    lead.assignments.update(valid_until=TODAY)
    assert not allows(world.as_("school_lead:0"), "accounts.view_unit")


def test_scopes_join_to_the_outermost():
    assert Scope.of("0001", "00010001", "0002") == Scope(("0001", "0002"))
    assert Scope.of("0001").covers("00019999")
    assert not Scope.of("0001").covers("0002")


PATHS = st.lists(st.lists(st.sampled_from(["0001", "0002", "0009", "0010", "0011"]), min_size=1, max_size=3))


@given(
    PATHS, st.lists(st.sampled_from(["0000", "0001", "0002", "0010", "0011", "0012"]), min_size=1, max_size=4)
)
def test_ranges_hold_the_paths_below_their_places_and_no_other(places, place):
    paths, path = ["".join(each) for each in places], "".join(place)
    inside = any(begin <= path < end for begin, end in ranges(paths))
    assert inside == any(covers(each, path) for each in paths)


def test_neighbours_are_one_range():
    assert ranges(["00010009", "00010010", "00010012", "0003", "0004"]) == [
        ("00010009", "00010011"),
        ("00010012", "00010013"),
        ("0003", "0005"),
    ]
