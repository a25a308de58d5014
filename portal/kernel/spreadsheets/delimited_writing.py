"""csv out, for programs and for people: with a mark that makes Excel read UTF-8, and disarmed cells."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

import polars as pl

from portal.kernel.spreadsheets.columns import Column, Kind, series_of
from portal.kernel.spreadsheets.safety import guarded, guarded_column

BATCH = 4_000  # rows


def write_csv(target: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """One table as csv in UTF-8; texts that a spreadsheet would run get a leading apostrophe."""
    for block in csv_blocks(columns, rows):
        target.write(block)


def csv_blocks(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The same piece by piece, for a streaming response."""
    titles = [guarded(column.title) for column in columns]
    header = pl.DataFrame([titles], schema=[str(place) for place in range(len(titles))], orient="row")
    yield codecs.BOM_UTF8 + _csv(header)
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        values = zip(zip(*batch, strict=True), columns, strict=True)
        yield _csv(
            pl.DataFrame({str(place): _texts(cells, column) for place, (cells, column) in enumerate(values)})
        )


def _texts(cells: Sequence[Any], column: Column) -> pl.Series:
    series = series_of(cells, column.kind)
    return guarded_column(series) if column.kind is Kind.TEXT else series


def _csv(frame: pl.DataFrame) -> bytes:
    return frame.write_csv(
        include_header=False,
        line_terminator="\r\n",
        datetime_format="%Y-%m-%d %H:%M",
        quote_style="necessary",
    ).encode()
