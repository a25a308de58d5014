"""A school lead scores on a phone, an inspector scores and exports on the desktop, each with nothing but the page."""

from __future__ import annotations

import openpyxl
import pytest

from assessment.models import Appraisal, Evidence
from tests.assessment.sheets import PDF, build_sheets, photo
from tests.browser import faults_of_access, shoot
from tests.world import build_world


@pytest.fixture
def sheets(transactional_db):
    return build_sheets(build_world())


def test_a_school_lead_scores_the_school_on_a_phone(phone, sign_in, sheets):
    sign_in(phone, sheets.by("school_lead:0"))
    phone.goto("/work/")
    phone.get_by_role("link", name="考核自评").click()
    assert faults_of_access(phone) == []
    shoot(phone, "appraisal-sheet")
    phone.get_by_role("link", name="继续自评").click()

    phone.get_by_label("自评分").select_option(label="5.5分")
    phone.get_by_label("备注").fill("缺一次会议记录")
    phone.get_by_label("佐证材料").set_input_files(
        [
            {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": photo((800, 600))},
            {"name": "不行.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"},
        ]
    )
    phone.get_by_role("button", name="保存，下一项").click()
    assert "不行.exe" in phone.locator(".errorlist").inner_text()
    assert phone.get_by_label("备注").input_value() == "缺一次会议记录"
    assert phone.get_by_label("自评分").input_value() == "5.5"

    phone.get_by_label("佐证材料").set_input_files(
        [
            {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": photo((800, 600))},
            {"name": "名单.pdf", "mimeType": "application/pdf", "buffer": PDF},
        ]
    )
    assert faults_of_access(phone) == []
    phone.get_by_role("button", name="保存，下一项").click()
    phone.get_by_label("自评分").select_option(label="4分（满分）")
    phone.get_by_role("button", name="保存", exact=True).click()

    phone.get_by_role("link", name="1 指导委员会健全").click()
    phone.get_by_role("button", name="撤下名单.pdf").click()
    assert list(Evidence.objects.filter(removed_at=None).values_list("name", flat=True)) == ["现场.jpg"]
    shoot(phone, "appraisal-indicator")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.get_by_label("返回").click()

    phone.get_by_role("link", name="提交自评").click()
    shoot(phone, "appraisal-hand-in")
    assert faults_of_access(phone) == []
    phone.get_by_role("button", name="确认提交").click()
    assert "等待县里考核" in phone.locator("main").inner_text()
    assert sheets.own.status == "self_scored"


def test_an_inspector_scores_and_exports_on_the_desktop(desktop, sign_in, sheets, tmp_path):
    sheets.score_for_unit("1", "6")
    sheets.score_for_unit("2", "4")
    sheets.hand_in()
    sign_in(desktop, sheets.by("inspector"))
    desktop.goto("/admin/")
    desktop.locator("#sidebar").get_by_role("link", name="考核", exact=True).click()
    assert faults_of_access(desktop) == []
    shoot(desktop, "appraisal-list")
    desktop.get_by_role("link", name="School 0").click()
    desktop.get_by_label("第1项考核分").fill("5")
    desktop.get_by_role("button", name="保存并定分").click()
    assert desktop.locator("tr.errors th").all_inner_texts() == ["1"]
    assert desktop.get_by_label("第1项考核分").input_value() == "5"
    shoot(desktop, "appraisal-scoring")
    assert faults_of_access(desktop) == []
    desktop.get_by_label("第1项扣分说明").fill("分工不明确")
    desktop.get_by_role("button", name="保存并定分").click()
    assert sheets.own.status == "county_scored"
    assert "16" in desktop.locator("tfoot").inner_text()

    desktop.locator(".breadcrumbs").get_by_role("link", name="考核", exact=True).click()
    desktop.get_by_role("link", name="导出考核表").click()
    assert faults_of_access(desktop) == []
    desktop.get_by_role("button", name="生成工作簿").click()
    with desktop.expect_download() as download:
        desktop.locator("#content").get_by_role("link", name="下载").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "2026—2027学年度家长学校考核评分表.xlsx"
    book = openpyxl.load_workbook(path, data_only=True)
    row = [cell.value for cell in book["汇总"][3]]
    assert row[2:] == ["School 0", "县级已考核", 20, 17, 16]
    assert book["School 0"]["H4"].value == "分工不明确"


def test_the_office_on_a_phone_keeps_its_labels(phone, sign_in, sheets):
    sheets.hand_in()
    sign_in(phone, sheets.by("inspector"))
    phone.goto(f"/admin/assessment/appraisal/{sheets.own.pk}/change/")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    assert faults_of_access(phone) == []
    shoot(phone, "appraisal-scoring")
    assert Appraisal.objects.count() == 4


def test_a_county_admin_opens_a_year_and_writes_a_scheme(desktop, sign_in, sheets):
    sign_in(desktop, sheets.by("county_admin"))
    desktop.goto("/admin/assessment/appraisal/")
    desktop.get_by_role("link", name="开始年度考核").click()
    desktop.get_by_label("年度").fill("2027")
    desktop.get_by_role("button", name="开始考核").click()
    assert Appraisal.objects.filter(year=2027).count() == 4

    desktop.goto(f"/admin/assessment/appraisalscheme/{sheets.scheme.pk}/change/")
    assert faults_of_access(desktop) == []
    shoot(desktop, "appraisal-scheme")
    desktop.get_by_role("link", name="二 教育教学").click()
    assert faults_of_access(desktop) == []
    shoot(desktop, "appraisal-section")
    desktop.locator("[name=indicators-1-band_lines]").fill("九成 4")
    desktop.get_by_role("button", name="保存", exact=True).click()
    assert "九成 4" in desktop.locator(".errorlist").first.inner_text()
    desktop.locator("[name=indicators-1-band_lines]").fill("90% 4\n70％ 2")
    desktop.get_by_role("button", name="保存", exact=True).click()
    assert sheets.scheme.sections.get(order=2).indicators.get(number="4").bands == [[900, 4], [700, 2]]
