"""One's own sessions, proving once more who is there, and what is left behind (security rows 21, 26, 27, 30, 46)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.models import Person, SmsCode
from accounts.sign_in import work
from accounts.sign_in.devices import device_words
from accounts.sign_in.step_up import PAGES
from accounts.tasks import tidy_sign_in
from portal.kernel.sms.local import OUTBOX
from tests.accounts.test_sms_sign_in import ask, newest
from tests.queries import assert_same_queries
from tests.signing_in import acts, code_now, enter, give_app, sign_in, signed_in
from tests.world import NOW, PASSWORD, person

OWN, PROOF, PROOF_CODE = (reverse(f"account_{name}") for name in ("own", "proof", "proof_code"))
LOGIN = reverse("account_login")
HOURS, DAYS = (lambda n, unit=unit: timedelta(**{unit: n}) for unit in ("hours", "days"))
WECHAT = "Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 Chrome/86.0 MicroMessenger/8.0.30"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Version/16.0 Safari/604.1"
)


@pytest.fixture(autouse=True)
def setting(settings, time_machine, monkeypatch):
    settings.LANGUAGE_CODE = "en"
    monkeypatch.setattr(work, "BITS", 4)
    OUTBOX.clear()
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def at(time_machine):
    return lambda moment: time_machine.move_to(moment, tick=False)


def browser(agent: str, name: str = "parent0") -> Client:
    client = Client(headers={"User-Agent": agent})
    sign_in(client, name)
    assert signed_in(client)
    return client


# ── Own sessions ─────────────────────────────────────────────────────────────


def test_row_26_a_person_sees_own_devices_and_no_others(world):
    phone, wechat = browser(IPHONE), browser(WECHAT)
    browser("Firefox on Windows", "parent1")
    shown = phone.get(OWN).context["sessions"]
    assert [(each.device, each.is_current) for each in shown] == [
        ("Safari · iPhone", True),
        ("WeChat · Android phone", False),
    ]
    assert "192.0.2" not in wechat.get(OWN).content.decode()


def test_row_26_ending_one_ends_that_one(world):
    phone, wechat = browser(IPHONE), browser(WECHAT)
    [other] = [each for each in phone.get(OWN).context["sessions"] if not each.is_current]
    phone.post(reverse("account_session_end", args=[other.pk]))
    assert wechat.get(OWN).url.startswith(LOGIN)
    assert phone.get(OWN).status_code == 200
    assert acts("session.end") == [("session.end", "done")]


def test_row_26_nobody_ends_another_persons_session(world):
    mine, theirs = browser(IPHONE), browser(WECHAT, "parent1")
    their_id = UserSession.objects.get(user=world.parents[1]).pk
    assert mine.post(reverse("account_session_end", args=[their_id])).status_code == 404
    assert theirs.get(OWN).status_code == 200


def test_row_26_everywhere_is_everywhere(world):
    phone, wechat = browser(IPHONE), browser(WECHAT)
    cookie = phone.cookies["sessionid"].value
    assert phone.post(reverse("account_sessions_end")).url == LOGIN
    phone.cookies["sessionid"] = cookie
    for client in (phone, wechat):
        assert client.get(OWN).url.startswith(LOGIN)
    assert acts("session.end_all") == [("session.end_all", "done")]


def test_a_session_under_an_old_password_is_not_shown(world):
    phone = browser(IPHONE)
    browser(WECHAT)
    parent = world.parents[0]
    parent.set_password("another long password")
    parent.save()
    assert phone.get(OWN).url.startswith(LOGIN)
    again = Client()
    sign_in(again, "parent0", "another long password")
    assert len(again.get(OWN).context["sessions"]) == 1


def test_the_page_asks_as_much_for_many_devices(world):
    phone = browser(IPHONE)
    assert_same_queries(lambda: phone.get(OWN), lambda: [browser(WECHAT) for _ in range(2)], at_most=12)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (WECHAT, "WeChat · Android phone"),
        (IPHONE, "Safari · iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/120.0 Safari/537.36 Edg/120.0",
            "Edge · Windows computer",
        ),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) Chrome/114.0 Safari/537.36", "Chrome · HarmonyOS phone"),
        ("", "Unknown device"),
        ("<script>alert(1)</script>\r\nX: y", "Unknown device"),
    ],
)
def test_devices_are_told_in_words(agent, words):
    assert device_words(agent) == words


# ── What is left behind ──────────────────────────────────────────────────────


def test_row_46_signing_out_tells_the_browser_to_forget(world, client, at):
    sign_in(client, "parent0")
    assert "Clear-Site-Data" not in client.get("/points/")
    assert client.post(reverse("account_logout"))["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get(LOGIN)
    sign_in(client, "parent0")
    at(NOW + DAYS(7))
    assert client.get("/points/")["Clear-Site-Data"] == '"cache", "storage"'


def test_row_30_a_day_after_the_end_nothing_is_left(world, at):
    """Staff, a parent and a stranger, each last seen at a different time of their session."""
    lead = Client()
    enter(lead, world.staff["school_lead:0"])
    lead.get("/work/")
    parent = browser(IPHONE)
    parent.get("/points/")
    at(NOW + HOURS(3))
    parent.get("/points/")
    stranger = Client()
    ask(stranger)
    ends = {lead: NOW + timedelta(minutes=30), parent: NOW + HOURS(3) + DAYS(7), stranger: NOW + HOURS(3)}
    for left, (client, end) in zip((2, 1, 0), sorted(ends.items(), key=lambda pair: pair[1]), strict=True):
        at(end + HOURS(24))
        tidy_sign_in()
        assert not Session.objects.filter(session_key=client.cookies["sessionid"].value).exists()
        assert Session.objects.count() == left
    assert UserSession.objects.count() == 0
    at(NOW + HOURS(28))
    tidy_sign_in()
    assert SmsCode.objects.count() == 0


def test_row_30_a_session_in_use_is_kept(world, at):
    parent = browser(IPHONE)
    for day in range(0, 30, 6):
        at(NOW + DAYS(day))
        tidy_sign_in()
        assert parent.get("/points/").status_code == 200
    at(NOW + DAYS(30))
    assert parent.get("/points/").url.startswith(LOGIN)


# ── Proving once more ────────────────────────────────────────────────────────


SAMPLE = [
    name for name in sorted(PAGES) if name not in {"mfa_remove_webauthn"} and not name.startswith("admin:")
]


@pytest.mark.parametrize("name", SAMPLE)
def test_row_27_who_signed_in_long_ago_is_asked_again(world, client, at, name):
    sign_in(client, "parent0")
    at(NOW + timedelta(minutes=15))
    page = reverse(name)
    assert client.get(page).url == f"{reverse('account_reauthenticate')}?next={page.replace('/', '%2F')}"
    assert client.post(page).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": page})
    assert not client.get(page).headers.get("Location", "").startswith(reverse("account_reauthenticate"))


def test_row_27_exports_and_whole_numbers_ask_staff_again(world, client, at, settings):
    settings.STAFF_SECOND_FACTOR = True
    enter(client, world.staff["county_admin"])
    client.get("/admin/")
    pages = [
        reverse("admin:assessment_appraisal_export"),
        reverse("admin:accounts_person_unmask", args=[world.parents[0].pk]),
    ]
    assert [client.get(page).status_code for page in pages] == [200, 200]
    for minutes in (10, 20):
        at(NOW + timedelta(minutes=minutes))
        client.get("/admin/")
    for page in pages:
        assert client.get(page).url.startswith(reverse("mfa_reauthenticate"))
        assert client.post(page, {"reason": "because"}).url.startswith(reverse("mfa_reauthenticate"))
    client.post(reverse("mfa_reauthenticate"), {"code": code_now(), "next": pages[0]})
    assert [client.get(page).status_code for page in pages] == [200, 200]


@pytest.fixture
def without_password(world, client):
    who = person("Mother", home=world.schools[0], phone="13812345678")
    ask(client, "13812345678")
    client.post(reverse("account_code"), {"code": newest()})
    assert signed_in(client)
    return who


def test_row_27_who_has_no_password_proves_it_by_a_code(without_password, client, at):
    page = reverse("account_set_password")
    assert client.get(page).status_code == 200
    at(NOW + timedelta(minutes=15))
    assert client.get(page).url == f"{PROOF}?next={page.replace('/', '%2F')}"
    assert "138****5678" in client.get(PROOF, {"next": page}).content.decode()
    sent = ask(client, to=PROOF, next=page)
    assert sent.url.startswith(PROOF_CODE)
    wrong = f"{(int(newest()) + 1) % 1_000_000:06}"
    assert "not the code" in client.post(PROOF_CODE, {"code": wrong}).content.decode()
    assert client.get(page).status_code == 302
    assert client.post(PROOF_CODE, {"code": newest(), "next": page}).url == page
    assert client.get(page).status_code == 200


def test_row_27_a_code_for_another_number_proves_nothing(world, without_password, client, at):
    at(NOW + timedelta(minutes=15))
    ask(client, to=PROOF)
    Person.objects.filter(pk=without_password.pk).update(phone=None)
    assert client.post(PROOF_CODE, {"code": newest()}).url == PROOF
    assert client.get(reverse("account_set_password")).url.startswith(PROOF)


def test_who_sets_a_password_stays_in_and_has_it(without_password, client):
    new = "paper boat copper lantern"
    page = reverse("account_set_password")
    assert (
        "errorlist" in client.post(page, {"password1": "password", "password2": "password"}).content.decode()
    )
    assert client.post(page, {"password1": new, "password2": new}).url == OWN
    assert client.get(OWN).status_code == 200
    assert Person.objects.get(pk=without_password.pk).check_password(new)
    assert acts("password.change") == [("password.change", "done")]


def test_a_parent_may_set_up_the_app_and_is_asked_for_it_from_then_on(world, client):
    give_app(world.parents[0])
    assert sign_in(client, "parent0").url.startswith(reverse("mfa_authenticate"))


# ── The age of passwords ─────────────────────────────────────────────────────


def test_row_21_staff_change_an_old_password_and_go_on(world, client, at, settings):
    settings.STAFF_SECOND_FACTOR = False
    lead = world.staff["school_lead:0"]
    Person.objects.filter(pk=lead.pk).update(password_set_at=NOW - DAYS(180) + HOURS(1))
    sign_in(client, "school_lead_0")
    assert client.get("/work/").status_code == 200
    Person.objects.filter(pk=lead.pk).update(password_set_at=NOW - DAYS(180))
    led = client.get("/work/")
    assert led.url.startswith(reverse("account_change_password"))
    assert "for a long time" in client.get(led.url).content.decode()
    new = "paper boat copper lantern"
    client.post(led.url, {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/work/").status_code == 200


def test_row_21_parents_keep_theirs_and_the_county_may_switch_it_off(world, client, settings):
    settings.STAFF_SECOND_FACTOR = False
    Person.objects.update(password_set_at=NOW - DAYS(400))
    sign_in(client, "parent0")
    assert client.get("/points/").status_code == 200
    settings.STAFF_PASSWORD_DAYS = 0
    lead = Client()
    sign_in(lead, "school_lead_0")
    assert lead.get("/work/").status_code == 200


def test_row_21_it_is_on_by_default():
    from django.conf import settings

    assert settings.STAFF_PASSWORD_DAYS == 180
