"""Signing in as people do it: names and numbers, one-time passwords, the second factor, lock-out, and their audit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from accounts.models import Person
from accounts.services import passwords
from portal.kernel.models import AuditEntry
from tests.signing_in import acts, enrol, enter, sign_in, signed_in
from tests.world import NOW, PASSWORD, TODAY, person

PAGE = "/jobs/"
WIDE = "".join(chr(ord(digit) + 0xFEE0) for digit in "13800000000")
LOGIN, ACTIVATE, CHANGE = "account_login", "mfa_activate_totp", "account_change_password"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"
    cache.clear()


# ── Names and numbers ────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["parent0", " Parent0 ", "13800000000", "+86 138-0000-0000", WIDE])
def test_a_name_or_a_number_in_any_spelling_opens(world, client, typed):
    sign_in(client, typed)
    assert signed_in(client)


@pytest.mark.parametrize(
    ("typed", "password"),
    [("parent0", "wrong"), ("nobody", PASSWORD), ("13999999999", PASSWORD), ("", PASSWORD)],
)
def test_the_answer_is_the_same_for_known_and_unknown(world, client, typed, password):
    answer = sign_in(client, typed, password)
    assert answer.status_code == 200
    assert not signed_in(client)
    if typed:
        assert "do not belong together" in answer.content.decode()


def test_who_shares_a_number_is_told_apart_by_the_password(world, client):
    mother = person("Mother", home=world.schools[0], phone="13800000000", username="mother")
    mother.set_password("another long password")
    mother.save()
    person("Grandfather", home=world.schools[0], phone="13800000000")
    sign_in(client, "13800000000", "another long password")
    assert client.session["_auth_user_id"] == str(mother.pk)


@pytest.mark.parametrize("name", ["parent0", "nobody", "13800000000", "13999999999"])
def test_row_29_each_refusal_hashes_once(world, monkeypatch, name):
    from django.contrib.auth import hashers

    hashed: list[str] = []
    hasher = hashers.get_hasher()
    real = type(hasher).encode
    monkeypatch.setattr(type(hasher), "encode", lambda self, *args: hashed.append("x") or real(self, *args))
    assert authenticate(None, username=name, password="wrong") is None
    assert len(hashed) == 1


def test_row_22_people_of_the_demo_sign_in_only_in_the_demo(world, client, settings):
    Person.objects.filter(pk=world.parents[0].pk).update(is_demo=True)
    settings.PRODUCTION = True
    sign_in(client, "parent0")
    assert not signed_in(client)
    settings.PRODUCTION = False
    sign_in(client, "parent0")
    assert signed_in(client)
    settings.PRODUCTION = True
    assert client.get("/").url.startswith(reverse(LOGIN))


def test_row_24_signing_in_renews_the_key_of_the_session(world, client):
    client.get(reverse(LOGIN))
    session = client.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    sign_in(client, "parent0")
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_row_54_a_typed_number_is_kept_nowhere(world, client, settings):
    settings.AXES_ENABLED = True
    sign_in(client, "13800000000", "wrong")
    sign_in(client, "13912345678", "wrong")
    sign_in(client, "13800000000")
    held = [session.get_decoded() for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in ("axes_accessattempt", "kernel_auditentry", "axes_accessfailurelog", "axes_accesslog"):
            cursor.execute(f"SELECT * FROM {table}")
            held += cursor.fetchall()
    assert "13800000000" not in str(held)
    assert "13912345678" not in str(held)


# ── Lock-out ─────────────────────────────────────────────────────────────────


def test_row_19_ten_wrong_passwords_lock_the_name_from_that_address_only(world, client, settings):
    settings.AXES_ENABLED = True
    for _ in range(settings.AXES_FAILURE_LIMIT):
        locked = sign_in(client, "parent0", "wrong")
    assert locked.status_code == 429
    assert "quarter of an hour" in locked.content.decode()
    assert sign_in(client, "parent0").status_code == 429
    assert not signed_in(client)
    client.post(reverse(LOGIN), {"login": "parent0", "password": PASSWORD}, REMOTE_ADDR="192.0.2.9")
    assert signed_in(client)
    assert ("sign_in.locked", "refused") in acts("sign_in.locked")


def test_another_name_from_the_same_address_is_not_locked(world, client, settings):
    settings.AXES_ENABLED = True
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(client, "parent0", "wrong")
    sign_in(client, "parent1")
    assert signed_in(client)


# ── One-time passwords ───────────────────────────────────────────────────────


@pytest.fixture
def first(world, time_machine):
    """A school lead with a one-time password."""
    time_machine.move_to(NOW)
    return passwords.issue_first_password(
        world.as_("school_lead:0"), actor=world.as_("station_lead:0"), now=NOW
    )


def test_row_22_a_one_time_password_opens_only_the_page_to_change_it(world, client, first):
    sign_in(client, "school_lead_0", first)
    for page in ("/", "/admin/", reverse("job_list"), reverse(ACTIVATE), "/work/"):
        assert client.get(page).url == reverse(CHANGE)
    assert client.get(reverse(CHANGE)).status_code == 200


def change(client, old, new):
    return client.post(reverse(CHANGE), {"oldpassword": old, "password1": new, "password2": new})


NEW = "paper boat copper lantern"


def test_row_22_after_the_change_it_is_dead_and_the_way_goes_on(world, client, first):
    sign_in(client, "school_lead_0", first)
    assert change(client, first, NEW).url == reverse("home")
    assert client.get("/").url == reverse(ACTIVATE)
    lead = world.as_("school_lead:0")
    assert lead.password_due_at is None
    assert lead.check_password(NEW)
    assert not lead.check_password(first)


def test_row_22_the_one_time_password_is_not_taken_again(world, client, first):
    sign_in(client, "school_lead_0", first)
    assert "Choose another" in change(client, first, first).content.decode()
    assert world.as_("school_lead:0").password_due_at


def test_row_22_after_72_hours_it_is_refused_and_says_what_to_do(world, client, first, time_machine):
    time_machine.move_to(NOW + timedelta(hours=72) - timedelta(seconds=1))
    sign_in(client, "school_lead_0", first)
    assert signed_in(client)
    client.logout()
    time_machine.move_to(NOW + timedelta(hours=72))
    answer = sign_in(client, "school_lead_0", first)
    assert not signed_in(client)
    assert "Ask whoever gave it to you" in answer.content.decode()


def test_row_22_a_session_by_it_ends_with_it(world, client, first, time_machine):
    sign_in(client, "school_lead_0", first)
    time_machine.move_to(NOW + timedelta(minutes=20))
    client.get(reverse(CHANGE))
    Person.objects.filter(username="school_lead_0").update(password_due_at=NOW + timedelta(minutes=20))
    assert client.get(reverse(CHANGE)).url.startswith(reverse(LOGIN))
    assert not signed_in(client)


# ── Audit ────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_row_63_signing_in_and_out_leave_rows(world, client):
    sign_in(client, "school_lead_0", "wrong")
    sign_in(client, "nobody", "wrong")
    sign_in(client, "school_lead_0")
    enrol(client)
    client.post(reverse("account_logout"))
    lead = world.staff["school_lead:0"]
    rows = list(AuditEntry.objects.order_by("pk"))
    assert [(row.action, row.result, row.object_id) for row in rows] == [
        ("sign_in.failed", "refused", str(lead.pk)),
        ("sign_in.failed", "refused", ""),
        ("sign_in.done", "done", str(lead.pk)),
        ("second_factor.added", "done", str(lead.pk)),
        ("second_factor.added", "done", str(lead.pk)),
        ("sign_out", "done", str(lead.pk)),
    ]
    assert {row.origin for row in rows} == {"127.0.0.1"}
    assert all(row.request_id for row in rows)
    assert [row.actor_id for row in rows] == [None, None, *[lead.pk] * 4]


def test_row_63_a_refused_page_leaves_a_row(world, client, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("school_lead:0"))
    page = reverse("admin:accounts_person_unmask", args=[world.parents[1].pk])
    assert client.get(page).status_code == 404
    entry = AuditEntry.objects.get(action="access.refused")
    assert (entry.actor, entry.result) == (world.staff["school_lead:0"], "refused")
    assert entry.summary == {
        "page": "admin:accounts_person_unmask",
        "method": "GET",
        "at": {"pk": str(world.parents[1].pk)},
    }


def test_row_63_a_refused_call_leaves_a_row(world, client, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("school_lead:0"))
    assert client.get(reverse("api:unit-detail", args=[world.schools[1].pk])).status_code == 404
    assert AuditEntry.objects.get(action="access.refused").summary["page"] == "api:unit-detail"


def test_signing_out_kills_the_session(world, client):
    sign_in(client, "parent0")
    kept = client.cookies["sessionid"].value
    client.post(reverse("account_logout"))
    client.cookies["sessionid"] = kept
    assert client.get("/").url.startswith(reverse(LOGIN))


def test_a_get_signs_nobody_out(world, client):
    sign_in(client, "parent0")
    client.get(reverse("account_logout"))
    assert signed_in(client)


@pytest.mark.parametrize("name", ["account_signup", "account_reset_password", "account_email"])
def test_row_23_there_is_no_other_way_in(name):
    from django.urls import NoReverseMatch

    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("ending", ["is_active", "role"])
def test_row_08_disabling_takes_effect_with_the_next_request(world, client, ending, time_machine):
    time_machine.move_to(NOW)
    page = reverse("admin:accounts_person_changelist")
    enter(client, world.staff["school_lead:0"])
    assert client.get(page).status_code == 200
    if ending == "is_active":
        Person.objects.filter(pk=world.staff["school_lead:0"].pk).update(is_active=False)
    else:
        world.staff["school_lead:0"].assignments.update(valid_until=TODAY)
    assert client.get(page).status_code == 302
