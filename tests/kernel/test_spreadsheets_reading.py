"""What honest files become."""

# ruff: noqa: RUF001 (look-alike characters are what is tested)

from __future__ import annotations

import io
from datetime import date, datetime, time

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from portal.kernel.spreadsheets import DOUBTFUL, DOUBTS, Limits, Mark, Range, SpreadsheetRefused, read_table
from portal.kernel.spreadsheets.sheet import column_index, column_letters
from portal.kernel.spreadsheets.workbook import Moment, moment_of
from tests.kernel.spreadsheet_files import (
    inline,
    number,
    parts,
    relations,
    row,
    sheet_xml,
    strings_xml,
    text_rows,
    workbook,
    workbook_xml,
    zipped,
)


def read(source, **options):
    return read_table(source, filename="名单.xlsx", **options)


def cells_of(sheet) -> dict[str, tuple[str, Mark]]:
    return {
        cell.address: (cell.text, cell.mark)
        for line in sheet.rows()
        for cell in line.cells
        if cell.mark is not Mark.EMPTY
    }


def one_cell(xml: str) -> tuple[str, Mark]:
    return cells_of(read(workbook(row(1, xml))))["A1"]


def test_letters_and_indexes_of_columns_agree():
    assert [column_letters(index) for index in (0, 25, 26, 701, 702, 16383)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
        "XFD",
    ]
    assert all(column_index(column_letters(index)) == index for index in range(20000))


def test_rows_and_columns_keep_the_places_that_the_user_sees():
    sheet = read(workbook(row(3, inline("B3", "姓名"), inline("D3", "电话")) + row(7, inline("D7", "139"))))
    assert sheet.numbers.to_list() == [3, 7]
    assert sheet.columns == ("B", "D")
    assert sheet.text.rows() == [("姓名", "电话"), (None, "139")]
    assert sheet.marks.rows() == [(Mark.TEXT, Mark.TEXT), (Mark.EMPTY, Mark.TEXT)]
    assert [(line.number, line.texts) for line in sheet.rows()] == [(3, ("姓名", "电话")), (7, ("", "139"))]


def test_cells_of_nothing_but_spaces_are_no_cells():
    sheet = read(workbook(text_rows(["a", "　", "c"], [" ", "\u200b", ""])))
    assert sheet.columns == ("A", "C")
    assert sheet.numbers.to_list() == [1]


@pytest.mark.parametrize(
    ("xml", "text", "mark"),
    [
        (number("A1", "13912345678"), "13912345678", Mark.NUMBER),
        (number("A1", "1.3912345678E10"), "13912345678", Mark.NUMBER),
        (number("A1", "13912345678.0"), "13912345678", Mark.NUMBER),
        (number("A1", "43.300000000000004"), "43.3", Mark.NUMBER),
        (number("A1", "0.1"), "0.1", Mark.NUMBER),
        (number("A1", "-0"), "0", Mark.NUMBER),
        (number("A1", "-7"), "-7", Mark.NUMBER),
        (number("A1", "1E-7"), "0.0000001", Mark.NUMBER),
        (number("A1", "999999999999999"), "999999999999999", Mark.NUMBER),
        (number("A1", "4.30725198503152E+17"), "430725198503152000", Mark.DIGITS_LOST),
        (number("A1", "430725198503152416"), "430725198503152416", Mark.DIGITS_LOST),
        (number("A1", "1000000000000000"), "1000000000000000", Mark.DIGITS_LOST),
        (number("A1", "1.58001E+10", 5), "15800100000", Mark.NUMBER),
        (inline("A1", "1.58001E+10"), "1.58001E+10", Mark.SCIENTIFIC),
        (inline("A1", "4.30725E+17"), "4.30725E+17", Mark.SCIENTIFIC),
        (inline("A1", "430725198503152416"), "430725198503152416", Mark.TEXT),
        (inline("A1", " ００１２ "), "0012", Mark.TEXT),
        (inline("A1", "阿卜杜热西提·买买提"), "阿卜杜热西提·买买提", Mark.TEXT),
        (inline("A1", "𠮷"), "𠮷", Mark.TEXT),
        (inline("A1", "a < b & c"), "a < b & c", Mark.TEXT),
        (inline("A1", '=HYPERLINK("http://evil")'), '=HYPERLINK("http://evil")', Mark.LIKE_FORMULA),
        (inline("A1", " ＝1+1"), "＝1+1", Mark.LIKE_FORMULA),
        (inline("A1", "#N/A"), "#N/A", Mark.ERROR),
        ('<c r="A1" t="e"><v>#REF!</v></c>', "#REF!", Mark.ERROR),
        ('<c r="A1" t="b"><v>1</v></c>', "TRUE", Mark.BOOLEAN),
        ('<c r="A1" t="str"><v>甲</v></c>', "甲", Mark.TEXT),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', "2", Mark.FORMULA),
        ('<c r="A1"><f>1+1</f><v></v></c>', "=1+1", Mark.FORMULA),
        ('<c r="A1"><f>B1&amp;C1</f></c>', "=B1&C1", Mark.FORMULA),
        ('<c r="A1" t="str"><f>B1&amp;C1</f><v>张三</v></c>', "张三", Mark.FORMULA),
        ('<c r="A1" t="e"><f>VLOOKUP(1,B:C,2,0)</f><v>#N/A</v></c>', "#N/A", Mark.ERROR),
        (
            '<c r="A1" t="inlineStr"><is><r><t>张</t></r><r><rPr><b/></rPr><t>三</t></r></is></c>',
            "张三",
            Mark.TEXT,
        ),
        ('<c r="A1" t="inlineStr"><is><t>一_x000D_&#10;二</t></is></c>', "一\n二", Mark.TEXT),
        ('<c r="A1" t="d"><v>2026-09-01T00:00:00</v></c>', "2026-09-01", Mark.DATE),
        (number("A1", "46266", 1), "2026-09-01", Mark.DATE),
        (number("A1", "46266", 4), "2026-09-01", Mark.DATE),
        (number("A1", "46266.354166666664", 2), "2026-09-01 08:30", Mark.DATE),
        (number("A1", "0.354166666666667", 3), "08:30", Mark.DATE),
        (number("A1", "0.35417824074", 3), "08:30:01", Mark.DATE),
        (number("A1", "1", 1), "1900-01-01", Mark.DATE),
        (number("A1", "59", 1), "1900-02-28", Mark.DATE),
        (number("A1", "60", 1), "60", Mark.NUMBER),
        (number("A1", "61", 1), "1900-03-01", Mark.DATE),
        (number("A1", "13912345678", 1), "13912345678", Mark.NUMBER),
        (number("A1", "-5", 1), "-5", Mark.NUMBER),
    ],
)
def test_cell(xml, text, mark):
    assert one_cell(xml) == (text, mark)


@pytest.mark.parametrize(
    ("code", "moment"),
    [
        ("General", None),
        ("G/通用格式", None),
        ("0.00E+00", None),
        ('"¥"#,##0.00_);[Red]("¥"#,##0.00)', None),
        ("0_ ", None),
        ('0"day"', None),
        ("yyyy-mm-dd", Moment.DATE),
        ('yyyy"年"m"月"d"日";@', Moment.DATE),
        ('m"月"d"日"', Moment.DATE),
        ("[$-804]yyyy/m/d\\ aaaa", Moment.DATE),
        ("h:mm AM/PM", Moment.TIME),
        ("[h]:mm:ss", Moment.TIME),
        ('上午/下午h"时"mm"分"', Moment.TIME),
        ("yyyy/m/d h:mm", Moment.BOTH),
    ],
)
def test_number_formats_that_are_dates(code, moment):
    assert moment_of(code) is moment


def test_dates_of_1904_workbooks():
    members = parts(row(1, number("A1", "44804", 1)))
    members["xl/workbook.xml"] = workbook_xml("名单", properties='<workbookPr date1904="1"/>')
    assert cells_of(read(zipped(members))) == {"A1": ("2026-09-01", Mark.DATE)}


def test_the_doubtful_cells_come_with_their_places():
    sheet = read(
        workbook(
            row(1, inline("A1", "电话"), inline("B1", "身份"))
            + row(2, inline("A2", "1.58E+10"), number("B2", "430725198503152416"))
            + row(4, inline("A4", "139"), '<c r="B4"><f>1+1</f><v>2</v></c>')
        )
    )
    assert sheet.doubtful.rows() == [
        (2, "A", "1.58E+10", Mark.SCIENTIFIC),
        (2, "B", "430725198503152416", Mark.DIGITS_LOST),
        (4, "B", "2", Mark.FORMULA),
    ]
    assert (
        set(DOUBTS) == DOUBTFUL == set(Mark) - {Mark.EMPTY, Mark.TEXT, Mark.NUMBER, Mark.DATE, Mark.BOOLEAN}
    )


def test_shared_strings_plain_rich_phonetic_and_empty():
    strings = [
        "<si><t>甲</t></si>",
        '<si><t>乙</t><phoneticPr fontId="1" type="noConversion"/></si>',
        '<si><t xml:space="preserve"> 丙 </t></si>',
        "<si/>",
        "<si><r><rPr><b/></rPr><t>丁</t></r><r><t>戊</t></r></si>",
        "<si><t>己</t><rPh sb='0' eb='1'><t>ji</t></rPh></si>",
        "<si><t></t></si>",
        "<si><t>A &amp; B &#x4F60;</t></si>",
    ]
    cells = "".join(f'<c r="{column_letters(i)}1" t="s"><v>{i}</v></c>' for i in range(len(strings)))
    found = cells_of(read(workbook(row(1, cells), strings)))
    texts = {address: text for address, (text, _) in found.items()}
    assert texts == {"A1": "甲", "B1": "乙", "C1": "丙", "E1": "丁戊", "F1": "己", "H1": "A & B 你"}


def test_merged_cells_are_reported_and_never_filled_in():
    rows = row(1, inline("A1", "学校"), inline("B1", "姓名")) + row(
        2, inline("A2", "一中"), inline("B2", "张三")
    )
    rows += row(3, '<c r="A3" s="1"/>', inline("B3", "李四"))
    sheet = read(
        workbook(
            rows, after='<mergeCells count="2"><mergeCell ref="A2:A3"/><mergeCell ref="C1:D1"/></mergeCells>'
        )
    )
    assert sheet.merged == (Range(2, 0, 3, 0), Range(1, 2, 1, 3))
    assert str(sheet.merged[0]) == "A2:A3"
    assert sheet.merged[0].covers(3, 0)
    assert not sheet.merged[0].covers(3, 1)
    assert sheet.text["A"].to_list() == ["学校", "一中", None]


def test_hidden_rows_are_read_and_counted():
    rows = row(1, inline("A1", "a")) + f'<row r="2" hidden="1">{inline("A2", "b")}</row>'
    sheet = read(workbook(rows))
    assert (len(sheet), sheet.hidden_rows) == (2, 1)


def test_formatted_empty_rows_cost_no_row():
    rows = row(1, inline("A1", "a")) + "".join(
        f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(2, 3000)
    )
    rows += '<row r="3000" ht="20"/>' + row(1048576, inline("XFD1048576", "z"))
    sheet = read(workbook(rows, before='<dimension ref="A1:XFD1048576"/>'), limits=Limits(rows=2, columns=2))
    assert (sheet.numbers.to_list(), sheet.columns) == ([1, 1048576], ("A", "XFD"))


def two_sheets(**options) -> dict:
    members = parts(text_rows(["封面"]))
    members["xl/workbook.xml"] = workbook_xml("封面", "名单", **options)
    members["xl/_rels/workbook.xml.rels"] = relations(
        ("worksheet", "/xl/worksheets/sheet1.xml"), ("worksheet", "worksheets/second.xml")
    )
    members["xl/worksheets/second.xml"] = sheet_xml(text_rows(["姓名"]))
    return members


def test_the_first_visible_sheet_is_read_unless_one_is_named():
    visible, hidden = zipped(two_sheets()), zipped(two_sheets(state=' state="hidden"'))
    assert (read(visible).name, read(visible).names) == ("封面", ("封面", "名单"))
    assert (read(hidden).name, read(hidden).names) == ("名单", ("名单",))
    assert read(visible, sheet="名单").text.rows() == [("姓名",)]
    with pytest.raises(SpreadsheetRefused) as refused:
        read(visible, sheet="没有")
    assert refused.value.code == "unknown_sheet"


JIA, ONE = "<is><t>甲</t></is>", "<v>1</v>"
ODD_SHAPES = {
    "prefixed": "<x:row r='1'><x:c r='A1' t='inlineStr'><x:is><x:t>甲</x:t></x:is></x:c>"
    "<x:c r='B1'><x:v>1</x:v></x:c></x:row>",
    "single quotes": f"<row r='1'><c r='A1' t='inlineStr'>{JIA}</c><c r='B1'>{ONE}</c></row>",
    "other order": f'<row r="1"><c t="inlineStr" r="A1">{JIA}</c><c s="0" r="B1">{ONE}</c></row>',
    "indented": f'\n <row r="1">\n  <c r="A1" t="inlineStr">\n{JIA}</c>\n <c r="B1">\n{ONE}</c>\n </row>\n',
    "without addresses": f'<row><c t="inlineStr">{JIA}</c><c>{ONE}</c></row>',
    "behind the type": f'<row r="1"><c r="A1" t="inlineStr" ph="1">{JIA}</c><c r="B1" vm="1">{ONE}</c></row>',
    "empty rows before": '<row r="7" ht="3"/><row r="8" spans="1:2">'
    f'<c r="A8" t="inlineStr">{JIA}</c><c r="B8">{ONE}</c></row>',
}


@pytest.mark.parametrize("shape", ODD_SHAPES)
def test_odd_shapes_of_xml(shape):
    rows = ODD_SHAPES[shape]
    members = parts()
    if shape == "prefixed":
        members["xl/worksheets/sheet1.xml"] = (
            sheet_xml("")
            .replace("<worksheet xmlns=", "<x:worksheet xmlns:x=")
            .replace("sheetData", "x:sheetData")
            .replace("</worksheet>", "</x:worksheet>")
            .replace("<x:sheetData></x:sheetData>", f"<x:sheetData>{rows}</x:sheetData>")
        )
    else:
        members["xl/worksheets/sheet1.xml"] = sheet_xml(rows)
    sheet = read(zipped(members))
    assert sheet.text.rows() == [("甲", "1")]
    assert sheet.marks.rows() == [(Mark.TEXT, Mark.NUMBER)]
    assert sheet.numbers.to_list() == [8 if shape == "empty rows before" else 1]


VALUES = [
    "张三",
    "007",
    13912345678,
    95.5,
    date(2026, 9, 1),
    datetime(2026, 9, 1, 8, 30),  # noqa: DTZ001 (a wall clock, as in a cell)
    time(8, 30),
    True,
    None,
]
TEXTS = ("张三", "007", "13912345678", "95.5", "2026-09-01", "2026-09-01 08:30", "08:30", "TRUE")


def test_a_workbook_of_openpyxl():
    book, out = openpyxl.Workbook(), io.BytesIO()
    for _ in range(3):
        book.active.append(VALUES)
    book.save(out)
    assert read(out).text.rows() == [TEXTS] * 3


def test_a_workbook_of_xlsxwriter():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    formats = {
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        datetime: book.add_format({"num_format": "yyyy/m/d h:mm"}),
        time: book.add_format({"num_format": "h:mm"}),
    }
    for column, value in enumerate(VALUES):
        page.write(0, column, value, formats.get(type(value)))
    book.close()
    assert read(out).text.rows() == [TEXTS]


def test_many_rows_over_several_pieces_stay_in_order():
    count = 60_000
    rows = "".join(
        row(n, inline(f"A{n}", f"姓名{n}"), number(f"B{n}", n) if n % 3 else "") for n in range(1, count + 1)
    )
    sheet = read(workbook(rows))
    numbers = list(range(1, count + 1))
    assert sheet.numbers.to_list() == numbers
    assert sheet.text["A"].to_list() == [f"姓名{n}" for n in numbers]
    assert sheet.text["B"].to_list() == [str(n) if n % 3 else None for n in numbers]
    assert sheet.text.schema == {"A": pl.String, "B": pl.String}
    assert sheet.marks.schema == {"A": pl.UInt8, "B": pl.UInt8}


def test_sentences_are_for_people():
    with pytest.raises(SpreadsheetRefused) as refused:
        read(workbook(text_rows(["a"], ["b"], ["c"])), limits=Limits(rows=2))
    assert refused.value.code == "too_many_rows"
    assert refused.value.details == {"limit": 2}
    assert "2" in str(refused.value)


def test_strings_beyond_the_table_are_damage():
    with pytest.raises(SpreadsheetRefused) as refused:
        read(workbook(row(1, '<c r="A1" t="s"><v>3</v></c>'), ["<si><t>甲</t></si>"]))
    assert refused.value.code == "damaged"
    assert strings_xml([])
