"""Signing in with a phone, as a parent walks it: number, code, who of two; in elder mode, and without script."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import SmsCode
from accounts.sign_in import work
from portal.kernel.sms.local import OUTBOX
from tests.browser import at, faults_of_access, shoot
from tests.world import person

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "13800000000"
MAIN = "main form.card button[type=submit]"


@pytest.fixture(autouse=True)
def no_messages():
    OUTBOX.clear()


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def walk(page, name: str) -> None:
    """From the home page to the list of names, looking at each page on the way."""
    page.goto(reverse("points"))
    shoot(page, f"{name}-number")
    assert faults_of_access(page) == []
    assert fits(page)
    page.fill("#id_phone", "138 0000")
    page.click(MAIN)
    assert "11" in page.inner_text(".errorlist")
    shoot(page, f"{name}-number-wrong")
    page.fill("#id_phone", "138 0000 0000")
    page.click(MAIN)
    page.wait_for_url(at(reverse("account_code")))
    shoot(page, f"{name}-code")
    assert faults_of_access(page) == []
    assert fits(page)
    page.fill("#id_code", "000000")
    page.click(MAIN)
    page.wait_for_selector(".errorlist")
    shoot(page, f"{name}-code-wrong")
    page.fill("#id_code", OUTBOX[-1].values["code"])
    page.click(MAIN)
    page.wait_for_url(at(reverse("account_who")))
    shoot(page, f"{name}-who")
    assert faults_of_access(page) == []
    assert fits(page)
    page.click("text=Parent 0")
    page.wait_for_url(at(reverse("points")))


def test_a_parent_signs_in_on_a_phone(world, phone):
    person("Spouse", home=world.schools[0], phone=NUMBER)
    walk(phone, "phone-sign-in")
    assert phone.get_attribute("nav.tabs a >> nth=0", "aria-current") == "page"


def test_a_grandparent_signs_in_in_elder_mode(world, phone):
    person("Spouse", home=world.schools[0], phone=NUMBER)
    phone.goto(reverse("account_login"))
    for _larger in range(3):
        phone.click("[name=size] >> nth=0")
    walk(phone, "phone-sign-in-elder")


def test_the_door_on_a_large_screen(world, desktop):
    desktop.goto(reverse("account_login"))
    shoot(desktop, "phone-sign-in-number")
    assert faults_of_access(desktop) == []
    desktop.click("text=用户名密码登录")
    desktop.wait_for_selector("#id_password")
    shoot(desktop, "phone-sign-in-password")
    assert faults_of_access(desktop) == []


def test_the_script_solves_the_challenge_that_the_server_sets(world, phone):
    """The second code goes out after a minute because the page did its work; without it three would pass."""
    phone.goto(reverse("account_login"))
    phone.fill("#id_phone", NUMBER)
    expect(phone.locator("[name=work]")).to_have_value(re.compile(r"\d+"))
    given = phone.input_value("[name=challenge]")
    assert work.solved(given, phone.input_value("[name=work]"))
    phone.click(MAIN)
    phone.wait_for_url(at(reverse("account_code")))
    assert SmsCode.objects.get().proof == given.partition(":")[0]
    again = phone.locator("[data-again]")
    assert again.is_disabled()
    assert re.search(r"\d+", again.inner_text())


def test_without_script_the_way_is_the_same(world, browser, live_server):
    context = browser.new_context(
        base_url=live_server.url,
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
        locale="zh-CN",
    )
    page = context.new_page()
    page.goto(reverse("account_login"))
    page.fill("#id_phone", NUMBER)
    page.click(MAIN)
    assert "以后可以重新获取" in page.inner_text("main")
    page.click("text=重新获取 >> nth=-1")
    assert "分钟再获取" in page.inner_text("[role=alert]")
    shoot(page, "phone-sign-in-no-script")
    page.fill("#id_code", OUTBOX[-1].values["code"])
    page.click(MAIN)
    assert page.url == f"{live_server.url}/"
    context.close()
