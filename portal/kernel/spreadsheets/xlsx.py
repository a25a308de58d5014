"""An xlsx sheet, read in pieces of some megabytes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO
from xml.parsers.expat import ExpatError

import polars as pl

from portal.kernel.spreadsheets.cells import SlowCells, quick_cells
from portal.kernel.spreadsheets.container import Container, damage_refused
from portal.kernel.spreadsheets.errors import SpreadsheetRefused
from portal.kernel.spreadsheets.fragments import whole_elements
from portal.kernel.spreadsheets.limits import MIB, Limits
from portal.kernel.spreadsheets.numbers import PLAIN_NUMBER, moment_text, number_text
from portal.kernel.spreadsheets.sheet import Mark, Range, Sheet
from portal.kernel.spreadsheets.table import TableOfColumns
from portal.kernel.spreadsheets.texts import SharedStrings, cleaned, marks_of
from portal.kernel.spreadsheets.workbook import Moment, SheetPart, Workbook

_DATA = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?sheetData\s*(?:(/)>|>)")
_DATA_END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?sheetData\s*>")
_DIMENSION = re.compile(rb"""<(?:\w+:)?dimension\s+ref=["'](?:[A-Z]+[0-9]+:)?[A-Z]+([0-9]+)["']""")
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref=["']([A-Z0-9:$]+)["']""")
_HIDDEN = re.compile(rb"""<(?:\w+:)?row\s[^>]*\bhidden=["'](?:1|true)["']""")
_LARGE = 64 * MIB
_CONTENT = re.compile(rb"<(?:\w+:)?(?:v|is)>")


def read_xlsx(source: IO[bytes], *, sheet: str | None, limits: Limits) -> Sheet:
    try:
        with damage_refused():
            container = Container(source, limits)
            workbook = Workbook.read(container)
            return SheetReader(container, workbook, limits).read(workbook.part(sheet))
    except (ExpatError, ValueError, pl.exceptions.PolarsError) as error:
        raise SpreadsheetRefused("damaged") from error


class SheetReader:
    """Reads one sheet of one workbook, once."""

    def __init__(self, container: Container, workbook: Workbook, limits: Limits) -> None:
        self._container = container
        self._workbook = workbook
        self._limits = limits
        self._moments = {style: moment.value for style, moment in workbook.moments.items()}
        self._slow = SlowCells()
        self._table = TableOfColumns(limits)
        self._hidden_rows = 0
        self._merged: tuple[Range, ...] = ()

    def read(self, part: SheetPart) -> Sheet:
        self._refuse_long(part.path)
        self._strings = self._shared_strings()
        self._read_rows(part.path)
        numbers, text, marks = self._table.finish()
        return Sheet(
            name=part.name,
            names=tuple(sheet.name for sheet in self._workbook.sheets if not sheet.hidden),
            numbers=numbers,
            text=text,
            marks=marks,
            merged=self._merged,
            hidden_rows=self._hidden_rows,
        )

    def _refuse_long(self, path: str) -> None:
        """Count filled rows before keeping any, where the sheet says that it is long or is large and says nothing."""
        with self._container.open(path) as stream:
            said = _DIMENSION.search(stream.read(64 * 1024))
        if int(said[1]) <= self._limits.rows if said else self._container.size(path) < _LARGE:
            return
        rows, rest = 0, b""
        with self._container.open(path) as stream:
            while block := stream.read(MIB):
                *whole, rest = (rest + block).split(b"</row>")
                rows += sum(1 for row in whole if _CONTENT.search(row))
                if rows > self._limits.rows:
                    raise SpreadsheetRefused("too_many_rows", limit=self._limits.rows)
                if len(rest) > 32 * MIB:
                    return

    def _shared_strings(self) -> SharedStrings:
        path = self._workbook.shared_strings
        if path is None or path not in self._container:
            return SharedStrings(pl.Series([], dtype=pl.String))
        with self._container.open(path) as stream:
            return SharedStrings.read(stream, most=self._limits.cells)

    def _rows(self, path: str) -> Iterator[bytes]:
        """Whole rows; what stands behind them is looked through for merged cells."""
        head, tail, inside, ended = b"", b"", False, False
        with self._container.open(path) as stream:
            for xml in whole_elements(stream, "row"):
                if ended:
                    tail += xml
                    continue
                if not inside:
                    head += xml
                    found = _DATA.search(head)
                    if not found:
                        continue
                    inside, ended, xml = True, bool(found[1]), head[found.end() :]
                if ended:
                    tail, xml = xml, b""
                elif b"sheetData" in xml and (end := _DATA_END.search(xml)):
                    ended, tail, xml = True, xml[end.end() :], xml[: end.start()]
                yield xml
        if not ended:
            raise SpreadsheetRefused("damaged")
        self._merged = self._ranges(tail)

    def _ranges(self, tail: bytes) -> tuple[Range, ...]:
        references = _MERGE.findall(tail)
        if len(references) > self._limits.merged_ranges:
            raise SpreadsheetRefused("bomb", limit=self._limits.unpacked_bytes // MIB)
        return tuple(Range.parse(reference.decode()) for reference in references)

    def _read_rows(self, path: str) -> None:
        """Pieces are taken apart two at a time, and put together in their order."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            under_way: deque[tuple[bytes, Future[list[pl.DataFrame] | None]]] = deque()
            for xml in self._rows(path):
                under_way.append((xml, pool.submit(self._quick, xml)))
                if len(under_way) > 1:
                    self._add(*under_way.popleft())
            while under_way:
                self._add(*under_way.popleft())

    def _quick(self, xml: bytes) -> list[pl.DataFrame] | None:
        raw = quick_cells(xml, with_styles=bool(self._moments))
        return None if raw is None else [self._meant(group) for group in raw]

    def _add(self, xml: bytes, quick: Future[list[pl.DataFrame] | None]) -> None:
        if b"hidden=" in xml:
            self._hidden_rows += len(_HIDDEN.findall(xml))
        groups = quick.result()
        if groups is None:
            self._slow.follow(self._table.last_row)
            groups = [self._meant(group) for group in self._slow.read(xml)]
        self._table.add(groups)

    def _meant(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Raw cells of one kind as row, column, text, mark."""
        text, mark = self._converted(raw["kind"][0], raw)
        meant = raw.select("row", "column", text.alias("text"), mark.alias("mark"), "formula")
        if meant["formula"].any():
            is_result = pl.col("formula") & (pl.col("mark") != int(Mark.ERROR))
            formula = pl.when(is_result).then(pl.lit(int(Mark.FORMULA), pl.UInt8)).otherwise(pl.col("mark"))
            meant = meant.with_columns(formula.alias("mark"))
        return meant.drop("formula").filter(pl.col("text").is_not_null())

    def _converted(self, kind: str, cells: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        value = cells["value"]
        if kind == "s":
            index = value.cast(pl.UInt32)
            return self._strings.texts.gather(index), self._strings.marks.gather(index)
        if kind in ("", "n"):
            return self._numbers(value, cells["style"])
        if kind in ("inlineStr", "str"):
            text = cleaned(value)
            return text, marks_of(text)
        if kind == "b":
            return value.replace({"1": "TRUE", "0": "FALSE"}), _same(Mark.BOOLEAN, len(value))
        if kind == "e":
            return value, _same(Mark.ERROR, len(value))
        if kind == "d":
            return value.str.replace("T", " ").str.strip_suffix(" 00:00:00"), _same(Mark.DATE, len(value))
        raise ValueError(kind)

    def _numbers(self, raw: pl.Series, styles: pl.Series) -> tuple[pl.Series, pl.Series]:
        cells = pl.DataFrame({"raw": raw, "style": styles.replace_strict(self._moments, default=None)})
        odd = cells.filter(~pl.col("raw").str.contains(PLAIN_NUMBER) | pl.col("style").is_not_null()).unique()
        meant = [self._number(*pair) for pair in odd.iter_rows()]
        texts = odd.with_columns(
            text=pl.Series([text for text, _ in meant], dtype=pl.String),
            mark=pl.Series([int(mark) for _, mark in meant], dtype=pl.UInt8),
        )
        found = cells.join(texts, on=["raw", "style"], how="left", nulls_equal=True, maintain_order="left")
        return found["text"].fill_null(found["raw"]), found["mark"].fill_null(int(Mark.NUMBER))

    def _number(self, raw: str, moment: str | None) -> tuple[str, Mark]:
        if moment is None:
            return number_text(raw)
        return moment_text(raw, Moment(moment), starts_1904=self._workbook.starts_1904)


def _same(mark: Mark, length: int) -> pl.Series:
    return pl.repeat(int(mark), length, dtype=pl.UInt8, eager=True)
