"""The workbook in the official layout: what stands where, what is live, and that nothing foreign ever is."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import openpyxl
import pytest
from django.utils import translation

from assessment.engine.appraisal_workbook import (
    Paper,
    PaperLine,
    PaperSection,
    height_of,
    lines_of,
    write_workbook,
)

HOSTILE = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "　=1+1", "＝1+1", "＋1+1", "－1+1",
    "＠SUM(A1)", '=HYPERLINK("http://x.test","y")', "=cmd|' /C calc'!A0", "'!A1)+HYPERLINK(\"http://x.test\")",
]  # fmt: skip


def line(number: str = "1", **more) -> PaperLine:
    given = {
        "text": "指标",
        "rule": "办法",
        "full": Decimal(6),
        "self_score": Decimal("5.5"),
        "county_score": Decimal(5),
        "reason": "缺记录",
    }
    return PaperLine(number=number, **{**given, **more})


def paper(name: str = "甲小学", **more) -> Paper:
    sections = (
        PaperSection("一 组织领导", Decimal(12), (line("1"), line("2"))),
        PaperSection("二 师资队伍", Decimal(6), (line("3", self_score=None, county_score=None, reason=""),)),
    )
    given = {
        "township": "漳江",
        "status": "县级已考核",
        "dated": "2026年12月20日",
        "filled_by": "张三",
        "reviewed_by": "李四",
        "sections": sections,
    }
    return Paper(unit=name, **{**given, **more})


def written(*papers: Paper, title: str = "2026年度家长学校考核评分表") -> io.BytesIO:
    made = io.BytesIO()
    with translation.override("zh-hans"):
        write_workbook(made, papers, title=title)
    made.seek(0)
    return made


def books(made: io.BytesIO) -> tuple[openpyxl.Workbook, openpyxl.Workbook]:
    """With formulas, and with the values kept beside them."""
    content = made.getvalue()
    return openpyxl.load_workbook(io.BytesIO(content)), openpyxl.load_workbook(
        io.BytesIO(content), data_only=True
    )


# ── The layout ───────────────────────────────────────────────────────────────


def test_one_sheet_has_the_official_layout():
    book, values = books(written(paper()))
    sheet, shown = book["甲小学"], values["甲小学"]
    assert sheet["A1"].value == "2026年度家长学校考核评分表"
    assert sheet["A2"].value == "单位（盖章）：甲小学"
    assert sheet["E2"].value == "日期：2026年12月20日"
    assert [cell.value for cell in sheet[3]] == [
        "一级指标", "序号", "考核指标", "评分办法", "分值", "自评分", "考核分", "扣分说明",
    ]  # fmt: skip
    assert [[cell.value for cell in row] for row in sheet["A4:H6"]] == [
        ["一 组织领导\n（12分）", "1", "指标", "办法", 6, 5.5, 5, "缺记录"],
        [None, "2", "指标", "办法", 6, 5.5, 5, "缺记录"],
        ["二 师资队伍\n（6分）", "3", "指标", "办法", 6, None, None, None],
    ]
    assert [cell.value for cell in sheet[7]] == [
        "合计", None, None, None, "=SUM(E4:E6)", "=SUM(F4:F6)", "=SUM(G4:G6)", None,
    ]  # fmt: skip
    assert [cell.value for cell in shown[7]][4:7] == [18, 11, 10]
    assert (sheet["A8"].value, sheet["E8"].value) == ("填表人：张三", "审核人：李四")


def test_the_first_column_is_merged_section_by_section():
    book, _ = books(written(paper()))
    assert {str(merged) for merged in book["甲小学"].merged_cells.ranges} == {
        "A1:H1", "A2:D2", "E2:H2", "A4:A5", "A7:D7", "A8:D8", "E8:H8",
    }  # fmt: skip


def test_every_sheet_is_set_up_for_a4():
    book, _ = books(written(paper("甲"), paper("乙")))
    for name, head in (("汇总", "$2:$2"), ("甲", "$3:$3"), ("乙", "$3:$3")):
        sheet = book[name]
        assert sheet.page_setup.paperSize == 9
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == head
        assert sheet.print_options.horizontalCentered
        assert sheet.print_area
        assert sheet.page_margins.left == 0.5
        assert "&P" in sheet.oddFooter.center.text


def test_widths_are_the_same_on_every_sheet():
    book, _ = books(written(paper("甲"), paper("乙")))
    widths = [
        {letter: size.width for letter, size in book[name].column_dimensions.items()} for name in ("甲", "乙")
    ]
    assert widths[0] == widths[1]
    assert max(size.max for size in book["甲"].column_dimensions.values()) == 8


def test_rows_grow_with_their_text():
    long = line("1", text="家长学校" * 30)
    book, _ = books(written(paper(sections=(PaperSection("一", Decimal(6), (long, line("2"))),))))
    sheet = book["甲小学"]
    assert sheet.row_dimensions[4].height > 4 * sheet.row_dimensions[5].height
    assert lines_of("家" * 100, 22) >= 10
    assert height_of([("x" * 100_000, 20)]) <= 409


def test_the_summary_comes_first_and_follows_the_sheets():
    book, values = books(written(paper("甲"), paper("乙", township="陬市")))
    assert book.sheetnames == ["汇总", "甲", "乙"]
    assert book.active.title == "汇总"
    assert [cell.value for cell in book["汇总"][2]] == [
        "序号", "乡镇（街道）", "单位", "状态", "分值", "自评总分", "考核总分",
    ]  # fmt: skip
    assert [[cell.value for cell in row] for row in book["汇总"]["A3:G4"]] == [
        [1, "漳江", "甲", "县级已考核", "='甲'!E7", "='甲'!F7", "='甲'!G7"],
        [2, "陬市", "乙", "县级已考核", "='乙'!E7", "='乙'!F7", "='乙'!G7"],
    ]
    assert [[cell.value for cell in row][4:] for row in values["汇总"]["A3:G4"]] == [
        [18, 11, 10],
        [18, 11, 10],
    ]
    assert book["汇总"]["C4"].hyperlink.location == "'乙'!A1"


def test_no_unit_at_all_gives_a_summary():
    book, _ = books(written())
    assert book.sheetnames == ["汇总"]


# ── Hostile names ────────────────────────────────────────────────────────────


def test_row_34_hostile_names_are_texts_and_never_live():
    """In every field that people fill in, on every sheet; the only formulas are ours."""
    papers = [
        paper(
            name,
            township=name,
            filled_by=name,
            reviewed_by=name,
            dated=name,
            sections=(
                PaperSection(name, Decimal(6), (line(name, text=name, rule=name, reason=name), line("2"))),
            ),
        )
        for name in HOSTILE
    ]
    made = written(*papers, title=HOSTILE[0])
    book, _ = books(made)
    formulas = {
        cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
    }
    ours = re.compile(r"=SUM\([E-G]4:[E-G]5\)|='(?:[^']|'')+'![E-G]6")
    assert all(ours.fullmatch(formula) for formula in formulas)
    assert len(formulas) == 3 + 3 * len(HOSTILE)
    shown = {
        cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "s"
    }
    assert {name.strip("\r") for name in HOSTILE} <= {str(value).strip("\r") for value in shown}
    xml = b"".join(zipfile.ZipFile(made).read(name) for name in zipfile.ZipFile(made).namelist())
    assert b"http://x.test" not in b"".join(re.findall(rb'Target="[^"]*"', xml))


def test_every_sheet_reference_leads_to_its_sheet():
    """Whatever a unit is called, the summary's formulas name a sheet that is there."""
    names = [
        "O'Brien '小学",
        "甲[1]",
        "甲:1",
        "甲/1",
        "中心小学",
        "中心小学",
        "History",
        "汇总",
        "𠮷" * 40,
        *HOSTILE,
    ]
    book, _ = books(written(*(paper(name) for name in names)))
    assert len(book.sheetnames) == len(names) + 1
    referred = [re.fullmatch(r"='(.+)'!G7", row[6].value)[1] for row in book["汇总"].iter_rows(min_row=3)]
    assert [name.replace("''", "'") for name in referred] == book.sheetnames[1:]


def test_characters_that_xml_has_no_place_for_are_left_out():
    book, _ = books(written(paper("甲\x0b\x1f乙")))
    assert book["汇总"]["C3"].value == "甲乙"


# ── In another program ───────────────────────────────────────────────────────

SOFFICE = shutil.which("soffice")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_calculates_the_same_totals(tmp_path):
    """Values are taken away first, so that what it shows is its own sum."""
    names = ["甲小学", "O'Brien '小学", "=1+1"]
    book = openpyxl.load_workbook(written(*(paper(name) for name in names)))
    book.save(tmp_path / "bare.xlsx")
    subprocess.run(
        [SOFFICE, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "ods:calc8",
         "--outdir", tmp_path, tmp_path / "bare.xlsx"],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    content = ElementTree.fromstring(zipfile.ZipFile(tmp_path / "bare.ods").read("content.xml"))
    office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value"
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}formula"
    summed = [cell.get(office) for cell in content.iter() if cell.get(table)]
    assert summed == ["18", "11", "10"] * 6


def test_two_sheets_of_one_workbook_share_nothing():
    first = paper("甲")
    second = replace(first, unit="乙", sections=(PaperSection("一", Decimal(6), (line("1"),)),))
    book, _ = books(written(first, second))
    assert book["乙"]["E5"].value == "=SUM(E4:E4)"
