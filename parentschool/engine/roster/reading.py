"""From a sheet to rows that say what they mean, with a fault at each cell that does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from parentschool.engine.roster.frames import Faults, School
from parentschool.engine.roster.guardians import PERSON_NAME, read_contacts
from parentschool.rules.classes import BadClassName, read_class
from parentschool.rules.headers import NO_HEADER, BadHeader, Columns, looks_like_header, read_headers
from parentschool.rules.relations import read_gender
from portal.kernel.calendar import SchoolYear
from portal.kernel.spreadsheets import DOUBTFUL, IDENTIFIER, NAME, Mark, Sheet

HEADER_WITHIN = 15
"""Rows from the top among which the titles are looked for."""

NOTHING = ("无", "没有", "暂无", "未知", "空", "-", "--", "—", "——", "/", "\\", "N/A", "n/a")
"""What people write into a cell to say that there is nothing."""
DITTO = ("同上", "同左", "同前", "〃", "″", '"', "''")
NUMBER_ONLY = r"^[(（]?([0-9]{1,2}|[一二三四五六七八九十]{1,3})[)）]?班?$"

_MARK_CODES = {int(mark): f"mark_{mark.name.lower()}" for mark in DOUBTFUL}


@dataclass(frozen=True)
class Order:
    """What the import is about: the schools it may fill, the school year, and the class of a list without one."""

    schools: tuple[School, ...]
    year: SchoolYear
    is_one_school: bool
    class_text: str = ""


@dataclass(frozen=True)
class Reading:
    """`rows`: row, child, gender, school_id, stage, entry_year, number (null: the only class of its grade).
    `contacts`: row, slot, name, phone, relation, word. Both hold only rows without a fault; `numbers` all."""

    columns: Columns
    rows: pl.DataFrame
    contacts: pl.DataFrame
    numbers: pl.Series
    faults: Faults
    notes: dict[str, int | list[str]] = field(default_factory=dict)


def read_roster(sheet: Sheet, order: Order) -> Reading:
    """Raises BadHeader where the table cannot be understood as a whole."""
    start, columns = _find_columns(sheet, order)
    faults = Faults()
    cells = cells_below(sheet, start, columns.used, columns.child, columns.titles, faults)
    of_class = (columns.class_, columns.grade)
    refuse_doubtful(sheet, start, columns.used, cells, faults, of_class=of_class)
    rows = _children(cells, columns, faults)
    rows = with_units(rows, cells, columns.school_code or columns.school, order, faults)
    rows = _classes(rows, cells, columns, order, faults)
    contacts, words = read_contacts(cells, columns, faults)
    if sheet.merged:
        faults.explain(sheet.merged)
    bad = faults.frame["row"].unique()
    good = ~pl.col("row").is_in(bad.implode())
    notes: dict[str, int | list[str]] = {"unused": list(columns.unused), "relations": words}
    return Reading(columns, rows.filter(good), contacts.filter(good), cells["row"], faults, notes)


def _find_columns(sheet: Sheet, order: Order) -> tuple[int, Columns]:
    """The place of the row of titles in the sheet, and what its columns hold."""
    for place, texts in enumerate(sheet.text.head(HEADER_WITHIN).iter_rows()):
        if looks_like_header([text or "" for text in texts]):
            titles = {letter: text or "" for letter, text in zip(sheet.columns, texts, strict=True)}
            needs_class = not order.class_text
            columns = read_headers(titles, needs_class=needs_class, needs_school=not order.is_one_school)
            return place, replace(columns, row=int(sheet.numbers[place]))
    raise BadHeader(NO_HEADER)


def cells_below(
    sheet: Sheet, start: int, letters: Sequence[str], main: str, titles: dict[str, str], faults: Faults
) -> pl.DataFrame:
    """`row` and the used columns by their letters, below the titles; empty rows, and titles that are repeated in the
    `main` column, left out."""
    used = list(letters)
    body = sheet.text.slice(start + 1).select(
        pl.when(pl.col(letter).is_in(NOTHING)).then(None).otherwise(pl.col(letter)).alias(letter)
        for letter in used
    )
    body = body.insert_column(0, sheet.numbers.slice(start + 1).alias("row"))
    repeated = pl.col(main) == titles[main]
    body = body.filter(pl.any_horizontal(pl.col(used).is_not_null()) & ~repeated.fill_null(value=False))
    for letter in used:
        faults.add(body.filter(pl.col(letter).is_in(DITTO)), letter, "ditto")
    return body


def refuse_doubtful(
    sheet: Sheet,
    start: int,
    letters: Sequence[str],
    cells: pl.DataFrame,
    faults: Faults,
    *,
    of_class: Sequence[str] = (),
) -> None:
    """Cells that a spreadsheet has changed or computed, in the columns that are used."""
    numbers = sheet.numbers.slice(start + 1)
    for letter in letters:
        marks = pl.DataFrame({"row": numbers, "mark": sheet.marks[letter].slice(start + 1)})
        odd = marks.filter(~pl.col("mark").is_in([Mark.EMPTY, Mark.TEXT, Mark.NUMBER]))
        if odd.is_empty():
            continue
        codes = {
            **_MARK_CODES,
            int(Mark.DATE): "class_date" if letter in of_class else "not_text",
            int(Mark.BOOLEAN): "not_text",
        }
        odd = odd.join(cells.select("row"), on="row", how="semi")
        faults.add(odd, letter, pl.col("mark").replace_strict(codes, return_dtype=pl.String))


def _children(cells: pl.DataFrame, columns: Columns, faults: Faults) -> pl.DataFrame:
    child = cells[columns.child]
    rows = cells.select("row", NAME.column(child).alias("child"))
    faults.add(rows.filter(pl.col("child").is_null()), columns.child, "no_child")
    faults.add(rows.filter(~pl.col("child").str.contains(PERSON_NAME)), columns.child, "bad_name")
    if not columns.gender:
        return rows.with_columns(gender=pl.lit(""))
    texts = cells[columns.gender]
    genders = {text: read_gender(text) for text in texts.drop_nulls().unique()}
    rows = rows.with_columns(
        texts.replace_strict(genders, default=None, return_dtype=pl.String).alias("gender")
    )
    faults.add(rows.filter(texts.is_not_null() & pl.col("gender").is_null()), columns.gender, "bad_gender")
    return rows.with_columns(pl.col("gender").fill_null(""))


def with_units(
    rows: pl.DataFrame,
    cells: pl.DataFrame,
    letter: str,
    order: Order,
    faults: Faults,
    *,
    what: str = "school",
) -> pl.DataFrame:
    """Adds `school_id` and `school_stage`; null where the cell names no unit of the order."""
    if not letter:
        school = order.schools[0]
        return rows.with_columns(
            school_id=pl.lit(school.id, pl.Int64), school_stage=pl.lit(school.stage, pl.String)
        )
    texts = cells[letter]
    known = _schools_by_word(order.schools)
    found = {
        text: known.get(IDENTIFIER(text)) or known.get(NAME(text)) for text in texts.drop_nulls().unique()
    }
    if order.is_one_school:
        texts = texts.fill_null(order.schools[0].code)
        found[order.schools[0].code] = [order.schools[0]]
    rows = rows.with_columns(text=texts)
    only = {text: matches[0] for text, matches in found.items() if matches and len(matches) == 1}
    several = [text for text, matches in found.items() if matches and len(matches) > 1]
    faults.add(rows.filter(pl.col("text").is_null()), letter, f"no_{what}")
    faults.add(rows.filter(pl.col("text").is_in(several)), letter, f"which_{what}")
    rest = pl.col("text").is_not_null() & ~pl.col("text").is_in([*only, *several])
    faults.add(rows.filter(rest), letter, f"other_{what}" if order.is_one_school else f"unknown_{what}")
    text = pl.col("text")
    return rows.with_columns(
        school_id=text.replace_strict(
            {word: school.id for word, school in only.items()}, default=None, return_dtype=pl.Int64
        ),
        school_stage=text.replace_strict(
            {word: school.stage for word, school in only.items()}, default=None, return_dtype=pl.String
        ),
    ).drop("text")


def _schools_by_word(schools: tuple[School, ...]) -> dict[str, list[School]]:
    known: dict[str, list[School]] = {}
    for school in schools:
        known.setdefault(NAME(school.name), []).append(school)
    for school in schools:
        known[IDENTIFIER(school.code)] = [school]
    return known


def _classes(
    rows: pl.DataFrame, cells: pl.DataFrame, columns: Columns, order: Order, faults: Faults
) -> pl.DataFrame:
    """Adds `stage`, `entry_year` and `number`, each distinct text read once."""
    nothing = pl.lit(None, pl.String)
    texts = cells.select(
        (pl.col(columns.grade) if columns.grade else nothing).alias("grade"),
        (pl.col(columns.class_) if columns.class_ else nothing).alias("class"),
    )
    rows = rows.hstack(texts)
    letter = columns.class_ or columns.grade or columns.child
    if order.class_text:
        rows = rows.with_columns(pl.col("class").fill_null(order.class_text))
    faults.add(rows.filter(pl.col("class").is_null() & pl.col("grade").is_null()), letter, "no_class")
    keys = ["school_stage", "grade", "class"]
    distinct = rows.select(keys).unique().filter(pl.col("school_stage").is_not_null())
    read = [
        _read_class(stage, grade or "", text or "", order.year) for stage, grade, text in distinct.iter_rows()
    ]
    schema = {"stage": pl.String, "entry_year": pl.Int32, "number": pl.Int32, "detail": pl.String}
    distinct = distinct.hstack(pl.DataFrame(read, schema=schema, orient="row"))
    rows = rows.join(distinct, on=keys, how="left", nulls_equal=True, maintain_order="left")
    faults.add(rows.filter(pl.col("detail") != ""), letter, "class")
    return rows.drop(*keys, "detail")


def _read_class(
    stage: str, grade: str, text: str, year: SchoolYear
) -> tuple[str | None, int | None, int | None, str]:
    """Stage, entry year, number and the sentence of what is wrong."""
    if not text and not grade:
        return None, None, None, ""
    whole = f"{grade}{text}" if grade and pl.Series([text]).str.contains(NUMBER_ONLY)[0] else text or grade
    try:
        named = read_class(whole, school_stage=stage, year=year)
    except BadClassName as refusal:
        return None, None, None, str(refusal)
    return named.stage, named.entry_year, named.number, ""
