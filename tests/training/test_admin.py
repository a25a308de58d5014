"""The lecturer pool in the office."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.kernel.models import AuditEntry
from tests.events.pages import client_of, page
from tests.events.plans import lecturer
from tests.world import NOW, person
from training.models import Lecturer


@pytest.fixture(autouse=True)
def now(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False


def told(world, **more):
    return {
        "name": "Parent 0",
        "tail": "",
        "unit": world.county.pk,
        "tier": "county",
        "specialities": "Feelings",
        "valid_from": "2026-09-01",
        **more,
    }


ADD = "admin:training_lecturer_add"


def errors(response):
    return set(response.context["adminform"].form.errors)


def test_somebody_is_admitted_by_name(world):
    client_of(world, "county_staff").post(page(ADD), told(world))
    made = Lecturer.objects.get()
    assert (made.person, made.unit, made.valid_from, made.specialities) == (
        world.parents[0],
        world.county,
        date(2026, 9, 1),
        "Feelings",
    )
    assert AuditEntry.objects.get(action="lecturer.admit").actor == world.staff["county_staff"]


def test_namesakes_are_told_apart_and_unknown_people_are_not_made_up(world):
    person("Parent 0", home=world.schools[1], phone="13900009999")
    client = client_of(world, "county_staff")
    assert errors(client.post(page(ADD), told(world))) == {"tail"}
    assert errors(client.post(page(ADD), told(world, name="Nobody"))) == {"name"}
    client.post(page(ADD), told(world, tail="9999"))
    assert Lecturer.objects.get().person.phone_tail == "9999"


def test_who_is_in_the_pool_already_is_refused_at_the_name(world):
    client = client_of(world, "county_staff")
    client.post(page(ADD), told(world))
    assert errors(client.post(page(ADD), told(world))) == {"name"}
    assert Lecturer.objects.count() == 1


def test_an_end_is_set_and_must_lie_after_the_beginning(world):
    made, client = lecturer(world), client_of(world, "county_staff")
    change = page("admin:training_lecturer_change", made.pk)
    assert errors(client.post(change, told(world, valid_until="2020-01-01"))) == {"valid_until"}
    client.post(change, told(world, valid_until="2026-12-01", unit=world.schools[1].pk))
    made.refresh_from_db()
    assert (made.valid_until, made.unit) == (date(2026, 12, 1), world.county)


def test_a_school_lead_sees_the_own_pool_and_admits_nobody(world):
    own = lecturer(world, unit=world.schools[0])
    lecturer(world, "lecturer:1", unit=world.schools[1])
    client = client_of(world, "school_lead:0")
    assert set(client.get(page("admin:training_lecturer_changelist")).context["cl"].queryset) == {own}
    assert client.get(page(ADD)).status_code == 403


def test_the_list_asks_as_often_for_three_rows_as_for_one(world):
    def count() -> int:
        client = client_of(world, "county_staff")
        client.get(page("work"))  # the first page of a session notes when it began
        with CaptureQueriesContext(connection) as asked:
            client.get(page("admin:training_lecturer_changelist"))
        return len(asked)

    lecturer(world)
    once = count()
    for name in ("lecturer:1", "school_lead:0"):
        lecturer(world, name, valid_until=NOW.date() + timedelta(days=9))
    assert count() == once
    assert once <= 8
