"""Notes beside the same cells in a new workbook, for sheets too large to carry their formatting along."""

from __future__ import annotations

from typing import IO

import polars as pl

from portal.kernel.spreadsheets.columns import Column, Kind
from portal.kernel.spreadsheets.notes import LIST_COLUMNS, LIST_TITLE, NOTE_TITLE, Notes
from portal.kernel.spreadsheets.parts import Style
from portal.kernel.spreadsheets.sheet import Sheet, column_index, column_letters
from portal.kernel.spreadsheets.writing import TableWriter

_GAP = 10_000  # blank rows that are worth keeping so that row numbers stay


def annotate_rewritten(target: IO[bytes], sheet: Sheet, notes: Notes) -> None:
    frame, numbers = _at_their_places(sheet)
    letters = _letters(sheet, frame, notes)
    frame = frame.select(
        pl.lit(None, pl.String).alias(name) if name not in frame.columns else pl.col(name) for name in letters
    )
    titles = frame.row(0) if numbers[0] == 1 else [None] * len(letters)
    body, rows = (frame.slice(1), numbers.slice(1)) if numbers[0] == 1 else (frame, numbers)
    columns = [Column(title or "") for title in titles]
    columns.append(Column(str(NOTE_TITLE) if notes.header_row == 1 else "", width=60))
    with TableWriter(target, columns, sheet_name=sheet.name or "1") as table:
        table.write_frame(body.with_columns(_sentences(rows, notes)), styles=_styles(rows, letters, notes))
        widths = (8, 8, 24, 72)
        table.next_table(
            [
                Column(str(title), Kind.INTEGER if place == 0 else Kind.TEXT, width=widths[place])
                for place, title in enumerate(LIST_COLUMNS)
            ],
            sheet_name=str(LIST_TITLE),
        )
        table.write_rows(notes.listed(sheet))


def _at_their_places(sheet: Sheet) -> tuple[pl.DataFrame, pl.Series]:
    """Blank rows come back, unless there are thousands of them."""
    last = int(sheet.numbers[-1])
    if last > len(sheet) + _GAP:
        return sheet.text, sheet.numbers
    every = pl.int_range(1, last + 1, dtype=pl.UInt32, eager=True).alias("row number")
    filled = sheet.text.with_columns(sheet.numbers.alias("row number"))
    frame = every.to_frame().join(filled, on="row number", how="left", maintain_order="left")
    return frame.drop("row number"), every


def _letters(sheet: Sheet, frame: pl.DataFrame, notes: Notes) -> list[str]:
    """All columns up to the last, but for an earlier column of sentences at the end."""
    columns = list(sheet.columns)
    header = sheet.text.filter(sheet.numbers == notes.header_row)
    if len(header) and header[columns[-1]][0] == str(NOTE_TITLE):
        columns.pop()
    return [column_letters(index) for index in range(column_index(columns[-1]) + 1)] if columns else []


def _sentences(rows: pl.Series, notes: Notes) -> pl.Series:
    texts = dict(notes.by_row)
    if notes.header_row != 1:
        texts[notes.header_row] = str(NOTE_TITLE)
    return pl.Series("sentences", [texts.get(row) for row in rows], dtype=pl.String)


def _styles(rows: pl.Series, letters: list[str], notes: Notes) -> pl.DataFrame:
    faulty: dict[str, list[int]] = {}
    for row, column, _text in notes.in_order:
        faulty.setdefault(column, []).append(row)
    frame = rows.to_frame("row")
    return frame.select(
        *(
            pl.when(pl.col("row").is_in(faulty.get(name, [])))
            .then(pl.lit(int(Style.FAULT), pl.UInt8))
            .otherwise(pl.lit(int(Style.TEXT), pl.UInt8))
            .alias(name)
            for name in letters
        ),
        pl.lit(int(Style.NOTE), pl.UInt8).alias("sentences"),
    )
