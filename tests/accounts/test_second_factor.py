"""The second factor: set up by staff at once, asked at each sign-in, sealed in the database (security row 14)."""

from __future__ import annotations

import base64
import secrets

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Person
from accounts.services import passwords
from accounts.sign_in.sealing import seal, unseal
from portal.kernel.rekeying import rekey
from tests.signing_in import SECRET, acts, code_now, enrol, enter, give_app, sign_in, signed_in
from tests.world import NOW

PAGE = "/jobs/"
LOGIN, ACTIVATE = "account_login", "mfa_activate_totp"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"
    cache.clear()


# ── The second factor ────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_row_14_staff_set_up_the_app_right_after_the_password(world, client):
    sign_in(client, "school_lead_0")
    assert client.get(PAGE).url == reverse(ACTIVATE)
    assert "Scan this picture" in client.get(reverse(ACTIVATE)).content.decode()
    assert enrol(client).url == reverse("mfa_view_recovery_codes")
    codes = client.get(reverse("mfa_view_recovery_codes"))
    assert len(codes.context["unused_codes"]) == 10
    assert client.get(PAGE).status_code == 200


def test_row_14_the_next_sign_in_asks_for_a_code(world, client):
    give_app(world.staff["school_lead:0"])
    assert sign_in(client, "school_lead_0").url.startswith(reverse("mfa_authenticate"))
    assert not signed_in(client)
    assert client.get(PAGE).url.startswith(reverse(LOGIN))
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert signed_in(client)
    assert client.get(PAGE).status_code == 200


def test_row_14_a_wrong_code_opens_nothing_and_five_are_enough(world, client):
    give_app(world.staff["school_lead:0"])
    sign_in(client, "school_lead_0")
    wrong = f"{(int(code_now()) + 1) % 1_000_000:06}"
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": wrong})
    answer = client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert not signed_in(client)
    assert "Too many attempts" in answer.content.decode()
    assert acts("second_factor.failed")[0] == ("second_factor.failed", "refused")


def test_row_14_a_session_by_password_alone_is_asked_for_the_code(world, client):
    """The app was set up elsewhere since."""
    enter(client, world.staff["school_lead:0"], second_factor=False)
    give_app(world.staff["school_lead:0"])
    assert client.get(PAGE).url.startswith(reverse("mfa_reauthenticate"))
    answer = client.post(reverse("mfa_reauthenticate") + "?next=" + PAGE, {"code": code_now()})
    assert answer.url == PAGE
    assert client.get(PAGE).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_row_14_without_the_app_the_session_is_by_password_alone(world, client):
    sign_in(client, "school_lead_0")
    enrol(client)
    assert client.get(PAGE).status_code == 200
    client.post(reverse("mfa_deactivate_totp"), {})
    assert not Authenticator.objects.exists()
    assert client.get(PAGE).url == reverse(ACTIVATE)


def test_row_14_resetting_ends_the_open_session(world, client):
    enter(client, world.staff["school_lead:0"])
    assert client.get(PAGE).status_code == 200
    passwords.reset_second_factor(
        world.as_("school_lead:0"), reason="phone lost", actor=world.as_("station_lead:0"), now=NOW
    )
    assert client.get(PAGE).url.startswith(reverse(LOGIN))


@pytest.mark.django_db(transaction=True)
def test_a_recovery_code_signs_in_once(world, client):
    sign_in(client, "school_lead_0")
    enrol(client)
    code = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    for works in (True, False):
        client.logout()
        sign_in(client, "school_lead_0")
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert signed_in(client) is works


def test_parents_sign_in_by_password_alone(world, client):
    sign_in(client, "parent0")
    assert client.get("/").status_code == 200


def test_row_54_secrets_of_the_app_are_sealed(world):
    kept = give_app(world.staff["school_lead:0"])
    assert SECRET not in str(kept.data)
    assert unseal(kept.data["secret"]) == SECRET


def test_row_55_secrets_of_the_app_follow_the_newest_key(world, settings):
    old, new = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    settings.FIELD_KEYS = f"1:aes:{old}"
    Person.objects.update(phone="")
    kept = give_app(world.staff["school_lead:0"])
    codes = Authenticator.objects.create(
        user=kept.user, type="recovery_codes", data={"seed": seal("ab"), "used_mask": 5}
    )
    settings.FIELD_KEYS = f"2:aes:{new},1:aes:{old}"
    assert rekey(now=NOW)["mfa.authenticator.data"] == 2
    settings.FIELD_KEYS = f"2:aes:{new}"
    kept.refresh_from_db()
    codes.refresh_from_db()
    assert unseal(kept.data["secret"]) == SECRET
    assert (unseal(codes.data["seed"]), codes.data["used_mask"]) == ("ab", 5)
