"""Signing in inside WeChat, against a server that plays WeChat's two endpoints."""

from __future__ import annotations

import http.client
import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import WeChatBinding
from accounts.services.wechat import BindingRefused, bind_wechat, person_of
from accounts.sign_in import work
from portal.kernel.models import AuditEntry
from portal.kernel.sms.local import OUTBOX
from portal.privacy.erasure import erase_person
from tests.accounts.test_sms_sign_in import ask, newest
from tests.accounts.wechat_server import APP, SECRET, wechat_running
from tests.signing_in import acts, sign_in, signed_in
from tests.threads import at_once
from tests.world import NOW, build_world

ASK, BACK, BIND, UNBIND, OWN, LOGIN = (
    reverse(f"account_{name}")
    for name in ("wechat", "wechat_back", "wechat_bind", "wechat_unbind", "own", "login")
)
INSIDE = {"User-Agent": "Mozilla/5.0 (Linux; Android 11) Chrome/86.0 MicroMessenger/8.0.30"}
MINE = "openid-of-a-visitor"


@pytest.fixture(autouse=True)
def setting(settings, time_machine, monkeypatch):
    settings.LANGUAGE_CODE = "en"
    settings.STAFF_SECOND_FACTOR = False
    monkeypatch.setattr(work, "BITS", 4)
    OUTBOX.clear()
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def wechat(settings):
    with wechat_running() as plays:
        settings.WECHAT = {
            "app_id": APP,
            "secret": SECRET,
            "page_url": f"{plays.url}/connect/oauth2/authorize",
            "api_url": f"{plays.url}/sns/oauth2/access_token",
            "timeout": 0.3,
        }
        yield plays


@pytest.fixture
def phone() -> Client:
    return Client(headers=INSIDE)


def there(client: Client, **query: str) -> str:
    """From the portal to WeChat; the address to which WeChat sends the browser back."""
    page = urlsplit(client.get(ASK, query).url)
    asking = http.client.HTTPConnection(page.netloc, timeout=5)
    asking.request("GET", f"{page.path}?{page.query}")
    back = asking.getresponse().getheader("Location") or ""
    asking.close()
    return back.removeprefix("http://testserver")


def come(client: Client, **query: str):
    return client.get(there(client, **query))


def by_code(client: Client, number: str = "13800000000") -> None:
    ask(client, number)
    client.post(reverse("account_code"), {"code": newest()})
    assert signed_in(client)


def test_it_is_off_unless_the_settings_name_an_account(world, phone):
    assert "WeChat" not in phone.get(LOGIN, {"way": "phone"}).text
    assert [phone.get(page).status_code for page in (ASK, BACK)] == [404, 404]


def test_it_is_offered_inside_wechat_alone(world, wechat, phone, client):
    assert f'href="{ASK}"' in phone.get(LOGIN).text
    assert f'href="{ASK}"' not in client.get(LOGIN).text


def test_inside_wechat_it_is_the_first_way_and_a_passkey_is_none(world, wechat, phone, client):
    inside, outside = phone.get(LOGIN).text, client.get(LOGIN).text
    assert inside.index(f'href="{ASK}"') < inside.index('name="phone"')
    assert ("mfa_login" in inside, "mfa_login" in outside) == (False, True)


def test_who_came_back_unknown_is_led_to_the_number_and_not_to_wechat_again(world, wechat, phone):
    page = phone.get(come(phone).url).text
    assert "this once" in page
    assert f'href="{ASK}"' not in page


def test_who_comes_back_without_a_code_is_told_to_use_the_number(world, wechat, phone):
    state = there(phone).split("&state=")[1]
    page = phone.get(f"{BACK}?state={state}", follow=True).text
    assert "has not told who you are" in page
    assert f'href="{ASK}"' in page, "they may change their mind"


def test_what_goes_to_wechat_is_the_account_the_way_back_and_the_state(world, wechat, phone):
    page = urlsplit(phone.get(ASK).url)
    query = {name: values[0] for name, values in parse_qs(page.query).items()}
    assert page.fragment == "wechat_redirect"
    assert query["redirect_uri"] == f"http://testserver{BACK}"
    assert (query["appid"], query["response_type"], query["scope"]) == (APP, "code", "snsapi_base")
    assert len(query["state"]) == 32
    assert SECRET not in phone.get(ASK).url


def test_a_stranger_signs_in_by_phone_once_binds_and_is_let_in_from_then_on(world, wechat, phone):
    assert come(phone).url == f"{LOGIN}?next={OWN.replace('/', '%2F')}"
    assert not signed_in(phone)
    by_code(phone)
    assert f'action="{BIND}"' in phone.get(OWN).text
    assert phone.post(BIND).url == OWN
    assert person_of(MINE) == world.parents[0]
    other = Client(headers=INSIDE)
    assert come(other, next="/points/").url == "/points/"
    assert other.session["_auth_user_id"] == str(world.parents[0].pk)
    assert acts("wechat.bind", "sign_in.done") == [
        ("sign_in.done", "done"), ("wechat.bind", "done"), ("sign_in.done", "done")
    ]  # fmt: skip


def test_the_openid_lies_nowhere_in_clear(world, wechat, phone):
    come(phone)
    by_code(phone)
    phone.post(BIND)
    come(Client(headers=INSIDE))
    with connection.cursor() as cursor:
        for table in ("accounts_wechatbinding", "django_session", "kernel_auditentry"):
            cursor.execute(f"SELECT * FROM {table}")
            held = str([bytes(v) if isinstance(v, memoryview) else v for row in cursor for v in row])
            assert MINE not in held, table


def test_a_password_does_not_bind_before_the_phone_was_shown(world, wechat, phone):
    sign_in(phone, "parent0")
    come(phone)
    assert phone.post(BIND).url.startswith(reverse("account_proof"))
    assert not WeChatBinding.objects.exists()
    ask(phone, to=reverse("account_proof"))
    phone.post(reverse("account_proof_code"), {"code": newest()})
    phone.post(BIND)
    assert person_of(MINE) == world.parents[0]


@pytest.mark.parametrize("trick", ["other session", "wrong state", "no state", "no code", "twice", "late"])
def test_an_answer_that_was_not_asked_for_opens_nothing(world, wechat, phone, time_machine, trick):
    bind_wechat(world.parents[0], openid=MINE, now=NOW)
    back = there(phone)
    victim = Client(headers=INSIDE) if trick == "other session" else phone
    if trick == "wrong state":
        back = back[:-4] + "0000"
    elif trick == "no state":
        back = back.split("&state=")[0]
    elif trick == "no code":
        back = f"{BACK}?state={back.split('&state=')[1]}"
    elif trick == "twice":
        phone.get(back)
        phone.post(reverse("account_logout"))
    elif trick == "late":
        time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
    assert victim.get(back).url == LOGIN
    assert not signed_in(victim)
    if trick != "twice":
        assert wechat.asked == [], "WeChat is not even asked"


def test_a_code_that_wechat_does_not_know_opens_nothing(world, wechat, phone):
    bind_wechat(world.parents[0], openid=MINE, now=NOW)
    back = there(phone)
    wechat.codes.clear()
    assert phone.get(back).url == LOGIN
    assert not signed_in(phone)


@pytest.mark.parametrize("mode", ["down", "babble", "slow"])
def test_when_wechat_does_not_answer_the_number_still_opens(world, wechat, phone, mode, caplog):
    back = there(phone)
    wechat.mode = mode
    with caplog.at_level(logging.WARNING):
        assert phone.get(back).url == LOGIN
    assert "does not answer" in phone.get(LOGIN).text
    assert SECRET not in caplog.text
    assert "code1" not in caplog.text
    by_code(phone)


def test_an_account_is_one_person_s_and_a_person_has_one(world, wechat):
    mother, other = world.parents
    bind_wechat(mother, openid=MINE, now=NOW)
    with pytest.raises(BindingRefused):
        bind_wechat(other, openid=MINE, now=NOW)
    bind_wechat(mother, openid="another", now=NOW)
    bind_wechat(mother, openid="another", now=NOW)
    assert (person_of(MINE), person_of("another")) == (None, mother)
    assert AuditEntry.objects.filter(action="wechat.bind").count() == 2


def test_staff_are_never_let_in_or_bound(world, wechat, phone):
    lead = world.as_("school_lead:0")
    with pytest.raises(BindingRefused):
        bind_wechat(lead, openid=MINE, now=NOW)
    bind_wechat(world.parents[0], openid=MINE, now=NOW)
    WeChatBinding.objects.update(person=lead)
    assert come(phone).url == LOGIN
    assert not signed_in(phone)


def test_who_may_enter_no_more_is_not_let_in(world, wechat, phone):
    parent = world.parents[0]
    bind_wechat(parent, openid=MINE, now=NOW)
    type(parent).objects.filter(pk=parent.pk).update(is_active=False)
    come(phone)
    assert not signed_in(phone)


def test_unbinding_and_erasing_shut_that_door(world, wechat, phone):
    mother, other = world.parents
    bind_wechat(mother, openid=MINE, now=NOW)
    sign_in(phone, "parent0")
    for _ in range(2):
        assert phone.post(UNBIND).url == OWN
    assert acts("wechat.unbind") == [("wechat.unbind", "done")]
    assert person_of(MINE) is None
    bind_wechat(other, openid=MINE, now=NOW)
    erase_person(other, actor=other, now=NOW)
    assert not WeChatBinding.objects.exists()


def test_row_27_a_session_that_wechat_opened_is_asked_before_the_number_changes(world, wechat, phone):
    bind_wechat(world.parents[0], openid=MINE, now=NOW)
    come(phone)
    assert signed_in(phone)
    assert phone.get(reverse("account_phone")).url.startswith(reverse("account_reauthenticate"))


def test_of_two_who_bind_one_account_at_the_same_moment_one_does(shared_database):
    world = build_world()
    acts_ = [lambda who=who: bind_wechat(who, openid=MINE, now=NOW) for who in world.parents]
    done = at_once(acts_, expected=BindingRefused)
    assert sorted(isinstance(each, BindingRefused) for each in done) == [False, True]
    assert WeChatBinding.objects.count() == 1
