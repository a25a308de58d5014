"""Changing the own number: a fresh sign-in, a code to the new one, both in the trail, a notice (security row 27)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from accounts.services.own_phone import change_own_phone
from accounts.sign_in import work
from portal.kernel.models import AuditEntry, Notice
from portal.kernel.sms.local import OUTBOX
from tests.accounts.test_sms_sign_in import ask, newest
from tests.signing_in import sign_in, signed_in
from tests.world import NOW

PHONE, CODE, OWN = (reverse(f"account_{name}") for name in ("phone", "phone_code", "own"))
NEW, OLD = "13911112222", "13800000000"


@pytest.fixture(autouse=True)
def setting(settings, time_machine, monkeypatch):
    settings.LANGUAGE_CODE = "en"
    settings.STAFF_SECOND_FACTOR = False
    monkeypatch.setattr(work, "BITS", 4)
    OUTBOX.clear()
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def parent(world, client) -> Person:
    sign_in(client, "parent0")
    return world.parents[0]


def number_of(person: Person) -> str:
    return Person.objects.get(pk=person.pk).phone


def test_a_parent_changes_the_number_by_a_code_to_the_new_one(world, parent, client, time_machine):
    assert ask(client, NEW, to=PHONE).url == CODE
    assert OUTBOX[-1].number == NEW
    assert number_of(parent) == OLD, "nothing changes before the code"
    code = newest()
    for _ in range(2):
        assert client.post(CODE, {"code": code}).url == OWN
    assert number_of(parent) == NEW
    (entry,) = AuditEntry.objects.filter(action="phone.change")
    assert (entry.actor, entry.summary["phone"]) == (parent, ["138****0000", "139****2222"])
    assert NEW not in str(entry.summary)
    notice = Notice.objects.get(person=parent)
    assert notice.params == {"before": "138****0000", "after": "139****2222"}
    assert "from 138****0000 to 139****2222" in client.get(reverse("notices")).text
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)
    door = Client()
    ask(door, NEW)
    door.post(reverse("account_code"), {"code": newest()})
    assert signed_in(door), "the new number opens the door"


def test_the_old_number_opens_nothing_any_more(world, parent, client, time_machine):
    change_own_phone(parent, number=NEW, now=NOW)
    time_machine.move_to(NOW + timedelta(minutes=5), tick=False)
    door = Client()
    ask(door, OLD)
    door.post(reverse("account_code"), {"code": newest()})
    assert not signed_in(door)


def test_a_wrong_code_or_the_own_number_changes_nothing(world, parent, client):
    assert "already" in ask(client, OLD, to=PHONE).text
    assert not OUTBOX
    assert "11 digits" in ask(client, "12345", to=PHONE).text
    ask(client, NEW, to=PHONE)
    wrong = f"{(int(newest()) + 1) % 1_000_000:06}"
    assert "not the code" in client.post(CODE, {"code": wrong}).text
    assert number_of(parent) == OLD
    assert not Notice.objects.exists()


def test_row_27_a_number_changes_after_a_fresh_sign_in_alone(world, parent, client, time_machine):
    ask(client, NEW, to=PHONE)
    code = newest()
    time_machine.move_to(NOW + timedelta(minutes=15), tick=False)
    for page in (PHONE, CODE):
        assert client.get(page).url.startswith(reverse("account_reauthenticate"))
    assert client.post(CODE, {"code": code}).url.startswith(reverse("account_reauthenticate"))
    assert number_of(parent) == OLD


def test_a_code_that_proves_the_own_number_changes_none(world, parent, client):
    ask(client, OLD, to=reverse("account_proof"))
    assert client.post(CODE, {"code": newest()}).url == OWN
    assert number_of(parent) == OLD


def test_the_number_of_staff_is_changed_by_the_office(world, client):
    sign_in(client, "school_lead_0")
    assert client.get(PHONE).url == OWN
    assert ask(client, NEW, to=PHONE).url == OWN
    assert not OUTBOX


@pytest.mark.parametrize(
    "typed", ["", "12345", "02012345678", "+85291234567", "1380000000x", "13800000000,13911112222"]
)
def test_row_15_a_message_goes_to_whole_mobile_numbers_alone(world, parent, client, typed):
    door = Client()
    ask(door, typed)
    ask(client, typed, to=PHONE)
    assert not OUTBOX


def test_row_15_whoever_signs_in_by_sms_is_offered_stronger_ways(world, client):
    ask(client, OLD)
    client.post(reverse("account_code"), {"code": newest()})
    own = client.get(OWN).text
    for way in ("mfa_list_webauthn", "mfa_index", "account_change_password"):
        assert f'href="{reverse(way)}"' in own
