"""The periods of `portal.kernel.calendar` as numbers in a data frame: equal number, equal period."""

from __future__ import annotations

import polars as pl

from assessment.enums import Cap

_MONDAY = 3
"""Days from a Monday to 1 January 1970."""


def number(cap: Cap, day: pl.Expr) -> pl.Expr:
    """The day, week (from Monday), month, term, school year or calendar year in which a day lies; one for ever."""
    if cap == Cap.DAY:
        return day.to_physical()
    if cap == Cap.WEEK:
        return (day.to_physical() + _MONDAY) // 7
    if cap == Cap.EVER:
        return day.to_physical() * 0
    year, month = day.dt.year(), day.dt.month().cast(pl.Int32)
    if cap == Cap.CALENDAR:
        return year
    if cap == Cap.MONTH:
        return year * 12 + month
    school_year = year - (month < 9).cast(pl.Int32)
    if cap == Cap.YEAR:
        return school_year
    return school_year * 2 + month.is_between(2, 8).cast(pl.Int32)
