"""Large tables out, in the memory of a few thousand rows.

The cells' XML is put together by Polars from columns, a batch at a time, and packed in a second thread meanwhile.
Texts are inline strings, so nothing has to be remembered until the end, and never formulas.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count, islice
from types import TracebackType
from typing import IO, Any, Self

import polars as pl

from portal.kernel.spreadsheets import parts
from portal.kernel.spreadsheets.columns import Column, Kind, series_of, text_of_numbers
from portal.kernel.spreadsheets.parts import STYLE_OF, Style
from portal.kernel.spreadsheets.safety import escaped_column, safe_text
from portal.kernel.spreadsheets.sheet import column_letters

BATCH = 4_000  # rows
MOST_ROWS = 1_048_576  # of one sheet, says Excel
_PACKING = 2  # zlib's level: a third of the time of the usual 6, for a fifth more bytes
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


class TableWriter:
    """Writes tables as xlsx, each on a sheet of its own and on to further sheets where one is full.

    A context manager: leaving it finishes the file; leaving it with an exception leaves the file unfinished.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | IO[bytes],
        columns: Sequence[Column],
        *,
        sheet_name: str,
        most_rows: int = MOST_ROWS,
    ) -> None:
        self._columns = list(columns)
        self._name = sheet_name
        self._most_rows = most_rows
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_PACKING)
        self._packer = ThreadPoolExecutor(max_workers=1)
        self._packing: Future[int] | None = None
        self._names: list[str] = []

    def __enter__(self) -> Self:
        self._start_sheet()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish_sheet()
                self._finish_workbook()
        finally:
            self._packer.shutdown()
            self._part.close()
            self._zip.close()

    def next_table(self, columns: Sequence[Column], *, sheet_name: str) -> None:
        """What is written from here on goes to a new sheet with these columns."""
        self._finish_sheet()
        self._columns, self._name = list(columns), sheet_name
        self._start_sheet()

    def write_rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows of as many values as there are columns, in their order."""
        iterator = iter(rows)
        while batch := list(islice(iterator, BATCH)):
            cells = zip(zip(*batch, strict=True), self._columns, strict=True)
            self._write(_frame(series_of(values, column.kind) for values, column in cells), None)

    def write_frame(self, frame: pl.DataFrame, *, styles: pl.DataFrame | None = None) -> None:
        """A frame with the columns in their order. `styles`, a Style (UInt8) for each cell, overrules theirs."""
        if frame.width != len(self._columns):
            raise ValueError("the frame has other columns than the table")
        self._write(_frame(frame.iter_columns()), None if styles is None else _frame(styles.iter_columns()))

    def _write(self, frame: pl.DataFrame, styles: pl.DataFrame | None) -> None:
        start = 0
        while start < len(frame):
            if self._row == self._most_rows:
                self._finish_sheet()
                self._start_sheet()
            length = min(BATCH, self._most_rows - self._row, len(frame) - start)
            chosen = None if styles is None else styles.slice(start, length)
            self._pack(self._xml(frame.slice(start, length), chosen))
            self._row += length
            start += length

    def _xml(self, frame: pl.DataFrame, styles: pl.DataFrame | None) -> bytes:
        numbers = pl.int_range(self._row + 1, self._row + len(frame) + 1, eager=True)
        columns = {"row": numbers.cast(pl.String)}
        pieces: list[str | pl.Expr] = ['<row r="', pl.col("row"), '">']
        for place, column in enumerate(self._columns):
            texts, cell = _cell(place, frame.to_series(place), column.kind, styled=styles is not None)
            columns[f"v{place}"] = texts
            if styles is not None:
                columns[f"s{place}"] = styles.to_series(place).cast(pl.String)
            pieces += cell
        line = pl.concat_str(_joined([*pieces, "</row>"]))
        xml: bytes = pl.DataFrame(columns).select(line.str.join("").cast(pl.Binary)).item()
        return xml

    def _pack(self, xml: bytes) -> None:
        if self._packing:
            self._packing.result()
        self._packing = self._packer.submit(self._part.write, xml)

    def _start_sheet(self) -> None:
        self._names.append(_sheet_name(self._name, taken=self._names))
        self._row = 1
        self._part = self._zip.open(f"xl/worksheets/sheet{len(self._names)}.xml", "w")
        titles = escaped_column(pl.Series([column.title for column in self._columns], dtype=pl.String))
        cells = "".join(
            f'<c r="{column_letters(place)}1" s="{Style.HEADER:d}"'
            + (f' t="inlineStr"><is><t>{title}</t></is></c>' if title else "/>")
            for place, title in enumerate(titles)
        )
        head = parts.sheet_head(self._columns)
        self._pack(f'{head}<row r="1" ht="24" customHeight="1">{cells}</row>'.encode())

    def _finish_sheet(self) -> None:
        self._pack(parts.sheet_tail(len(self._columns), self._row).encode())
        if self._packing:
            self._packing.result()
        self._part.close()

    def _finish_workbook(self) -> None:
        for name, content in (
            ("[Content_Types].xml", parts.content_types(len(self._names))),
            ("_rels/.rels", parts.ROOT_RELATIONS),
            ("xl/workbook.xml", parts.workbook(self._names)),
            ("xl/_rels/workbook.xml.rels", parts.workbook_relations(len(self._names))),
            ("xl/styles.xml", parts.STYLES),
        ):
            self._zip.writestr(name, content)


def _sheet_name(wanted: str, *, taken: list[str]) -> str:
    """A name that Excel allows: short, without brackets and slashes, and not there yet."""
    name = safe_text(wanted).translate(_FORBIDDEN_IN_NAMES).strip("'")[:26] or "1"
    used = {one.lower() for one in taken}
    numbered = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(one for one in numbered if one.lower() not in used)


def _frame(series: Iterable[pl.Series]) -> pl.DataFrame:
    return pl.DataFrame([one.alias(str(place)) for place, one in enumerate(series)])


def _cell(
    place: int, values: pl.Series, kind: Kind, *, styled: bool
) -> tuple[pl.Series, list[str | pl.Expr]]:
    """The column's texts and the pieces of XML around them. Empty cells keep their format."""
    style = pl.col(f"s{place}") if styled else f"{STYLE_OF[kind]:d}"
    start: list[str | pl.Expr] = [f'<c r="{column_letters(place)}', pl.col("row"), '" s="', style]
    if kind is Kind.TEXT:
        texts = escaped_column(values.cast(pl.String))
        space = ' xml:space="preserve"' if texts.str.contains(r"^\s|\s$|\n").any() else ""
        opening, closing = f'" t="inlineStr"><is><t{space}>', "</t></is></c>"
    else:
        texts = text_of_numbers(values, kind)
        opening, closing = '"><v>', "</v></c>"
    value = pl.col(f"v{place}")
    if not texts.null_count():
        return texts, [*start, opening, value, closing]
    filled = pl.concat_str(pl.lit(opening), value, pl.lit(closing))
    return texts, [*start, filled.fill_null('"/>')]


def _joined(pieces: Iterable[str | pl.Expr]) -> list[pl.Expr]:
    """Expressions to concatenate, neighbouring literals as one."""
    joined: list[str | pl.Expr] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return [pl.lit(piece) if isinstance(piece, str) else piece for piece in joined]
