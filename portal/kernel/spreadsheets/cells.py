"""Cells out of a sheet's XML.

Two readers give the same frames. The quick one splits the text of some thousand rows with Polars and takes
only the shapes that spreadsheet programs write; as soon as one cell of a chunk has another shape, the chunk
goes to the slow one, a plain XML parser. Tests hold the two equal.

One frame for each kind of cell that occurs, with the columns of SCHEMA: the row's number, the column's
letters, the value as the XML has it (unescaped), the type that the cell gives itself ("" is a number), the
number of its style (only where that can matter), and whether a formula stands behind the value.
"""

from __future__ import annotations

import re

import polars as pl

from portal.kernel.spreadsheets.fragments import parse_fragment
from portal.kernel.spreadsheets.sheet import column_index, column_letters
from portal.kernel.spreadsheets.texts import unescaped

SCHEMA: dict[str, type[pl.DataType]] = {
    "row": pl.UInt32,
    "column": pl.String,
    "value": pl.String,
    "kind": pl.String,
    "style": pl.String,
    "formula": pl.Boolean,
}
_KINDS = ("s", "inlineStr", "str", "n", "b", "e")
_ROW = r'<row [^>]*?\br="([0-9]{1,7})"(?:[^>]*[^/>])?>'
_LETTERS = re.compile("[A-Z]{1,3}")


def quick_cells(xml: bytes, *, with_styles: bool) -> list[pl.DataFrame] | None:
    """`xml` holds whole rows. None where a cell has a shape that only the parser understands."""
    if b"<f" in xml or b"='" in xml:
        return None
    pieces = (
        pl.DataFrame({"xml": pl.Series([xml], dtype=pl.Binary).cast(pl.String)})
        .select(pl.col("xml").str.split("</row>").explode())
        .with_columns(row=pl.col("xml").str.extract(_ROW).cast(pl.UInt32), xml=pl.col("xml").str.split("<c "))
        .explode("xml")
    )
    halves = pieces["xml"].str.splitn(">", 2)
    cells = pl.DataFrame({"row": pieces["row"], "tag": halves.struct[0], "rest": halves.struct[1]})
    is_cell = cells["tag"].str.starts_with('r="')
    if not _is_between_cells(cells.filter(~is_cell)):
        return None
    filled = cells.filter(is_cell & (cells["rest"] != "") & (cells["rest"] != "</c>"))
    if filled["row"].null_count():
        return None
    return _by_kind(filled, with_styles=with_styles)


def _is_between_cells(pieces: pl.DataFrame) -> bool:
    """What is no cell may only be a row's opening tag, empty rows and white space."""
    tag = pieces["tag"].str.strip_chars_start()
    behind = pieces["rest"].filter(pieces["rest"] != "")
    return bool(
        (tag.str.starts_with("<row ") | (tag == "")).all()
        and behind.str.contains(r"^\s*(?:<row [^>]*>\s*)*$").all()
    )


def _by_kind(cells: pl.DataFrame, *, with_styles: bool) -> list[pl.DataFrame] | None:
    typed = cells["tag"].str.contains(' t="', literal=True)
    groups = [_values(cells.filter(~typed), "", with_styles=with_styles)] if not typed.all() else []
    taken = len(cells) - int(typed.sum())
    for kind in _KINDS:
        if taken == len(cells):
            break
        chosen = cells["tag"].str.ends_with(f' t="{kind}"')
        if chosen.any():
            group = cells.filter(chosen) if not chosen.all() else cells
            taken += len(group)
            groups.append(_values(group, kind, with_styles=with_styles and kind == "n"))
    found = [group for group in groups if group is not None]
    return found if taken == len(cells) and len(found) == len(groups) else None


def _values(cells: pl.DataFrame, kind: str, *, with_styles: bool) -> pl.DataFrame | None:
    rest = cells["rest"]
    if kind == "inlineStr":
        start, end = "<is><t>", "</t></is></c>"
        value = rest.str.strip_prefix('<is><t xml:space="preserve">')
    else:
        start, end, value = "<v>", "</v></c>", rest
    column = cells["tag"].str.slice(3, 3).str.strip_chars_end('0123456789"')
    value = value.str.strip_prefix(start).str.strip_suffix(end)
    fits = (
        rest.str.ends_with(end).all()
        and not value.str.contains("<", literal=True).any()
        and all(_LETTERS.fullmatch(letters) for letters in column.unique())
    )
    if not fits:
        return None
    style = cells["tag"].str.extract(' s="([0-9]+)"') if with_styles else None
    return pl.DataFrame(
        {
            "row": cells["row"],
            "column": column,
            "value": unescaped(value),
        }
    ).with_columns(
        kind=pl.lit(kind),
        style=pl.lit(None, pl.String) if style is None else style,
        formula=pl.lit(False),
    )


class SlowCells:
    """The parser's way. Remembers the last row between chunks, for rows that do not say their number."""

    def __init__(self) -> None:
        self._row = 0
        self._column = -1

    def read(self, xml: bytes) -> list[pl.DataFrame]:
        self._found: list[tuple[int, str, str, str, str | None, bool]] = []
        self._path: list[str] = []
        parse_fragment(xml, self._start, self._text, self._end)
        cells = pl.DataFrame(self._found, schema=SCHEMA, orient="row")
        return [cells.filter(pl.col("kind") == kind) for kind in cells["kind"].unique()]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = -1
        elif name == "c":
            letters = _LETTERS.match(attributes.get("r", ""))
            self._column = column_index(letters[0]) if letters else self._column + 1
            self._kind, self._style = attributes.get("t", ""), attributes.get("s")
            self._value, self._formula, self._written = "", False, "="
        elif name == "f":
            self._formula = True

    def _text(self, characters: str) -> None:
        if self._path[-1] == "v" or (self._path[-1] == "t" and "rPh" not in self._path):
            self._value += characters
        elif self._path[-1] == "f":
            self._written += characters

    def _end(self, name: str) -> None:
        self._path.pop()
        if name == "c" and self._formula and not self._value:
            self._kind, self._value = "str", self._written
        if name == "c" and self._value:
            self._found.append(
                (self._row, column_letters(self._column), self._value, self._kind, self._style, self._formula)
            )

    def follow(self, row: int) -> None:
        """The quick reader has come to `row`, perhaps."""
        self._row = max(self._row, row)
