"""Signing in by a code in a short message, as the pages do it (security rows 16 to 18, 24, 41, 45, 66)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Person, SmsCode
from accounts.sign_in import work
from accounts.sign_in.verified import KEPT
from portal.kernel.models import AuditEntry
from portal.kernel.sms.local import OUTBOX
from tests.signing_in import code_now, give_app, signed_in
from tests.world import NOW, PASSWORD, person

DOOR, CODE, WHO, AGAIN = (reverse(f"account_{name}") for name in ("login", "code", "who", "resend"))
NUMBER, UNKNOWN = "13800000000", "13999999999"


@pytest.fixture(autouse=True)
def quiet(settings, time_machine):
    settings.LANGUAGE_CODE = "en"
    OUTBOX.clear()
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def later(time_machine):
    return lambda **how: time_machine.move_to(NOW + timedelta(**how), tick=False)


def answer(challenge: str) -> str:
    """What the page's script would find."""
    return next(str(n) for n in range(10_000_000) if work.solved(challenge, str(n)))


@pytest.fixture(autouse=True)
def easy_work(monkeypatch):
    monkeypatch.setattr(work, "BITS", 4)


def ask(client, number=NUMBER, *, proved=True, to=DOOR, **more):
    challenge = work.challenge()
    proof = {"challenge": challenge, "work": answer(challenge)} if proved else {}
    return client.post(to, {"phone": number, **proof}, **more)


def newest() -> str:
    return OUTBOX[-1].values["code"]


def wrong() -> str:
    return f"{(int(newest()) + 1) % 1_000_000:06}"


def give(client, code):
    return client.post(CODE, {"code": code})


# ── The way in ───────────────────────────────────────────────────────────────


def test_a_parent_signs_in_with_number_and_code(world, client):
    sent = client.post(DOOR, {"phone": NUMBER, "next": "/points/"})
    assert sent.url == f"{CODE}?next=%2Fpoints%2F"
    page = client.get(sent.url).content.decode()
    assert "138****0000" in page
    assert NUMBER not in page
    assert [(message.number, message.template, [*message.values]) for message in OUTBOX] == [
        (NUMBER, "sign_in", ["code"])
    ]
    assert client.post(CODE, {"code": newest(), "next": "/points/"}).url == "/points/"
    assert client.session["_auth_user_id"] == str(world.parents[0].pk)
    assert [*AuditEntry.objects.values_list("action", "actor")] == [("sign_in.done", world.parents[0].pk)]


@pytest.mark.parametrize("typed", ["{}", " {} ", "{}-{}", "wide"])
def test_the_code_in_any_spelling(world, client, typed):
    ask(client)
    digits = newest()
    if typed == "wide":
        digits = "".join(chr(ord(digit) + 0xFEE0) for digit in digits)
    give(client, typed.format(digits[:3], digits[3:]) if typed.count("{}") == 2 else digits)
    assert signed_in(client)


def test_a_number_that_nobody_has_is_proved_and_led_on(world, client):
    ask(client, UNKNOWN)
    led = give(client, newest())
    assert led.url in {reverse("account_nobody"), "/register/"}
    assert not signed_in(client)
    assert KEPT in client.session


def test_who_was_let_in_no_more_is_told_whom_to_ask(world, client):
    Person.objects.filter(pk=world.parents[0].pk).update(is_active=False)
    ask(client)
    assert give(client, newest()).url == reverse("account_nobody")
    assert "138****0000" in client.get(reverse("account_nobody")).content.decode()
    assert not signed_in(client)


def test_several_people_of_one_number_choose_who_they_are(world, client):
    spouse = person("Spouse", home=world.schools[0], phone=NUMBER)
    gone = person("Gone", home=world.schools[0], phone=NUMBER)
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    other = world.parents[1]
    ask(client)
    assert give(client, newest()).url == WHO
    page = client.get(WHO).content.decode()
    assert re.findall(r'name="person" value="(\d+)">(.*?)<', page) == [
        (str(world.parents[0].pk), "Parent 0"),
        (str(spouse.pk), "Spouse"),
    ]
    for stranger in (other, gone):
        client.post(WHO, {"person": stranger.pk})
        assert not signed_in(client)
    client.post(WHO, {"person": spouse.pk})
    assert client.session["_auth_user_id"] == str(spouse.pk)
    assert KEPT not in client.session


def test_the_list_of_names_is_closed_to_whoever_proved_nothing(world, client):
    person("Spouse", home=world.schools[0], phone=NUMBER)
    assert client.get(WHO).url == DOOR
    assert client.post(WHO, {"person": world.parents[0].pk}).url == DOOR
    assert not signed_in(client)


def test_the_list_of_names_closes_after_half_an_hour(world, client, later):
    person("Spouse", home=world.schools[0], phone=NUMBER)
    ask(client)
    give(client, newest())
    later(minutes=30)
    assert client.get(WHO).url == DOOR


def test_row_14_staff_do_not_sign_in_by_a_message_alone(world, client):
    lead = world.staff["school_lead:0"]
    Person.objects.filter(pk=lead.pk).update(phone_index=world.parents[1].phone_index)
    Person.objects.filter(pk=world.parents[1].pk).update(phone_index="")
    ask(client, "13800000001")
    assert "Please sign in with your password" in give(client, newest()).content.decode()
    assert not signed_in(client)


def test_row_14_a_message_and_the_app_are_two(world, client):
    give_app(world.parents[0])
    ask(client)
    assert give(client, newest()).url.startswith(reverse("mfa_authenticate"))
    assert not signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert signed_in(client)


def test_row_14_who_becomes_staff_in_a_session_by_message_must_sign_in_anew(world, client):
    from tests.world import appoint

    ask(client)
    give(client, newest())
    assert client.get("/points/").status_code == 200
    appoint(world.parents[0], "school_lead", world.schools[0])
    assert client.get("/points/").url.startswith(DOOR)
    assert not signed_in(client)
    assert not Authenticator.objects.exists()


def test_row_24_the_key_of_the_session_is_renewed(world, client):
    ask(client)
    before = client.session.session_key
    give(client, newest())
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


# ── The code (row 16) ────────────────────────────────────────────────────────


def test_row_16_a_code_opens_once(world, client):
    ask(client)
    code, ticket = newest(), client.session["sms_ticket"]
    give(client, code)
    client.logout()
    session = client.session
    session["sms_ticket"] = ticket
    session.save()
    assert "no longer good" in give(client, code).content.decode()
    assert not signed_in(client)


def test_row_16_a_code_is_good_for_five_minutes(world, client, later):
    ask(client)
    later(minutes=5)
    assert "no longer good" in give(client, newest()).content.decode()
    later(minutes=5, seconds=-1)
    give(client, newest())
    assert signed_in(client)


def test_row_16_after_five_wrong_ones_the_right_one_is_dead(world, client):
    ask(client)
    said = [give(client, wrong()).content.decode() for _ in range(5)]
    assert all("not the code" in page for page in said[:4])
    assert "Five wrong codes" in said[4]
    assert "no longer good" in give(client, newest()).content.decode()
    assert not signed_in(client)


def test_row_16_four_wrong_ones_leave_one_try(world, client):
    ask(client)
    for _ in range(4):
        give(client, wrong())
    give(client, newest())
    assert signed_in(client)


def test_row_16_a_code_is_bound_to_its_browser_and_its_number(world, client, later):
    ask(client)
    mine = newest()
    other = Client()
    ask(other, "13800000001")
    give(other, mine)
    assert not signed_in(other)
    session = other.session
    session["sms_ticket"] = {**session["sms_ticket"], "row": SmsCode.objects.order_by("pk")[0].pk}
    session.save()
    give(other, mine)
    assert not signed_in(other)
    give(client, mine)
    assert signed_in(client)


def test_row_16_the_newest_code_is_the_one(world, client, later):
    ask(client)
    first = newest()
    later(minutes=1)
    assert ask(client, to=AGAIN).url == CODE
    if first != newest():
        give(client, first)
        assert not signed_in(client)
    give(client, newest())
    assert signed_in(client)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "abcdef"])
def test_what_is_no_code_costs_no_try(world, client, typed):
    ask(client)
    page = give(client, typed).content.decode()
    assert "errorlist" in page
    assert SmsCode.objects.get().tries == 0


def test_row_17_neither_number_nor_code_nor_address_is_kept_in_clear(world, client):
    ask(client)
    code = newest()
    held = [str(session.get_decoded()) for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in ("accounts_smscode", "kernel_auditentry", "accounts_smsgate"):
            cursor.execute(f"SELECT * FROM {table}")
            held += map(str, cursor.fetchall())
    assert SmsCode.objects.count() == 1
    for secret in (NUMBER, code, "127.0.0.1"):
        assert [text for text in held if secret in text] == []


def test_codes_are_of_six_digits_and_not_alike(world, monkeypatch):
    from accounts.services.sms_codes import request_code

    monkeypatch.setattr("accounts.services.sms_codes._check_limits", lambda row, now: None)
    codes = [request_code(NUMBER, secret="s", address="192.0.2.1", proof=None, now=NOW)[1] for _ in range(40)]
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    assert len(set(codes)) > 30


# ── Bad input ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["", "1380000", "12800000000", "hello", "1" * 5000])
def test_a_bad_number_is_said_at_the_field_and_kept(client, db, typed):
    page = ask(client, typed).content.decode()
    assert "errorlist" in page
    assert OUTBOX == []
    if typed and len(typed) < 41:
        assert f'value="{typed}"' in page


def test_without_a_ticket_the_code_page_leads_to_the_door(client, db):
    assert client.get(CODE).url == DOOR
    assert client.post(CODE, {"code": "123456"}).url == DOOR
    assert client.post(AGAIN, {}).url == DOOR


ELSEWHERE = ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///x"]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_row_41_the_way_on_never_leaves_the_portal(world, client, where):
    assert client.post(DOOR, {"phone": NUMBER, "next": where}).url == CODE
    assert client.post(CODE + f"?next={where}", {"code": newest(), "next": where}).url == "/"
    assert client.get(DOOR, {"next": where}).url == reverse("home")


def test_row_45_no_number_and_no_code_stands_in_an_address(world, client):
    ways = [ask(client), client.get(CODE), give(client, newest())]
    for way in ways:
        assert not re.search(r"1[3-9]\d{9}|\b\d{6}\b", way.headers.get("Location", ""))


def test_row_46_the_pages_of_the_door_are_kept_nowhere(world, client):
    ask(client)
    for page in (DOOR, CODE):
        assert "no-store" in client.get(page)["Cache-Control"]


def test_row_44_a_repeated_parameter_is_one(world, client):
    client.post(DOOR, {"phone": ["13800000001", NUMBER]})
    assert [message.number for message in OUTBOX] == [NUMBER]


# ── Staff on the same door ───────────────────────────────────────────────────


def test_staff_on_their_way_to_the_office_meet_the_password_first(client, db):
    page = client.get(DOOR, {"next": "/admin/"}).content.decode()
    assert 'name="password"' in page
    assert 'name="phone"' not in page


def test_the_office_leads_to_the_password_and_back(client, world, settings):
    settings.STAFF_SECOND_FACTOR = False
    led = client.get("/admin/accounts/unit/", follow=True)
    door, _status = led.redirect_chain[-1]
    assert 'name="password"' in led.content.decode()
    given = {"login": "county_admin", "password": PASSWORD, "next": led.context["redirect_field_value"]}
    assert client.post(door, given).url == "/admin/accounts/unit/"


def test_parents_meet_the_number_first_and_each_finds_the_other(client, db):
    assert "?way=password" in client.get(DOOR).content.decode()
    assert "?way=phone" in client.get(DOOR, {"way": "password"}).content.decode()


def test_without_a_gateway_there_is_only_the_password(client, db, settings):
    settings.SMS_BACKEND = ""
    page = client.get(DOOR).content.decode()
    assert 'name="password"' in page
    assert "?way=phone" not in page
    assert "not set up here" in ask(client).content.decode()


def test_the_code_is_shown_in_the_demo_alone(world, client, settings):
    settings.DEMO = True
    ask(client)
    assert newest() in client.get(CODE).content.decode()
    settings.DEMO = False
    assert newest() not in client.get(CODE).content.decode()
    assert "shown" in client.session["sms_ticket"]
    other = Client()
    ask(other, "13800000001")
    assert "shown" not in other.session["sms_ticket"]
