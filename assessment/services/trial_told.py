"""What is shown of a trial of rules: counts of people, without those that tell of a few (None)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from accounts.models import Unit
from assessment.engine.trial import Outcome
from assessment.enums import VersionStatus
from assessment.models import SchemeVersion, StarLevel
from portal.kernel.small_cells import SMALLEST_CELL, suppressed

MOST_UNITS = 10
BANDS = (0, 1, 5, 10, 20, 50)
"""Where the bands of points begin; the last has no end."""


def what_is_told(
    version: SchemeVersion, outcomes: Sequence[Outcome], people: pl.DataFrame, homes: pl.DataFrame
) -> dict[str, Any]:
    """`people` as in `Outcome`, of all shards; `homes`: person_id, home_id."""
    lines = [outcome.lines for outcome in outcomes]
    gained = people.with_columns(gain=pl.col("points_after") - pl.col("points_before"))
    changed = gained.filter((pl.col("gain") != 0) | (pl.col("star_before") != pl.col("star_after")))
    return {
        "posted": sum(part.filter(~pl.col("undoes")).height for part in lines),
        "reversed": sum(part.filter("undoes").height for part in lines),
        "pending": sum(outcome.pending for outcome in outcomes),
        "people": None if _is_few(changed.height) else changed.height,
        **_moved(gained),
        "stars": distribution(people, "star", *_levels(version, people)),
        "points": distribution(_banded(people), "band", range(len(BANDS)), band_names()),
        "crossings": crossings(people),
        "units": _units(changed, homes),
    }


def _is_few(people: int) -> bool:
    return 0 < people < SMALLEST_CELL


def _moved(gained: pl.DataFrame) -> dict[str, int | None]:
    """Points given and taken. One that concerns a few people would follow from the other and those of the units."""
    more, less = (gained.filter(pl.col("gain") * sign > 0)["gain"] for sign in (1, -1))
    is_shown = not (_is_few(more.len()) or _is_few(less.len()))
    return {
        name: abs(int(points.sum())) if is_shown or not points.len() else None
        for name, points in (("given", more), ("taken", less))
    }


def star_names(version: SchemeVersion) -> dict[int, str]:
    """By level; stars that the version does not have are named as in the one before, and said to be gone."""
    before = StarLevel.objects.filter(
        version__scheme__unit=version.scheme.unit_id, version__status=VersionStatus.PUBLISHED
    ).order_by("version__effective_from", "version_id")
    gone = {
        level: _("%(star)s (not in the new version)") % {"star": name}
        for level, name in before.values_list("level", "name")
    }
    own = StarLevel.objects.filter(version=version).order_by("level", "-route")
    return {**gone, 0: _("no star yet"), **dict(own.values_list("level", "name"))}


def _levels(version: SchemeVersion, people: pl.DataFrame) -> tuple[list[int], list[str]]:
    """Those of the version, and those that people have or would have."""
    own = version.stars.values_list("level", flat=True)
    levels = sorted({0, *own, *people["star_before"].unique(), *people["star_after"].unique()})
    names = star_names(version)
    return levels, [names.get(level) or str(level) for level in levels]


def band_names() -> list[str]:
    ends = [*(begin - 1 for begin in BANDS[1:]), None]
    return [
        _("%(begin)s and more") % {"begin": begin}
        if end is None
        else str(begin)
        if begin == end
        else f"{begin}–{end}"
        for begin, end in zip(BANDS, ends, strict=True)
    ]


def _banded(people: pl.DataFrame) -> pl.DataFrame:
    begins = pl.Series(BANDS)

    def band(name: str) -> pl.Series:
        return begins.search_sorted(people[name].clip(lower_bound=0), side="right").cast(pl.Int64) - 1

    return pl.DataFrame({"band_before": band("points_before"), "band_after": band("points_after")})


def distribution(
    people: pl.DataFrame, what: str, levels: Sequence[int], names: Sequence[str]
) -> list[list[Any]]:
    """[name, people before, people after] for each level; where both differ by a few people, at most one of them."""

    def cells(side: str) -> list[int]:
        counts = dict(people.group_by(f"{what}_{side}").len().iter_rows())
        return [counts.get(level, 0) for level in levels]

    before, after = cells("before"), cells("after")
    few = [at for at in range(len(before)) if _is_few(abs(after[at] - before[at]))]
    return [list(row) for row in zip(names, suppressed(before), suppressed(after, few), strict=True)]


def crossings(people: pl.DataFrame) -> dict[str, int | None]:
    """How many rise and how many fall. With two levels the distribution tells the one less the other, so where one is
    hidden, both are."""
    up = people.filter(pl.col("star_after") > pl.col("star_before")).height
    down = people.filter(pl.col("star_after") < pl.col("star_before")).height
    is_shown = not (_is_few(up) or _is_few(down) or _is_few(people.height - up - down))
    return {"up": up if is_shown or not up else None, "down": down if is_shown or not down else None}


def _units(changed: pl.DataFrame, homes: pl.DataFrame) -> list[dict[str, Any]]:
    """The home units with the most points moved, and what they gain or lose by it (`net`); some only by name, so that
    those with a few people touched do not follow from how many there are in all."""
    found = (
        changed.join(homes, on="person_id")
        .filter(pl.col("home_id").is_not_null())
        .group_by("home_id")
        .agg(
            people=pl.len(),
            points=pl.col("gain").abs().sum(),
            net=pl.col("gain").sum(),
            moved=(pl.col("gain") != 0).sum(),
        )
        .sort(["points", "people", "home_id"], descending=[True, True, False])
        .head(MOST_UNITS)
    )
    touched = found["people"].to_list()
    shown = told_of_units(touched, found["moved"].to_list(), others=changed.height - sum(touched))
    names = dict(Unit.objects.filter(pk__in=found["home_id"].to_list()).values_list("pk", "name"))
    return [
        {"name": names[unit], "people": people, "net": None if people is None else net}
        for unit, net, people in zip(found["home_id"], found["net"], shown, strict=True)
    ]


def hides(result: dict[str, Any]) -> bool:
    """Whether anything is kept back of what a trial tells."""
    cells = [cell for table in ("stars", "points") for _name, *row in result.get(table, ()) for cell in row]
    units = [unit["people"] for unit in result.get("units", ())]
    sums = [result.get(name, 0) for name in ("people", "given", "taken")]
    return None in [*cells, *units, *sums, *result.get("crossings", {}).values()]


def says_who(result: dict[str, Any]) -> bool:
    """Whether it tells of any unit how many are touched; nothing to tell is told."""
    units = result.get("units", ())
    return not units or any(unit["people"] is not None for unit in units)


def told_of_units(touched: Sequence[int], moved: Sequence[int], *, others: int) -> list[int | None]:
    """The people touched in each unit listed, of whom points were `moved` for so many; `others` are touched in units
    that are not listed."""
    few = [at for at, (people, some) in enumerate(zip(touched, moved, strict=True)) if _is_few(some)]
    listed = len(touched)
    if others and (few or any(_is_few(people) for people in touched)):
        few.append(listed)
    return suppressed([*touched, *([others] if others else [])], few)[:listed]
