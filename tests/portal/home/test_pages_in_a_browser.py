"""Parents' pages and the phone's start page as a visitor meets them, at both sizes."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from events.models import Event, EventLecturer
from portal.kernel import clock
from tests.browser import faults_of_access, shoot, sideways, smallest_text, targets
from tests.matrix.rows import fill
from tests.world import PASSWORD, World, build_world
from training.models import Lecturer

PARENT_PAGES = {
    "home": "/",
    "points": "/points/",
    "learning": "/learning/",
    "events": "/my/events/",
    "me": "/me/",
}
SMALLEST_TARGET, SMALLEST_ELDER_TARGET = 24, 60


@pytest.fixture
def county(transactional_db) -> World:
    world = fill(build_world())
    begins = clock.now() + timedelta(days=2)
    Event.objects.create(
        host=world.schools[0],
        kind=world.kinds["lecture"],
        title="孩子上学前的情绪准备",
        starts_at=begins,
        ends_at=begins + timedelta(hours=1),
        place="报告厅",
    )
    return world


@pytest.fixture(params=["phone", "desktop"])
def page(request, county) -> Page:
    return request.getfixturevalue(request.param)


def test_a_parents_pages_are_clean_and_fit(page, county, sign_in):
    sign_in(page, county.parents[0])
    for name, address in PARENT_PAGES.items():
        page.goto(address)
        assert faults_of_access(page) == [], name
        assert sideways(page) == 0, name
        shoot(page, f"parent-{name}")


def test_elder_mode_grows_without_sideways_scrolling(phone, county, sign_in, live_server):
    sign_in(phone, county.parents[0])
    for size, (name, address) in product(("large", "larger", "largest"), PARENT_PAGES.items()):
        phone.context.add_cookies([{"name": "text_size", "value": size, "url": live_server.url}])
        phone.goto(address)
        assert sideways(phone) == 0, (size, name)
        assert smallest_text(phone) >= 18, (size, name)
        assert faults_of_access(phone) == [], (size, name)
        assert [t for t in targets(phone) if min(t[1:]) < SMALLEST_ELDER_TARGET] == [], (size, name)
        shoot(phone, f"parent-{name}-{size}")


def test_a_wide_screen_puts_beside_each_other_what_a_phone_puts_in_one_column(page, county, sign_in):
    sign_in(page, county.parents[0])
    is_wide = page.viewport_size["width"] >= 1000
    for address, left, right in (
        ("/", ".standing", "a.event"),
        ("/me/", "ul.rows", "form.sizes"),
        ("/my/events/month/", "table.month", "a.event"),
    ):
        page.goto(address)
        first, second = (page.locator(one).first.bounding_box() for one in (left, right))
        beside = second["x"] >= first["x"] + first["width"]
        assert beside == is_wide, address
        assert is_wide or second["y"] >= first["y"] + first["height"], address


def test_the_first_page_of_a_lecturer(page, county, sign_in):
    lecturer = Lecturer.objects.get(person=county.staff["lecturer:0"])
    for event in Event.objects.all():
        EventLecturer.objects.get_or_create(
            event=event, lecturer=lecturer, starts_at=event.starts_at, ends_at=event.ends_at
        )
    sign_in(page, county.as_("lecturer:0"))
    page.goto("/")
    expect(page).to_have_url("/work/lectures/")
    expect(page.get_by_text("孩子上学前的情绪准备")).to_be_visible()
    assert faults_of_access(page) == []
    assert sideways(page) == 0
    assert [t for t in targets(page) if min(t[1:]) < SMALLEST_TARGET] == []
    shoot(page, "lectures")


@pytest.mark.parametrize("size", ["larger", "largest"])
def test_in_elder_mode_nothing_is_hidden_past_the_edge(phone, county, sign_in, live_server, size):
    """Filters stand in lines instead of a strip to be pushed, and the search box leaves room for what it asks."""
    sign_in(phone, county.parents[0])
    phone.context.add_cookies([{"name": "text_size", "value": size, "url": live_server.url}])
    phone.goto("/my/events/")
    for filter_ in phone.locator(".chips a").all():
        box = filter_.bounding_box()
        assert box["x"] + box["width"] <= phone.viewport_size["width"]
    phone.goto("/family/add/")
    room = phone.locator("input[name=q]").evaluate(
        """(it) => {
          const words = document.createElement("canvas").getContext("2d");
          const style = getComputedStyle(it);
          words.font = style.font;
          const inside = it.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
          return inside - words.measureText(it.placeholder).width;
        }"""
    )
    assert room >= 0


def test_elder_mode_is_offered_before_signing_in_and_stays(phone, county):
    phone.goto("/")
    phone.get_by_role("button", name="长辈版").click()
    expect(phone.locator("html")).to_have_class("elder")
    phone.get_by_role("link", name="用户名密码登录").click()
    phone.get_by_label("手机号或用户名").fill("parent0")
    phone.get_by_label("密码").fill(PASSWORD)
    phone.get_by_role("button", name="登录", exact=True).click()
    expect(phone).to_have_url("/")
    expect(phone.locator("html")).to_have_class("elder")
    phone.get_by_role("button", name="再大些").click()
    phone.get_by_role("button", name="标准版").click()
    expect(phone.locator("html")).not_to_have_class("elder")


def test_a_parent_finds_the_reason_of_the_points_in_two_taps_without_script(browser, live_server, county):
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        java_script_enabled=False,
        locale="zh-CN",
        base_url=live_server.url,
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="用户名密码登录").click()
    page.get_by_label("手机号或用户名").fill("parent0")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("link", name="我的积分", exact=True).click()
    expect(page.locator(".sum")).to_contain_text("1")
    page.get_by_text("哪些事得积分").click()
    expect(page.locator("#why").get_by_text("每次 1 分")).to_be_visible()
    page.locator(".line summary").first.click()
    expect(page.locator(".line dl").first).to_contain_text("每次 1 分")
    for tab in ("活动", "我的", "首页"):
        page.get_by_role("navigation", name="主导航").get_by_role("link", name=tab).click()
        expect(page.locator("h1")).to_be_visible()
    context.close()


def test_the_first_screen_answers_the_parents_three_questions(phone, county, sign_in):
    sign_in(phone, county.parents[0])
    phone.goto("/")
    for words in ("本学年积分", "我的积分", "孩子上学前的情绪准备"):
        box = phone.get_by_text(words).first.bounding_box()
        assert box["y"] + box["height"] < 844, words


def test_a_parents_first_page_asks_for_little(phone, county, sign_in):
    sign_in(phone, county.parents[0])
    asked = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto("/")
    assert len(asked) <= 12, asked


def test_the_language_can_be_changed_and_back(phone, county, sign_in):
    sign_in(phone, county.parents[0])
    phone.goto("/points/")
    phone.get_by_role("button", name="English").click()
    expect(phone.get_by_role("heading", name="My points")).to_be_visible()
    phone.get_by_role("button", name="中文").click()
    expect(phone.get_by_role("heading", name="我的积分")).to_be_visible()


def test_the_phone_start_page_of_a_lead(page, county, sign_in):
    sign_in(page, county.as_("school_lead:0"))
    page.goto("/")
    expect(page).to_have_url("/work/")
    assert faults_of_access(page) == []
    assert sideways(page) == 0
    assert [t for t in targets(page) if min(t[1:]) < SMALLEST_TARGET] == []
    shoot(page, "work")


def test_the_sign_in_page_is_clean(page):
    page.goto("/accounts/login/")
    assert faults_of_access(page) == []
    assert sideways(page) == 0
    shoot(page, "door")


def test_a_page_that_is_not_there_has_a_way_out(browser, live_server, county):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=live_server.url
    )
    page = context.new_page()  # not `phone`: Chromium logs the 404 itself as an error
    page.goto("/nowhere/")
    assert faults_of_access(page) == []
    shoot(page, "not-found")
    page.get_by_role("link", name="回到首页").click()
    expect(page.get_by_role("heading", name="手机号登录")).to_be_visible()
    context.close()
