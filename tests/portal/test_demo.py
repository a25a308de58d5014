"""The demo county: clearly demo, the same for the same seed, and never in production."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.models import Person, RoleAssignment, Unit
from accounts.regions import reader
from accounts.roles import ROLES
from accounts.services.set_up import set_up_county
from assessment.enums import AppraisalStatus
from assessment.models import Adjustment, Appraisal, Objection
from events.models import Attendance, Event
from events.queries.near import events_for
from parentschool.models import Child, Claim, Guardianship, Membership
from parentschool.queries.school_messages import messages_to
from tests.world import NOW

SHOWN = [
    (Unit, ["code", "name", "path"]),
    (Person, ["name", "username", "phone_index", "path"]),
    (RoleAssignment, ["role", "path"]),
    (Child, ["name", "gender", "path"]),
    (Guardianship, ["relation", "child__name", "guardian__name"]),
    (Membership, ["school_year", "path", "person__name"]),
    (Event, ["title", "starts_at", "host__code", "status"]),
    (Attendance, ["event__title", "person__name", "method", "taken_at"]),
]


@pytest.fixture
def county(db):
    return set_up_county(reader.county("640221"), opened_on=date(2025, 9, 1), actor=None, now=NOW).county


def seed(**options):
    out = StringIO()
    call_command("seed_demo", scale=0.002, today=date(2026, 11, 22), stdout=out, **options)
    return out.getvalue()


def rows():
    return {model: sorted(map(str, model.objects.values_list(*fields))) for model, fields in SHOWN}


def test_same_seed_same_county(county):
    made = []
    for _ in range(2):
        with transaction.atomic():
            seed()
            made.append(rows())
            transaction.set_rollback(True)
    assert made[0] == made[1]
    assert all(made[0].values())


def test_everybody_is_clearly_demo(county):
    seed()
    assert not Person.objects.filter(is_demo=False).exists()
    assert all(name[1] == "演" for name in Person.objects.values_list("name", flat=True))


def test_one_sign_in_for_each_role_is_printed(county):
    printed = seed()
    for role in ROLES.values():
        assert str(role.name) in printed
    assert "parent" in printed


def test_some_parents_wait_for_their_school(county):
    seed()
    assert set(Claim.objects.values_list("status", flat=True)) == {"pending"}
    assert Claim.objects.count() >= 2


def test_the_parent_has_seats_waits_and_may_book(county):
    seed()
    parent = Person.objects.get(username="parent")
    near = events_for(parent, now=datetime(2026, 11, 22, 4, tzinfo=UTC)).filter(needs_booking=True)
    assert {event.host.level: event.seat for event in near} == {
        "school": None,
        "station": "waiting",
        "department": "seated",
    }


def test_the_parent_has_messages_to_read(county):
    seed()
    parent = Person.objects.get(username="parent")
    assert len(messages_to(parent)) == 2


def test_a_second_run_adds_nobody(county):
    seed()
    before = Person.objects.count()
    seed()
    assert Person.objects.count() == before


def test_row_61_refused_in_production(county, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        seed()
    assert not Person.objects.exists()


def test_the_year_s_appraisal_has_sheets_at_every_stage(county):
    seed()
    call_command("load_appraisal_scheme", "appraisal_jiangsu_2009", county="640221", stdout=StringIO())
    for _ in range(2):
        seed(after_night=True)
    statuses = set(Appraisal.objects.filter(year=2026).values_list("status", flat=True))
    assert statuses == set(AppraisalStatus.values)


def test_objections_wait_and_are_answered_and_the_demo_s_parent_has_made_none(county):
    seed()
    call_command("load_point_scheme", county="640221", effective_from=date(2025, 9, 1), stdout=StringIO())
    call_command("run_nightly", stdout=StringIO())
    for _ in range(2):
        seed(after_night=True)
    assert sorted(Objection.objects.values_list("status", flat=True)) == ["open", "refused", "upheld"]
    assert not Objection.objects.filter(person__username="parent").exists()
    assert Adjustment.objects.get().objection.status == "upheld"


def test_a_wrong_address_in_the_demo_says_so_in_plain_words():
    """Whoever tries the portal is no developer: no page of Django's with the portal's inside."""
    asked = "from portal import settings; print(settings.DEBUG, settings.WHITENOISE_USE_FINDERS)"
    said = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "PORTAL_ENV": "demo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["False", "True"]
