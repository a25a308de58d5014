"""The office at both sizes: clean under the policy, readable by machines, usable by hand."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.scoped_admin import visible
from tests.browser import faults_of_access, shoot, sideways
from tests.matrix.rows import fill
from tests.world import World, build_world

pytestmark = pytest.mark.long


@pytest.fixture
def county(transactional_db) -> World:
    return fill(build_world())


@pytest.fixture(params=["phone", "desktop"])
def page(request, county) -> Page:
    return request.getfixturevalue(request.param)


def test_the_start_page_of_each_role(page, county, sign_in):
    for who in ("county_admin", "station_lead:0", "inspector", "liaison"):
        sign_in(page, county.as_(who))
        page.goto("/")
        expect(page).to_have_url("/admin/")
        expect(page.get_by_role("heading", name="今日")).to_be_visible()
        assert faults_of_access(page) == [], who
        assert sideways(page) == 0, who
        shoot(page, f"office-{who.replace(':', '-')}")


def test_charts_are_drawn_and_have_their_tables(desktop, county, sign_in):
    sign_in(desktop, county.as_("county_admin"))
    desktop.goto("/admin/")
    charts = desktop.locator(".chart")
    assert charts.count() >= 1
    for at in range(charts.count()):
        expect(charts.nth(at).locator("canvas")).to_be_visible()
    desktop.get_by_text("看表格").first.click()
    expect(desktop.get_by_role("table").first).to_be_visible()
    charts.first.hover(position={"x": 200, "y": 100})  # the tooltip must not break the policy


def test_every_list_and_form_of_the_office_is_clean(page, county, sign_in):
    clerk = county.as_("county_admin")
    sign_in(page, clerk)
    found = {}
    for model in admin.site._registry:
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = visible(model, clerk).order_by("pk").first()
        addresses = {"list": reverse(f"{names}_changelist")}
        if row is not None:
            addresses["form"] = reverse(f"{names}_change", args=[row.pk])
        for kind, address in addresses.items():
            answer = page.goto(address)
            assert answer.status == 200, address
            faults = [*faults_of_access(page), *(["sideways"] if sideways(page) else [])]
            if faults:
                found[address] = faults
            shoot(page, f"office-{model._meta.model_name}-{kind}")
    assert found == {}


def test_a_filter_opens_closes_and_keeps_its_choice(desktop, county, sign_in):
    sign_in(desktop, county.as_("county_admin"))
    desktop.goto("/admin/accounts/unit/")
    level = desktop.locator("details.filter").first
    level.locator("summary").click()
    expect(level.get_by_role("link", name="家长学校")).to_be_visible()
    desktop.keyboard.press("Escape")
    expect(level.get_by_role("link", name="家长学校")).to_be_hidden()
    level.locator("summary").click()
    level.get_by_role("link", name="家长学校").click()
    expect(desktop.locator("details.filter-on summary b")).to_have_text("家长学校")
    assert desktop.locator("#result_list tbody tr").count() == 4
    desktop.get_by_role("link", name="重新看全部").click()
    assert desktop.locator("#result_list tbody tr").count() > 4


def test_a_phone_shows_rows_as_cards_and_the_menu_as_a_drawer(phone, county, sign_in):
    sign_in(phone, county.as_("county_admin"))
    phone.goto("/admin/accounts/unit/")
    cell = phone.locator("#result_list tbody td[data-label]").first
    assert (
        cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        == f'"{cell.get_attribute("data-label")}"'
    )
    menu = phone.get_by_role("navigation", name="工作")
    expect(menu).to_be_hidden()
    phone.get_by_role("link", name="菜单").click()
    expect(menu).to_be_visible()
    phone.get_by_role("link", name="关闭菜单").click()
    expect(menu).to_be_hidden()


def test_the_office_can_be_walked_with_the_keyboard(desktop, county, sign_in):
    sign_in(desktop, county.as_("county_admin"))
    desktop.goto("/admin/accounts/unit/")
    reached = []
    for _ in range(60):
        desktop.keyboard.press("Tab")
        reached.append(
            desktop.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")
        )
    assert {"今日", "searchbar", "层级", "新增单位"} <= {words.split("\n")[0] for words in reached}
