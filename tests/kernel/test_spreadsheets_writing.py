"""What we write opens everywhere, keeps identifiers whole, and runs nothing."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import fromstring

import openpyxl
import polars as pl
import pytest
import python_calamine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from portal.kernel.spreadsheets import (
    Column,
    Kind,
    TableWriter,
    open_workbook,
    read_table,
    safe_text,
    write_csv,
)
from portal.kernel.spreadsheets.errors import SENTENCES
from portal.kernel.spreadsheets.parts import Style
from portal.kernel.spreadsheets.safety import guarded, guarded_column

COLUMNS = [
    Column("序号", Kind.INTEGER),
    Column("姓名"),
    Column("手机号", width=15),
    Column("得分", Kind.DECIMAL),
    Column("参与率", Kind.PERCENT),
    Column("注册日期", Kind.DATE),
    Column("签到时间", Kind.MOMENT),
]
ROWS = [
    (
        1,
        "张三",
        "13912345678",
        Decimal("95.5"),
        0.25,
        date(2026, 9, 1),
        datetime(2026, 9, 1, 0, 30, tzinfo=UTC),
    ),
    (2, "𠮷·买买提 <&>", "007", 60, 1, date(1999, 12, 31), datetime(2026, 1, 1, 16, tzinfo=UTC)),
    (None, None, None, None, None, None, None),
]
SHOWN = [
    (1, "张三", "13912345678", 95.5, 0.25, datetime(2026, 9, 1), datetime(2026, 9, 1, 8, 30)),  # noqa: DTZ001
    (2, "𠮷·买买提 <&>", "007", 60, 1, datetime(1999, 12, 31), datetime(2026, 1, 2)),  # noqa: DTZ001
]

HOSTILE = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","点我")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "  =1+1",
    "　=1+1",
    "\u200b@A1",
]


def written(columns: list[Column], rows: list[tuple], **options) -> io.BytesIO:
    out = io.BytesIO()
    with TableWriter(out, columns, sheet_name="导出", **options) as table:
        table.write_rows(rows)
    out.seek(0)
    return out


def sheet_xml(file: io.BytesIO, number: int = 1) -> str:
    with zipfile.ZipFile(file) as archive:
        return archive.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_openpyxl_reads_back_what_was_written():
    page = openpyxl.load_workbook(written(COLUMNS, ROWS))["导出"]
    header, *rows = page.iter_rows(values_only=True)
    assert header == tuple(column.title for column in COLUMNS)
    assert rows[:2] == SHOWN
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:G4"
    assert page["A1"].font.bold
    assert page["C2"].number_format == "@"
    assert (page["E2"].number_format, page["F2"].number_format) == ("0.0%", r"yyyy\-mm\-dd")
    assert page.column_dimensions["C"].width == 15
    assert [cell.data_type for cell in page[2]] == ["n", "s", "s", "n", "n", "d", "d"]


def test_calamine_and_our_own_reader_read_it_back():
    file = written(COLUMNS, ROWS)
    rows = python_calamine.load_workbook(file).get_sheet_by_index(0).to_python()
    assert rows[1][:5] == [1.0, "张三", "13912345678", 95.5, 0.25]
    sheet = read_table(file, filename="a.xlsx")
    assert sheet.text.rows()[1:] == [
        ("1", "张三", "13912345678", "95.5", "0.25", "2026-09-01", "2026-09-01 08:30"),
        ("2", "𠮷·买买提 <&>", "007", "60", "1", "1999-12-31", "2026-01-02"),
    ]


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_reads_it_back(tmp_path: Path):
    (tmp_path / "a.xlsx").write_bytes(written(COLUMNS, ROWS).getvalue())
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76",
    ]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "a.xlsx")],
        check=True,
        timeout=120,
        capture_output=True,
    )
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1:3] == [
        "1,张三,13912345678,95.5,25.0%,2026-09-01,2026-09-01 08:30",
        "2,𠮷·买买提 <&>,007,60,100.0%,1999-12-31,2026-01-02 00:00",
    ]


def test_every_part_is_well_formed():
    with zipfile.ZipFile(written(COLUMNS, ROWS)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            fromstring(archive.read(name))


def test_sixteen_hostile_names_in_xlsx():
    file = written([Column("姓名"), Column("=题目()")], [(name, name) for name in HOSTILE])
    xml = sheet_xml(file)
    assert "<f" not in xml
    kinds = re.findall(r'<c r="[A-Z]+\d+"[^>]*?(?: t="(\w+)")?/?>', xml)
    assert kinds == ["inlineStr"] * (2 * len(HOSTILE) + 2)
    page = openpyxl.load_workbook(file).active
    assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s"}
    assert {cell.number_format for row in page.iter_rows(min_row=2) for cell in row} == {"@"}
    assert [row[0] for row in page.iter_rows(min_row=2, values_only=True)] == HOSTILE


def test_sixteen_hostile_names_in_csv():
    out = io.BytesIO()
    write_csv(out, [Column("姓名"), Column("-题目")], [(name, "张三") for name in HOSTILE])
    raw = out.getvalue().decode("utf-8-sig")
    cells = [line[1:].partition('"')[0] if line.startswith('"') else line for line in raw.split("\r\n")]
    assert "'-题目" in cells[0]
    assert raw.count("'") >= len(HOSTILE) + 1
    for name in HOSTILE:
        assert f"'{name}".replace('"', '""') in raw
    again = read_table(io.BytesIO(out.getvalue()), filename="a.csv")
    assert len(again) == len(HOSTILE) + 1


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), max_size=6))
@settings(deadline=None)
def test_a_column_is_guarded_as_its_cells_are(texts: list[str | None]):
    column = guarded_column(pl.Series(texts, dtype=pl.String))
    assert column.to_list() == [None if text is None else guarded(text) for text in texts]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("_x000D\x00\ufffe<&> \n")),
        min_size=1,
    )
)
@example(["_x0000_", "_x005F_x0000_"])
def test_any_text_survives_but_for_what_xml_cannot_hold(texts: list[str]):
    file = written([Column("文")], [(text,) for text in texts])
    fromstring(sheet_xml(file))
    page = openpyxl.load_workbook(file).active
    rows = page.iter_rows(min_row=2, max_row=len(texts) + 1, values_only=True)
    # openpyxl leaves it undone where a cell holds its own text.
    found = [unescape(row[0] or "") for row in rows]
    assert found == [safe_text(text) for text in texts]


def test_texts_that_are_no_strings():
    rows = [(SENTENCES["empty"],), (7,), ("a\ud800b",), (None,)]
    page = openpyxl.load_workbook(written([Column("文")], rows)).active
    assert [cell.value for cell in page["A"]] == ["文", str(SENTENCES["empty"]), "7", "ab", None]
    assert page["A3"].data_type == "s"


def test_texts_too_long_for_a_cell_are_cut():
    page = openpyxl.load_workbook(written([Column("文")], [("甲" * 40_000,)])).active
    assert len(page["A2"].value) == 32_767


def test_numbers_that_are_none():
    rows = [(float("nan"),), (float("inf"),), (1.5,)]
    page = openpyxl.load_workbook(written([Column("分", Kind.DECIMAL)], rows)).active
    assert [cell.value for cell in page["A"]] == ["分", None, None, 1.5]


def test_an_empty_table_has_its_header():
    page = openpyxl.load_workbook(written(COLUMNS, [])).active
    assert list(page.iter_rows(values_only=True)) == [tuple(column.title for column in COLUMNS)]


def test_a_full_sheet_goes_on_in_the_next():
    book = openpyxl.load_workbook(
        written([Column("号", Kind.INTEGER)], [(n,) for n in range(25)], most_rows=11)
    )
    assert book.sheetnames == ["导出", "导出-2", "导出-3"]
    values = [[cell.value for cell in page["A"]] for page in book]
    assert values == [["号", *range(10)], ["号", *range(10, 20)], ["号", *range(20, 25)]]


def test_batches_join_without_a_seam():
    count = 9_001
    rows = [(n, f"名{n}" if n % 7 else None, str(n), n / 8, None, None, None) for n in range(count)]
    sheet = read_table(written(COLUMNS, rows), filename="a.xlsx")
    assert sheet.numbers.to_list() == list(range(1, count + 2))
    assert sheet.text["A"].to_list()[1:] == [str(n) for n in range(count)]
    assert sheet.text["B"].to_list()[1:] == [f"名{n}" if n % 7 else None for n in range(count)]


def test_frames_are_written_with_styles_of_their_own():
    out = io.BytesIO()
    frame = pl.DataFrame({"a": ["好", "坏"], "b": [1, 2]})
    styles = pl.DataFrame(
        {"a": [Style.TEXT, Style.FAULT], "b": [Style.GENERAL, Style.FAULT]},
        schema_overrides={"a": pl.UInt8, "b": pl.UInt8},
    )
    with TableWriter(out, [Column("文"), Column("数", Kind.INTEGER)], sheet_name="表") as table:
        table.write_frame(frame, styles=styles)
    page = openpyxl.load_workbook(out).active
    assert list(page.iter_rows(min_row=2, values_only=True)) == [("好", 1), ("坏", 2)]
    assert [page[cell].fill.fgColor.rgb for cell in ("A2", "A3", "B3")] == [
        "00000000",
        "FFFDE2DF",
        "FFFDE2DF",
    ]


def test_a_row_of_the_wrong_length_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        written([Column("a"), Column("b")], [(1,)])


@pytest.mark.parametrize("name", ["a/b:c*d?[e]", "'引号'", "名" * 60, "<&>", ""])
def test_sheet_names_are_made_legal(name: str):
    out = io.BytesIO()
    with TableWriter(out, [Column("a")], sheet_name=name):
        pass
    (found,) = openpyxl.load_workbook(out).sheetnames
    assert 1 <= len(found) <= 31
    assert not set(found) & set("[]:*?/\\")


def test_workbooks_with_a_layout_take_no_text_for_a_formula():
    out = io.BytesIO()
    with open_workbook(out) as book:
        page = book.add_worksheet()
        for row, name in enumerate(HOSTILE):
            page.write(row, 0, safe_text(name))
        page.write(0, 1, "http://evil.example")
        page.write_formula(0, 2, "=SUM(D1:D2)")
    xml = sheet_xml(out)
    assert xml.count("<f>") == 1
    assert "hyperlink" not in xml


def test_several_tables_in_one_workbook():
    out = io.BytesIO()
    with TableWriter(out, [Column("姓名")], sheet_name="名单") as table:
        table.write_rows([("张三",)])
        table.next_table([Column("行", Kind.INTEGER), Column("问题")], sheet_name="名单")
        table.write_rows([(2, "缺手机号")])
    book = openpyxl.load_workbook(out)
    assert {page.title: list(page.iter_rows(values_only=True)) for page in book} == {
        "名单": [("姓名",), ("张三",)],
        "名单-2": [("行", "问题"), (2, "缺手机号")],
    }


def test_a_failure_half_way_leaves_no_thread_and_no_open_file():
    out = io.BytesIO()

    def half_a_table():
        yield ROWS[0]
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"), TableWriter(out, COLUMNS, sheet_name="a") as table:
        table.write_rows(half_a_table())
    with pytest.raises(KeyError):
        openpyxl.load_workbook(out)
