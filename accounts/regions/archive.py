"""The national file: how rows become one small archive, and how a county comes out of it.

A zip archive with LZMA members, all UTF-8:

    source.json        where the rows come from, their date, licence, and the number of rows of each level
    index.txt          "code name" a line: provinces (2 digits), cities (4) and counties (6)
    <province>.txt     the townships and villages of a province, county by county:
        =430725            a county starts
        >漳江街道           a township; its code is the last township's plus one (the first: 001)
        文昌阁社区          a village; its code is the last village's plus one (the first: 200)
        005<TAB>黄花井社区  another number than expected stands before the name, for townships as well

Counting on instead of writing codes keeps 620,573 names below 3 MB; reading a county decompresses its
province (about 10 ms for the largest).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from accounts.regions.places import Level

Row = tuple[str, str]
"""A code with the digits of its level (2, 4, 6, 9 or 12), and the name."""

UNTIMED = (1980, 1, 1, 0, 0, 0)
FIRST_TOWNSHIP = 1
FIRST_VILLAGE = 200
RESERVED = re.compile(r"^[=>]|[\t\r\n]|^$|^\s|\s$")


class BadRows(ValueError):
    """The rows are no tree of region codes; the sentence names the first offending code."""


@dataclass(frozen=True, slots=True)
class Index:
    """Names by code, in code order, down to the counties."""

    provinces: dict[str, str]
    cities: dict[str, str]
    counties: dict[str, str]


def check(rows: Mapping[Level, Sequence[Row]]) -> None:
    """Raises BadRows unless codes have their level's length, ascend, never recur, and lie in a parent."""
    parents: set[str] = {""}
    parent_digits = 0
    for level in Level:
        codes = [code for code, _ in rows[level]]
        for code, name in rows[level]:
            if len(code) != level.digits or not (code.isascii() and code.isdigit()):
                raise BadRows(f"{code} is no {level} code")
            if code[:parent_digits] not in parents:
                raise BadRows(f"{code} lies in {code[:parent_digits]}, which does not exist")
            if RESERVED.search(name):
                raise BadRows(f"{code} has a name that cannot be stored: {name!r}")
        for before, code in pairwise(codes):
            if code <= before:
                raise BadRows(f"{code} does not come after {before}")
        parents, parent_digits = set(codes), level.digits


def pack(rows: Mapping[Level, Sequence[Row]], source: Mapping[str, Any]) -> bytes:
    """The same rows give the same bytes."""
    check(rows)
    counted = {**source, "rows": {level.value: len(rows[level]) for level in Level}}
    indexed = [row for level in (Level.PROVINCE, Level.CITY, Level.COUNTY) for row in rows[level]]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        store(archive, "source.json", json.dumps(counted, ensure_ascii=False, indent=2))
        store(archive, "index.txt", "".join(f"{code} {name}\n" for code, name in sorted(indexed)))
        for province, text in province_texts(rows):
            store(archive, f"{province}.txt", text)
    return buffer.getvalue()


def store(archive: zipfile.ZipFile, name: str, text: str) -> None:
    member = zipfile.ZipInfo(name, UNTIMED)
    archive.writestr(member, text.encode(), zipfile.ZIP_LZMA)


def province_texts(rows: Mapping[Level, Sequence[Row]]) -> Iterator[tuple[str, str]]:
    villages = grouped(rows[Level.VILLAGE], Level.TOWNSHIP.digits)
    townships = grouped(rows[Level.TOWNSHIP], Level.COUNTY.digits)
    counties = grouped(rows[Level.COUNTY], Level.PROVINCE.digits)
    for province, _ in rows[Level.PROVINCE]:
        lines: list[str] = []
        for county, _ in counties.get(province, []):
            lines.append(f"={county}")
            expected = FIRST_TOWNSHIP
            for code, name in townships.get(county, []):
                lines.append(">" + numbered(code, name, expected))
                expected = number(code) + 1
                lines.extend(village_lines(villages.get(code, [])))
        yield province, "".join(f"{line}\n" for line in lines)


def village_lines(villages: Iterable[Row]) -> Iterator[str]:
    expected = FIRST_VILLAGE
    for code, name in villages:
        yield numbered(code, name, expected)
        expected = number(code) + 1


def numbered(code: str, name: str, expected: int) -> str:
    return name if number(code) == expected else f"{code[-3:]}\t{name}"


def number(code: str) -> int:
    return int(code[-3:])


def grouped(rows: Iterable[Row], digits: int) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[0][:digits], []).append(row)
    return groups


def member_text(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def read_source(path: Path) -> dict[str, Any]:
    source: dict[str, Any] = json.loads(member_text(path, "source.json"))
    return source


def read_index(path: Path) -> Index:
    index = Index({}, {}, {})
    by_digits = {2: index.provinces, 4: index.cities, 6: index.counties}
    for line in member_text(path, "index.txt").removesuffix("\n").split("\n"):
        code, _, name = line.partition(" ")
        by_digits[len(code)][code] = name
    return index


def read_county(path: Path, county: str) -> tuple[list[Row], list[Row]]:
    """Townships and villages of a county that is in the index."""
    return parse_county(member_text(path, f"{county[:2]}.txt"), county)


def parse_county(text: str, county: str) -> tuple[list[Row], list[Row]]:
    townships: list[Row] = []
    villages: list[Row] = []
    township, next_township, next_village = "", FIRST_TOWNSHIP, FIRST_VILLAGE
    for line in county_lines(text, county):
        if line.startswith(">"):
            this, name = counted_on(line[1:], next_township)
            township, next_township, next_village = f"{county}{this:03}", this + 1, FIRST_VILLAGE
            townships.append((township, name))
        else:
            this, name = counted_on(line, next_village)
            next_village = this + 1
            villages.append((f"{township}{this:03}", name))
    return townships, villages


def county_lines(text: str, county: str) -> list[str]:
    for section in f"\n{text}".removesuffix("\n").split("\n="):
        head, *lines = section.split("\n")
        if head == county:
            return lines
    raise KeyError(county)


def counted_on(line: str, expected: int) -> tuple[int, str]:
    before, tab, name = line.partition("\t")
    return (int(before), name) if tab else (expected, line)
