"""Text out of XML: escapes, shared strings, and the mark that each text earns."""

from __future__ import annotations

import re
from typing import IO

import polars as pl

from portal.kernel.spreadsheets.errors import SpreadsheetRefused
from portal.kernel.spreadsheets.fragments import parse_fragment, whole_elements
from portal.kernel.spreadsheets.normalise import CELL
from portal.kernel.spreadsheets.sheet import Mark

ERRORS = (
    "#N/A",
    "#VALUE!",
    "#REF!",
    "#DIV/0!",
    "#NUM!",
    "#NAME?",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
)
_SCIENTIFIC = r"^[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+$"

_ENTITY = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_UNDERSCORED = re.compile("_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """&lt; and &#20320; as XML writes them. An entity that XML does not know is a ValueError."""
    if "&" in _ENTITY.sub("", text):
        raise ValueError(text)
    return _ENTITY.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    return _NAMED[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def unwrap(text: str) -> str:
    """_x000D_ as Excel writes characters that XML has no place for."""
    return _UNDERSCORED.sub(lambda found: chr(int(found[1], 16)), text)


def unescaped(texts: pl.Series) -> pl.Series:
    odd = texts.filter(texts.str.contains("&", literal=True)).unique().to_list()
    return texts.replace(odd, [unescape(text) for text in odd]) if odd else texts


def cleaned(texts: pl.Series) -> pl.Series:
    """Texts as they stood in the cell, cleaned; what holds nothing becomes null."""
    odd = texts.filter(texts.str.contains("_x", literal=True)).unique().to_list()
    if odd:
        replacement = [CELL(unwrap(text)) for text in odd]
        texts = texts.replace(pl.Series(odd, dtype=pl.String), pl.Series(replacement, dtype=pl.String))
    return CELL.column(texts)


def marks_of(texts: pl.Series) -> pl.Series:
    """The Mark (UInt8) of cells that were text."""
    text = pl.col("text")
    rules = (
        (text.is_null(), Mark.EMPTY),
        (text.str.contains("^[=＝]"), Mark.LIKE_FORMULA),
        (text.is_in(ERRORS), Mark.ERROR),
        (text.str.contains(_SCIENTIFIC), Mark.SCIENTIFIC),
    )
    marks = pl.lit(int(Mark.TEXT), pl.UInt8)
    for condition, mark in reversed(rules):
        marks = pl.when(condition).then(pl.lit(int(mark), pl.UInt8)).otherwise(marks)
    return texts.to_frame("text").select(marks.alias("mark"))["mark"]


class SharedStrings:
    """The workbook's table of texts, each cleaned and marked once."""

    def __init__(self, texts: pl.Series) -> None:
        self.texts = cleaned(texts)
        self.marks = marks_of(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def read(cls, part: IO[bytes], *, most: int) -> SharedStrings:
        """More than `most` strings is a SpreadsheetRefused."""
        found = [pl.Series([], dtype=pl.String)]
        count = 0
        for chunk in whole_elements(part, "si"):
            found.append(_strings(chunk))
            count += len(found[-1])
            if count > most:
                raise SpreadsheetRefused("too_many_cells", limit=most)
        return cls(pl.concat(found))


_FIRST_STRING = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?si\b")
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?sst\s*>")
_SIMPLE = r'^<t(?: xml:space="preserve")?>([^<]*)</t>(?:<phoneticPr [^>]*/>)?</si>\s*$'


def _strings(chunk: bytes) -> pl.Series:
    """One chunk's strings: the quick way when all are simple, the parser's way when one is not."""
    first = _FIRST_STRING.search(chunk)
    if first is None:
        return pl.Series([], dtype=pl.String)
    items = chunk[first.start() :]
    if items.startswith(b"<si>"):
        pieces = pl.Series([items], dtype=pl.Binary).cast(pl.String).str.split("<si>").list.explode().slice(1)
        simple = pieces.str.extract(_SIMPLE)
        if not simple.null_count():
            return unescaped(simple)
    return pl.Series(_parsed_strings(items), dtype=pl.String)


def _parsed_strings(items: bytes) -> list[str]:
    """Rich text, phonetic hints, empty and oddly written strings."""
    found: list[str] = []
    runs: list[str] = []
    open_elements: list[str] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        open_elements.append(name)
        if name == "si":
            runs.clear()

    def text(characters: str) -> None:
        if open_elements[-1] == "t" and "rPh" not in open_elements:
            runs.append(characters)

    def end(name: str) -> None:
        open_elements.pop()
        if name == "si":
            found.append("".join(runs))

    parse_fragment(_END.split(items)[0], start, text, end)
    return found
