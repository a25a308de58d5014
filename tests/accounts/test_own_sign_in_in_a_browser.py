"""My sign-in, as a parent sees it: devices, a password, a passkey set up and used (security rows 15, 26, 46)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.kernel.sms.local import OUTBOX
from tests.browser import at, faults_of_access, shoot

pytestmark = pytest.mark.django_db(transaction=True)
MAIN = "main form.card button[type=submit]"


def by_code(page) -> None:
    OUTBOX.clear()
    page.goto(reverse("account_login"))
    page.fill("#id_phone", "13800000000")
    page.click(MAIN)
    page.wait_for_url(at(reverse("account_code")))
    page.fill("#id_code", OUTBOX[-1].values["code"])
    page.click(MAIN)
    page.wait_for_url(at("/"))


def looked_at(page, name: str) -> None:
    shoot(page, name)
    assert faults_of_access(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_parent_sets_up_a_passkey_and_signs_in_with_it(world, phone):
    devtools = phone.context.new_cdp_session(phone)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    by_code(phone)
    phone.goto(reverse("me"))
    phone.click("text=登录与安全")
    looked_at(phone, "own-sign-in")
    phone.click("text=通行密钥")
    looked_at(phone, "own-passkeys")
    phone.click("text=在本机设置通行密钥")
    looked_at(phone, "own-passkey-add")
    phone.click("#mfa_webauthn_add")
    phone.wait_for_url(at(reverse("mfa_list_webauthn")))
    assert phone.locator("ul.rows li").count() == 1
    looked_at(phone, "own-passkeys-one")
    phone.goto(reverse("me"))
    phone.click("main form[action*=logout] button")
    phone.wait_for_url(at(reverse("account_login")))
    assert phone.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    phone.goto(f"{reverse('account_login')}?next=/points/")
    shoot(phone, "door-with-passkey")
    phone.click("#passkey_login")
    phone.wait_for_url(at("/points/"))


def test_my_sign_in_in_elder_mode_and_on_a_large_screen(world, phone, desktop, sign_in):
    for page in (phone, desktop):
        sign_in(page, world.parents[0])
    phone.goto(reverse("account_own"))
    for _larger in range(3):
        phone.click("[name=size] >> nth=0")
    looked_at(phone, "own-sign-in-elder")
    desktop.goto(reverse("account_own"))
    looked_at(desktop, "own-sign-in")
    desktop.goto(reverse("mfa_activate_totp"))
    looked_at(desktop, "own-app")
