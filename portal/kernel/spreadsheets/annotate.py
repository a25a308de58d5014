"""The user's own file back, with what is wrong said at the cells.

Up to MOST_CELLS, more than any one school's list, the workbook itself comes back: its sheets, widths and colours,
with the faulty cells coloured and commented and one more column of sentences. Beyond that openpyxl would take 20 s
and 430 MB for 111,000 rows, so the sheet is written anew: the same cells in the same rows and columns, without the
user's formatting. A csv comes back as xlsx the same way, and so does a workbook that openpyxl cannot cope with.
Each can be mended and sent again as it is: the list of problems stands on the last sheet, and the column of
sentences is written over the next time.

What could run does not come back: formulas become their values, links and macros stay behind.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import IO, Literal

from portal.kernel.spreadsheets.limits import Limits
from portal.kernel.spreadsheets.notes import Notes
from portal.kernel.spreadsheets.own_workbook import annotate_own, opened
from portal.kernel.spreadsheets.reading import read_table
from portal.kernel.spreadsheets.rewritten import annotate_rewritten

MOST_CELLS = 100_000

Path = str | os.PathLike[str]


def annotate_workbook(
    original: Path | IO[bytes],
    target: Path | IO[bytes],
    notes: Mapping[tuple[int, str], str],
    *,
    filename: str,
    summary: str,
    header_row: int = 1,
    sheet: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> None:
    """Write an annotated xlsx of `original` to `target`.

    `notes` are sentences by (row number, column letters), "" for a whole row. Raises SpreadsheetRefused as
    `read_table` does.
    """
    remarks = Notes(notes, summary, header_row)
    with ExitStack() as files:
        source = _opened(original, "rb", files)
        table = read_table(source, filename=filename, sheet=sheet, limits=limits)
        out = _opened(target, "wb", files)
        small = table.name and len(table) * len(table.columns) <= MOST_CELLS
        book = opened(source) if small else None
        if book is None:
            annotate_rewritten(out, table, remarks)
        else:
            annotate_own(book, out, table, remarks)


def _opened(place: Path | IO[bytes], mode: Literal["rb", "wb"], files: ExitStack) -> IO[bytes]:
    return files.enter_context(open(place, mode)) if isinstance(place, str | os.PathLike) else place
