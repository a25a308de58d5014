"""Where running sums are not the whole truth: the people whose limits may give room back to each other."""

from __future__ import annotations

from itertools import combinations

import polars as pl

from assessment.engine.caps import CELL, cell
from assessment.engine.terms import HOLDERS, Stage, Terms


def to_count_again(counted: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """The holders (`terms.joint`) to count fact by fact.

    A stage may have taken too much where a later stage took some in the same cell, unless the whole cell lies in one
    cell of the later stage, which is then full. A once-only rule may have given to nobody where its first row earned
    nothing. And versions may differ: in their limits inside one cell, in once, in who holds.
    """
    found = [counted.select(terms.joint).clear()]
    cutting = [
        (number, stage) for number, stage in enumerate(terms.stages) if (counted[f"cut_{number}"] > 0).any()
    ]
    found += [
        _crossing(counted, number, earlier, other, later, terms)
        for (number, earlier), (other, later) in combinations(cutting, 2)
        if not earlier.is_inside(later)
    ]
    found += [_varying(counted, stage, terms) for stage in terms.stages if stage.may_vary]
    if terms.once.any():
        found.append(_lost_their_first(counted, terms))
        found.append(_mixed(counted, terms.codes_where_varies("once"), terms))
    found.append(_mixed(counted, terms.codes_where_varies("shared"), terms))
    return pl.concat(found).unique()


def _crossing(
    counted: pl.DataFrame, number: int, earlier: Stage, other: int, later: Stage, terms: Terms
) -> pl.DataFrame:
    keyed = counted.lazy().with_columns(cell(earlier, terms)).drop_nulls(CELL)
    took = keyed.filter(pl.col(f"cut_{number}") > 0).select(CELL).unique()
    lost = keyed.filter(pl.col(f"cut_{other}") > 0).select(CELL).unique()
    both = took.join(lost, on=CELL, how="semi").collect()
    if both.is_empty():
        return counted.select(terms.joint).clear()
    inside = counted.with_columns(cell(earlier, terms)).join(both, on=CELL, how="semi")
    names = [part.alias(f"later_{name}") for part, name in zip(cell(later, terms), CELL, strict=True)]
    return (
        inside.select(*CELL, terms.joint, pl.struct(names).alias("later"))
        .with_columns(apart=pl.col("later").n_unique().over(CELL))
        .filter(pl.col("apart") > 1)
        .select(terms.joint)
    )


def _varying(counted: pl.DataFrame, stage: Stage, terms: Terms) -> pl.DataFrame:
    """Cells with different limits, where the least of them may have bound."""
    return (
        counted.filter(pl.col("eligible"))
        .select(terms.joint, *cell(stage, terms), "worth", limit=terms.of_rule(stage.limits))
        .drop_nulls(CELL)
        .group_by(CELL)
        .agg(
            pl.col(terms.joint).first(),
            pl.col("limit").n_unique().alias("limits"),
            pl.col("limit").min(),
            pl.col("worth").sum().alias("asked"),
        )
        .filter((pl.col("limits") > 1) & (pl.col("asked") > pl.col("limit")))
        .select(terms.joint)
    )


def _lost_their_first(counted: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """A once-only rule whose rows that may earn are several, and whose first earned nothing."""
    found = [counted.select(terms.joint).clear()]
    for holder, column in HOLDERS.items():
        rules = pl.Series([rule.once == holder for rule in terms.rules], dtype=pl.Boolean)
        if rules.any():
            rows = counted.filter(terms.of_rule(rules) & pl.col("eligible"))
            lost = (
                rows.group_by(column, "rule_code")
                .agg(pl.len().alias("rows"), pl.col("points").max())
                .filter((pl.col("rows") > 1) & (pl.col("points") <= 0))
            )
            found.append(
                rows.join(lost.select(column, "rule_code"), on=[column, "rule_code"], how="semi").select(
                    terms.joint
                )
            )
    return pl.concat(found)


def _mixed(counted: pl.DataFrame, codes: list[str], terms: Terms) -> pl.DataFrame:
    """Who earned several times under rules that versions read differently."""
    if not codes:
        return counted.select(terms.joint).clear()
    return (
        counted.filter(pl.col("rule_code").is_in(codes) & pl.col("eligible"))
        .group_by(terms.joint, "rule_code")
        .agg(pl.len().alias("rows"), pl.col("rule").n_unique().alias("versions"))
        .filter((pl.col("rows") > 1) & (pl.col("versions") > 1))
        .select(terms.joint)
    )
