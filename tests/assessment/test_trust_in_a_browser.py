"""A county administrator changes a rule with open eyes; a parent objects on the phone and is answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.formats import date_format
from playwright.sync_api import expect

from assessment.models import Batch, Objection, PointScheme, RuleTrial, SchemeVersion, Standing
from assessment.services import night, what_if
from events.models import Attendance
from portal.kernel import clock
from tests.assessment.facts import came, held, revoke, scheme
from tests.browser import faults_of_access, shoot
from tests.world import build_world, person


@pytest.fixture
def county(transactional_db):
    """Everybody came three times on the day before yesterday; nothing limits a day."""
    world = build_world()
    today = clock.today()
    talks = [
        held(world.schools[0], world.kinds["lecture"], today - timedelta(days=2), title=title)
        for title in ("亲子沟通", "情绪管理", "隔代教育")
    ]
    parents = [world.parents[0], *(person(f"演示家长{n}", home=world.schools[0]) for n in range(6))]
    for talk in talks:
        for parent in parents:
            came(parent, talk)
    Attendance.objects.update(taken_by=world.staff["school_lead:0"])
    scheme(
        world,
        {"code": "lecture", "name": "参加讲座"},
        begins=today - timedelta(days=30),
        counting="ever",
        stars=({"level": 1, "threshold": 3, "name": "一星家长"},),
    )
    PointScheme.objects.update(name="桃李积分", source="县家庭教育积分办法", approve_above=5)
    for run in night.count_through(today - timedelta(days=1)):
        assert run.status == "done", run.error
    return world


def test_a_county_admin_tries_publishes_and_takes_back_a_limit_of_two_a_day(desktop, sign_in, county):
    desktop.set_default_timeout(60_000)  # the work of a job is done before the page comes back here
    sign_in(desktop, county.staff["county_admin"])
    first = SchemeVersion.objects.get()
    desktop.goto(f"/admin/assessment/schemeversion/{first.pk}/change/")
    desktop.get_by_role("button", name="复制为新草稿").click()
    draft = SchemeVersion.objects.get(number=2)
    desktop.locator("[name=cap_day]").fill("2")
    desktop.get_by_role("button", name="保存并继续编辑").click()
    desktop.get_by_role("link", name="看看会有什么变化").click()
    assert faults_of_access(desktop) == []
    back = clock.today() - timedelta(days=10)
    desktop.locator("[name=effective_from]").fill(back.isoformat())
    shoot(desktop, "trial-try")
    desktop.get_by_role("button", name="开始试算").click()
    desktop.get_by_role("link", name="看看会有什么变化").click()
    trial = RuleTrial.objects.get()
    content = desktop.locator("#content")
    expect(content).to_contain_text(f"自{date_format(back)}起执行")
    expect(content).to_contain_text("演示家长0")
    assert faults_of_access(desktop) == []
    shoot(desktop, "trial-result")
    desktop.locator("[name=reason]").fill("每日上限 2 分")
    desktop.locator(".submit-row input.default").click()
    assert desktop.locator("[name=reason]").input_value() == "每日上限 2 分"
    desktop.locator("[name=seen]").check()
    desktop.locator(".submit-row input.default").click()
    expect(desktop.locator(".trial-warn")).to_contain_text("今晚结算")

    for run in night.count_through(clock.today()):
        assert run.status == "done", run.error
    assert what_if.posted_of(trial).same == len(trial.shards)
    assert set(Standing.objects.values_list("points", "star")) == {(2, 0)}
    desktop.goto(f"/admin/assessment/schemeversion/{draft.pk}/change/")
    expect(desktop.locator(".trial-good")).to_contain_text("逐字节一致")
    assert faults_of_access(desktop) == []
    shoot(desktop, "trial-posted")
    desktop.get_by_role("link", name="撤回并冲销").click()
    desktop.locator("[name=reason]").fill("家长意见较多")
    desktop.locator("#content .submit-row input[type=submit]").first.click()
    expect(desktop.locator("#content")).to_contain_text("已完成")
    assert set(Standing.objects.values_list("points", "star")) == {(3, 1)}
    assert Batch.objects.filter(kind="reversal", undoes__version=draft).count() == 1


def test_a_parent_objects_on_the_phone_and_a_station_lead_upholds_it(phone, desktop, sign_in, county):
    revoke(Attendance.objects.filter(person=county.parents[0]).order_by("pk")[0])
    for run in night.count_through(clock.today()):
        assert run.status == "done", run.error
    sign_in(phone, county.parents[0])
    phone.goto("/points/")
    phone.locator(".line summary", has_text="-1").click()
    shoot(phone, "points-why")
    assert faults_of_access(phone) == []
    phone.locator(".line details[open]").get_by_role("link", name="申诉").click()
    shoot(phone, "objection-new")
    assert faults_of_access(phone) == []
    phone.get_by_role("button", name="提交申诉").click()
    expect(phone.locator(".errorlist")).to_contain_text("哪里不对")
    phone.get_by_label("这一条哪里不对").fill("那天我在，签到表上有我")
    phone.get_by_role("button", name="提交申诉").click()
    made = Objection.objects.get()
    expect(phone.locator("main")).to_contain_text(date_format(made.due_on))
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    assert faults_of_access(phone) == []
    shoot(phone, "objection-made")

    sign_in(desktop, county.staff["station_lead:0"])
    desktop.goto("/admin/")
    desktop.get_by_role("link", name="1 项申诉待答复").or_(
        desktop.locator("ul.todo li", has_text="1 项申诉待答复").get_by_role("link")
    ).first.click()
    assert faults_of_access(desktop) == []
    shoot(desktop, "objection-list")
    desktop.locator("#result_list").get_by_role("link").first.click()
    assert faults_of_access(desktop) == []
    desktop.get_by_label("成立，手工补记积分").check()
    desktop.get_by_label("给家长的答复").fill("签到表上有您的名字，已补记")
    shoot(desktop, "objection-decide")
    desktop.get_by_role("button", name="提交处理意见").click()
    expect(desktop.locator("#content")).to_contain_text("已另记一条：+1 分")

    phone.goto("/points/")
    line = phone.locator(".line", has_text="签到表上有您的名字")
    expect(line).to_contain_text("+1")
    phone.goto(f"/points/objections/{made.pk}/")
    expect(phone.locator("main")).to_contain_text("成立")
    shoot(phone, "objection-upheld")
