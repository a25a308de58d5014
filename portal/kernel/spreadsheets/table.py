"""Cells gathered into columns, within the bounds."""

from __future__ import annotations

import polars as pl

from portal.kernel.spreadsheets.errors import SpreadsheetRefused
from portal.kernel.spreadsheets.limits import Limits
from portal.kernel.spreadsheets.sheet import Mark, column_index

_ROW = "row"
_MARK = "!"  # behind a column's letters: the marks of that column


class TableOfColumns:
    """Takes batches of filled cells (row, column, text, mark) in the order of their rows."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._batches: list[pl.DataFrame] = []
        self._columns: set[str] = set()
        self._rows = 0
        self._cells = 0
        self.last_row = 0

    def add(self, groups: list[pl.DataFrame]) -> None:
        """Filled cells of some further rows, each group (row, column, text, mark) in the order of its rows.

        Rows that go back or cells that come twice are a ValueError: the file contradicts itself.
        """
        groups = [group for group in groups if len(group)]
        if not groups:
            return
        if not all(group["row"].is_sorted() for group in groups):
            raise ValueError("rows out of order")
        rows = pl.concat(group["row"].unique(maintain_order=True) for group in groups).unique().sort()
        if rows[0] <= self.last_row:
            raise ValueError("rows out of order")
        self.last_row = int(rows[-1])
        self._rows += len(rows)
        if self._rows > self._limits.rows:
            raise SpreadsheetRefused("too_many_rows", limit=self._limits.rows)
        for group in groups:
            self._bound(group)
        self._batches.append(_pivot(groups, rows))

    def _bound(self, cells: pl.DataFrame) -> None:
        self._columns.update(cells["column"].unique())
        self._cells += len(cells)
        if len(self._columns) > self._limits.columns:
            raise SpreadsheetRefused("too_many_columns", limit=self._limits.columns)
        if self._cells > self._limits.cells:
            raise SpreadsheetRefused("too_many_cells", limit=self._limits.cells)
        longest = cells["text"].str.len_bytes().max()
        if isinstance(longest, int) and longest > self._limits.cell_characters:
            self._refuse_long_cell(cells)

    def _refuse_long_cell(self, cells: pl.DataFrame) -> None:
        long = cells.filter(pl.col("text").str.len_chars() > self._limits.cell_characters)
        if len(long):
            address = f"{long['column'][0]}{long['row'][0]}"
            raise SpreadsheetRefused("cell_too_long", cell=address, limit=self._limits.cell_characters)

    def finish(self) -> tuple[pl.Series, pl.DataFrame, pl.DataFrame]:
        """Row numbers, texts and marks."""
        if not self._batches:
            raise SpreadsheetRefused("no_sheet")
        whole = pl.concat(self._batches, how="diagonal", rechunk=True)
        columns = sorted(self._columns, key=column_index)
        text = whole.select(columns)
        marks = whole.select(pl.col(name + _MARK).fill_null(int(Mark.EMPTY)).alias(name) for name in columns)
        return whole[_ROW].alias(_ROW), text, marks


def _pivot(groups: list[pl.DataFrame], rows: pl.Series) -> pl.DataFrame:
    """One line for each of `rows`, and for each sheet column its texts and its marks."""
    by_column: dict[str, list[list[pl.Series]]] = {}
    for group in groups:
        letters, cells = group["column"], [group["row"], group["text"], group["mark"]]
        for name in letters.unique():
            chosen = letters == name
            by_column.setdefault(name, []).append([series.filter(chosen) for series in cells])
    columns = [rows.alias(_ROW)]
    for name, parts in by_column.items():
        text, mark = _aligned(parts, rows)
        columns += [text.alias(name), mark.alias(name + _MARK)]
    return pl.DataFrame(columns)


def _aligned(parts: list[list[pl.Series]], rows: pl.Series) -> tuple[pl.Series, pl.Series]:
    """One column's cells, with blanks where a row has none."""
    row, text, mark = parts[0]
    if len(parts) == 1 and len(row) == len(rows) and (row == rows).all():
        return text, mark
    cells = pl.concat(pl.DataFrame({"row": r, "text": t, "mark": m}) for r, t, m in parts).sort("row")
    if cells["row"].is_duplicated().any():
        raise ValueError("a cell comes twice")
    cells = rows.alias("row").to_frame().join(cells, on="row", how="left", maintain_order="left")
    return cells["text"], cells["mark"]
