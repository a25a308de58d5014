"""What a list of people would create and change, as values: the same list against the same records, the same plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from parentschool.engine.neighbours.reading import PeopleReading
from parentschool.engine.roster.frames import CHANGE, DOUBT, FAULT, Schema, new_refs, shaped, together
from parentschool.engine.roster.planning import WRITES, Plan, Writes, unanswered
from parentschool.rules.neighbours import Entry, Outcome, Records, Row, recognise
from parentschool.rules.people_headers import PeopleColumns


def make_people_plan(
    reading: PeopleReading,
    records: Records,
    memberships: pl.DataFrame,
    present: int,
    decisions: Mapping[str, str],
    *,
    school_year: int,
) -> Plan:
    """`reading.rows` carry their `phone_index`; `memberships` those of the villages that named people hold, of any
    year; `present`: learners of the villages this year; `decisions` answer doubts by their key."""
    rows = _rows(reading.rows)
    outcome = recognise(rows, records, decisions)
    phones = dict(reading.rows.select("row", "phone").iter_rows())
    writes, changes = _writes(outcome, memberships, reading.columns, phones, school_year)
    faults = _faults(reading, outcome)
    doubts = _doubts(outcome, reading.columns)
    open_doubts = unanswered(doubts, dict(decisions))
    strange = sum(
        1 for row in rows if row.child and not records.guardians.get((row.village, row.name, row.child))
    )
    here = memberships.filter(pl.col("school_year") == school_year)
    listed = {entry.person.person for entry in outcome.entries if entry.person}
    return Plan(
        header_row=reading.columns.row,
        writes=writes,
        faults=faults,
        doubts=doubts,
        open_doubts=open_doubts,
        changes=changes,
        rows=_count_rows(reading, outcome, writes, changes, faults, open_doubts),
        notes={
            "unused": list(reading.columns.unused),
            "kept": sorted(outcome.kept),
            "absent_people": present - len(here.filter(pl.col("person_id").is_in(listed))),
            "strange_children": strange,
        },
        of_classes=False,
    )


def _rows(rows: pl.DataFrame) -> list[Row]:
    columns = ("row", "school_id", "name", "phone_index", "household", "child")
    return [
        Row(number, village, name, phone or "", household, child)
        for number, village, name, phone, household, child in rows.sort("row").select(columns).iter_rows()
    ]


def _writes(
    outcome: Outcome,
    memberships: pl.DataFrame,
    columns: PeopleColumns,
    phones: Mapping[int, str],
    school_year: int,
) -> tuple[Writes, pl.DataFrame]:
    held, before = _held(memberships, school_year)
    people, learners, households, renumbered, renamed, changes = [], [], [], [], [], []
    strangers = [entry for entry in outcome.entries if entry.person is None]
    refs = dict(zip(map(id, strangers), new_refs(len(strangers)), strict=True))
    for entry in outcome.entries:
        ref = entry.person.person if entry.person else refs[id(entry)]
        number = entry.number
        if entry.person is None:
            first = entry.rows[0]
            phone = phones[number.number] if number else None
            people.append((ref, entry.name, phone, number.phone if number else None, first.village))
        elif number is not None:
            renumbered.append((ref, phones[number.number], number.phone))
            new = phones[number.number]
            changes.append((number.number, columns.phone, "phone", entry.name, entry.person.tail, new))
        if entry.person and entry.called:
            renamed.append((ref, entry.name))
            changes.append(
                (entry.called.number, columns.name, "name", entry.name, entry.person.name, entry.name)
            )
        for village, household in entry.places.items():
            there = held.get((ref, village))
            if there is None:
                learners.append((ref, village, household or before.get((ref, village), "")))
            elif household and household != there[1]:
                households.append((there[0], household))
                row = next(row for row in entry.rows if row.village == village and row.household)
                changes.append((row.number, columns.household, "household", entry.name, there[1], household))
    writes = Writes.of(
        people=_frame(people, WRITES["people"]),
        memberships=_frame(learners, WRITES["memberships"]),
        renumbered=_frame(renumbered, WRITES["renumbered"]),
        renamed=_frame(renamed, WRITES["renamed"]),
        households=_frame(households, WRITES["households"]),
    )
    shown = _frame(changes, CHANGE)
    return writes, shown.sort("row", "column")


def _frame(rows: Sequence[tuple[Any, ...]], schema: Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def _held(
    memberships: pl.DataFrame, school_year: int
) -> tuple[dict[tuple[int, int], tuple[int, str]], dict[tuple[int, int], str]]:
    """By person and village: the membership of the year with its household, and the household of earlier years."""
    held: dict[tuple[int, int], tuple[int, str]] = {}
    before: dict[tuple[int, int], str] = {}
    for row in memberships.sort("school_year").iter_rows(named=True):
        key = (row["person_id"], row["school_id"])
        if row["school_year"] == school_year:
            held[key] = (row["membership_id"], row["household"])
        elif row["household"]:
            before[key] = row["household"]
    return held, before


def _faults(reading: PeopleReading, outcome: Outcome) -> pl.DataFrame:
    columns = reading.columns
    at = {"name": columns.name, "phone": columns.phone or columns.name, "household": columns.household}
    found = [(fault.row, at[fault.column], fault.code, fault.detail) for fault in outcome.faults]
    faults = reading.faults.copy()
    for row, letter, code, detail in found:
        faults.add(pl.DataFrame({"row": [row], "detail": [detail]}), letter, code)
    return shaped(faults.frame, FAULT)


def _doubts(outcome: Outcome, columns: PeopleColumns) -> pl.DataFrame:
    rows = [
        {
            "key": doubt.key,
            "kind": doubt.kind,
            "row": doubt.row,
            "column": columns.name if doubt.kind == "person_twice" else columns.phone,
            "who": doubt.who,
            "other": doubt.other,
            "other_row": doubt.other_row,
            "other_path": doubt.other_path,
            "choices": doubt.choices,
        }
        for doubt in outcome.doubts
    ]
    return together([pl.DataFrame(rows, schema=DOUBT)], DOUBT).sort("row", "kind")


def _count_rows(
    reading: PeopleReading,
    outcome: Outcome,
    writes: Writes,
    changes: pl.DataFrame,
    faults: pl.DataFrame,
    doubts: pl.DataFrame,
) -> dict[str, int]:
    """Each row once: an error before a doubt, somebody new before a change."""
    wrong, asked = set(faults["row"]), set(doubts["row"])
    enrolled = set(writes.memberships.select("person_ref", "school_id").iter_rows())
    changed = set(changes["row"])
    counted = dict.fromkeys(("create", "update", "same", "suspect", "error"), 0)
    counted["error"] = sum(number in wrong for number in reading.numbers)
    for entry in outcome.entries:
        for row in entry.rows:
            if row.number in wrong:
                continue
            counted[_status(entry, row, asked, enrolled, changed)] += 1
    return counted


def _status(
    entry: Entry, row: Row, asked: set[int], enrolled: set[tuple[int, int]], changed: set[int]
) -> str:
    if row.number in asked:
        return "suspect"
    if entry.person is None:
        return "create"
    is_learner = (entry.person.person, row.village) not in enrolled
    return "same" if is_learner and row.number not in changed else "update"
