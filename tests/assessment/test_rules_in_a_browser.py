"""The county fills in a rule and reads at once what it says and gives; a lead puts a record down on a phone."""

from __future__ import annotations

from datetime import date

import pytest

from assessment.models import PointRule, PointScheme, SchemeVersion
from events.models import Record, RecordKind
from tests.browser import faults_of_access, shoot
from tests.world import build_world


@pytest.fixture
def world(transactional_db):
    return build_world()


def test_a_rule_reads_itself_back_while_it_is_filled_in(desktop, sign_in, world):
    scheme = PointScheme.objects.create(code="own", name="本县积分", unit=world.county)
    version = SchemeVersion.objects.create(scheme=scheme, number=1, effective_from=date(2026, 9, 1))
    sign_in(desktop, world.as_("county_admin"))
    desktop.goto(f"/admin/assessment/schemeversion/{version.pk}/change/")
    desktop.get_by_role("link", name="增加一条规则").click()
    desktop.locator("#id_name").fill("参加讲座")
    desktop.locator("#id_points").fill("2")
    desktop.locator("#id_cap_day").fill("4")
    preview = desktop.locator(".rule-preview")
    preview.get_by_text("参加讲座（所有活动类别）：每次 2 分，每天最多 4 分。").wait_for()
    assert "同一天 5 次" in preview.inner_text()
    beside, form = preview.bounding_box(), desktop.locator("#pointrule_form fieldset").first.bounding_box()
    assert form["x"] + form["width"] <= beside["x"]
    assert 0 <= beside["y"] < 200
    shoot(desktop, "point-rule")
    assert faults_of_access(desktop) == []
    desktop.locator("input[name=_save]").click()
    desktop.get_by_role("link", name="参加讲座（所有活动类别）：每次 2 分，每天最多 4 分。").wait_for()
    assert PointRule.objects.get().cap_day == 4
    shoot(desktop, "point-rules")
    assert faults_of_access(desktop) == []


def test_a_lead_puts_a_record_down_on_a_phone(phone, sign_in, world):
    RecordKind.objects.create(code="lunch", name="午餐督查", most=3)
    sign_in(phone, world.as_("school_lead:0"))
    phone.goto("/work/records/new/")
    phone.locator("#id_q").fill("Parent 0")
    phone.locator("form[role=search] button").click()
    phone.get_by_role("link", name="Parent 0").click()
    phone.get_by_text("午餐督查").first.click()
    shoot(phone, "record")
    assert faults_of_access(phone) == []
    phone.get_by_role("button", name="保存登记").click()
    phone.get_by_text("午餐督查").wait_for()
    assert Record.objects.get().person == world.parents[0]
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    assert faults_of_access(phone) == []
