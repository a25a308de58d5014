"""Facts joined with the rules that name them, and what each is worth before any limit."""

from __future__ import annotations

import polars as pl

from assessment.engine import periods
from assessment.engine.terms import HOLDERS, Terms
from assessment.enums import Cap, Effect, Holder, Per
from assessment.rules import HOUR_MINUTES, LESSON_MINUTES, Rule

ORDER = ["person_id", "rule_code", "happened_on", "source", "source_id"]

MINUTES = {Per.LESSON: LESSON_MINUTES, Per.HOUR: HOUR_MINUTES}


def worth_of(facts: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """One row for each fact and rule that names it, in `ORDER` and numbered by `row`: `quantity` and `worth`, whether
    it is `void`, and where the rows of a person and rule begin (`first`)."""
    rows = _joined(facts, terms)
    rows = _voided(rows, terms) if terms.voids else rows.with_columns(void=pl.lit(False))
    return _multiplied(rows, terms).with_columns(worth=terms.of_rule(terms.points) * pl.col("quantity"))


def _joined(facts: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    kind = pl.coalesce("item_id", "kind_id") if "item_id" in terms.asks else pl.col("kind_id")
    kinds = facts.select("source", kind=kind.fill_null(0)).unique()
    version = terms.begins.search_sorted(facts["happened_on"].to_physical(), side="right")
    return (
        facts.lazy()
        .with_columns(version=version.cast(pl.Int32), kind=kind.fill_null(0))
        .join(terms.matching(kinds).lazy(), on=["version", "source", "kind"])
        .filter(*terms.conditions())
        .select(
            "person_id",
            "rule_code",
            "happened_on",
            pl.col("source").cast(terms.sources),
            "source_id",
            "rule",
            "unit_id",
            "kind_id",
            *_holders(terms),
            *(["event_id"] if "event_id" in terms.asks else []),
            quantity=_measured(terms),
        )
        .sort(ORDER)
        .with_row_index("row")
        .with_columns(first=begins("person_id", "rule_code"))
        .collect()
    )


def _holders(terms: Terms) -> list[pl.Expr]:
    """People, families and children as numbers that never meet. Without a family a person is one alone; a fact that
    names no child counts for the family as a whole."""
    if not terms.is_shared:
        return []
    family = pl.coalesce(pl.col("family_id") * 3 + 1, pl.col("person_id") * 3).alias("family")
    if "child_id" not in terms.asks:
        return [family]
    return [family, pl.coalesce(pl.col("child_id") * 3 + 2, family).alias("child")]


def _measured(terms: Terms) -> pl.Expr:
    """The quantity by `per`, and by table where a table does not speak of times."""
    per = terms.of_rule(
        pl.Series([list(Per).index(rule.measured_by) for rule in terms.rules], dtype=pl.UInt8)
    )
    quantity = pl.when(per == list(Per).index(Per.QUANTITY)).then(pl.col("quantity")).otherwise(1)
    for unit, minutes in MINUTES.items():
        if any(rule.measured_by == unit for rule in terms.rules):
            periods_of_it = pl.col("minutes").fill_null(0) // minutes
            quantity = pl.when(per == list(Per).index(unit)).then(periods_of_it).otherwise(quantity)
    for number, rule in enumerate(terms.rules):
        if rule.steps and rule.per != Per.OCCURRENCE:
            quantity = pl.when(pl.col("rule") == number).then(_step(rule, quantity)).otherwise(quantity)
    return quantity


def _step(rule: Rule, number: pl.Expr) -> pl.Expr:
    gives = pl.lit(0, pl.Int64)
    for least, points in sorted(rule.steps):
        gives = pl.when(number >= least).then(pl.lit(points, pl.Int64)).otherwise(gives)
    return gives


def _voided(rows: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Points of an event are void where a rule that voids names a fact of the same person and event."""
    event = ["person_id", "event_id"]
    lost = rows.filter(pl.col("rule").is_in(terms.voids)).select(event).drop_nulls().unique()
    earns = pl.Series([rule.effect == Effect.EARN for rule in terms.rules], dtype=pl.Boolean)
    return rows.join(
        lost.with_columns(lost=pl.lit(True)), on=event, how="left", maintain_order="left"
    ).with_columns(void=pl.col("lost").fill_null(False) & terms.of_rule(earns))


def _multiplied(rows: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Rules that count times: the so-many-th time within a period, by table or every third."""
    for number, rule in enumerate(terms.rules):
        if not rule.counts_times:
            continue
        same = pl.col("rule_code") == rule.code
        theirs = rows.filter(same)
        period = periods.number(Cap(rule.span), pl.col("happened_on"))
        cell = [pl.col(HOLDERS[Holder(rule.counted_for)]), period]
        times = before(theirs, (~pl.col("void")).cast(pl.Int64), cell, terms) + 1
        counted = theirs.with_columns(times=times).filter(pl.col("rule") == number)
        quantity = pl.col("quantity")
        if rule.steps and rule.per == Per.OCCURRENCE:
            quantity = _step(rule, pl.col("times")) - _step(rule, pl.col("times") - 1)
        if rule.every > 1:
            quantity = pl.when(pl.col("times") % rule.every == 0).then(quantity).otherwise(0)
        rows = overwritten(rows, counted.with_columns(quantity=quantity), "quantity")
    return rows


# ── Running sums ─────────────────────────────────────────────────────────────


def begins(*columns: str | pl.Expr) -> pl.Expr:
    """Where a group of equal rows begins, in a sorted frame without nulls in these columns."""
    parts = [pl.col(column) if isinstance(column, str) else column for column in columns]
    return pl.any_horizontal(part.ne_missing(part.shift()) for part in parts)


def running(value: pl.Expr, begins: pl.Expr) -> pl.Expr:
    """The sum inside a group before each row: the global running sum minus its value at the group's first row."""
    so_far = value.cum_sum() - value
    return so_far - pl.when(begins).then(so_far).forward_fill()


def before(rows: pl.DataFrame, value: pl.Expr, cell: list[pl.Expr], terms: Terms) -> pl.Series:
    """The sum of `value` over the rows of the same cell that come before each row in time."""
    names = [f"cell_{number}" for number in range(len(cell))]
    keyed = rows.select(
        *(part.alias(name) for part, name in zip(cell, names, strict=True)),
        *(column for column in terms.in_time if column != "order"),
        order=terms.of_rule(terms.orders),
        value=value,
        at=pl.int_range(pl.len()),
    ).sort([*names, *terms.in_time])
    summed = keyed.select("at", so_far=running(pl.col("value"), begins(*names)))
    return summed.sort("at")["so_far"]


def overwritten(rows: pl.DataFrame, fresh: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with these columns of the fresh rows put in their places, by `row`."""
    return rows.with_columns(
        rows[column].scatter(fresh["row"], fresh[column].cast(rows.schema[column])) for column in columns
    )
