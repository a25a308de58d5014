"""What facts entitle people to under the rules: a pure function of data frames, in integers.

Facts are taken in the order of (person, happened_on, source, source_id, order and code of the rule); where rules count
for a family or a child, of (family, happened_on, source, source_id, person, order and code). Each earns the least of
what it is worth and of the room left under every limit that applies; only points given use up room. The limits of a
rule count what its code gave, over all versions, so that a new version in mid-year opens no second room. Rules that
take points away neither use room nor open it; points that are void use none.

The limits are applied one after the other to running sums (`caps`). Where one could give room back to another, those
few people are counted again fact by fact (`interplay`, `one_by_one`).
"""

from __future__ import annotations

import polars as pl

from assessment.engine.caps import capped, explained
from assessment.engine.interplay import to_count_again
from assessment.engine.one_by_one import count_again
from assessment.engine.terms import NAMES, Terms
from assessment.engine.worth import ORDER, overwritten, worth_of
from assessment.rules import RuleBook

CAUSE = ["person_id", "source", "source_id", "rule_code"]
"""What a line stands for: one rule applied to one fact."""

LINE = [
    *CAUSE,
    "rule_id",
    "unit_id",
    "kind_id",
    "happened_on",
    "quantity",
    "points",
    "cut",
    "cut_by",
]
__all__ = ["CAUSE", "LINE", "ORDER", "expected_lines"]


def expected_lines(facts: pl.DataFrame, book: RuleBook) -> pl.DataFrame:
    """The lines (columns `LINE`, in `ORDER`) that facts in the shape of `sources.FACTS`, with the columns of
    `MORE_FACTS` that `book.asks` for, deserve.

    A fact that no rule names gives no line; one that a limit shuts out gives a line of 0 points with `cut`, what it
    was worth more, and `cut_by`. `quantity` is what the rule multiplied by: 1 where it gives each time, 0 where this
    time gives nothing. Where `book.is_shared`, the facts of whole families must be there.
    """
    terms = Terms(book)
    counted = explained(capped(worth_of(facts, terms), terms), terms)
    again = to_count_again(counted, terms)
    if not again.is_empty():
        whole = counted.join(again, on=terms.joint, how="semi").sort("row")
        counted = overwritten(counted, count_again(whole, terms), "points", "cut", "by")
    return counted.with_columns(
        rule_id=terms.of_rule(terms.rule_ids), cut_by=pl.lit(NAMES).gather(pl.col("by"))
    ).select(LINE)
