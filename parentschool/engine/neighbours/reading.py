"""From a sheet to rows of people, with a fault at each cell that is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from parentschool.engine.roster.frames import Faults
from parentschool.engine.roster.guardians import MOBILE, NO_PHONE, PERSON_NAME
from parentschool.engine.roster.reading import (
    HEADER_WITHIN,
    Order,
    cells_below,
    refuse_doubtful,
    with_units,
)
from parentschool.models.families import HOUSEHOLD_LENGTH
from parentschool.rules.headers import BadHeader
from parentschool.rules.people_headers import (
    NO_HEADER,
    PeopleColumns,
    looks_like_people,
    names_a_village,
    read_people_headers,
)
from portal.kernel.spreadsheets import CELL, NAME, PHONE, Sheet


@dataclass(frozen=True)
class PeopleReading:
    """`rows`: row, school_id, name, phone, household, child; only those without a fault. `numbers` holds all."""

    columns: PeopleColumns
    rows: pl.DataFrame
    numbers: pl.Series
    faults: Faults


def is_list_of_people(sheet: Sheet) -> bool:
    """Whether a list for several units is one of villages."""
    return any(
        names_a_village([text or "" for text in texts])
        for texts in sheet.text.head(HEADER_WITHIN).iter_rows()
    )


def read_people(sheet: Sheet, order: Order) -> PeopleReading:
    """Raises BadHeader where the table cannot be understood as a whole."""
    start, columns = _find_columns(sheet, order)
    faults = Faults()
    cells = cells_below(sheet, start, columns.used, columns.name, columns.titles, faults)
    refuse_doubtful(sheet, start, columns.used, cells, faults)
    rows = cells.select("row", NAME.column(cells[columns.name]).alias("name"))
    faults.add(rows.filter(pl.col("name").is_null()), columns.name, "no_name")
    faults.add(rows.filter(~pl.col("name").str.contains(PERSON_NAME)), columns.name, "bad_name")
    rows = rows.with_columns(
        _phones(cells, columns.phone, faults).alias("phone"),
        _households(cells, columns.household, faults).alias("household"),
        _texts(cells, columns.child).alias("child"),
    )
    rows = with_units(rows, cells, columns.village_code or columns.village, order, faults, what="village")
    if sheet.merged:
        faults.explain(sheet.merged)
    good = ~pl.col("row").is_in(faults.frame["row"].unique().implode())
    return PeopleReading(columns, rows.filter(good).drop("school_stage"), cells["row"], faults)


def _find_columns(sheet: Sheet, order: Order) -> tuple[int, PeopleColumns]:
    for place, texts in enumerate(sheet.text.head(HEADER_WITHIN).iter_rows()):
        if looks_like_people([text or "" for text in texts]):
            titles = {letter: text or "" for letter, text in zip(sheet.columns, texts, strict=True)}
            columns = read_people_headers(titles, needs_village=not order.is_one_school)
            return place, replace(columns, row=int(sheet.numbers[place]))
    raise BadHeader(NO_HEADER)


def _texts(cells: pl.DataFrame, letter: str) -> pl.Series:
    if not letter:
        return pl.Series([""]).new_from_index(0, len(cells))
    return NAME.column(cells[letter]).fill_null("")


def _phones(cells: pl.DataFrame, letter: str, faults: Faults) -> pl.Series:
    if not letter:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(cells))
    phone = PHONE.column(cells[letter])
    phone = phone.set(phone.is_in(NO_PHONE), None)
    faults.add(cells.filter(phone.is_not_null() & ~phone.str.contains(MOBILE)), letter, "bad_phone")
    return phone


def _households(cells: pl.DataFrame, letter: str, faults: Faults) -> pl.Series:
    if not letter:
        return pl.Series([""]).new_from_index(0, len(cells))
    household = CELL.column(cells[letter]).fill_null("")
    faults.add(cells.filter(household.str.len_chars() > HOUSEHOLD_LENGTH), letter, "long_household")
    return household
