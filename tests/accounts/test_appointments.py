"""Who may give which role where: in the service, in the form, and in the rules as data."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.enums import Level
from accounts.models import RoleAssignment
from accounts.roles import ROLES, SEND_MESSAGES, may_give
from accounts.services.appointments import AppointmentRefused, appoint, end_assignment
from accounts.services.authority import NotYours, roles_to_give
from portal.kernel.models import AuditEntry
from tests.world import NOW, TODAY, person


@pytest.fixture
def give(world):
    """Appoint a newcomer, or somebody else, at a place of the world."""
    newcomer = person("Newcomer", home=world.schools[0], username="newcomer")

    def act(role, unit, *, by, who=None, path="", **more):
        return appoint(
            who or newcomer,
            role=role,
            unit=unit,
            path=path,
            actor=world.as_(by) if by else None,
            now=NOW,
            **{"valid_from": TODAY, **more},
        )

    return act


def at(world, code):
    return {
        "county_admin": world.county,
        "county_staff": world.county,
        "inspector": world.county,
        "liaison": world.department,
        "station_lead": world.stations[0],
        "school_lead": world.schools[0],
        "class_teacher": world.schools[0],
        "lecturer": world.schools[0],
    }[code]


GIVERS = {
    "county_admin": set(ROLES),
    "county_staff": set(),
    "inspector": set(),
    "liaison": set(),
    "station_lead:0": {"school_lead", "class_teacher", "lecturer"},
    "school_lead:0": {"class_teacher", "lecturer"},
    "class_teacher:0": set(),
    "lecturer:0": set(),
}


@pytest.mark.parametrize("by", GIVERS)
def test_each_role_gives_exactly_the_named_ones(world, give, by):
    """The same newcomer is offered every role by every giver; the whole set of successes is compared."""
    given = set()
    for code in ROLES:
        path = world.classes[0].path if code == "class_teacher" else ""
        try:
            give(code, at(world, code), by=by, path=path)
        except NotYours:
            continue
        given.add(code)
    assert given == GIVERS[by]
    assert set(RoleAssignment.objects.filter(person__name="Newcomer").values_list("role", flat=True)) == given


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("class_teacher", "schools"),
        ("school_lead", "schools"),
        ("school_lead", "villages"),
        ("lecturer", "schools"),
    ],
)
def test_no_role_is_given_in_a_sibling(world, give, role, place):
    """What the lead of the first station may give at home is refused next door."""
    for own, unit in enumerate(getattr(world, place)):
        path = world.classes[own].path if role == "class_teacher" else ""
        if own == 0:
            assert give(role, unit, by="station_lead:0", path=path).pk
        else:
            with pytest.raises(NotYours):
                give(role, unit, by="station_lead:0", path=path)


def test_nobody_appoints_themselves(world, give):
    before = RoleAssignment.objects.count()
    with pytest.raises(NotYours):
        give("county_staff", world.county, by="county_admin", who=world.staff["county_admin"])
    assert RoleAssignment.objects.count() == before


def test_a_role_is_held_only_at_its_levels(world, give):
    units = {
        unit.level: unit for unit in (world.county, world.stations[0], world.schools[0], world.department)
    }
    for code, role in ROLES.items():
        for level, unit in units.items():
            if level in role.levels:
                continue
            with pytest.raises(AppointmentRefused) as refusal:
                give(code, unit, by=None)
            assert refusal.value.details["field"] in {"unit", "path"}


@pytest.mark.parametrize("path", ["", "school", "sibling", "no such class"])
def test_a_class_teacher_needs_a_class_of_the_school(world, give, path):
    wrong = {
        "": "",
        "school": world.schools[0].path,
        "sibling": world.classes[1].path,
        "no such class": world.schools[0].path + "0099",
    }[path]
    with pytest.raises(AppointmentRefused) as refusal:
        give("class_teacher", world.schools[0], by="school_lead:0", path=wrong)
    assert refusal.value.details["field"] == "path"
    assert give("class_teacher", world.schools[0], by="school_lead:0", path=world.classes[0].path).pk


def test_other_roles_take_no_place_inside(world, give):
    with pytest.raises(AppointmentRefused):
        give("lecturer", world.schools[0], by="school_lead:0", path=world.classes[0].path)


def test_an_ended_giver_gives_nothing(world, give):
    world.staff["station_lead:0"].assignments.update(valid_until=TODAY)
    with pytest.raises(NotYours):
        give("school_lead", world.schools[0], by="station_lead:0")


def test_a_giver_who_may_not_sign_in_gives_nothing(world, give):
    type(world.staff["station_lead:0"]).objects.filter(pk=world.staff["station_lead:0"].pk).update(
        is_active=False
    )
    with pytest.raises(NotYours):
        give("school_lead", world.schools[0], by="station_lead:0")


@pytest.mark.parametrize(("days", "allowed"), [(30, True), (31, False), (None, False)])
def test_an_acting_duty_lasts_thirty_days(world, give, days, allowed):
    until = TODAY + timedelta(days=days) if days else None
    if allowed:
        made = give("station_lead", world.stations[0], by="station_lead:0", acting=True, valid_until=until)
        assert (made.is_acting, made.given_by.name) == (True, "station_lead:0")
        return
    with pytest.raises(AppointmentRefused) as refusal:
        give("station_lead", world.stations[0], by="station_lead:0", acting=True, valid_until=until)
    assert refusal.value.details["field"] == "valid_until"


def test_the_own_role_is_handed_on_only_as_an_acting_duty(world, give):
    until = TODAY + timedelta(days=10)
    with pytest.raises(NotYours):
        give("school_lead", world.schools[0], by="school_lead:0", valid_until=until)
    assert give("school_lead", world.schools[0], by="school_lead:0", acting=True, valid_until=until)


def test_the_command_line_gives_no_acting_duty(world, give):
    with pytest.raises(AppointmentRefused):
        give("station_lead", world.stations[0], by=None, acting=True, valid_until=TODAY + timedelta(days=3))


@pytest.mark.parametrize(
    ("begins", "ends", "free"),
    [(-10, 0, True), (5, 9, True), (-10, 1, False), (4, None, False), (1, 2, False)],
)
def test_the_same_role_is_held_once_at_a_time(world, give, begins, ends, free):
    """Half-open periods: one may end on the day on which the next begins."""
    give("lecturer", world.schools[0], by="school_lead:0", valid_until=TODAY + timedelta(days=5))
    when = {
        "valid_from": TODAY + timedelta(days=begins),
        "valid_until": TODAY + timedelta(days=ends) if ends is not None else None,
    }
    if free:
        assert give("lecturer", world.schools[0], by="school_lead:0", **when).pk
    else:
        with pytest.raises(AppointmentRefused):
            give("lecturer", world.schools[0], by="school_lead:0", **when)


def test_a_closed_unit_takes_nobody(world, give):
    type(world.schools[0]).objects.filter(pk=world.schools[0].pk).update(closed_on=TODAY)
    world.schools[0].refresh_from_db()
    with pytest.raises(AppointmentRefused):
        give("lecturer", world.schools[0], by="county_admin")


def test_row_63_giving_and_ending_leave_audit_rows(world, give):
    made = give("lecturer", world.schools[0], by="school_lead:0")
    end_assignment(made, on=TODAY, reason="moved away", actor=world.as_("school_lead:0"), now=NOW)
    rows = AuditEntry.objects.filter(action__startswith="role.").order_by("pk")
    assert [(row.action, row.actor.name, row.path, row.object_id) for row in rows] == [
        (action, "school_lead:0", world.schools[0].path, str(made.pk)) for action in ("role.give", "role.end")
    ]
    assert rows[1].summary["reason"] == "moved away"


def test_row_08_an_ended_role_gives_nothing_from_that_day_on(world, time_machine):
    time_machine.move_to(NOW)
    lead = world.as_("school_lead:0")
    assert lead.has_perm("accounts.view_person")
    end_assignment(
        lead.assignments.get(), on=TODAY, reason="retired", actor=world.as_("station_lead:0"), now=NOW
    )
    assert not world.as_("school_lead:0").has_perm("accounts.view_person")


@pytest.mark.parametrize(
    ("who", "by", "allowed"),
    [
        ("school_lead:0", "station_lead:0", True),
        ("school_lead:0", "county_admin", True),
        ("school_lead:0", "station_lead:1", False),
        ("school_lead:0", "school_lead:0", False),
        ("county_admin", "station_lead:0", False),
        ("county_admin", "county_admin", False),
        ("class_teacher:0", "school_lead:0", True),
        ("class_teacher:0", "class_teacher:0", False),
    ],
)
def test_who_may_end_a_role(world, who, by, allowed):
    assignment = world.staff[who].assignments.get()
    if allowed:
        end_assignment(assignment, on=TODAY, reason="because", actor=world.as_(by), now=NOW)
    else:
        with pytest.raises(NotYours):
            end_assignment(assignment, on=TODAY, reason="because", actor=world.as_(by), now=NOW)
    assignment.refresh_from_db()
    assert assignment.valid_until == (TODAY if allowed else None)


def test_an_end_lies_inside_the_period(world):
    assignment = world.staff["lecturer:0"].assignments.get()
    actor = world.as_("county_admin")
    with pytest.raises(AppointmentRefused):
        end_assignment(
            assignment, on=assignment.valid_from - timedelta(days=1), reason="x", actor=actor, now=NOW
        )
    end_assignment(assignment, on=TODAY, reason="x", actor=actor, now=NOW)
    with pytest.raises(AppointmentRefused):
        end_assignment(assignment, on=TODAY + timedelta(days=9), reason="x", actor=actor, now=NOW)


def test_no_giver_gives_more_than_the_own_rights():
    """A role that reached further than its giver's would be a way up; only a school's own voice is nobody else's."""
    for giver in ROLES.values():
        for code in giver.appoints - {giver.code}:
            assert ROLES[code].permissions - SEND_MESSAGES <= giver.permissions, (giver.code, code)
            assert not (
                Level.COUNTY in ROLES[code].levels
                and Level.COUNTY not in giver.levels
                and len(ROLES[code].levels) == 1
            )


def test_who_appoints_nobody_hands_nothing_on():
    for code in ("county_staff", "inspector", "liaison", "lecturer", "class_teacher"):
        assert not may_give(ROLES[code], ROLES[code], acting=True)


def test_the_form_offers_what_the_service_takes(world):
    assert {role.code for role in roles_to_give(world.as_("school_lead:0"), TODAY)} == {
        "school_lead",
        "class_teacher",
        "lecturer",
    }
    assert roles_to_give(world.as_("inspector"), TODAY) == []
