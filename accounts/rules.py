"""Pure rules of the tree (which unit may stand under which, what a unit is called after its place), of how often
a thing may be done, and of texts that people agree to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from accounts.enums import PARENT_LEVELS, Kind, Level, Stage


def above(level: str) -> list[Level]:
    """The levels of the units under which one of this level may stand."""
    return [parent for parent in PARENT_LEVELS[Level(level)] if parent is not None]


def may_stand_under(level: str, parent_level: str | None) -> bool:
    return parent_level in PARENT_LEVELS[Level(level)]


def covers_day(valid_from: date, valid_until: date | None, day: date) -> bool:
    """Half-open: the last day of a period is the day before it ends."""
    return valid_from <= day and (valid_until is None or day < valid_until)


UNIT_ENDINGS = {
    Kind.CENTRE: "家庭教育指导中心",
    Kind.STATION: "协同育人指导站",
    Kind.VILLAGE: "家长学校",
    Kind.COMMUNITY: "家长学校",
}
OFFICES = ("社区居民委员会", "社区居委会", "居民委员会", "村民委员会", "社区居委", "居委会", "村委会")
"""Endings of the statistics bureau's names that say the office, longest first."""


def unit_name(place: str, kind: Kind) -> str:
    """The unit's name after its place: 漳江街道协同育人指导站, 高岩村家长学校, 城关社区家长学校."""
    if kind in (Kind.VILLAGE, Kind.COMMUNITY):
        office = next((ending for ending in OFFICES if place.endswith(ending) and place != ending), "")
        stem = place.removesuffix(office)
        own = "村" if kind == Kind.VILLAGE else "社区"
        place = stem if not office or stem.endswith(own) else stem + own
    return place + UNIT_ENDINGS[kind]


STAGE_WORDS = {
    "幼儿园": "kindergarten",
    "学前": "kindergarten",
    "小学": "primary",
    "普通小学": "primary",
    "初中": "junior",
    "普通初中": "junior",
    "初级中学": "junior",
    "九年一贯制": "nine_year",
    "九年一贯制学校": "nine_year",
    "高中": "senior",
    "普通高中": "senior",
    "高级中学": "senior",
    "完全中学": "full_middle",
    "职业学校": "vocational",
    "中等职业学校": "vocational",
    "中职": "vocational",
    "特殊教育": "special",
    "特殊教育学校": "special",
}


def read_stage(word: str) -> Stage | None:
    """The stage that a school list's word means, as the education statistics spell it."""
    code = STAGE_WORDS.get(word)
    return Stage(code) if code else None


Limit = tuple[int, int]
"""At most so many within so many seconds: (seconds, times)."""


def free_at(moments: Iterable[datetime], limits: Sequence[Limit], now: datetime) -> datetime:
    """The first moment, from now on, at which one more stays within every limit. Windows slide: a moment counts until
    its own age reaches the window."""
    done = sorted(moments, reverse=True)
    earliest = now
    for seconds, times in limits:
        if len(done) >= times:
            earliest = max(earliest, done[times - 1] + timedelta(seconds=seconds))
    return earliest


@dataclass(frozen=True)
class Section:
    """A heading, empty at the beginning of a text, with the paragraphs under it."""

    heading: str
    paragraphs: list[str] = field(default_factory=list)


def sections(text: str) -> list[Section]:
    """A text in parts: a line that begins with ## is a heading, an empty line ends a paragraph."""
    found = [Section("")]
    for block in text.replace("\r\n", "\n").split("\n\n"):
        words = block.strip()
        if words.startswith("##"):
            heading, _newline, words = words.partition("\n")
            found.append(Section(heading.lstrip("# ").strip()))
        if words.strip():
            found[-1].paragraphs.append(words.strip())
    return [section for section in found if section.heading or section.paragraphs]


def fingerprint(title: str, text: str) -> str:
    """What tells one version of a text from any other: SHA-256 of the title, a newline and the text."""
    return sha256(f"{title}\n{text}".encode()).hexdigest()
