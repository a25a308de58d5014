"""What a region is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CODE_DIGITS = 12


class Level(StrEnum):
    """From the top down, in this order."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"

    @property
    def digits(self) -> int:
        """How many leading digits of a code name a place of this level; the rest are zeros."""
        return DIGITS[self]


DIGITS = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWNSHIP: 9, Level.VILLAGE: 12}


class TownshipKind(StrEnum):
    STREET = "street"
    TOWN = "town"
    TOWNSHIP = "township"
    OTHER = "other"


class VillageKind(StrEnum):
    VILLAGE = "village"
    COMMUNITY = "community"


@dataclass(frozen=True, slots=True)
class Region:
    """One row of the list. `code` and `parent_code` always have twelve digits.

    Three cities have streets but no counties (东莞, 中山, 儋州). Each is its own county: that county has the
    city's code and the province as its parent, so that no region is its own parent.
    """

    code: str
    name: str
    level: Level
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class CountyRegions:
    """A county, where it lies, and everything in it in code order."""

    county: Region
    city: Region
    province: Region
    townships: tuple[Region, ...]
    villages: tuple[Region, ...]


def padded(code: str) -> str:
    return code.ljust(CODE_DIGITS, "0")
