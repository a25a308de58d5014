"""Limits by running sums: each stage clips what the stages before it left.

The result is that of asking all limits at once wherever the cells of an earlier stage lie inside those of a later one
(a day in its month): once the wider limit is reached, nothing after it in the cell earns. Where cells cross (a week
over the end of a month, the day over all rules, several rules under one limit), `interplay` finds whom it concerns.
"""

from __future__ import annotations

import polars as pl

from assessment.engine import periods
from assessment.engine.terms import HOLDERS, NUMBERS, Stage, Terms
from assessment.engine.worth import before, overwritten, running
from assessment.enums import Cap


def capped(worth: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """`points` after all limits; `eligible` rows are those that limits may cut, `later` those of a once-only rule
    that are not the first, `cut_n` what the n-th stage took."""
    counted = worth.with_columns(eligible=(pl.col("worth") > 0) & ~pl.col("void"), later=pl.lit(False))
    if terms.once.any():
        counted = _once(counted, terms)
    earns = pl.col("eligible") & ~pl.col("later")
    counted = counted.with_columns(given=pl.when(earns).then("worth").otherwise(0))
    for number, stage in enumerate(terms.stages):
        given = _clip(counted, stage, terms)
        counted = counted.with_columns((pl.col("given") - given).alias(f"cut_{number}"), given=given)
    return counted.with_columns(points=pl.when(pl.col("worth") < 0).then("worth").otherwise("given"))


def cell(stage: Stage, terms: Terms) -> list[pl.Expr]:
    """What names the cell of a row: for whom, over what, when. A row outside any cell has a null."""
    over = {
        "rule": pl.col("rule_code").to_physical().cast(pl.Int64),
        "group": terms.of_rule(terms.groups),
        "all": pl.lit(0, pl.Int64),
    }[stage.over]
    if stage.span == Cap.EVENT:
        when = pl.coalesce(pl.col("event_id"), -pl.col("row").cast(pl.Int64) - 1)
    else:
        when = periods.number(stage.span, pl.col("happened_on")).cast(pl.Int64)
    return [pl.col(HOLDERS[stage.holder]).alias("who"), over.alias("over"), when.alias("when")]


CELL = ["who", "over", "when"]


def _once(counted: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """`later`: what comes after the first row that may earn, for each holder of a once-only rule."""
    for holder, column in HOLDERS.items():
        rules = pl.Series([rule.once == holder for rule in terms.rules], dtype=pl.Boolean)
        if not rules.any():
            continue
        found = counted.filter(terms.of_rule(rules))
        first = [pl.col(column), pl.col("rule_code").to_physical()]
        earlier = before(found, pl.col("eligible").cast(pl.Int64), first, terms)
        counted = overwritten(counted, found.with_columns(later=earlier > 0), "later")
    return counted


def _clip(counted: pl.DataFrame, stage: Stage, terms: Terms) -> pl.Series:
    """`given` after the stage."""
    if stage.is_in_order:
        room = _room_in_order(stage, pl.col("given"), terms)
        return counted.select(pl.min_horizontal("given", room)).to_series()
    full = full_cells(counted, "given", stage, terms)
    room = terms.of_rule(stage.limits) - before(full, pl.col("given"), [pl.col(n) for n in CELL], terms)
    clipped = full.with_columns(given=pl.min_horizontal("given", room.clip(lower_bound=0)))
    return overwritten(counted, clipped, "given")["given"]


def _room_in_order(stage: Stage, value: pl.Expr, terms: Terms) -> pl.Expr:
    """What is left before each row; null where the rule has no such limit."""
    period = periods.number(stage.span, pl.col("happened_on"))
    so_far = running(value, pl.col("first") | period.ne_missing(period.shift()))
    return (terms.of_rule(stage.limits) - so_far).clip(lower_bound=0)


def full_cells(counted: pl.DataFrame, value: str, stage: Stage, terms: Terms) -> pl.DataFrame:
    """All rows of the cells in which `value` exceeds the least of the limits, with the cell's columns."""
    keyed = counted.lazy().select("row", *cell(stage, terms), value, limit=terms.of_rule(stage.limits))
    full = (
        keyed.drop_nulls(CELL)
        .group_by(CELL)
        .agg(pl.col(value).sum(), pl.col("limit").min())
        .filter(pl.col(value) > pl.col("limit"))
        .select(CELL)
        .collect()
    )
    if full.is_empty():
        return counted.clear().with_columns(cell(stage, terms))
    return counted.with_columns(cell(stage, terms)).join(full, on=CELL, how="semi").sort("row")


def explained(counted: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """`cut` and `by`: the limit with the least room, in the order of `Cap` where several leave the same."""
    kept = pl.when(pl.col("worth") < 0).then(0).otherwise(pl.col("worth") - pl.col("points"))
    counted = counted.with_columns(cut=kept, by=pl.lit(0, pl.UInt32))
    cut = pl.col("cut") > 0
    whose = counted.filter(cut).select(terms.joint).unique()
    if whose.is_empty():
        return counted
    theirs = counted.join(whose, on=terms.joint, how="semi").sort("row")
    asked = pl.when("eligible").then("worth").otherwise(0)
    theirs = theirs.with_columns(asked=asked, earned=pl.col("points").clip(lower_bound=0))
    by = pl.when("void").then(NUMBERS[Cap.VOID]).when(pl.col("later")).then(NUMBERS[Cap.ONCE]).otherwise(0)
    theirs = theirs.with_columns(by=pl.when(cut).then(by).otherwise(0).cast(pl.UInt32))
    for stage in sorted(terms.stages, key=lambda stage: NUMBERS[stage.by]):
        bound = pl.col("room") <= pl.col("earned")
        named = cut & (pl.col("by") == 0) & bound.fill_null(False)
        seen = _with_room(theirs, stage, terms).with_columns(
            by=pl.when(named).then(NUMBERS[stage.by]).otherwise("by").cast(pl.UInt32)
        )
        theirs = seen if seen.height == theirs.height else _put(theirs, seen)
    return overwritten(counted, theirs, "by")


def _with_room(theirs: pl.DataFrame, stage: Stage, terms: Terms) -> pl.DataFrame:
    if stage.is_in_order:
        return theirs.with_columns(room=_room_in_order(stage, pl.col("earned"), terms))
    full = full_cells(theirs, "asked", stage, terms)
    so_far = before(full, pl.col("earned"), [pl.col(name) for name in CELL], terms)
    return full.with_columns(room=(terms.of_rule(stage.limits) - so_far).clip(lower_bound=0))


def _put(theirs: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    return theirs.update(seen.select("row", "by"), on="row", how="left")
