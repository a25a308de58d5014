"""Keeping people, their numbers and their passwords."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection

from accounts.models import Person
from accounts.phones import BadPhone
from accounts.services import passwords, people
from accounts.services.authority import NotYours
from portal.kernel.models import AuditEntry
from tests.signing_in import give_app
from tests.world import NOW, TODAY, appoint, person


def register(world, by="school_lead:0", **given):
    return people.register_person(
        **{"name": "Li Si", "home": world.schools[0], **given}, actor=world.as_(by), now=NOW
    )


def test_registering_keeps_the_number_three_ways(world):
    made = Person.objects.get(pk=register(world, phone="+86 139-0000-1234", username="LiSi").pk)
    assert (made.phone, made.phone_tail, made.username) == ("13900001234", "1234", "lisi")
    assert made.path == world.schools[0].path
    assert not made.has_usable_password()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "  "}, "name"),
        ({"username": "13900001234"}, "username"),
        ({"username": "ab"}, "username"),
        ({"username": "county_admin"}, "username"),
        ({"username": "李四"}, "username"),
        ({"name": "Parent 0", "phone": "13800000000"}, "phone"),
    ],
)
def test_registering_refused_says_where_and_changes_nothing(world, given, field):
    before = set(Person.objects.values_list("pk", flat=True))
    with pytest.raises(people.PersonRefused) as refusal:
        register(world, **given)
    assert refusal.value.details["field"] == field
    assert set(Person.objects.values_list("pk", flat=True)) == before


def test_registering_elsewhere_is_refused(world):
    with pytest.raises(NotYours):
        register(world, home=world.schools[1])
    with pytest.raises(NotYours):
        register(world, by="inspector")


def test_changing_keeps_what_is_not_named(world):
    parent = world.parents[0]
    people.change_person(
        parent,
        name="Wang Wu",
        username="parent0",
        home=world.schools[0],
        actor=world.as_("school_lead:0"),
        now=NOW,
    )
    kept = Person.objects.get(pk=parent.pk)
    assert (kept.name, kept.phone) == ("Wang Wu", "13800000000")
    entry = AuditEntry.objects.get(action="person.change")
    assert entry.summary == {"changes": {"name": ["P**", "W**"]}}


def test_a_person_is_not_moved_out_of_the_own_area(world):
    with pytest.raises(NotYours):
        people.change_person(
            world.parents[0],
            name="Parent 0",
            username="",
            home=world.schools[1],
            actor=world.as_("school_lead:0"),
            now=NOW,
        )


def test_changing_a_number_masks_it_in_the_audit(world):
    parent = world.parents[0]
    people.change_phone(parent, phone="13911112222", actor=world.as_("school_lead:0"), now=NOW)
    assert Person.objects.get(pk=parent.pk).phone_tail == "2222"
    assert AuditEntry.objects.get(action="phone.change").summary == {"phone": ["138****0000", "139****2222"]}
    people.change_phone(parent, phone="", actor=world.as_("school_lead:0"), now=NOW)
    kept = Person.objects.get(pk=parent.pk)
    assert (kept.phone, kept.phone_index, kept.phone_tail) == ("", "", "")


def test_a_wrong_number_changes_nothing(world):
    with pytest.raises(BadPhone):
        people.change_phone(world.parents[0], phone="12345", actor=world.as_("school_lead:0"), now=NOW)
    assert Person.objects.get(pk=world.parents[0].pk).phone == "13800000000"


# ── Unmasking ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("by", "allowed"),
    [
        ("county_admin", True),
        ("county_staff", True),
        ("station_lead:0", True),
        ("school_lead:0", True),
        ("class_teacher:0", True),
        ("station_lead:1", False),
        ("school_lead:1", False),
        ("class_teacher:1", False),
        ("village_lead:0", False),
        ("lecturer:0", False),
        ("inspector", False),
        ("liaison", False),
    ],
)
def test_row_05_who_may_see_a_whole_number(world, by, allowed):
    """A class teacher reaches the parents of the class through their children."""
    if allowed:
        shown = people.unmask_phone(world.parents[0], reason="home visit", actor=world.as_(by), now=NOW)
        assert shown == "13800000000"
    else:
        with pytest.raises(NotYours):
            people.unmask_phone(world.parents[0], reason="home visit", actor=world.as_(by), now=NOW)
    assert AuditEntry.objects.filter(action="phone.unmask").count() == allowed


def test_row_63_unmasking_costs_a_reason_and_leaves_a_row(world):
    lead = world.as_("school_lead:0")
    with pytest.raises(people.PersonRefused) as refusal:
        people.unmask_phone(world.parents[0], reason="  x ", actor=lead, now=NOW)
    assert refusal.value.details["field"] == "reason"
    people.unmask_phone(world.parents[0], reason="home visit", actor=lead, now=NOW)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.path, entry.summary) == (
        "phone.unmask",
        lead,
        world.schools[0].path,
        {"reason": "home visit", "phone": "138****0000"},
    )


def test_an_ended_guardianship_leads_nowhere(world):
    world.parents[0].guardianships.update(ended_on=TODAY)
    with pytest.raises(NotYours):
        people.unmask_phone(
            world.parents[0], reason="home visit", actor=world.as_("class_teacher:0"), now=NOW
        )


def test_row_54_the_database_holds_no_number_in_clear(world):
    """Every column of every table is read raw after the whole world was filled."""
    from tests.matrix.rows import fill

    fill(world)
    people.change_phone(world.parents[0], phone="13977778888", actor=world.as_("school_lead:0"), now=NOW)
    people.unmask_phone(world.parents[0], reason="home visit", actor=world.as_("school_lead:0"), now=NOW)
    numbers = (b"13977778888", b"13800000000", b"13800000001")
    held = []
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                text = b"\0".join(
                    bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    for value in row
                )
                held += [(table, number) for number in numbers if number in text]
    assert held == []


# ── Letting in ───────────────────────────────────────────────────────────────

TAKEOVERS = {
    "password": lambda who, actor: passwords.issue_first_password(who, actor=actor, now=NOW),
    "phone": lambda who, actor: people.change_phone(who, phone="13911110000", actor=actor, now=NOW),
    "factor": lambda who, actor: passwords.reset_second_factor(who, reason="lost", actor=actor, now=NOW),
    "shut": lambda who, actor: people.deactivate_person(who, reason="gone", actor=actor, now=NOW),
    "name": lambda who, actor: people.change_person(
        who, name="X", username="xxxx", home=who.home, actor=actor, now=NOW
    ),
}


@pytest.mark.parametrize("act", TAKEOVERS)
def test_no_account_is_taken_over_from_below(world, act):
    """A county administrator whose home unit is the school is out of the hands of the school's lead."""
    admin, lead = world.staff["county_admin"], world.as_("school_lead:0")
    admin.home, admin.path = world.schools[0], world.schools[0].path
    admin.save()
    before = Person.objects.filter(pk=admin.pk).values().get()
    with pytest.raises(NotYours):
        TAKEOVERS[act](Person.objects.get(pk=admin.pk), lead)
    assert Person.objects.filter(pk=admin.pk).values().get() == before
    admin.assignments.update(valid_until=TODAY)
    TAKEOVERS[act](Person.objects.get(pk=admin.pk), lead)


@pytest.mark.parametrize("act", TAKEOVERS)
def test_a_role_to_come_counts_as_held(world, act):
    newcomer = person("Newcomer", home=world.schools[0], username="newcomer")
    coming = appoint(newcomer, "county_staff", world.county)
    coming.valid_from = TODAY + timedelta(days=3)
    coming.save()
    with pytest.raises(NotYours):
        TAKEOVERS[act](newcomer, world.as_("school_lead:0"))


@pytest.mark.parametrize("act", TAKEOVERS)
def test_nobody_does_it_to_themselves_or_next_door(world, act):
    for who, by in [("school_lead:0", "school_lead:0"), ("class_teacher:1", "school_lead:0")]:
        with pytest.raises(NotYours):
            TAKEOVERS[act](world.as_(who), world.as_(by))


def test_a_first_password_is_random_and_due(world):
    lead, actor = world.as_("school_lead:0"), world.as_("station_lead:0")
    first = passwords.issue_first_password(lead, actor=actor, now=NOW)
    second = passwords.issue_first_password(lead, actor=actor, now=NOW)
    assert first != second
    assert len(first) == 19
    kept = Person.objects.get(pk=lead.pk)
    assert kept.check_password(second)
    assert not kept.check_password(first)
    assert kept.password_due_at == NOW + timedelta(hours=72)
    assert second not in str(AuditEntry.objects.values_list("summary", flat=True))


def test_a_password_needs_a_name_to_sign_in_with(world):
    nameless = person("Grandfather", home=world.schools[0])
    with pytest.raises(passwords.PasswordRefused):
        passwords.issue_first_password(nameless, actor=world.as_("school_lead:0"), now=NOW)


def test_resetting_the_second_factor_forgets_app_and_codes(world):
    lead = world.as_("school_lead:0")
    give_app(lead)
    Authenticator.objects.create(user=lead, type="recovery_codes", data={"seed": "", "used_mask": 0})
    kept = give_app(world.as_("school_lead:1"))
    generation = lead.session_generation
    passwords.reset_second_factor(lead, reason="phone lost", actor=world.as_("station_lead:0"), now=NOW)
    assert list(Authenticator.objects.all()) == [kept]
    assert Person.objects.get(pk=lead.pk).session_generation == generation + 1


def test_letting_in_no_more_and_again(world):
    lead, actor = world.as_("school_lead:0"), world.as_("station_lead:0")
    for _ in range(2):
        people.deactivate_person(lead, reason="gone", actor=actor, now=NOW)
    assert not Person.objects.get(pk=lead.pk).is_active
    people.reactivate_person(lead, reason="back", actor=actor, now=NOW)
    assert Person.objects.get(pk=lead.pk).is_active
    assert list(
        AuditEntry.objects.filter(action__startswith="person.")
        .order_by("pk")
        .values_list("action", flat=True)
    ) == ["person.deactivate", "person.reactivate"]
