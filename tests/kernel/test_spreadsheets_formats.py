from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import tablib

from portal.kernel.spreadsheets import SpreadsheetRefused
from portal.kernel.spreadsheets.formats import FastXLSX
from tests.kernel.spreadsheet_files import inline, number, row, text_rows, workbook


def test_everything_comes_in_as_text():
    source = workbook(
        row(1, inline("A1", "姓名"), inline("B1", "手机号"), inline("C1", "备注"))
        + row(2, inline("A2", " 张三 "), number("B2", "13912345678"))
        + row(4, inline("A4", "李四"), inline("C4", "新生"))
    )
    dataset = FastXLSX().create_dataset(source.getvalue())
    assert dataset.headers == ["姓名", "手机号", "备注"]
    assert list(dataset) == [("张三", "13912345678", ""), ("李四", "", "新生")]


def test_a_doubtful_cell_is_refused_by_name():
    source = workbook(text_rows(["编号"]) + row(2, number("A2", "430725198503152416")))
    with pytest.raises(SpreadsheetRefused) as refused:
        FastXLSX().create_dataset(source.getvalue())
    assert refused.value.code == "doubtful_cell"
    assert "A2" in str(refused.value)


def test_columns_go_out_as_what_they_hold():
    dataset = tablib.Dataset(
        ("张三", "007", 3, Decimal("1.5"), date(2026, 9, 1), "x"),
        ("=1+1", "", None, 2, "", 4),
        headers=["姓名", "编号", "次数", "得分", "日期", "混合"],
    )
    page = openpyxl.load_workbook(io.BytesIO(FastXLSX().export_data(dataset))).active
    assert [
        [cell.data_type for cell in line if cell.value is not None] for line in page.iter_rows(min_row=2)
    ] == [
        ["s", "s", "n", "n", "d", "s"],
        ["s", "n", "s"],
    ]
    assert page["A3"].value == "=1+1"


def test_an_empty_dataset_goes_out_as_its_header():
    content = FastXLSX().export_data(tablib.Dataset(headers=["姓名", "编号"]))
    assert list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)) == [
        ("姓名", "编号")
    ]


def test_the_format_says_what_it_is():
    assert (FastXLSX().get_extension(), FastXLSX().can_import(), FastXLSX().can_export()) == (
        "xlsx",
        True,
        True,
    )
