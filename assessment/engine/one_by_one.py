"""The limits fact by fact, for the people whose limits act upon each other."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from assessment.engine.caps import cell
from assessment.engine.terms import HOLDERS, NUMBERS, Terms
from assessment.enums import Cap, Holder

VOID, ONCE = NUMBERS[Cap.VOID], NUMBERS[Cap.ONCE]


def count_again(rows: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """The same rows with `points`, `cut`, `by` counted anew; all rows of each joint holder must be there."""
    ordered = rows.with_columns(order=terms.of_rule(terms.orders)).sort(terms.in_time)
    stages = sorted(enumerate(terms.stages), key=lambda pair: NUMBERS[pair[1].by])
    cells = [list(ordered.select(cell(stage, terms)).iter_rows()) for _, stage in stages]
    limits = [stage.limits.to_list() for _, stage in stages]
    names = [NUMBERS[stage.by] for _, stage in stages]
    once = list(_once_keys(ordered, terms))
    points: list[int] = []
    by: list[int] = []
    given: dict[object, int] = {}
    whose = None
    columns = ordered.select(terms.joint, "rule", "worth", "void").iter_rows()
    for at, (joint, rule, worth, void) in enumerate(columns):
        if joint != whose:
            given, whose = {}, joint
        award, shut = worth, 0
        if worth > 0 and void:
            award, shut = 0, VOID
        elif worth > 0:
            mine, of_all = once[at]
            if mine is not None and given.get(mine):
                award, shut = 0, ONCE
            keys: list[object] = list(of_all)
            for number, (name, of_stage) in enumerate(zip(names, limits, strict=True)):
                key = (number, *cells[number][at])
                keys.append(key)
                limit = of_stage[rule]
                if limit is not None and (room := max(0, limit - given.get(key, 0))) < award:
                    award, shut = room, name
            for used in keys if award else ():
                given[used] = given.get(used, 0) + award
        points.append(award)
        by.append(shut)
    return ordered.with_columns(
        pl.Series("points", points, dtype=pl.Int64), pl.Series("by", by, dtype=pl.UInt32)
    ).with_columns(cut=pl.when(pl.col("worth") < 0).then(0).otherwise(pl.col("worth") - pl.col("points")))


def _once_keys(ordered: pl.DataFrame, terms: Terms) -> Iterator[tuple[object, list[object]]]:
    """For each row: what its once-only rule asks for (None where it gives oftener), and all that it answers to."""
    wanted = {holder: column for holder, column in HOLDERS.items() if holder in {r.once for r in terms.rules}}
    which = [rule.once for rule in terms.rules]
    for rule, code, *holders in ordered.select("rule", "rule_code", *wanted.values()).iter_rows():
        keys = {holder: (holder, code, who) for holder, who in zip(wanted, holders, strict=True)}
        yield keys.get(Holder(which[rule])) if which[rule] else None, list(keys.values())
