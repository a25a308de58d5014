"""Shapes that the steps hand to one another.

A `ref` names a row that may not exist yet: its id where it does, else a negative number that counts the new ones
from -1 down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from portal.kernel.spreadsheets.sheet import Range, column_index

Schema = dict[str, type[pl.DataType] | pl.DataType]

MISSING = ("no_child", "no_class", "no_school", "no_guardian", "no_name", "no_village")
"""Codes of faults that are an empty cell."""

FAULT: Schema = {"row": pl.UInt32, "column": pl.String, "code": pl.String, "detail": pl.String}
DOUBT: Schema = {
    "key": pl.String,
    "kind": pl.String,
    "row": pl.UInt32,
    "column": pl.String,
    "who": pl.String,
    "other": pl.String,
    "other_row": pl.UInt32,
    "other_path": pl.String,
    "choices": pl.String,
}
CHANGE: Schema = {
    "row": pl.UInt32,
    "column": pl.String,
    "field": pl.String,
    "who": pl.String,
    "old": pl.String,
    "new": pl.String,
}


@dataclass(frozen=True)
class School:
    id: int
    code: str
    name: str
    stage: str
    path: str


def new_refs(count: int) -> pl.Series:
    return pl.Series("ref", range(-1, -1 - count, -1), dtype=pl.Int64)


def shaped(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame with exactly these columns; those it lacks are null."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


def together(frames: Sequence[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *(shaped(frame, schema) for frame in frames)])


class Faults:
    """Gathers what is wrong, at the cell."""

    def __init__(self, found: Sequence[pl.DataFrame] = ()) -> None:
        self._found = list(found)

    def copy(self) -> Faults:
        return Faults(self._found)

    def add(self, rows: pl.DataFrame, column: str | pl.Expr, code: str | pl.Expr) -> None:
        """`rows` has a `row`, and a `detail` where the sentence needs one."""
        if rows.is_empty():
            return
        made = rows.with_columns(
            column=pl.lit(column) if isinstance(column, str) else column,
            code=pl.lit(code) if isinstance(code, str) else code,
        )
        self._found.append(shaped(made, FAULT))

    def explain(self, merged: tuple[Range, ...]) -> None:
        """Cells that are empty because they were merged with another deserve a sentence of their own."""
        missing = self.frame.filter(pl.col("code").is_in(MISSING)).head(10_000)
        covered = [
            (row, letter)
            for row, letter in missing.select("row", "column").iter_rows()
            if any(area.covers(row, column_index(letter)) for area in merged[:1000])
        ]
        cells = pl.DataFrame(covered, schema={"row": pl.UInt32, "column": pl.String}, orient="row")
        explained = shaped(cells.with_columns(code=pl.lit("merged")), FAULT)
        self._found.insert(0, explained)

    @property
    def frame(self) -> pl.DataFrame:
        """One fault a cell: the first that was found."""
        found = together(self._found, FAULT)
        return found.unique(["row", "column"], keep="first", maintain_order=True).sort(
            "row", maintain_order=True
        )
