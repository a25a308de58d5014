"""Rows of certain people, by a table of marks instead of a join: numbers of people are dense."""

from __future__ import annotations

import polars as pl

SPARSE = 50_000_000
"""Beyond so many places a table of marks is more than a join."""


def among(rows: pl.DataFrame, people: pl.Series) -> pl.DataFrame:
    """The rows, in their order, whose `person_id` is among the people."""
    last = people.max()
    if rows.is_empty() or not isinstance(last, int):
        return rows.clear()
    if last >= SPARSE:
        whose = people.rename("person_id").to_frame()
        return rows.join(whose, on="person_id", how="semi", maintain_order="left")
    marks = pl.repeat(False, last + 1, dtype=pl.Boolean, eager=True).scatter(people, True)
    person = pl.col("person_id")
    return rows.filter((person <= last) & pl.lit(marks).gather(person.clip(0, last)))
