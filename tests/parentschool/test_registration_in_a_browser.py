"""Registering on a phone: matched at once, or looked at by the school; real forms, no script needed."""

from __future__ import annotations

import pytest
from django.conf import settings as configured
from django.test import Client
from playwright.sync_api import expect

from accounts.models import PersonInCharge
from accounts.services.consents import load_purposes
from accounts.sign_in.verified import remember_phone
from parentschool.models import Guardianship
from tests.browser import faults_of_access, shoot
from tests.world import NOW, build_world

pytestmark = pytest.mark.browser


@pytest.fixture
def county(transactional_db, time_machine):
    time_machine.move_to(NOW)
    world = build_world()
    load_purposes(actor=None, now=NOW)
    PersonInCharge.objects.create(
        unit=world.county, name="王主任", office="县教育局家庭教育指导中心", phone="0736-6620000"
    )
    return world


def prove(page, live_server, number):
    """The session of somebody who has just typed the right code."""

    class Request:
        session = Client().session

    remember_phone(Request, number, now=NOW)
    Request.session.save()
    page.context.add_cookies(
        [
            {
                "name": configured.SESSION_COOKIE_NAME,
                "value": Request.session.session_key,
                "url": live_server.url,
            }
        ]
    )


def choose(page, *labels):
    for label in labels:
        page.locator("label.choice", has_text=label).first.click()


def agree_to_the_required(page):
    for code in ("service", "children"):
        page.locator(f"label.choice:has(input[name={code}][value=yes])").click()


def seen(page, name):
    shoot(page, name)
    assert faults_of_access(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def register(page, child, *, name="赵敏", shots=""):
    page.goto("/register/?next=/points/")
    if shots:
        seen(page, "register-consent")
        boxes = [
            page.locator(f"label.choice:has(input[name=service][value={v}])").bounding_box()
            for v in ("yes", "no")
        ]
        assert (boxes[0]["width"], boxes[0]["height"]) == (boxes[1]["width"], boxes[1]["height"])
    agree_to_the_required(page)
    page.get_by_role("button", name="继续").click()
    page.get_by_label("我的姓名").fill(name)
    choose(page, "母亲")
    if shots:
        seen(page, "register-me")
    page.get_by_role("button", name="继续").click()
    if shots:
        seen(page, "register-towns")
        page.get_by_role("link", name="返回").click()
        expect(page.get_by_label("我的姓名")).to_have_value(name)
        page.get_by_role("button", name="继续").click()
    page.get_by_role("link", name="Town 0").click()
    if shots:
        seen(page, "register-schools")
    page.get_by_role("button", name="School 0").click()
    page.get_by_label("班级").select_option(index=1)
    page.get_by_label("孩子的全名").fill(child)
    if shots:
        seen(page, "register-child")
    page.get_by_role("button", name="提交").click()


def test_a_parent_waits_and_the_lead_agrees(phone, sign_in, live_server, county):
    prove(phone, live_server, "13600000009")
    register(phone, "Child 0", shots="yes")
    phone.wait_for_url("**/points/")
    phone.goto("/")
    expect(phone.get_by_text("待审核")).to_be_visible()
    seen(phone, "home-waiting")
    phone.context.clear_cookies()
    sign_in(phone, county.as_("school_lead:0"))
    phone.goto("/work/")
    phone.get_by_role("link", name="1 位家长等待绑定审核").click()
    seen(phone, "claims")
    phone.get_by_role("button", name="通过，绑定").click()
    expect(phone.get_by_text("赵敏 已绑定 Child 0。")).to_be_visible()
    bond = Guardianship.objects.get(guardian__name="赵敏")
    phone.context.clear_cookies()
    sign_in(phone, bond.guardian)
    phone.goto("/family/")
    expect(phone.get_by_role("heading", name="Child 0")).to_be_visible()
    expect(phone.get_by_text("Parent 0 · 母亲")).to_be_visible()
    seen(phone, "family")


def test_a_number_on_the_roster_is_bound_and_asked_for_consent(phone, sign_in, county):
    """The first sign-in of somebody whom the school has on its list: agree, then home with the child there."""
    parent = county.parents[0]
    sign_in(phone, parent)
    phone.goto("/")
    seen(phone, "consent-ask")
    agree_to_the_required(phone)
    phone.get_by_role("button", name="继续").click()
    expect(phone.get_by_role("heading", name="Parent 0", exact=False)).to_be_visible()
    expect(phone.get_by_text("待审核")).to_have_count(0)
    phone.goto("/accounts/consents/")
    seen(phone, "own-consents")
    button = phone.get_by_role("button", name="撤回同意").first
    agree, withdraw = (
        phone.get_by_role("button", name="同意", exact=True).first.bounding_box(),
        button.bounding_box(),
    )
    assert (agree["width"], agree["height"]) == (withdraw["width"], withdraw["height"])


def test_a_guardian_without_a_phone_takes_three_taps(phone, sign_in, county):
    sign_in(phone, county.as_("school_lead:0"))
    phone.goto("/work/guardians/new/")
    seen(phone, "managed-new")
    phone.get_by_role("link", name="Child 0").click()
    phone.get_by_label("姓名").fill("王奶奶")
    choose(phone, "奶奶")
    seen(phone, "managed-child")
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_text("已登记：王奶奶 是 Child 0 的监护人。")).to_be_visible()


@pytest.mark.parametrize("size", ["largest"])
def test_elder_mode_has_no_sideways_scrolling(phone, live_server, county, size):
    prove(phone, live_server, "13600000009")
    phone.context.add_cookies([{"name": "text_size", "value": size, "url": live_server.url}])
    phone.goto("/register/")
    seen(phone, "elder-register-consent")
    agree_to_the_required(phone)
    phone.get_by_role("button", name="继续").click()
    seen(phone, "elder-register-me")
    for address in ("/accounts/privacy/", "/accounts/privacy/children/"):
        phone.goto(address)
        seen(phone, "elder" + address.replace("/", "-").rstrip("-"))
