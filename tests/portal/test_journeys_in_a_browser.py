"""Whole ways of a parent through several parts of the portal, walked on a phone."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Person
from accounts.services.consents import load_purposes
from events.models import Attendance, Reservation
from events.services import hold_lecture, schedule_event
from events.services.codes import wall_code
from parentschool.models import Claim
from portal.kernel import clock, notices
from portal.kernel.sms.local import OUTBOX
from portal.kernel.spreadsheets import read_table
from tests.browser import at, faults_of_access, shoot, sideways
from tests.events.plans import plan
from tests.matrix.rows import fill
from tests.world import NOW, World, build_world

MAIN = "main form.card button[type=submit]"
NEW_NUMBER = "136 0000 0009"


@pytest.fixture
def county(transactional_db, time_machine) -> World:
    time_machine.move_to(NOW)
    OUTBOX.clear()
    return build_world()


def by_code(page: Page, number: str) -> None:
    """From the page of the door to where the code leads."""
    page.fill("#id_phone", number)
    page.click(MAIN)
    page.wait_for_url(at(reverse("account_code")))
    page.fill("#id_code", OUTBOX[-1].values["code"])
    page.click(MAIN)


def register(page: Page, *, name: str, child: str) -> None:
    """Agree to what is required, say who one is, find school and class, name the child."""
    for purpose in ("service", "children"):
        page.locator(f"label.choice:has(input[name={purpose}][value=yes])").click()
    page.get_by_role("button", name="继续").click()
    page.get_by_label("我的姓名").fill(name)
    page.locator("label.choice", has_text="母亲").first.click()
    page.get_by_role("button", name="继续").click()
    page.get_by_role("link", name="Town 0").click()
    page.get_by_role("button", name="School 0").click()
    page.get_by_label("班级").select_option(index=1)
    page.get_by_label("孩子的全名").fill(child)
    page.get_by_role("button", name="提交").click()


def test_a_scan_lasts_through_registration(phone, county, time_machine):
    """Somebody new scans the wall, signs in with a number nobody knows, registers, and is still in time."""
    load_purposes(actor=None, now=NOW)
    begins = NOW - timedelta(minutes=5)
    event = hold_lecture(county.schools[0], plan=plan(county, starts_at=begins), actor=None, now=NOW)
    phone.goto(f"/c/{wall_code(event, NOW).token}/")
    expect(phone).to_have_url(re.compile(r"/accounts/login/\?next=/c/"))
    by_code(phone, NEW_NUMBER)
    expect(phone).to_have_url(re.compile(r"/register/\?next=(/|%2F)c"))
    time_machine.move_to(NOW + timedelta(minutes=8))  # the code on the wall is long another one
    register(phone, name="赵敏", child="Child 0")
    expect(phone).to_have_url(re.compile(r"/c/"))
    assert not Attendance.objects.exists()
    phone.get_by_role("button", name="赵敏，我到了").click()
    expect(phone.get_by_text("赵敏，已经登记了")).to_be_visible()
    shoot(phone, "journey-new-parent")
    row = Attendance.objects.get()
    assert (row.person.name, row.event, row.is_pending) == ("赵敏", event, True)
    assert Claim.objects.get().claimant == row.person


def test_who_registers_longer_than_the_scan_lasts_is_told_kindly(browser, live_server, county, time_machine):
    load_purposes(actor=None, now=NOW)
    begins = NOW - timedelta(minutes=5)
    event = hold_lecture(county.schools[0], plan=plan(county, starts_at=begins), actor=None, now=NOW)
    size = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, locale="zh-CN", base_url=live_server.url)
    page = context.new_page()  # not `phone`: Chromium logs the refusal's status itself as an error
    page.goto(f"/c/{wall_code(event, NOW).token}/")
    by_code(page, NEW_NUMBER)
    time_machine.move_to(NOW + timedelta(minutes=11))
    register(page, name="赵敏", child="Child 0")
    expect(page.get_by_text("您在现场吗")).to_be_visible()
    assert not Attendance.objects.exists()
    assert Person.objects.filter(name="赵敏").exists(), "what was registered is kept"
    context.close()


def test_the_five_tasks_of_elder_mode_take_three_taps_at_most(browser, live_server, sign_in, county):
    """Without script: points and why, a seat at an event, the sign-in of an evening, the own family, a notice."""
    fill(county)
    mother, school = county.parents[0], county.schools[0]
    starts = NOW + timedelta(days=1)
    salon = schedule_event(
        school,
        plan=plan(county, title="作业怎么陪", starts_at=starts, capacity=9, needs_booking=True),
        actor=None,
        now=NOW,
    )
    begins = NOW - timedelta(minutes=5)
    evening = hold_lecture(school, plan=plan(county, title="今晚", starts_at=begins), actor=None, now=NOW)
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        java_script_enabled=False,
        locale="zh-CN",
        base_url=live_server.url,
    )
    page = context.new_page()
    sign_in(page, mother)
    context.add_cookies([{"name": "text_size", "value": "larger", "url": live_server.url}])
    taps = 0

    def begin() -> None:
        nonlocal taps
        taps = 0
        page.goto("/")
        expect(page.locator("html")).to_have_class(re.compile("elder"))

    def tap(role: str, name: str, *, exact: bool = False) -> None:
        nonlocal taps
        taps += 1
        assert taps <= 3, name
        target = page.get_by_role(role, name=name, exact=exact).first
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 60, (name, box)
        target.click()

    begin()
    tap("link", "我的积分")
    page.locator(".line summary").first.click()
    expect(page.locator(".line dl").first).to_contain_text("每次 1 分")

    begin()
    tap("link", "活动")
    tap("link", "作业怎么陪")
    tap("button", "报名")
    expect(page.get_by_text("已报名")).to_be_visible()
    assert Reservation.objects.filter(event=salon).count() == 1

    begin()
    tap("link", "扫码签到")
    page.get_by_label("墙上的六位数字").fill(wall_code(evening, clock.now()).host_code)
    tap("button", "签到")
    expect(page.get_by_text("Parent 0，已经记上了")).to_be_visible()

    begin()
    tap("link", "我的", exact=True)
    tap("link", "我的家庭")
    expect(page.get_by_role("heading", name="Child 0")).to_be_visible()

    begin()
    waiting = notices.unread(mother)
    tap("link", "通知")
    tap("button", "已读", exact=True)
    expect(page.locator(".rows form")).to_have_count(waiting - 1)
    assert notices.unread(mother) == waiting - 1
    context.close()


def test_a_parent_takes_a_copy_and_leaves(phone, county):
    load_purposes(actor=None, now=NOW)
    fill(county)
    phone.goto("/me/data/")
    by_code(phone, "138 0000 0000")
    expect(phone.get_by_role("heading", name="我的信息")).to_be_visible()
    for words, kind in (("JSON", "json"), ("Excel", "xlsx")):
        with phone.expect_download() as waiting:
            phone.get_by_role("button", name=re.compile(words)).click()
        copy = Path(waiting.value.path())
        assert waiting.value.suggested_filename == f"my-data.{kind}"
        if kind == "json":
            told = json.loads(copy.read_text(encoding="utf-8"))
            assert told["parts"]["accounts.Person"]["rows"][0]["phone"] == "13800000000"
        else:
            rows = read_table(io.BytesIO(copy.read_bytes()), filename="my-data.xlsx").rows()
            assert any("Parent 0" in str(row) for row in rows)
    phone.get_by_role("link", name="注销账号").click()
    assert faults_of_access(phone) == []
    assert sideways(phone) == 0
    phone.get_by_role("textbox").fill("Somebody else")
    phone.get_by_role("button", name="确认注销").click()
    expect(phone.locator(".field-wrong")).to_have_count(1)
    phone.get_by_role("textbox").fill("Parent 0")
    phone.get_by_role("button", name="确认注销").click()
    expect(phone).to_have_url(re.compile(reverse("erased")))
    shoot(phone, "journey-erased")
    assert not Person.objects.filter(name="Parent 0").exists()
    phone.goto("/")
    expect(phone.get_by_role("heading", name="手机号登录")).to_be_visible()
