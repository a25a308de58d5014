"""What is wrong with a sheet, cell by cell, and how it is listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from portal.kernel.spreadsheets.sheet import Sheet, column_index

NOTE_TITLE = _("What to mend")
LIST_TITLE = _("List of problems")
LIST_COLUMNS = (
    pgettext_lazy("spreadsheet", "Row"),
    pgettext_lazy("spreadsheet", "Column"),
    pgettext_lazy("spreadsheet", "Content"),
    pgettext_lazy("spreadsheet", "Problem"),
)
LONGEST_LIST = 2_000


@dataclass(frozen=True)
class Notes:
    """Sentences by (row number, column letters); no letters where the whole row is meant."""

    sentences: Mapping[tuple[int, str], str]
    summary: str
    header_row: int

    @cached_property
    def in_order(self) -> list[tuple[int, str, str]]:
        placed = ((row, column, text) for (row, column), text in self.sentences.items())
        return sorted(placed, key=lambda note: (note[0], column_index(note[1])))

    @cached_property
    def by_row(self) -> dict[int, str]:
        """One text a row, for the column of sentences; the header has its sentences in the list alone."""
        rows: dict[int, list[str]] = {}
        for row, _column, text in self.in_order:
            if row != self.header_row:
                rows.setdefault(row, []).append(text)
        return {row: " ".join(dict.fromkeys(texts)) for row, texts in rows.items()}

    def listed(self, sheet: Sheet) -> Iterator[tuple[int | None, str | None, str | None, str]]:
        """Rows of the list of problems, in the order of LIST_COLUMNS."""
        yield None, None, None, self.summary
        texts = {
            (number, column): text
            for column in sheet.columns
            for number, text in zip(sheet.numbers, sheet.text[column], strict=True)
            if (number, column) in self.sentences
        }
        for row, column, sentence in self.in_order[:LONGEST_LIST]:
            yield row, column or None, texts.get((row, column)), sentence
        if len(self.in_order) > LONGEST_LIST:
            yield None, None, None, _more(len(self.in_order) - LONGEST_LIST)


def _more(count: int) -> str:
    sentence = ngettext(
        "%(count)s more problem stands in the column “%(title)s”.",
        "%(count)s more problems stand in the column “%(title)s”.",
        count,
    )
    return sentence % {"count": count, "title": NOTE_TITLE}
