"""A ledger in memory: what the reconciliation says is posted as the real ledger would post it."""

from __future__ import annotations

from datetime import date

import polars as pl

from assessment import ledger
from assessment.engine.lines import expected_lines
from assessment.engine.reconcile import Difference, reconcile
from assessment.queries.entries import LINES
from assessment.rules import RuleBook
from tests.assessment import strategies
from tests.assessment.slow import Fact


class Book:
    def __init__(self) -> None:
        self.lines = pl.DataFrame(schema={**LINES, "key": pl.String, "reason": pl.String})
        self.codes: dict[int, str] = {}

    def night(
        self, facts: list[Fact], book: RuleBook, day: date, people: set[int] | None = None
    ) -> Difference:
        """Look at these people (or at all), post, and say what was posted."""
        self.codes |= {rule.id: rule.code for version in book.versions for rule in version.rules}
        frame = strategies.frame([fact for fact in facts if people is None or fact.person in people])
        posted = self.lines if people is None else self.lines.filter(pl.col("person_id").is_in(list(people)))
        difference = reconcile(
            expected_lines(frame, book), posted.select(list(LINES)), facts=frame, book=book, codes=self.codes
        )
        fresh = ledger.lines_of(difference, day)
        ids = pl.Series(
            "id", range(self.lines.height + 1, self.lines.height + fresh.height + 1), dtype=pl.Int64
        )
        self.lines = pl.concat(
            [
                self.lines,
                fresh.with_columns(ids).select(pl.col(n).cast(t) for n, t in self.lines.schema.items()),
            ]
        )
        return difference

    @property
    def standing(self) -> set[tuple[object, ...]]:
        """Lines that nothing has reversed, without the version that first gave them."""
        undone = set(self.lines["reverses_id"].drop_nulls())
        return {
            (
                row["person_id"],
                row["source"],
                row["source_id"],
                self.codes[row["rule_id"]],
                row["happened_on"],
                row["unit_id"],
                row["kind_id"],
                row["quantity"],
                row["points"],
                row["cut"],
                row["cut_by"],
            )
            for row in self.lines.iter_rows(named=True)
            if row["reverses_id"] is None and row["id"] not in undone
        }

    def totals(self) -> dict[int, int]:
        return dict(self.lines.group_by("person_id").agg(pl.col("points").sum()).iter_rows())


def deserved(facts: list[Fact], book: RuleBook) -> set[tuple[object, ...]]:
    names = ("person_id", "source", "source_id", "rule_code", "happened_on", "unit_id", "kind_id", "quantity")
    lines = expected_lines(strategies.frame(facts), book)
    return set(lines.select(*names, "points", "cut", "cut_by").iter_rows())
