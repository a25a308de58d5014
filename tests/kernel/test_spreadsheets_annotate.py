"""Users get their own file back, with what is wrong said at the cells, and can send it again."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName

from portal.kernel.spreadsheets import SpreadsheetRefused, annotate, annotate_workbook, notes, read_table
from tests.kernel.spreadsheet_files import inline, parts, row, text_rows, workbook, zipped
from tests.kernel.test_spreadsheets_writing import HOSTILE

FAULTS = {
    (2, "C"): "手机号少一位。",
    (3, "A"): "缺姓名。",
    (3, "C"): "手机号是空的。",
    (4, ""): "这一行与第 2 行重复。",
}
RED = "FFFDE2DF"


@pytest.fixture(autouse=True)
def titles_in_chinese(monkeypatch):
    monkeypatch.setattr(notes, "NOTE_TITLE", "问题说明")
    monkeypatch.setattr(notes, "LIST_TITLE", "问题清单")
    for module in ("own_workbook", "rewritten"):
        target = __import__(f"portal.kernel.spreadsheets.{module}", fromlist=["x"])
        monkeypatch.setattr(target, "NOTE_TITLE", "问题说明")
        monkeypatch.setattr(target, "LIST_TITLE", "问题清单")


def roster() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "花名册"
    for line in (
        ["姓名", "班级", "手机号"],
        ["张三", "1班", "1391234567"],
        [None, "2班"],
        ["张三", "1班", "139"],
    ):
        page.append(line)
    page["A1"].font = Font(bold=True, size=20)
    page["B2"].fill = PatternFill("solid", fgColor="FF00FF00")
    page.column_dimensions["A"].width = 33
    book.create_sheet("说明")["A1"] = "请勿修改"
    return book


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    out = io.BytesIO()
    book.save(out)
    return out


def annotated(source, faults=FAULTS, filename: str = "花名册.xlsx", **options) -> io.BytesIO:
    out = io.BytesIO()
    annotate_workbook(source, out, faults, filename=filename, summary="4 处问题。", **options)
    return out


def everything(file: io.BytesIO) -> str:
    with zipfile.ZipFile(file) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def test_the_workbook_comes_back_with_its_sheets_and_looks():
    book = openpyxl.load_workbook(annotated(saved(roster())))
    page = book["花名册"]
    assert book.sheetnames == ["花名册", "说明", "问题清单"]
    assert book.active.title == "花名册"
    assert page["A1"].font.size == 20
    assert page["B2"].fill.fgColor.rgb == "FF00FF00"
    assert page.column_dimensions["A"].width == 33
    assert [cell.value for cell in page["D"]] == [
        "问题说明",
        "手机号少一位。",
        "缺姓名。 手机号是空的。",
        "这一行与第 2 行重复。",
    ]
    coloured = {cell.coordinate for line in page.iter_rows() for cell in line if cell.fill.fgColor.rgb == RED}
    assert coloured == {"C2", "A3", "C3"}
    assert {
        cell.coordinate: cell.comment.text for line in page.iter_rows() for cell in line if cell.comment
    } == {
        "C2": "手机号少一位。",
        "A3": "缺姓名。",
        "C3": "手机号是空的。",
    }
    assert list(book["问题清单"].iter_rows(min_row=2, values_only=True)) == [
        (None, None, None, "4 处问题。"),
        (2, "C", "1391234567", "手机号少一位。"),
        (3, "A", None, "缺姓名。"),
        (3, "C", None, "手机号是空的。"),
        (4, None, None, "这一行与第 2 行重复。"),
    ]


def test_a_mended_file_can_be_sent_again_and_be_annotated_again():
    first = annotated(saved(roster()))
    book = openpyxl.load_workbook(first)
    book["花名册"]["C2"] = "13912345678"
    again = saved(book)
    assert read_table(again, filename="a.xlsx").name == "花名册"
    second = openpyxl.load_workbook(annotated(again, {(3, "A"): "缺姓名。"}))
    page = second["花名册"]
    assert second.sheetnames == ["花名册", "说明", "问题清单"]
    assert [cell.value for cell in page["D"]] == ["问题说明", None, "缺姓名。", None]
    assert page.max_column == 4
    assert {
        cell.coordinate for line in page.iter_rows() for cell in line if cell.fill.fgColor.rgb == RED
    } == {"A3"}
    assert [cell.coordinate for line in page.iter_rows() for cell in line if cell.comment] == ["A3"]
    assert page["B2"].fill.fgColor.rgb == "FF00FF00"


def test_a_title_above_the_header_and_faults_of_the_header():
    source = workbook(
        row(1, inline("A1", "2026 级家长花名册"))
        + row(2, inline("A2", "姓名"), inline("B2", "电话"))
        + row(3, inline("A3", "张三")),
        after='<mergeCells count="1"><mergeCell ref="A1:E1"/></mergeCells>',
    )
    faults = {(2, "B"): "应为“手机号”。", (3, "B"): "缺手机号。"}
    page = openpyxl.load_workbook(annotated(source, faults, header_row=2)).active
    assert [cell.value for cell in page["F"]] == [None, "问题说明", "缺手机号。"]
    assert page["B2"].comment.text == "应为“手机号”。"


def test_merged_cells_are_no_obstacle():
    source = workbook(
        text_rows(["姓名", "班级"], ["张三", "1班"], ["李四"]),
        after='<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>',
    )
    page = openpyxl.load_workbook(annotated(source, {(3, "B"): "合并的单元格请拆开。"})).active
    assert page["C3"].value == "合并的单元格请拆开。"


def test_nothing_that_runs_comes_back():
    book = roster()
    page = book["花名册"]
    page["A2"] = '=HYPERLINK("http://evil.example")'
    page["B2"].hyperlink = "http://evil.example/click"
    book.defined_names["away"] = DefinedName("away", attr_text="[1]Sheet1!$A$1")
    source = saved(book)
    text = everything(annotated(source))
    assert "evil.example" not in text
    assert "<f>" not in text
    assert "[1]Sheet1" not in text


@pytest.mark.parametrize("most_cells", [100_000, 0])
def test_sixteen_hostile_names_stay_texts(monkeypatch, most_cells: int):
    monkeypatch.setattr(annotate, "MOST_CELLS", most_cells)
    source = workbook(text_rows(["姓名"], *([name] for name in HOSTILE)))
    faults = {(number, "A"): f"{name} 不是姓名。" for number, name in enumerate(HOSTILE, 2)}
    out = annotated(source, faults)
    assert not re.search(r"<f[ >]", everything(out))
    book = openpyxl.load_workbook(out)
    assert {cell.data_type for line in book.worksheets[0].iter_rows() for cell in line if cell.value} == {"s"}


def test_a_large_sheet_is_written_anew_in_the_same_places(monkeypatch):
    monkeypatch.setattr(annotate, "MOST_CELLS", 5)
    source = workbook(
        text_rows(["姓名", "", "手机号"], ["张三", "", "1391234567"]) + row(4, inline("A4", "李四"))
    )
    book = openpyxl.load_workbook(annotated(source, {(2, "C"): "手机号少一位。", (4, ""): "缺手机号。"}))
    page = book.worksheets[0]
    assert book.sheetnames == ["名单", "问题清单"]
    assert list(page.iter_rows(values_only=True)) == [
        ("姓名", None, "手机号", "问题说明"),
        ("张三", None, "1391234567", "手机号少一位。"),
        (None, None, None, None),
        ("李四", None, None, "缺手机号。"),
    ]
    assert [
        cell.coordinate for line in page.iter_rows() for cell in line if cell.fill.fgColor.rgb == RED
    ] == ["C2"]
    assert [line[3] for line in book["问题清单"].iter_rows(min_row=2, values_only=True)] == [
        "4 处问题。",
        "手机号少一位。",
        "缺手机号。",
    ]
    again = io.BytesIO()
    book.save(again)
    once_more = openpyxl.load_workbook(annotated(again, {(4, ""): "缺手机号。"})).worksheets[0]
    assert list(once_more.iter_rows(values_only=True))[1] == ("张三", None, "1391234567", None)


def test_a_csv_comes_back_as_xlsx():
    raw = "某校名单,\n姓名,手机号\n张三,139\n".encode("gbk")
    out = annotated(io.BytesIO(raw), {(3, "B"): "手机号少几位。"}, "名单.csv", header_row=2)
    assert list(openpyxl.load_workbook(out).worksheets[0].iter_rows(values_only=True)) == [
        ("某校名单", None, None),
        ("姓名", "手机号", "问题说明"),
        ("张三", "139", "手机号少几位。"),
    ]


def test_paths_as_well_as_files(tmp_path: Path):
    (tmp_path / "in.xlsx").write_bytes(saved(roster()).getvalue())
    annotate_workbook(tmp_path / "in.xlsx", tmp_path / "out.xlsx", FAULTS, filename="花名册.xlsx", summary="")
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == ["花名册", "说明", "问题清单"]


def test_a_long_list_says_how_much_it_leaves_out(monkeypatch):
    monkeypatch.setattr(notes, "LONGEST_LIST", 2)
    page = openpyxl.load_workbook(annotated(saved(roster())))["问题清单"]
    rows = [line[3] for line in page.iter_rows(min_row=2, values_only=True)]
    assert len(rows) == 4
    assert "2" in rows[-1]


def test_a_file_that_is_refused_is_not_annotated():
    with pytest.raises(SpreadsheetRefused) as refused:
        annotated(zipped(parts(text_rows(["姓名"])) | {"xl/vbaProject.bin": b""}))
    assert refused.value.code == "macros"


def test_a_workbook_that_openpyxl_cannot_read_is_written_anew():
    members = parts(text_rows(["姓名"], ["张三"]))
    styles = members["xl/styles.xml"]
    members["xl/styles.xml"] = styles.replace("<fill><patternFill/></fill>", "<fill/>")
    with pytest.raises(TypeError):
        openpyxl.load_workbook(zipped(members))
    page = openpyxl.load_workbook(annotated(zipped(members), {(2, "A"): "查无此人。"})).worksheets[0]
    assert list(page.iter_rows(values_only=True)) == [("姓名", "问题说明"), ("张三", "查无此人。")]
