"""What stands against what is due: the lines to post and the lines to reverse, with the reason of each.

Nothing is accumulated: a line that is due and stands is left alone, whatever was computed before, so a second run
finds nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from assessment.engine.among import among
from assessment.engine.lines import CAUSE
from assessment.enums import EntryReason
from assessment.rules import RuleBook

DUE = [*CAUSE, "rule_id", "points", "quantity", "kind_id", "unit_id", "happened_on", "cut", "cut_by"]
ORDER = ["person_id", "happened_on", "source", "source_id", "rule_code"]
ADJUSTMENT, SPENDING = "adjustment", "spending"
HAND_MADE = (ADJUSTMENT, SPENDING)
"""Sources of lines that people post; what facts deserve says nothing of them."""

_OF_THE_FACT = ["happened_on", "kind_id", "quantity", "fixed_unit"]
_SAME = [*CAUSE, *_OF_THE_FACT, "points", "cut", "cut_by", "in_force"]
"""Two lines equal in these are the same line. The version of the rule may differ: what it gives is what counts. But it
must be one of the book: of what was withdrawn nothing is known any more, neither effect nor validity."""


@dataclass(frozen=True)
class Difference:
    """`to_post`: columns `DUE`, `ordinal` and `reason`. `to_reverse`: the same and `id`, one row for each line that is
    no longer justified. Both in `ORDER`."""

    to_post: pl.DataFrame
    to_reverse: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        return self.to_post.is_empty() and self.to_reverse.is_empty()


def reconcile(
    expected: pl.DataFrame,
    posted: pl.DataFrame,
    *,
    facts: pl.DataFrame,
    book: RuleBook,
    codes: dict[int, str],
    loose_units: frozenset[str] = frozenset(),
) -> Difference:
    """Compare the lines that are due to the same people's lines in the ledger (columns of `entries.LINES`).

    `codes` gives the code of every rule that a line may carry, `loose_units` the sources whose records do not fix a
    unit: their lines keep the unit they were posted with. Lines adjusted by hand are nobody's here.
    """
    due, standing, spent = _alike(expected, posted, book, codes, loose_units)
    lacking, surplus = _what_differs(due, standing)
    pairs = lacking.join(surplus, on=CAUSE, how="full", coalesce=True, suffix="_old")
    pairs = pairs.join(spent, on=CAUSE, how="left").with_columns(pl.col("spent").fill_null(0))
    pairs = _reasoned(pairs, facts, book)
    stood, is_due = pl.col("id").is_not_null(), pl.col("points").is_not_null()
    to_post = pairs.filter(is_due).with_columns(
        ordinal=pl.col("spent") + stood.cast(pl.Int64) + 1,
        unit_id=pl.when(pl.col("fixed_unit").is_null())
        .then(pl.coalesce("unit_id_old", "unit_id"))
        .otherwise("unit_id"),
    )
    to_reverse = pairs.filter(stood).with_columns(
        *(pl.col(f"{name}_old").alias(name) for name in DUE if name not in CAUSE), ordinal=pl.col("spent") + 1
    )
    return Difference(
        to_post.select(*DUE, "ordinal", "reason").sort(ORDER),
        to_reverse.select(*DUE, "id", "ordinal", "reason").sort(ORDER),
    )


def _what_differs(due: pl.DataFrame, standing: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines due that do not stand, and those that stand and are not due, told apart by 64-bit hashes of `_SAME`:
    first by the sums of each person's, then the lines of the few whose sums differ. That two of a person agree by
    chance happens once in 2⁶⁴."""
    due, standing = _hashed(due), _hashed(standing)
    sums = pl.concat([due.select("person_id", "hash"), standing.select("person_id", hash=-pl.col("hash"))])
    odd = sums.group_by("person_id").agg(pl.col("hash").sum()).filter(pl.col("hash") != 0)["person_id"]
    due, standing = among(due, odd), among(standing, odd)
    line = ["person_id", "hash"]
    return (
        due.join(standing, on=line, how="anti").drop("hash"),
        standing.join(due, on=line, how="anti").drop("hash"),
    )


def _hashed(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.with_columns(hash=lines.select(_SAME).hash_rows().reinterpret(signed=True))


def _alike(
    expected: pl.DataFrame,
    posted: pl.DataFrame,
    book: RuleBook,
    codes: dict[int, str],
    loose_units: frozenset[str],
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The lines due and the lines standing in the same columns and types; and for each cause the number of its
    lines that were reversed (`spent`). `fixed_unit` is null where the record does not fix a unit."""
    words = pl.Enum(sorted({*codes.values(), *expected["rule_code"].cast(pl.String).unique()}))
    origins = pl.Enum(sorted({*posted["source"].unique(), *expected["source"].cast(pl.String).unique()}))
    loose = [source for source in loose_units if source in origins.categories]
    fixed_unit = pl.when(~pl.col("source").is_in(loose)).then("unit_id").alias("fixed_unit")
    due = expected.select(
        pl.col(name).cast(pl.String) if name in ("rule_code", "source", "cut_by") else pl.col(name)
        for name in DUE
    ).with_columns(pl.col("rule_code").cast(words), pl.col("source").cast(origins))
    code = pl.col("rule_id").replace_strict(codes, default=None, return_dtype=pl.String).cast(words)
    lines = posted.filter(~pl.col("source").is_in(HAND_MADE)).with_columns(
        pl.col("source").cast(origins), rule_code=code
    )
    undone = lines["reverses_id"].drop_nulls()
    earned = lines.filter(pl.col("reverses_id").is_null())
    is_undone = pl.col("id").is_in(undone.implode())
    standing, spent = earned.filter(~is_undone), earned.filter(is_undone)
    in_force = pl.col("rule_id").is_in([rule.id for rule in book.rules])
    return (
        due.with_columns(fixed_unit, in_force=pl.lit(True)),
        standing.with_columns(fixed_unit, in_force=in_force),
        spent.group_by(CAUSE).agg(spent=pl.len().cast(pl.Int64)),
    )


def _reasoned(pairs: pl.DataFrame, facts: pl.DataFrame, book: RuleBook) -> pl.DataFrame:
    """The pairs with the `reason` of each. The fact is asked first, then the rules; what is left is room under a
    cap."""
    record = ["person_id", "source", "source_id"]
    origins = pairs.schema["source"]
    alive = (
        facts.join(pairs.select("source_id").unique(), on="source_id", how="semi")
        .select("person_id", pl.col("source").cast(origins, strict=False), "source_id", alive=True)
        .unique()
    )
    asked = pairs.join(alive, on=record, how="left")
    asked = asked.with_columns(same_rules=_same_rules(asked, book))
    is_due = pl.col("points").is_not_null()
    changed = is_due & pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name}_old")) for name in _OF_THE_FACT
    )
    worth = (pl.col("points") + pl.col("cut")).eq(pl.col("points_old") + pl.col("cut_old"))
    reason = (
        pl.when(pl.col("id").is_null())
        .then(pl.lit(EntryReason.EARNED.value))
        .when(pl.col("alive").is_null() | (changed & pl.col("same_rules")))
        .then(pl.lit(EntryReason.CORRECTION.value))
        .when(~pl.col("same_rules"))
        .then(pl.lit(EntryReason.RULE_CHANGE.value))
        .when(is_due & worth)
        .then(pl.lit(EntryReason.CAP_CHANGE.value))
        .otherwise(pl.lit(EntryReason.CORRECTION.value))
    )
    return asked.with_columns(reason=reason)


def _same_rules(pairs: pl.DataFrame, book: RuleBook) -> pl.Series:
    """Whether the version under which the old line was posted still holds on its day."""
    version_of = {rule.id: version.id for version in book.versions for rule in version.rules}

    def holds(rule: int | None, day: date | None) -> bool:
        in_force = book.on(day) if day is not None else None
        return in_force is not None and version_of.get(rule or 0) == in_force.id

    answers = map(holds, pairs["rule_id_old"].to_list(), pairs["happened_on_old"].to_list())
    return pl.Series(list(answers), dtype=pl.Boolean)
