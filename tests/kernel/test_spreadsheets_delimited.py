"""csv and txt files: encodings, quotes, delimiters, and never a garbled name."""

# ruff: noqa: RUF001 (look-alike characters are what is tested)

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.kernel.spreadsheets import Limits, Mark, Sheet, SpreadsheetRefused, read_table
from portal.kernel.spreadsheets.normalise import clean_cell

NAMES = "姓名,电话\n阿卜杜热西提·买买提,13912345678\n喆堃燊,13812345678\n"
TABLE = [("姓名", "电话"), ("阿卜杜热西提·买买提", "13912345678"), ("喆堃燊", "13812345678")]


def read(raw: bytes, filename: str = "名单.csv", **limits: int) -> Sheet:
    return read_table(io.BytesIO(raw), filename=filename, limits=Limits(**limits))


def refusal(raw: bytes, **limits: int) -> str:
    with pytest.raises(SpreadsheetRefused) as refused:
        read(raw, **limits)
    return refused.value.code


ENCODED = {
    "utf-8": NAMES.encode(),
    "utf-8 with a mark": codecs.BOM_UTF8 + NAMES.encode(),
    "gbk": NAMES.encode("gbk"),
    "gb18030": NAMES.encode("gb18030"),
    "utf-16": NAMES.encode("utf-16"),
    "utf-16 big-endian": codecs.BOM_UTF16_BE + NAMES.encode("utf-16-be"),
    "windows line ends": NAMES.replace("\n", "\r\n").encode("gbk"),
    "old mac line ends": NAMES.replace("\n", "\r").encode(),
    "all quoted": "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in TABLE).encode(),
    "tabs": NAMES.replace(",", "\t").encode("utf-16"),
    "semicolons": NAMES.replace(",", ";").encode(),
    "full-width commas": NAMES.replace(",", "，").encode(),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_every_encoding_gives_the_same_table(encoding: str):
    sheet = read(ENCODED[encoding])
    assert sheet.text.rows() == TABLE
    assert sheet.numbers.to_list() == [1, 2, 3]
    assert sheet.columns == ("A", "B")


def test_utf16_without_a_mark():
    assert read("name,1\n张三,2\n".encode("utf-16-le")).text.rows() == [("name", "1"), ("张三", "2")]


@pytest.mark.parametrize("extension", ["txt", "tsv", "CSV"])
def test_other_extensions(extension: str):
    assert read(NAMES.replace(",", "\t").encode(), f"名单.{extension}").text.rows() == TABLE


@pytest.mark.parametrize("at", [7, 20, 30, -5])
def test_broken_utf8_is_refused_and_never_read_as_gbk(at: int):
    raw = bytearray((NAMES * 20).encode())
    raw[at] = 0xFF
    assert refusal(bytes(raw)) == "encoding"


def test_utf8_cut_in_the_middle_of_a_character_is_refused():
    assert refusal(NAMES.encode()[:-4] + "堃".encode()[:2]) == "encoding"


@settings(deadline=None)
@given(st.text(alphabet="赵钱孙李周吴郑王喆堃燊翀彧垚璟晞昉旻桃源县小学一二三年级班男女父亲母亲", min_size=4))
def test_gbk_comes_back_whole_or_not_at_all(text: str):
    raw = f"姓名,学校,家长,电话\n{text},1".encode("gbk")
    try:
        sheet = read(raw)
    except SpreadsheetRefused as error:
        assert error.code == "encoding"  # noqa: PT017 (either outcome is right)
    else:
        assert sheet.text.row(1)[0] == text


@pytest.mark.parametrize("raw", [b"", b"\n\n", b" \r\n\t", codecs.BOM_UTF8, b",,,\n,,"])
def test_nothing_in_it(raw: bytes):
    assert refusal(raw) == "empty"


@pytest.mark.parametrize(
    ("typed", "text", "mark"),
    [
        ("13912345678.0", "13912345678", Mark.NUMBER),
        ("95.0", "95.0", Mark.TEXT),
        ("1.58001E+10", "1.58001E+10", Mark.SCIENTIFIC),
        ("#N/A", "#N/A", Mark.ERROR),
        ("=1+1", "=1+1", Mark.LIKE_FORMULA),
        ("'=1+1", "=1+1", Mark.LIKE_FORMULA),
        ("'+8613912345678", "+8613912345678", Mark.TEXT),
        ('="0043"', "0043", Mark.TEXT),
        ('"=""0043"""', "0043", Mark.TEXT),
        ("430725198503152416", "430725198503152416", Mark.TEXT),
        ("13912345678\t", "13912345678", Mark.TEXT),
        ("１３９", "139", Mark.TEXT),
        ("\u200b张三\ufeff", "张三", Mark.TEXT),
    ],
)
def test_cell(typed: str, text: str, mark: Mark):
    _, line = read(f"名,值\n张,{typed}".encode()).rows()
    cell = line.cells[1]
    assert (cell.text, cell.mark) == (text, mark)


def test_rows_are_numbered_as_the_user_sees_them():
    assert read(b"a,b\n\n,\nc,d\n").numbers.to_list() == [1, 4]
    assert read(b'a,"b\nb"\n\nc,d\n').numbers.to_list() == [1, 3]


def test_short_and_long_rows():
    assert read(b"a,b,c\nd\ne,,f,g\n").text.rows() == [
        ("a", "b", "c", None),
        ("d", None, None, None),
        ("e", None, "f", "g"),
    ]
    assert read(b'a,"b",c\nd\ne,,f,g\n').text.rows() == [
        ("a", "b", "c", None),
        ("d", None, None, None),
        ("e", None, "f", "g"),
    ]


def test_bounds():
    assert refusal(b"a\nb\nc", rows=2) == "too_many_rows"
    assert refusal(b'a\n"b"\nc', rows=2) == "too_many_rows"
    assert refusal(b"a,b,c", columns=2) == "too_many_columns"
    assert refusal(b",".join([b"a"] * 5000)) == "too_many_columns"
    assert refusal(b'"a",' + b",".join([b"a"] * 5000)) == "too_many_columns"
    assert refusal(b"a,b\nc,d", cells=3) == "too_many_cells"
    assert refusal(b"a,b" + b"x" * 40000) == "cell_too_long"
    assert refusal(b'"' + b"x" * 200_000) == "cell_too_long"
    assert refusal(b"a" * 2048, file_bytes=1024) == "too_large"


CELLS = st.text(alphabet=st.sampled_from("ab张1 ,\"'\n　=+;\t"), max_size=6)


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=5))
@example([['="1"']])
def test_what_csv_writers_write_comes_back(table: list[list[str]]):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["头,", "头,", "头,", "头,", "头,"], *table])
    expected = {
        (number, "ABCDE"[place]): clean_cell(text)
        for number, row in enumerate([["头,"] * 5, *table], 1)
        for place, text in enumerate(row)
        if clean_cell(text)
    }
    # What begins like a formula is marked, or gives back what ="001" holds: tested by itself.
    alike = {place for place, text in expected.items() if text.startswith(("=", "'=", "+", "'+"))}
    found = {
        (cell.row, cell.column): cell.text
        for line in read(out.getvalue().encode()).rows()
        for cell in line.cells
        if cell.text
    }
    assert {place: text for place, text in found.items() if place not in alike} == {
        place: text for place, text in expected.items() if place not in alike
    }
