"""A plan in words: what the pages, the command and the marked workbook show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from accounts.models import Unit
from accounts.scopes import Scope
from parentschool.engine.roster import sentences
from parentschool.engine.roster.planning import Plan
from parentschool.models import SchoolClass
from parentschool.rules.classes import class_name
from portal.kernel.calendar import SchoolYear

SHOWN = 300
"""How many faults, doubts and changes a page holds at most; the marked workbook holds them all."""


@dataclass(frozen=True)
class Report:
    """Plain values, fit for JSON."""

    rows: dict[str, int]
    creates: dict[str, int]
    changed: int
    notes: dict[str, Any]
    faults: list[dict[str, str]]
    doubts: list[dict[str, Any]]
    changes: list[dict[str, str]]
    more: dict[str, int]
    """How many faults, doubts and changes there are beyond those listed."""
    lines: list[dict[str, Any]]
    """What is counted, in words, for a list of this kind."""
    is_ready: bool
    is_empty: bool


def report_on(plan: Plan, *, scope: Scope | None, year: SchoolYear) -> Report:
    """`scope`: where the reader may see people, names from elsewhere being masked; None for the command line."""
    writes = plan.writes
    creates = {name: len(writes.frames()[name]) for name in sentences.CREATED}
    classes = _class_names(plan, year)
    shown = {"faults": plan.faults, "doubts": plan.doubts, "changes": plan.changes}
    return Report(
        rows=dict(plan.rows),
        creates=creates,
        changed=len(plan.changes),
        notes=dict(plan.notes) | {"new_classes": _new_class_names(plan, year)[:60]},
        faults=[fault_words(fault) for fault in plan.faults.head(SHOWN).iter_rows(named=True)],
        doubts=list(doubt_words(plan.doubts.head(SHOWN), scope)),
        changes=[change_words(change, classes) for change in plan.changes.head(SHOWN).iter_rows(named=True)],
        more={name: max(0, len(frame) - SHOWN) for name, frame in shown.items()},
        lines=list(_lines(plan, creates)),
        is_ready=plan.is_ready,
        is_empty=writes.is_empty,
    )


def _lines(plan: Plan, creates: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    rows = sentences.ROWS if plan.of_classes else sentences.ROWS_OF_PEOPLE
    created = sentences.CREATED if plan.of_classes else sentences.CREATED_OF_PEOPLE
    for words, counts in ((rows, plan.rows), (created, creates)):
        for name, word in words.items():
            yield {"words": str(word), "count": counts[name]}


def fault_words(fault: Mapping[str, Any]) -> dict[str, str]:
    sentence = sentences.fault_sentence(fault["code"], fault["detail"])
    return {"where": f"{fault['column']}{fault['row']}", "why": sentence}


def doubt_words(doubts: pl.DataFrame, scope: Scope | None) -> Iterator[dict[str, Any]]:
    others = _places(doubts, scope)
    for doubt in doubts.iter_rows(named=True):
        seen = scope is None or doubt["other_path"] is None or scope.covers(doubt["other_path"])
        if doubt["kind"] == "moved_school":
            other = others.get(doubt["other_path"] or "") or str(sentences.ELSEWHERE)
        else:
            other = doubt["other"] or ""
            other = other if seen else sentences.masked_name(other)
        yield {
            "key": doubt["key"],
            "kind": doubt["kind"],
            "where": f"{doubt['column']}{doubt['row']}",
            "why": sentences.doubt_sentence({**doubt, "other": other}),
            "choices": sentences.choices_of(doubt["kind"], doubt["choices"]),
        }


def change_words(change: Mapping[str, Any], classes: Mapping[str, str]) -> dict[str, str]:
    field = change["field"]
    return {
        "where": f"{change['column']}{change['row']}",
        "who": change["who"],
        "field": str(sentences.FIELDS[field]),
        "old": sentences.shown_value(field, change["old"] or "", classes),
        "new": sentences.shown_value(field, change["new"] or "", classes),
    }


def marks_on(plan: Plan, *, scope: Scope | None, year: SchoolYear) -> Iterator[tuple[int, str, str, str]]:
    """Row, column, kind (fault, doubt, change) and sentence of everything there is to say at a cell."""
    for fault in plan.faults.iter_rows(named=True):
        yield fault["row"], fault["column"], "fault", fault_words(fault)["why"]
    for place, doubt in zip(
        plan.doubts.select("row", "column").iter_rows(), doubt_words(plan.doubts, scope), strict=True
    ):
        yield *place, "doubt", doubt["why"]
    classes = _class_names(plan, year)
    for change in plan.changes.iter_rows(named=True):
        words = change_words(change, classes)
        yield change["row"], change["column"], "change", f"{words['old']} → {words['new']}"


def _places(doubts: pl.DataFrame, scope: Scope | None) -> dict[str, str]:
    """Names of the schools around the classes that a moved child comes from, where the reader may see them."""
    moved = doubts.filter(pl.col("kind") == "moved_school")["other_path"].drop_nulls().unique().to_list()
    seen = [path for path in moved if scope is None or scope.covers(path)]
    classes = SchoolClass.objects.filter(path__in=seen).select_related("school")
    return {row.path: f"{row.school} {row}" for row in classes}


def _class_names(plan: Plan, year: SchoolYear) -> dict[str, str]:
    """By id or ref, as text: as the table of changes has them."""
    changes = plan.changes.filter(pl.col("field") == "class")
    ids = {int(text) for column in ("old", "new") for text in changes[column]}
    stored = SchoolClass.objects.filter(pk__in=[key for key in ids if key > 0])
    names = {str(row.pk): class_name(row.stage, row.entry_year, row.number, year) for row in stored}
    new = plan.writes.classes.select("ref", "stage", "entry_year", "number").iter_rows()
    return names | {str(ref): class_name(stage, entry, number, year) for ref, stage, entry, number in new}


def _new_class_names(plan: Plan, year: SchoolYear) -> list[str]:
    """Told apart by school only where the list covers several."""
    new = plan.writes.classes
    schools = Unit.objects.in_bulk(new["school_id"].unique().to_list()) if len(new) else {}
    several = len(schools) > 1
    return [
        f"{schools[school]} {name}" if several else name
        for school, stage, entry, number in new.drop("ref").iter_rows()
        for name in [class_name(stage, entry, number, year)]
    ]
