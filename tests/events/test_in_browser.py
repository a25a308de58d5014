"""The school lead's evening on a phone, and the parent's scan."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from accounts.models import Person
from events.enums import EventStatus, Method
from events.models import Attendance, Event
from events.services import hold_lecture, schedule_event
from events.services.codes import personal_code, wall_code
from parentschool.enums import MembershipSource, Relation
from parentschool.models import Child, Guardianship, Membership, SchoolClass
from tests.browser import faults_of_access, shoot, sideways
from tests.events.plans import lecturer, plan
from tests.world import NOW, build_world, person

pytestmark = pytest.mark.browser

RELATIONS = [Relation.MOTHER, Relation.FATHER, Relation.PATERNAL_GRANDMOTHER, Relation.MATERNAL_GRANDFATHER]


@pytest.fixture
def evening(transactional_db, time_machine):
    """A school with two classes and 48 families on the evening of a lecture."""
    time_machine.move_to(NOW)
    world = build_world()
    school = world.schools[0]
    school.name = "示范小学"
    school.save()
    second = SchoolClass.objects.create(
        school=school, stage="primary", entry_year=2024, number=2, path=school.path + "0002"
    )
    for n in range(47):
        own_class = (world.classes[0], second)[n % 2]
        child = Child.objects.create(
            basis="duty", name=f"孩子{n:02d}", school_class=own_class, path=own_class.path
        )
        phone = f"139000{n:05d}" if n % 5 else ""
        parent = person(f"家长{n:02d}", home=school, phone=phone)
        Guardianship.objects.create(guardian=parent, child=child, relation=RELATIONS[n % 4])
        Membership.objects.create(
            person=parent,
            school=school,
            school_year=2026,
            joined_on=date(2026, 9, 1),
            source=MembershipSource.ROSTER,
            path=school.path,
        )
    return world


def lead(world):
    return world.as_("school_lead:0")


def held(world, **more):
    return hold_lecture(
        world.schools[0],
        plan=plan(world, title="孩子上学前的情绪准备", place="报告厅", **more),
        actor=None,
        now=NOW,
    )


def names_on(event):
    return set(event.attendances.filter(revoked_at=None).values_list("person__name", flat=True))


def test_a_lecture_is_entered_in_a_minute_and_the_roll_follows(phone, sign_in, evening):
    speaker = lecturer(evening)
    sign_in(phone, lead(evening))
    phone.goto("/work/events/new/")
    shoot(phone, "event-new")
    assert faults_of_access(phone) == []
    phone.get_by_label("主题").fill("青春期的沟通")
    phone.get_by_label("地点").fill("报告厅")
    phone.get_by_label("主讲人", exact=True).select_option(str(speaker.pk))
    phone.get_by_role("button", name="保存").click()
    expect(phone).to_have_url(re.compile(r"/work/events/\d+/roll/"))
    event = Event.objects.get(title="青春期的沟通")
    assert (event.status, event.host, event.minutes) == (EventStatus.HELD, evening.schools[0], 90)
    assert [one.pk for one in event.lecturers.all()] == [speaker.pk]


def test_a_slip_stands_beside_its_field_and_nothing_typed_is_lost(phone, sign_in, evening):
    sign_in(phone, lead(evening))
    phone.goto("/work/events/new/")
    phone.get_by_label("地点").fill("报告厅")
    phone.get_by_label("主讲人", exact=True).select_option("other")
    phone.get_by_role("button", name="保存").click()
    expect(phone.locator(".field-wrong")).to_have_count(2)
    expect(phone.get_by_label("地点")).to_have_value("报告厅")
    shoot(phone, "event-new-wrong")
    phone.get_by_label("主题").fill("读书沙龙")
    phone.get_by_label("主讲人姓名").fill("王老师")
    phone.get_by_role("button", name="保存").click()
    expect(phone).to_have_url(re.compile(r"/roll/"))
    assert Event.objects.get(title="读书沙龙").speaker == "王老师"


def test_the_roll_counts_while_ticking_and_is_saved_at_once(phone, sign_in, evening):
    event = held(evening)
    parent = evening.parents[0]
    Attendance.objects.create(event=event, person=parent, method=Method.WALL_CODE, taken_at=NOW)
    sign_in(phone, lead(evening))
    phone.goto(f"/work/events/{event.pk}/roll/")
    expect(phone.locator("[data-here]")).to_have_text("1")
    expect(phone.locator("[data-all]")).to_have_text("48")
    for name in ("家长03", "家长05", "家长08"):
        phone.locator("label.row", has_text=name).click()
    expect(phone.locator("[data-here]")).to_have_text("4")
    expect(phone.get_by_role("button", name="保存点名（4 人）")).to_be_visible()
    shoot(phone, "roll-call")
    phone.screenshot(path="var/screenshots/roll-call-first-390.png")
    assert faults_of_access(phone) == []
    phone.get_by_role("button", name="保存点名").click()
    expect(phone.get_by_text("已保存，到了 4 人。")).to_be_visible()
    assert names_on(event) == {"Parent 0", "家长03", "家长05", "家长08"}
    phone.locator("label.row", has_text="家长05").click()
    phone.get_by_role("button", name="保存点名（3 人）").click()
    expect(phone.get_by_text("已保存，到了 3 人。")).to_be_visible()
    assert names_on(event) == {"Parent 0", "家长03", "家长08"}


def test_one_class_is_shown_and_ticked_at_a_time(phone, sign_in, evening):
    event = held(evening)
    sign_in(phone, lead(evening))
    phone.goto(f"/work/events/{event.pk}/roll/")
    phone.locator(".chips button", has_text="2班").click()
    expect(phone.locator("li[data-classes]:visible")).to_have_count(23)
    phone.get_by_role("button", name="全部到了").click()
    expect(phone.locator("[data-here]")).to_have_text("23")
    phone.get_by_role("button", name="保存点名").click()
    expect(phone.get_by_text("已保存，到了 23 人。")).to_be_visible()
    assert names_on(event) == {f"家长{n:02d}" for n in range(47) if n % 2}


def test_a_walk_in_is_found_by_the_last_digits_or_taken_in_by_name(phone, sign_in, evening):
    event = held(evening)
    sign_in(phone, lead(evening))
    phone.goto(f"/work/events/{event.pk}/roll/")
    phone.locator("label.row", has_text="家长03").click()
    phone.get_by_role("button", name="临时来的").click()
    expect(phone).to_have_url(re.compile(r"/walk-in/$"))
    phone.get_by_label("姓名、手机尾号四位，或签到码").fill("0007")
    phone.get_by_role("button", name="查找").click()
    shoot(phone, "walk-in")
    assert faults_of_access(phone) == []
    phone.get_by_role("button", name="到了", exact=True).click()
    expect(phone.get_by_text("家长07 已登记到场。")).to_be_visible()
    phone.get_by_label("姓名、手机尾号四位，或签到码").fill("阿依古丽·麦麦提")
    phone.get_by_role("button", name="查找").click()
    phone.get_by_role("button", name="登记并记为到场").click()
    expect(phone.get_by_text("阿依古丽·麦麦提 已登记到场。")).to_be_visible()
    phone.get_by_role("link", name="返回点名").click()
    expect(phone.locator("[data-here]")).to_have_text("3")
    assert names_on(event) == {"家长03", "家长07", "阿依古丽·麦麦提"}


def test_the_wall_lets_a_parent_in_who_has_to_sign_in_first(desktop, phone, sign_in, evening, time_machine):
    event = schedule_event(
        evening.schools[0],
        plan=plan(
            evening, title="孩子上学前的情绪准备", starts_at=NOW + timedelta(minutes=20), place="报告厅"
        ),
        actor=None,
        now=NOW,
    )
    sign_in(desktop, lead(evening))
    desktop.goto(f"/work/events/{event.pk}/wall/")
    expect(desktop.locator(".wall-count b")).to_have_text("0")
    expect(desktop.locator(".wall-digits b")).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    shoot(desktop, "wall")
    assert faults_of_access(desktop) == []
    address = desktop.locator("[data-address]").get_attribute("data-address")
    parent = evening.parents[0]
    phone.goto(address)
    expect(phone).to_have_url(re.compile(r"/accounts/login/\?next=/c/"))
    time_machine.move_to(NOW + timedelta(minutes=8))
    phone.get_by_role("link", name="用户名密码登录").click()
    phone.get_by_label("手机号或用户名").fill(parent.username)
    phone.locator("input[type=password]").fill("a long test password")
    phone.get_by_role("button", name="登录", exact=True).click()
    shoot(phone, "check-in")
    assert faults_of_access(phone) == []
    assert not Attendance.objects.exists()
    phone.get_by_role("button", name="Parent 0，我到了").click()
    expect(phone.get_by_text("Parent 0，已经记上了")).to_be_visible()
    shoot(phone, "check-in-done")
    row = Attendance.objects.get()
    assert (row.person, row.method) == (parent, Method.WALL_CODE)
    expect(desktop.locator(".wall-count b")).to_have_text("1", timeout=10_000)


def test_a_family_comes_by_one_tap_and_the_host_scans_a_personal_code(desktop, phone, sign_in, evening):
    event = held(evening, starts_at=NOW - timedelta(minutes=10))
    mother = evening.parents[0]
    grandmother = person("王奶奶", home=evening.schools[0])
    Guardianship.objects.create(
        guardian=grandmother, child=evening.children[0], relation=Relation.PATERNAL_GRANDMOTHER
    )
    sign_in(phone, mother)
    phone.goto(f"/c/{wall_code(event, NOW).token}/")
    phone.locator("label.row", has_text="王奶奶").click()
    assert faults_of_access(phone) == []
    shoot(phone, "check-in-family")
    phone.get_by_role("button", name="我们到了").click()
    expect(phone.get_by_text("Parent 0、王奶奶")).to_be_visible()
    shoot(phone, "check-in-family-done")
    assert names_on(event) == {"Parent 0", "王奶奶"}
    sign_in(phone, Person.objects.get(name="家长03"))
    phone.goto("/c/own/code/")
    assert faults_of_access(phone) == []
    shoot(phone, "my-code")
    code = personal_code(Person.objects.get(name="家长03").pk, today=NOW.date())
    phone.goto("/c/own/card/")
    shoot(phone, "my-card")
    sign_in(desktop, lead(evening))
    desktop.set_viewport_size({"width": 390, "height": 844})
    desktop.goto(f"/p/{code.token}/")
    expect(desktop.get_by_role("heading", name="家长03")).to_be_visible()
    assert faults_of_access(desktop) == []
    shoot(desktop, "person-by-code")
    desktop.get_by_role("button", name="签到：").click()
    expect(desktop.get_by_text("✓ 家长03 签到成功")).to_be_visible()
    for page in (phone, desktop):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert names_on(event) == {"Parent 0", "王奶奶", "家长03"}


def test_without_script_a_forwarded_link_is_refused_kindly_and_an_odd_sign_in_accepted(
    browser, live_server, settings, sign_in, evening
):
    settings.STAFF_SECOND_FACTOR = False
    context = browser.new_context(
        java_script_enabled=False,
        locale="zh-CN",
        viewport={"width": 390, "height": 844},
        base_url=live_server.url,
    )
    phone = context.new_page()
    event = held(evening, starts_at=NOW - timedelta(minutes=10))
    sign_in(phone, person("新家长"))
    response = phone.goto(f"/c/{wall_code(event, NOW - timedelta(minutes=5)).token}/")
    assert response.status == 409
    expect(phone.get_by_text("您在现场吗")).to_be_visible()
    shoot(phone, "check-in-forwarded")
    phone.goto(f"/c/{wall_code(event, NOW).token}/")
    phone.get_by_role("button", name="我到了").click()
    expect(phone.get_by_text("新家长，已经登记了")).to_be_visible()
    shoot(phone, "check-in-pending")
    assert names_on(event) == set()
    sign_in(phone, lead(evening))
    phone.goto(f"/work/events/{event.pk}/")
    shoot(phone, "event-doubts")
    phone.get_by_role("link", name="去确认").click()
    shoot(phone, "attendance-doubt")
    phone.get_by_role("button", name="到场了，认可").click()
    expect(phone.get_by_text("新家长 已登记到场。")).to_be_visible()
    assert names_on(event) == {"新家长"}
    context.close()


def test_six_digits_do_on_a_phone_that_cannot_scan(phone, sign_in, evening):
    event = held(evening, starts_at=NOW - timedelta(minutes=10))
    sign_in(phone, evening.parents[0])
    phone.goto("/c/")
    phone.get_by_label("墙上的六位数字").fill("000000")
    phone.locator("form").get_by_role("button", name="签到").click()
    expect(phone.locator(".field-wrong")).to_have_count(1)
    shoot(phone, "check-in-digits")
    phone.get_by_label("墙上的六位数字").fill(wall_code(event, NOW).host_code)
    phone.locator("form").get_by_role("button", name="签到").click()
    expect(phone.get_by_text("Parent 0，已经记上了")).to_be_visible()


def test_a_wrong_scan_is_corrected_with_a_reason(phone, sign_in, evening):
    event = held(evening)
    Attendance.objects.create(event=event, person=evening.parents[0], method=Method.WALL_CODE, taken_at=NOW)
    sign_in(phone, lead(evening))
    phone.goto(f"/work/events/{event.pk}/roll/")
    phone.get_by_role("link", name="已扫码").click()
    phone.get_by_label("原因").fill("本人没有到场")
    shoot(phone, "attendance-correct")
    phone.get_by_role("button", name="从名单上去掉").click()
    expect(phone.get_by_text("已更正")).to_be_visible()
    assert names_on(event) == set()
    phone.goto(f"/work/events/{event.pk}/")
    shoot(phone, "event-detail")
    assert faults_of_access(phone) == []


def test_the_list_of_events_and_the_paper_sheet(desktop, phone, sign_in, evening):
    event = held(evening)
    sign_in(phone, lead(evening))
    phone.goto("/work/events/")
    shoot(phone, "event-list")
    date = phone.locator(".date").first.bounding_box()
    assert date["width"] >= 60 > 0.5 * date["height"], (
        "day, hour and weekday stand beneath each other, not letter by letter"
    )
    assert faults_of_access(phone) == []
    sign_in(desktop, lead(evening))
    desktop.goto(f"/work/events/{event.pk}/sheet/")
    expect(desktop.locator("tbody tr")).to_have_count(58)
    shoot(desktop, "sign-in-sheet")
    assert faults_of_access(desktop) == []
    pdf = desktop.pdf(path="var/screenshots/sign-in-sheet.pdf", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("size", ["large", "larger", "largest"])
def test_in_elder_mode_the_bar_of_the_roll_leaves_the_list_in_sight(
    phone, sign_in, live_server, evening, size
):
    event = held(evening)
    sign_in(phone, lead(evening))
    phone.context.add_cookies([{"name": "text_size", "value": size, "url": live_server.url}])
    phone.goto(f"/work/events/{event.pk}/roll/")
    assert phone.locator(".actions").bounding_box()["height"] <= phone.viewport_size["height"] / 4
    assert sideways(phone) == 0


def test_without_scripts_the_roll_still_works(browser, live_server, settings, sign_in, evening):
    settings.STAFF_SECOND_FACTOR = False
    event = held(evening)
    context = browser.new_context(
        java_script_enabled=False,
        locale="zh-CN",
        viewport={"width": 390, "height": 844},
        base_url=live_server.url,
    )
    page = context.new_page()
    sign_in(page, lead(evening))
    page.goto(f"/work/events/{event.pk}/roll/")
    page.locator("label.row", has_text="家长03").click()
    page.get_by_role("button", name="保存点名").click()
    expect(page.locator("[data-here]")).to_have_text("1")
    page.locator(".chips button", has_text="2班").click()
    page.get_by_role("button", name="全部到了").click()
    page.locator(".chips button", has_text="全部").click()
    expect(page.locator("[data-here]")).to_have_text("23")
    context.close()
    assert names_on(event) == {f"家长{n:02d}" for n in range(47) if n % 2}
