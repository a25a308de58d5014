"""What reading a spreadsheet gives: text at its place, and what each cell was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import polars as pl


class Mark(IntEnum):
    """What a cell was before it became text. The doubtful ones are for the caller to refuse at their cell."""

    EMPTY = 0
    TEXT = 1
    NUMBER = 2
    DATE = 3  # text is ISO: 2026-09-01, 2026-09-01 08:30, 08:30
    BOOLEAN = 4  # text is TRUE or FALSE
    FORMULA = 5  # text is the result that the file remembers, or the formula where it remembers none
    LIKE_FORMULA = 6  # text that starts with an equals sign
    ERROR = 7  # #N/A and its kin
    SCIENTIFIC = 8  # text such as 1.58001E+10: digits went missing before it got here
    DIGITS_LOST = 9  # a number of more than 15 digits: the spreadsheet has rounded it


DOUBTFUL = frozenset({Mark.FORMULA, Mark.LIKE_FORMULA, Mark.ERROR, Mark.SCIENTIFIC, Mark.DIGITS_LOST})


def column_letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A → 0, XFD → 16383."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


@dataclass(frozen=True, slots=True)
class Range:
    """Cells from one corner to the other, both included; rows count from 1, columns from 0."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    _PATTERN = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")

    @classmethod
    def parse(cls, reference: str) -> Range:
        """A1 or A1:B3; anything else is a ValueError."""
        found = cls._PATTERN.fullmatch(reference)
        if not found:
            raise ValueError(reference)
        first, top, last, bottom = found.groups()
        return cls(int(top), column_index(first), int(bottom or top), column_index(last or first))

    def __str__(self) -> str:
        return (
            f"{column_letters(self.first_column)}{self.first_row}:"
            f"{column_letters(self.last_column)}{self.last_row}"
        )

    def covers(self, row: int, column: int) -> bool:
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column


@dataclass(frozen=True, slots=True)
class Cell:
    row: int
    column: str
    text: str
    mark: Mark

    @property
    def address(self) -> str:
        return f"{self.column}{self.row}"


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the one in the margin of the user's screen."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(cell.text for cell in self.cells)


@dataclass(frozen=True)
class Sheet:
    """One sheet, column by column.

    `text` and `marks` have one row for each sheet row that holds something and one column for each sheet
    column that holds something, named by its letters. Empty cells are null in `text` and EMPTY in `marks`.
    `numbers` (UInt32) are the rows' numbers as the user sees them, ascending.
    """

    name: str
    names: tuple[str, ...]
    numbers: pl.Series
    text: pl.DataFrame
    marks: pl.DataFrame
    merged: tuple[Range, ...] = ()
    hidden_rows: int = 0
    encoding: str = "utf-8"

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.text.columns)

    def rows(self) -> Iterator[Row]:
        """Cells one by one, for small sheets; the frames are for large ones."""
        marks = self.marks.iter_rows()
        for number, texts, kinds in zip(self.numbers, self.text.iter_rows(), marks, strict=True):
            yield Row(
                number,
                tuple(
                    Cell(number, column, text or "", Mark(kind))
                    for column, text, kind in zip(self.columns, texts, kinds, strict=True)
                ),
            )

    @cached_property
    def doubtful(self) -> pl.DataFrame:
        """Row, column, text and mark of the cells that cannot be taken at their word, in reading order."""
        codes = sorted(DOUBTFUL)
        found = [
            pl.DataFrame({"row": self.numbers, "text": self.text[column], "mark": self.marks[column]})
            .filter(pl.col("mark").is_in(codes))
            .select("row", pl.lit(column).alias("column"), "text", "mark")
            for column in self.columns
        ]
        return pl.concat(found).sort("row", maintain_order=True) if found else _NOTHING_DOUBTFUL


_NOTHING_DOUBTFUL = pl.DataFrame(
    schema={"row": pl.UInt32, "column": pl.String, "text": pl.String, "mark": pl.UInt8}
)
