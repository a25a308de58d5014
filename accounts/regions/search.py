"""Which county somebody may have meant, by name or by a mistyped code. Pure functions on the index."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

from accounts.regions.archive import Index
from accounts.regions.names import county_stem, joined

LIMIT = 10
ALIKE = 0.6
SEPARATORS = re.compile(r"[\s\-_/,.·、，。]+")


def cleaned(text: str) -> str:
    """Full-width digits made plain, blanks and separators dropped."""
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", text))


def full_county_name(index: Index, county: str) -> str:
    return joined(index.provinces[county[:2]], index.cities[county[:4]], index.counties[county])


def by_name(index: Index, text: str) -> list[str]:
    """Codes of the counties that fit (桃源, 湖南桃源, 常德桃源县), best first; else those spelt alike."""
    wanted = cleaned(text)
    if not wanted:
        return []
    ranked = [
        (rank, len(name), code)
        for code, name in index.counties.items()
        if (rank := fit(wanted, name, full_county_name(index, code))) is not None
    ]
    return [code for _, _, code in sorted(ranked)[:LIMIT]] or spelt_alike(index, wanted)


def fit(wanted: str, name: str, full_name: str) -> int | None:
    """How well a name fits, 0 the best; None when it does not."""
    if wanted in (name, full_name):
        return 0
    if county_stem(wanted) == county_stem(name):
        return 1
    if name.startswith(wanted):
        return 2
    if wanted in full_name:
        return 3
    remaining = iter(full_name)
    return 4 if all(character in remaining for character in wanted) else None


def spelt_alike(index: Index, wanted: str) -> list[str]:
    ratios = [(SequenceMatcher(None, wanted, name).ratio(), code) for code, name in index.counties.items()]
    alike = [(-ratio, code) for ratio, code in ratios if ratio >= ALIKE]
    return [code for _, code in sorted(alike)[:LIMIT]]


def by_code(index: Index, digits: str) -> list[str]:
    """Counties whose code begins with these digits; else those one slip of the finger away, nearest first.

    A slip in the province's digits is assumed only where no county of that province is a slip away.
    """
    beginning = [code for code in index.counties if code.startswith(digits)]
    if beginning:
        return beginning[:LIMIT]
    slips = [code for code in index.counties if one_slip_apart(digits, code)]
    nearby = [code for code in slips if code.startswith(digits[:2])] or slips
    return sorted(nearby, key=lambda code: distance(digits, code))[:LIMIT]


def distance(digits: str, code: str) -> tuple[int, bool, str]:
    """The later the slip the nearer; of slips in the same place a swap first."""
    return -len(shared_beginning(digits, code)), sorted(digits) != sorted(code), code


def shared_beginning(one: str, other: str) -> str:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def one_slip_apart(one: str, other: str) -> bool:
    """One digit wrong, missing or too many, or two neighbours swapped."""
    start = len(shared_beginning(one, other))
    here, there = one[start:], other[start:]
    if len(here) == len(there):
        swapped = here[1:2] + here[:1] + here[2:]
        return here[1:] == there[1:] or swapped == there
    longer, shorter = sorted((here, there), key=len, reverse=True)
    return longer[1:] == shorter
