"""Metrics of every unit, rolled up the tree as it stood on a day or as it stands now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from accounts.models import Unit, UnitPlacement
from accounts.paths import ancestors
from assessment.engine.metrics.definitions import METRICS
from assessment.engine.metrics.ground import Ground
from assessment.models import UnitMetric
from assessment.models.ledger import ID_WIDTH

Lineages = dict[int, tuple[int, ...]]
"""For each unit the ids from the county down to the unit itself."""


def lineages_on(day: date) -> tuple[Lineages, set[int]]:
    """The lineage of every unit there was by the day, and the units that stood on it. A unit closed by then keeps
    its last place, so that what it did stays counted above it."""
    rows = UnitPlacement.objects.filter(valid_from__lte=day).order_by("valid_from")
    above: dict[int, int | None] = {}
    standing: set[int] = set()
    for unit, parent, until in rows.values_list("unit_id", "parent_id", "valid_until"):
        above[unit] = parent
        (standing.add if until is None or until > day else standing.discard)(unit)
    return {unit: _line(unit, above) for unit in above}, standing


def _line(unit: int, above: dict[int, int | None]) -> tuple[int, ...]:
    line: list[int] = []
    at: int | None = unit
    while at is not None and at not in line:
        line.append(at)
        at = above.get(at)
    return tuple(reversed(line))


def lineages_now() -> Lineages:
    ids = dict(Unit.objects.values_list("path", "pk"))
    return {pk: tuple(ids[above] for above in ancestors(path)) for path, pk in ids.items()}


def key_of(lineage: Iterable[int]) -> str:
    return "".join(f"{unit:0{ID_WIDTH}d}" for unit in lineage)


def tree_of(lineages: Lineages) -> pl.DataFrame:
    """unit_id, above: each unit with itself and every unit above it."""
    pairs = [(unit, above) for unit, line in lineages.items() for above in line]
    return pl.DataFrame(pairs, schema={"unit_id": pl.Int64, "above": pl.Int64}, orient="row")


def rolled_up(counted: pl.DataFrame, tree: pl.DataFrame) -> dict[int, int]:
    """The value of every unit that has one: subjects once at each level, amounts added up. Who belongs to one unit only
    is counted there and added up; the few others one by one."""
    several: dict[int, int] = {}
    if "subject" in counted.columns:
        unit = pl.col("unit_id")
        places = counted.group_by("subject").agg(unit_id=unit.min(), last=unit.max())
        alone = unit == pl.col("last")
        twice = (
            counted.join(places.filter(~alone), on="subject", how="semi").unique().join(tree, on="unit_id")
        )
        several = dict(twice.select("above", "subject").unique().group_by("above").len().iter_rows())
        counted = places.filter(alone).select("unit_id", amount=pl.lit(1, pl.Int64))
    leaves = counted.group_by("unit_id").agg(pl.col("amount").sum())
    sums = dict(leaves.join(tree, on="unit_id").group_by("above").agg(pl.col("amount").sum()).iter_rows())
    return {unit: sums.get(unit, 0) + several.get(unit, 0) for unit in {*sums, *several}}


def rows_of(ground: Ground) -> pl.DataFrame:
    """Every metric of every unit of the county that stood on the ground's day, in the columns of `UnitMetric`."""
    lineages, standing = lineages_on(ground.day)
    inside = {unit: line for unit, line in lineages.items() if line[0] == ground.county.pk}
    tree = tree_of(inside)
    by_definition = {
        count: rolled_up(count(ground), tree) for count in {metric.count for metric in METRICS.values()}
    }
    counted = {code: by_definition[metric.count] for code, metric in METRICS.items()}
    units = sorted(standing & inside.keys())
    lineage = [key_of(inside[unit]) for unit in units]
    schema: dict[str, type[pl.DataType]] = {
        "unit_id": pl.Int64,
        "value": pl.Int64,
        "base": pl.Int64,
        "lineage": pl.String,
    }
    of_metrics = [
        pl.DataFrame(
            {
                "unit_id": units,
                "value": [counted[code].get(unit, 0) for unit in units],
                "base": [counted[metric.base].get(unit, 0) for unit in units] if metric.base else None,
                "lineage": lineage,
            },
            schema=schema,
        ).with_columns(day=pl.lit(ground.day), metric=pl.lit(code))
        for code, metric in METRICS.items()
    ]
    return pl.concat(of_metrics).select("day", "unit_id", "metric", "value", "base", "lineage")


# ── As it was, as it is ──────────────────────────────────────────────────────


@dataclass(frozen=True)
class Figure:
    """A metric of one unit; `name` is the unit's of that time."""

    unit_id: int
    name: str
    value: int
    base: int | None


Counted = dict[int, UnitMetric]
"""The rows of one metric on one day, by unit."""


def metrics_by_unit(
    metrics: Sequence[str], day: date, under: Unit, *, as_of: str = "then"
) -> dict[str, list[Figure]]:
    """Each metric of a past day for `under` and the units right below it: `as_of` "then", in the tree as it stood
    that day, or "now", as if today's tree had stood then. Nothing where no night has counted that day.

    What is asked as of now is what was counted then wherever the unit has the same units below it as then; only
    units that gained or lost some are counted again.
    """
    then: dict[str, Counted] = {}
    for row in UnitMetric.objects.filter(day=day, metric__in=metrics):
        then.setdefault(row.metric, {})[row.unit_id] = row
    if not then:
        return {}
    return _then(then, day, under) if as_of == "then" else _now(then, day, under)


def _then(then: dict[str, Counted], day: date, under: Unit) -> dict[str, list[Figure]]:
    names = dict(
        UnitPlacement.objects.filter(valid_from__lte=day)
        .order_by("valid_from")
        .values_list("unit_id", "name")
    )

    def figures(counted: Counted) -> list[Figure]:
        if under.pk not in counted:
            return []
        top = counted[under.pk].lineage
        found = [
            row
            for row in counted.values()
            if row.lineage.startswith(top) and len(row.lineage) <= len(top) + ID_WIDTH
        ]
        found.sort(key=lambda row: (len(row.lineage), names[row.unit_id], row.unit_id))
        return [Figure(row.unit_id, names[row.unit_id], row.value, row.base) for row in found]

    return {metric: figures(counted) for metric, counted in then.items()}


def _now(then: dict[str, Counted], day: date, under: Unit) -> dict[str, list[Figure]]:
    units = [under, *Unit.objects.filter(parent=under).order_by("path")]
    lineages = lineages_now()
    was = {row.unit_id: _ids(row.lineage) for counted in then.values() for row in counted.values()}
    below_now, below_then = _below(lineages), _below(was)
    moved = {unit.pk for unit in units if below_now.get(unit.pk) != below_then.get(unit.pk)}
    again: dict[str, dict[int, int]] = {}
    if moved:
        ground = Ground(_county(under), day)
        asked = {*then, *(METRICS[code].base for code in then)} - {""}
        tree = tree_of(lineages)
        again = {code: rolled_up(METRICS[code].count(ground), tree) for code in asked}

    def figure(code: str, unit: Unit) -> Figure:
        if unit.pk not in moved:
            kept = then[code][unit.pk]
            return Figure(unit.pk, unit.name, kept.value, kept.base)
        base = METRICS[code].base
        return Figure(
            unit.pk,
            unit.name,
            again[code].get(unit.pk, 0),
            again[base].get(unit.pk, 0) if base else None,
        )

    return {code: [figure(code, unit) for unit in units] for code in then}


def _ids(lineage: str) -> tuple[int, ...]:
    return tuple(int(lineage[at : at + ID_WIDTH]) for at in range(0, len(lineage), ID_WIDTH))


def _below(lineages: Lineages) -> dict[int, set[int]]:
    """All units below each unit, itself included."""
    found: dict[int, set[int]] = {}
    for unit, line in lineages.items():
        for above in line:
            found.setdefault(above, set()).add(unit)
    return found


def _county(unit: Unit) -> Unit:
    return Unit.objects.get(path=ancestors(unit.path)[0])
