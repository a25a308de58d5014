"""What a column of an export is: its title, and how its values are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import polars as pl
from django.utils import timezone

from portal.kernel.spreadsheets.safety import safe_text


class Kind(Enum):
    TEXT = "text"  # names, and every number that is a name: phones, codes
    INTEGER = "integer"
    DECIMAL = "decimal"
    PERCENT = "percent"  # 0.25 is written as 25.0%
    DATE = "date"
    MOMENT = "moment"  # local wall clock, to the minute


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: Kind = Kind.TEXT
    width: float | None = None  # in characters; None fits the title and the kind

    @property
    def shown_width(self) -> float:
        title = sum(2 if ord(character) > 0x2E7F else 1 for character in self.title) + 4
        return self.width or max(title, _WIDTHS.get(self.kind, 10))


_WIDTHS = {Kind.TEXT: 14.0, Kind.DATE: 12.0, Kind.MOMENT: 18.0}
_EPOCH = date(1899, 12, 30)
_EPOCH_MOMENT = datetime(1899, 12, 30)  # noqa: DTZ001 (cells know no zone)


def series_of(values: Sequence[Any], kind: Kind) -> pl.Series:
    """One column's Python values as a series that `texts_of` takes."""
    if kind is Kind.TEXT:
        return _text_series(values)
    if kind is Kind.INTEGER:
        return pl.Series(values, dtype=pl.Int64)
    if kind in (Kind.DECIMAL, Kind.PERCENT):
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    return pl.Series(values, dtype=pl.Date if kind is Kind.DATE else None)


def _text_series(values: Sequence[Any]) -> pl.Series:
    try:
        return pl.Series(values, dtype=pl.String)
    except (TypeError, ValueError, pl.exceptions.PolarsError):
        # lazy translations, numbers in a text column, lone surrogates
        return pl.Series(
            [None if value is None else safe_text(str(value)) for value in values], dtype=pl.String
        )


def text_of_numbers(series: pl.Series, kind: Kind) -> pl.Series:
    """Numbers and dates as the digits that stand in the file; no-numbers become null."""
    if kind is Kind.DATE:
        return (series.cast(pl.Date) - _EPOCH).dt.total_days().cast(pl.String)
    if kind is Kind.MOMENT:
        return _serials(series).cast(pl.String)
    if series.dtype.is_float():
        series = series.to_frame("x").select(pl.when(pl.col("x").is_finite()).then(pl.col("x")))["x"]
    return series.cast(pl.String)


def _serials(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Null:
        return series.cast(pl.Float64)
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone:
        zone = timezone.get_current_timezone_name()
        series = series.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return (series.cast(pl.Datetime("us")) - _EPOCH_MOMENT).dt.total_seconds() / 86400
