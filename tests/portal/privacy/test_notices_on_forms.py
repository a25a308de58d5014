"""Whoever is asked for personal information, or whose information staff put down, can read why (security row 83)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessment.models import Objection, PointEntry
from events.models import Event, RecordKind
from parentschool.models import Membership
from tests.events.pages import client_of, page, signed_in
from tests.matrix.rows import fill
from tests.world import NOW, build_world

OWN, DUTY = reverse("privacy"), reverse("privacy_text", args=["duty"])
OF_STAFF = [
    "walk_in", "visit_child", "managed_child", "neighbour_new", "roster_new", "record_person", "claim",
    "admin:parentschool_child_add", "admin:accounts_person_add",
]  # fmt: skip
OF_PARENTS = ["account_phone", "own_data_ask", "binding_report", "object", "family_school"]


@pytest.fixture
def full(db, time_machine, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)
    made = fill(build_world())
    RecordKind.objects.update(entered_by="teachers")
    return made


@pytest.mark.parametrize("name", OF_STAFF)
def test_row_83_staff_are_told_what_to_tell(full, name):
    rows = {
        "walk_in": lambda: Event.objects.get(title="Salon at Village 0").pk,
        "visit_child": lambda: full.children[0].pk,
        "managed_child": lambda: full.children[0].pk,
        "record_person": lambda: Membership.objects.get(person=full.parents[0]).pk,
        "claim": lambda: full.parents[1].claims.order_by("pk")[0].pk,
    }
    url = page(name, *([rows[name]()] if name in rows else []))
    client = client_of(full, "county_staff")
    answer = client.post(url, {"q": "Nobody"}) if name == "walk_in" else client.get(url)
    assert answer.status_code == 200
    assert f'href="{DUTY}"' in answer.text


@pytest.mark.parametrize("name", OF_PARENTS)
def test_row_83_parents_are_told_why_they_are_asked(full, name):
    parent = full.parents[0]
    rows = {
        "binding_report": lambda: parent.guardianships.get().pk,
        "object": lambda: PointEntry.objects.filter(person=parent).order_by("pk")[0].pk,
    }
    Objection.objects.all().delete()
    client = signed_in(parent)
    session = client.session
    session["began_at"] = NOW.timestamp()
    session.save()
    answer = client.get(page(name, *([rows[name]()] if name in rows else [])), follow=True)
    assert answer.status_code == 200
    assert f'href="{OWN}"' in answer.text


def test_row_83_the_door_tells_it_before_a_number_is_typed(db):
    assert f'href="{OWN}"' in Client().get(reverse("account_login"), {"way": "phone"}).text


@pytest.mark.parametrize("url", [OWN, DUTY])
def test_row_83_what_is_told_is_open_to_everybody(full, url):
    assert Client().get(url).status_code == 200
