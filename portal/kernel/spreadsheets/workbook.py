"""The small parts of an xlsx: which sheets there are, and which number formats are dates."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from enum import Enum
from xml.etree.ElementTree import Element

from portal.kernel.spreadsheets.container import Container
from portal.kernel.spreadsheets.errors import SpreadsheetRefused

_OFFICE_DOCUMENT = "/officeDocument"
_WORKSHEET = "/worksheet"


class Moment(Enum):
    """What a date format shows."""

    DATE = "date"
    TIME = "time"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class SheetPart:
    name: str
    path: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Workbook:
    sheets: tuple[SheetPart, ...]
    shared_strings: str | None
    moments: dict[str, Moment]  # by the style number that cells carry
    starts_1904: bool

    @classmethod
    def read(cls, container: Container) -> Workbook:
        targets = _targets(container, "")
        main = next((path for kind, path in targets.values() if kind.endswith(_OFFICE_DOCUMENT)), None)
        if main is None or main not in container:
            raise SpreadsheetRefused("not_a_workbook")
        tree, parts = container.tree(main), _targets(container, main)
        kinds = {kind.rpartition("/")[2]: path for kind, path in parts.values()}
        styles = kinds.get("styles", "")
        return cls(
            sheets=tuple(_sheets(tree, parts)),
            shared_strings=kinds.get("sharedStrings"),
            moments=_moments(container.tree(styles)) if styles in container else {},
            starts_1904=any(element.get("date1904") in ("1", "true") for element in tree),
        )

    def part(self, name: str | None) -> SheetPart:
        """The named sheet, or the first that is not hidden."""
        if name is not None:
            chosen = next((sheet for sheet in self.sheets if sheet.name == name), None)
            if chosen is None:
                raise SpreadsheetRefused("unknown_sheet", sheet=name)
            return chosen
        chosen = next((sheet for sheet in self.sheets if not sheet.hidden), None)
        if chosen is None:
            raise SpreadsheetRefused("no_sheet")
        return chosen


def local(element: Element) -> str:
    """The name without its namespace: strict and transitional workbooks differ only there."""
    return element.tag.rpartition("}")[2]


def _targets(container: Container, source: str) -> dict[str, tuple[str, str]]:
    """Relation id → (type, path inside the archive). Links out of the archive are left out."""
    folder, name = posixpath.split(source)
    relations = posixpath.join(folder, "_rels", name + ".rels")
    if relations not in container:
        return {}
    return {
        relation.get("Id", ""): (
            relation.get("Type", ""),
            posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))[1:],
        )
        for relation in container.tree(relations)
        if relation.get("TargetMode") != "External"
    }


def _sheets(tree: Element, parts: dict[str, tuple[str, str]]) -> list[SheetPart]:
    sheets = []
    for sheet in (child for group in tree if local(group) == "sheets" for child in group):
        relation = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        kind, path = parts.get(relation, ("", ""))
        if kind.endswith(_WORKSHEET):
            sheets.append(SheetPart(sheet.get("name", ""), path, sheet.get("state", "visible") != "visible"))
    return sheets


_BUILT_IN = (
    dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58), Moment.DATE)
    | dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56), Moment.TIME)
    | {22: Moment.BOTH}
)
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!h+\]|m+\]|s+\])[^\]]*\]|general|[eE][+-]', re.IGNORECASE)
_DAY, _HOUR = re.compile("[ydb]", re.IGNORECASE), re.compile("[hs]", re.IGNORECASE)


def moment_of(code: str) -> Moment | None:
    """What a number format shows of a date, if it is one: yyyy"年"m"月" → DATE, 0.00E+00 → None."""
    shown = _NOT_SHOWN.sub("", code.split(";")[0])
    day, hour = bool(_DAY.search(shown)), bool(_HOUR.search(shown))
    if day and hour:
        return Moment.BOTH
    if hour:
        return Moment.TIME
    return Moment.DATE if day or "m" in shown.lower() else None


def _moments(styles: Element) -> dict[str, Moment]:
    groups = {local(group): group for group in styles}
    formats = groups.get("numFmts", ())
    custom = {code.get("numFmtId", ""): moment_of(code.get("formatCode", "")) for code in formats}
    built_in = {str(number): moment for number, moment in _BUILT_IN.items()}
    known = built_in | custom
    found = {}
    for index, style in enumerate(groups.get("cellXfs", ())):
        moment = known.get(style.get("numFmtId", ""))
        if moment is not None:
            found[str(index)] = moment
    return found
