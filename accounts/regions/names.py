"""What a name in the list says about the place, as pure rules on names and codes.

Codes follow the National Bureau of Statistics' 统计用区划代码和城乡划分代码编制规则: digits 7-9 are
001-099 for streets, 100-199 towns, 200-399 townships, 400-599 bodies like a township; digits 10-12 are
001-199 for residents' committees, 200-399 villagers' committees, 400-499 bodies like the former, 500-599
bodies like the latter. Names are trusted first: people go by them, and some 320 of 620,573 rows carry a
code of the other kind.
"""

from __future__ import annotations

import re

from accounts.regions.places import TownshipKind, VillageKind

REMARK = re.compile(r"[（(][^（）()]*[）)]*$")
COMMITTEE = re.compile(r"(?P<community>社区|居民|居委|家委|家属委|居$)|村|嘎查|牧委|渔委")
COMMUNITY_DIGITS = frozenset("014")

STREET_NAME = re.compile(r"(街道|地区|办事处)$")
TOWN_NAME = re.compile(r"镇$")
TOWNSHIP_NAME = re.compile(r"(乡|苏木)$")
TOWNSHIP_DIGITS = {
    "0": TownshipKind.STREET,
    "1": TownshipKind.TOWN,
    "2": TownshipKind.TOWNSHIP,
    "3": TownshipKind.TOWNSHIP,
}

PLACEHOLDER = re.compile(r"虚拟(社区|生活区)$|直辖(县级行政区划|村级区划|村民小组)$")
CITY_PLACEHOLDERS = frozenset({"市辖区", "县"})

COUNTY_ENDING = re.compile(r"(?<=..)(自治县|自治旗|县|林区|特区|新区|区|市|旗)$")
TOWNSHIP_ENDING = re.compile(r"(街道办事处|办事处|街道|地区|镇|民族乡|乡|民族苏木|苏木)$")
VILLAGE_ENDING = re.compile(
    r"(村民委员会|村民委会|村委员会|村委会|村委|居民委员会|居民委会|居委会|居委|委员会|委会|社区|嘎查|村)$"
)


def village_kind(name: str, code: str = "") -> VillageKind:
    """The last committee named decides (宜川一村第二居委会 is a community, 曙光社区村民委员会 a village).

    A remark in brackets counts only where the name before it is silent. A name that is silent altogether
    (七连生活区, 第五生产队) goes by its code; without a code it is a village.
    """
    for text in (REMARK.sub("", name), name):
        named = [match["community"] for match in COMMITTEE.finditer(text)]
        if named:
            return VillageKind.COMMUNITY if named[-1] else VillageKind.VILLAGE
    return VillageKind.COMMUNITY if code[9:10] in COMMUNITY_DIGITS else VillageKind.VILLAGE


def township_kind(name: str, code: str = "") -> TownshipKind:
    """OTHER is what the list calls "like a township": farms, development zones, prisons, placeholders."""
    if is_placeholder(name):
        return TownshipKind.OTHER
    stem = REMARK.sub("", name)
    if STREET_NAME.search(stem):
        return TownshipKind.STREET
    if TOWN_NAME.search(stem):
        return TownshipKind.TOWN
    if TOWNSHIP_NAME.search(stem):
        return TownshipKind.TOWNSHIP
    return TOWNSHIP_DIGITS.get(code[6:7], TownshipKind.OTHER)


def is_placeholder(name: str) -> bool:
    """Whether the row stands for no body of its own.

    The statistics need a row at every level, so zones without a committee get a "virtual community", and
    villages directly under a county get a township that does not exist.
    """
    return bool(PLACEHOLDER.search(name))


def joined(*names: str) -> str:
    """A place's full name from the top down, without placeholders and without saying a name twice."""
    spoken = [name for name in names if name not in CITY_PLACEHOLDERS and not is_placeholder(name)]
    return "".join(dict.fromkeys(spoken))


def county_stem(name: str) -> str:
    """What stays the same when 桃源县 becomes 桃源市; at least two characters (矿区 is no 矿)."""
    return COUNTY_ENDING.sub("", name)


def village_stem(name: str) -> str:
    """What stays the same when 高岩村 is spelt 高岩村村委会 or becomes 高岩社区; never empty."""
    return without_endings(name, VILLAGE_ENDING)


def township_stem(name: str) -> str:
    """What stays the same when a township (乡) becomes a town (镇) or a street (街道); never empty."""
    return without_endings(name, TOWNSHIP_ENDING)


def without_endings(name: str, ending: re.Pattern[str]) -> str:
    while (shorter := ending.sub("", name)) not in ("", name):
        name = shorter
    return name
