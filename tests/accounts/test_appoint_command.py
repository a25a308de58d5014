"""How a fresh installation gets its first administrator."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Person, RoleAssignment
from portal.kernel.models import AuditEntry
from tests.world import build_world


def appoint(*arguments: str, **options) -> str:
    said = StringIO()
    call_command("appoint", *arguments, stdout=said, **options)
    return said.getvalue()


def test_row_22_the_first_administrator_gets_a_one_time_password(db, settings):
    settings.LANGUAGE_CODE = "en"
    world = build_world()
    said = appoint("Wang.Min", "county_admin", world.county.code, name="Wang Min")
    person = Person.objects.get(username="wang.min")
    password = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", said)[0]
    assert person.check_password(password)
    assert person.password_due_at
    made = RoleAssignment.objects.get(person=person)
    assert (made.role, made.unit, made.given_by) == ("county_admin", world.county, None)
    assert {entry.origin for entry in AuditEntry.objects.all()} == {"manage.py appoint"}
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "person.register",
        "role.give",
        "password.issue",
    ]


def test_somebody_known_keeps_the_password(world):
    before = world.staff["county_staff"].password
    assert "-" not in appoint("county_staff", "inspector", world.county.code).split("·")[0]
    assert Person.objects.get(pk=world.staff["county_staff"].pk).password == before
    appoint("county_staff", "county_admin", world.county.code, new_password=True)
    assert Person.objects.get(pk=world.staff["county_staff"].pk).password != before


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("newcomer", "county_admin", "COUNTY"), {}),
        (("newcomer", "king", "COUNTY"), {"name": "N"}),
        (("newcomer", "county_admin", "none"), {"name": "N"}),
        (("newcomer", "county_admin", "SCHOOL"), {"name": "N"}),
        (("13800000000", "county_admin", "COUNTY"), {"name": "N"}),
        (("newcomer", "county_admin", "COUNTY"), {"name": "N", "phone": "12"}),
        (("county_admin", "county_admin", "COUNTY"), {}),
    ],
)
def test_a_refusal_changes_nothing(world, arguments, options):
    codes = {"COUNTY": world.county.code, "SCHOOL": world.schools[0].code}
    before = (Person.objects.count(), RoleAssignment.objects.count())
    with pytest.raises(CommandError) as refusal:
        appoint(*(codes.get(each, each) for each in arguments), **options)
    assert str(refusal.value)
    assert (Person.objects.count(), RoleAssignment.objects.count()) == before
