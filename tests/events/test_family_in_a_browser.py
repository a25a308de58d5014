"""A household books, waits, moves up and cancels on a phone with the script switched off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from events.models import Event
from events.services import give_back, reserve_seats, schedule_event
from parentschool.enums import Relation
from parentschool.models import Guardianship
from portal.kernel import clock
from tests.browser import faults_of_access, shoot
from tests.events.plans import family, lecturer, plan
from tests.world import World, build_world


@pytest.fixture
def county(transactional_db) -> World:
    world = build_world()
    kin = family(world, 7)
    Guardianship.objects.create(guardian=kin, child=world.children[0], relation=Relation.PATERNAL_GRANDMOTHER)
    return world


@pytest.fixture
def salon(county) -> Event:
    begins = clock.now().replace(minute=30) + timedelta(days=2)
    wanted = plan(
        county,
        title="桃爸桃妈沙龙：作业怎么陪",
        starts_at=begins,
        minutes=90,
        place="报告厅",
        capacity=3,
        needs_booking=True,
        book_until=begins - timedelta(hours=3),
        lecturers=(lecturer(county),),
    )
    return schedule_event(county.schools[0], plan=wanted, actor=None, now=clock.now())


def test_book_wait_move_up_and_cancel_without_script(browser, live_server, sign_in, county, salon):
    other = family(county, 3)
    first = reserve_seats(salon, people=[other], children=1, actor=other, now=clock.now())
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        java_script_enabled=False,
        locale="zh-CN",
        base_url=live_server.url,
    )
    page = context.new_page()
    sign_in(page, county.parents[0])
    page.goto("/")
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="活动").click()
    page.get_by_role("link", name="桃爸桃妈沙龙").click()
    expect(page.get_by_text("还剩 1 个（共 3 个）")).to_be_visible()
    page.get_by_label("Guardian 007").check()
    page.get_by_label("带几个孩子来").select_option("1")
    page.get_by_role("button", name="报名").click()
    expect(page.get_by_role("heading", name="候补中")).to_be_visible()
    shoot(page, "family-waiting")
    give_back(first, actor=other, now=clock.now())
    page.goto("/my/events/")
    page.get_by_role("link", name="未读通知").click()
    shoot(page, "family-notices")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", name="已报名，3 个座位")).to_be_visible()
    shoot(page, "family-booked")
    page.get_by_role("button", name="来不了，取消报名").click()
    expect(page.get_by_text("报名已取消")).to_be_visible()
    expect(page.get_by_role("button", name="报名")).to_be_visible()
    context.close()


@pytest.mark.parametrize("size", ["standard", "larger"])
def test_the_pages_are_clean_and_fit_in_both_modes(phone, sign_in, live_server, county, salon, size):
    reserve_seats(salon, people=[county.parents[0]], actor=county.parents[0], now=clock.now())
    sign_in(phone, county.parents[0])
    phone.context.add_cookies([{"name": "text_size", "value": size, "url": live_server.url}])
    pages = {
        "events": "/my/events/",
        "event": f"/my/events/{salon.pk}/",
        "month": f"/my/events/month/?m={clock.local(salon.starts_at):%Y-%m}",
        "calendar": "/my/calendar/",
        "notices": "/notices/",
    }
    for name, address in pages.items():
        phone.goto(address)
        assert faults_of_access(phone) == [], name
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert phone.evaluate(wide) == 0, name
        shoot(phone, f"family-{name}-{size}")
