"""What differs between two lists of the same county, in the county's own terms. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from accounts.regions.names import county_stem, township_stem, village_kind, village_stem
from accounts.regions.places import Level, Region

GONE = "gone"
STEMS = {Level.COUNTY: county_stem, Level.TOWNSHIP: township_stem, Level.VILLAGE: village_stem}


@dataclass(frozen=True, slots=True)
class Change:
    old: Region
    new: Region


@dataclass(frozen=True, slots=True)
class Comparison:
    """`renamed`: same code, other name. `recoded`: other code, same place, its name perhaps spelt anew."""

    added: tuple[Region, ...]
    removed: tuple[Region, ...]
    renamed: tuple[Change, ...]
    recoded: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.renamed or self.recoded)


def compare(old: list[Region], new: list[Region]) -> Comparison:
    """Each region counts once: in one of the four lists, or in none when code and name are the same.

    Levels are matched from the top down, so that the villages of a re-coded township are sought under its
    new code. Under one parent, in this order: same code and same place; same place, other code (a village
    that became a community is the same place); same code, other name. Places are told by their names without
    endings, where these are unique on either side. What moved to another parent is removed there and added
    here, since the same names recur within a county.
    """
    became: dict[Region, Region] = {}
    moved: dict[str | None, str] = {}
    for level in Level:
        match_level(became, moved, at(level, old), at(level, new))
        moved.update(
            (region.code, became[region].code if region in became else GONE) for region in at(level, old)
        )
    changes = [Change(*pair) for pair in became.items()]
    matched = set(became.values())
    return Comparison(
        added=tuple(region for region in new if region not in matched),
        removed=tuple(region for region in old if region not in became),
        renamed=tuple(c for c in changes if c.old.code == c.new.code and c.old.name != c.new.name),
        recoded=tuple(c for c in changes if c.old.code != c.new.code),
    )


def at(level: Level, regions: Iterable[Region]) -> list[Region]:
    return [region for region in regions if region.level == level]


def match_level(
    became: dict[Region, Region], moved: Mapping[str | None, str], old: list[Region], new: list[Region]
) -> None:
    """Adds to `became` what the old regions of one level have become; `moved` knows the codes above it."""
    homes = {region: moved.get(region.parent_code, region.parent_code) for region in old}
    for key in (code_and_stem, kind_and_stem, stem, code):
        left = [region for region in old if region not in became]
        taken = {became[region] for region in old if region in became}
        right = [region for region in new if region not in taken]
        here = unique(((homes[region], key(region)), region) for region in left)
        there = unique(((region.parent_code, key(region)), region) for region in right)
        became.update((here[place], there[place]) for place in here if place in there)


def unique(keyed: Iterable[tuple[Hashable, Region]]) -> dict[Hashable, Region]:
    """Regions by key, without those that share theirs."""
    rows = list(keyed)
    counts = Counter(key for key, _ in rows)
    return {key: region for key, region in rows if counts[key] == 1}


def code(region: Region) -> Hashable:
    return region.code


def stem(region: Region) -> Hashable:
    strip = STEMS.get(region.level)
    return strip(region.name) if strip else region.name


def kind_and_stem(region: Region) -> Hashable:
    if region.level != Level.VILLAGE:
        return region.name
    return village_kind(region.name, region.code), stem(region)


def code_and_stem(region: Region) -> Hashable:
    return region.code, stem(region)
