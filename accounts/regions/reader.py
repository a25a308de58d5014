"""Reads the national list: a county with everything in it, and the county somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.regions import archive, search
from accounts.regions.archive import Index, Row
from accounts.regions.places import CountyRegions, Level, Region, padded
from portal.kernel.errors import PortalError


@dataclass(frozen=True, slots=True)
class Vintage:
    """The day the list describes, and the day it was published."""

    as_of_on: date
    published_on: date

    @property
    def year(self) -> int:
        return self.as_of_on.year


VINTAGE = Vintage(as_of_on=date(2023, 6, 30), published_on=date(2023, 9, 11))
NATIONAL_FILE = Path(__file__).with_name("national.zip")

NOT_A_CODE = _("“{given}” is not a code. Give the county's six-digit code; did you mean {matches}?")
NOT_A_CODE_NOR_NAME = _("“{given}” is no county's code or name. Give a six-digit code, such as 430725.")
TOO_LONG = _("{given} is longer than a county's code. Give the six digits it begins with: {matches}.")
ABOVE_COUNTY = _("{given} is the code of a city. Give the code of a county in it: {matches}.")
ABOVE_CITY = _(
    "{given} is the code of a province. Give the code of a county in one of its cities: {matches}."
)
NO_SUCH_CODE = _("No county has the code {given} in the list of {year}. Check the six digits.")
NO_SUCH_CODE_BUT = _("No county has the code {given} in the list of {year}. Did you mean {matches}?")


class UnknownRegion(PortalError):
    """What was given is no county's code.

    `details`: `given`; `reason`, one of REASONS; `matches`, a list of {"code", "name"} with the codes as one
    would type them: counties, or the cities of a province whose code was given.
    """

    code = "unknown_region"

    NOT_A_CODE = "not_a_code"
    TOO_LONG = "too_long"
    ABOVE_COUNTY = "above_county"
    NO_SUCH_CODE = "no_such_code"
    REASONS = (NOT_A_CODE, TOO_LONG, ABOVE_COUNTY, NO_SUCH_CODE)


def county(code6: str, path: Path = NATIONAL_FILE) -> CountyRegions:
    """Everything in the county with this six-digit code. Raises UnknownRegion."""
    code = search.cleaned(code6)
    index = read_index(path)
    if code not in index.counties:
        raise refusal(index, code6.strip(), code)
    own = county_region(index, code)
    townships, villages = archive.read_county(path, code)
    return CountyRegions(
        county=own,
        city=Region(padded(code[:4]), index.cities[code[:4]], Level.CITY, padded(code[:2])),
        province=Region(padded(code[:2]), index.provinces[code[:2]], Level.PROVINCE, None),
        townships=below(Level.TOWNSHIP, townships, Level.COUNTY.digits),
        villages=below(Level.VILLAGE, villages, Level.TOWNSHIP.digits),
    )


def below(level: Level, rows: list[Row], parent_digits: int) -> tuple[Region, ...]:
    """Without rows that only repeat their parent's code (金门县 has one at each level)."""
    regions = (Region(padded(code), name, level, padded(code[:parent_digits])) for code, name in rows)
    return tuple(region for region in regions if region.code != region.parent_code)


def search_county(text: str, path: Path = NATIONAL_FILE) -> list[Region]:
    """At most ten counties that a name, a part of a name or a mistyped code may mean, best first."""
    index = read_index(path)
    return [county_region(index, code) for code in meant(index, search.cleaned(text))]


def full_name(county: Region, path: Path = NATIONAL_FILE) -> str:
    """湖南省常德市桃源县, for a county of the list."""
    return search.full_county_name(read_index(path), county.code[: Level.COUNTY.digits])


@lru_cache(maxsize=2)
def read_index(path: Path) -> Index:
    return archive.read_index(path)


def county_region(index: Index, code: str) -> Region:
    city_code = padded(code[:4])
    own_city = city_code == padded(code)
    return Region(
        padded(code), index.counties[code], Level.COUNTY, padded(code[:2]) if own_city else city_code
    )


def meant(index: Index, wanted: str) -> list[str]:
    if not wanted.isdigit():
        return search.by_name(index, wanted)
    if wanted[:6] in index.counties:
        return [wanted[:6]]
    return search.by_code(index, significant(wanted))


def significant(digits: str) -> str:
    """A padded code of a province or a city without its zeros; of anything longer the county's part."""
    whole = padded(digits)
    for level in (Level.PROVINCE, Level.CITY):
        if len(digits) in (6, 12) and whole == padded(whole[: level.digits]):
            return whole[: level.digits]
    return digits[:6] if len(digits) > 7 else digits


def refusal(index: Index, given: str, code: str) -> UnknownRegion:
    place = significant(code)
    if not code.isdigit():
        matches = counties(index, search.by_name(index, code))
        reason, sentence = UnknownRegion.NOT_A_CODE, NOT_A_CODE if matches else NOT_A_CODE_NOR_NAME
    elif code[:6] in index.counties:
        matches = counties(index, [code[:6]])
        reason, sentence = UnknownRegion.TOO_LONG, TOO_LONG
    elif place in index.cities:
        matches = counties(index, [county for county in index.counties if county.startswith(place)])
        reason, sentence = UnknownRegion.ABOVE_COUNTY, ABOVE_COUNTY
    elif place in index.provinces:
        matches = {city: name for city, name in index.cities.items() if city.startswith(place)}
        reason, sentence = UnknownRegion.ABOVE_COUNTY, ABOVE_CITY
    else:
        matches = counties(index, search.by_code(index, place))
        reason, sentence = UnknownRegion.NO_SUCH_CODE, NO_SUCH_CODE_BUT if matches else NO_SUCH_CODE
    listed = "、".join(f"{code} {name}" for code, name in matches.items())
    return UnknownRegion(
        format_lazy(sentence, given=given, matches=listed, year=VINTAGE.year),
        given=given,
        reason=reason,
        matches=[{"code": code, "name": name} for code, name in matches.items()],
    )


def counties(index: Index, codes: Iterable[str]) -> dict[str, str]:
    return {code: search.full_county_name(index, code) for code in codes}
