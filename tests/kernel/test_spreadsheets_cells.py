"""The quick reader and the parser see the same cells; so does an independent reader."""

from __future__ import annotations

import io

import polars as pl
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.spreadsheets import Mark, read_table
from portal.kernel.spreadsheets.cells import SCHEMA, SlowCells, quick_cells
from portal.kernel.spreadsheets.normalise import clean_cell
from portal.kernel.spreadsheets.sheet import column_letters
from portal.kernel.spreadsheets.texts import SharedStrings
from tests.kernel.spreadsheet_files import inline, row, strings_xml, workbook

XML_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0xD7FF),
        st.characters(min_codepoint=0x20000, max_codepoint=0x20FFF),
        st.sampled_from("<>&\"' 张三"),
    ),
    max_size=8,
)


@st.composite
def cell_xml(draw, address: str) -> str:
    style = draw(st.sampled_from(["", ' s="0"', ' s="12"']))
    shapes = [
        f'<c r="{address}"{style}/>',
        f'<c r="{address}"{style}></c>',
        f'<c r="{address}"{style} t="s"><v>{draw(st.integers(0, 99))}</v></c>',
        f'<c r="{address}"{style}><v>{draw(st.integers(-(10**17), 10**17))}</v></c>',
        f'<c r="{address}"{style} t="n"><v>{draw(st.floats(allow_nan=False, allow_infinity=False))!r}</v></c>',
        f'<c r="{address}"{style} t="b"><v>1</v></c>',
        f'<c r="{address}"{style} t="e"><v>#N/A</v></c>',
        f'<c r="{address}"{style} t="str"><v>甲</v></c>',
        inline(address, draw(XML_TEXT), style),
    ]
    return draw(st.sampled_from(shapes))


@st.composite
def rows_xml(draw) -> str:
    numbers = sorted(draw(st.sets(st.integers(1, 2000), max_size=8)))
    rows = []
    for number in numbers:
        columns = sorted(draw(st.sets(st.integers(0, 800), max_size=5)))
        cells = [draw(cell_xml(f"{column_letters(column)}{number}")) for column in columns]
        head = draw(
            st.sampled_from(
                [f'<row r="{number}">', f'<row r="{number}" spans="1:8" ht="2" customHeight="1">']
            )
        )
        rows.append(head + "".join(cells) + "</row>" if cells else f'<row r="{number}" ht="15"/>')
    return "".join(rows)


def together(groups: list[pl.DataFrame] | None) -> list[tuple]:
    frames = [group.drop("style") for group in groups or [] if len(group)]
    rows = pl.concat(frames).rows() if frames else []
    return sorted(line for line in rows if line[2] != "")


@settings(deadline=None)
@given(rows_xml())
def test_the_quick_reader_sees_what_the_parser_sees(xml: str):
    quick = quick_cells(xml.encode(), with_styles=True)
    assert quick is not None
    assert together(quick) == together(SlowCells().read(xml.encode()))
    assert all(dict(group.schema) == SCHEMA for group in quick)


def test_styles_come_with_the_numbers():
    xml = b'<row r="1"><c r="A1" s="4"><v>1</v></c><c r="B1"><v>1</v></c><c r="C1" s="3" t="n"><v>1</v></c></row>'
    styles = {
        (line[1], line[4]) for group in quick_cells(xml, with_styles=True) or [] for line in group.iter_rows()
    }
    assert styles == {("A", "4"), ("B", None), ("C", "3")}
    assert {line[4] for group in SlowCells().read(xml) for line in group.iter_rows()} == {"4", None, "3"}


@pytest.mark.parametrize(
    "xml",
    [
        '<row r="1"><c r="A1"><f>1</f><v>1</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row>",
        '<row><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c><v>1</v></c></row>',
        '<row r="1"><c s="1" r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s" ph="1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r></is></c></row>',
        '<row r="1"><c r="A1"><v>1</v><extLst/></c></row>',
        '<row r="1"><c r="A1">\n<v>1</v></c></row>',
        '<row r="1"><c r="a1"><v>1</v></c></row>',
        '<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>',
        '<row r="1"><c r="A1" t="future"><v>1</v></c></row>',
    ],
)
def test_the_quick_reader_leaves_other_shapes_to_the_parser(xml: str):
    assert quick_cells(xml.encode(), with_styles=False) is None


def test_shared_strings_are_read_alike_in_one_piece_and_in_many():
    items = [
        f"<si><t>第{n}人&amp;</t></si>" if n % 1000 else "<si><r><t>富</t></r></si>" for n in range(250_000)
    ]
    strings = SharedStrings.read(io.BytesIO(strings_xml(items).encode()), most=300_000)
    assert strings.texts.to_list() == [f"第{n}人&" if n % 1000 else "富" for n in range(250_000)]
    assert set(strings.marks) == {Mark.TEXT}


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(XML_TEXT, min_size=1, max_size=4), min_size=1, max_size=4))
def test_texts_agree_with_an_independent_reader(table: list[list[str]]):
    lines = (
        row(n, *(inline(f"{column_letters(c)}{n}", text) for c, text in enumerate(texts)))
        for n, texts in enumerate(table, 1)
    )
    source = workbook("".join(lines) + row(9, inline("A9", "末")))
    ours = {
        (cell.row, cell.column): cell.text
        for line in read_table(source, filename="a.xlsx").rows()
        for cell in line.cells
        if cell.text
    }
    source.seek(0)
    theirs = python_calamine.load_workbook(source).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert ours == {
        (number, column_letters(place)): clean_cell(text)
        for number, texts in enumerate(theirs, 1)
        for place, text in enumerate(texts)
        if clean_cell(text)
    }
