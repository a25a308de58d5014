"""The one door through which spreadsheets come in."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import IO

from portal.kernel.spreadsheets.delimited import read_delimited
from portal.kernel.spreadsheets.errors import SpreadsheetRefused
from portal.kernel.spreadsheets.limits import MIB, Limits
from portal.kernel.spreadsheets.sheet import Sheet
from portal.kernel.spreadsheets.xlsx import read_xlsx

_DELIMITED = (".csv", ".txt", ".tsv")
_OLD_FORMATS = (".xls", ".et", ".xlt")
_WITH_MACROS = (".xlsm", ".xltm", ".xlam")
_OTHER_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")


def read_table(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    filename: str,
    sheet: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Sheet:
    """The named sheet, or the first visible one. `filename` is what the user called the file.

    Raises SpreadsheetRefused for a file that cannot be read as a whole; doubtful cells only carry a Mark.
    """
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            return read_table(file, filename=filename, sheet=sheet, limits=limits)
    extension = PurePath(filename.lower()).suffix
    if extension in _OLD_FORMATS:
        raise SpreadsheetRefused("xls")
    if extension in _WITH_MACROS:
        raise SpreadsheetRefused("macros")
    if extension != ".xlsx" and extension not in _DELIMITED:
        raise SpreadsheetRefused("wrong_extension")
    _refuse_large(source, limits)
    if extension == ".xlsx":
        return read_xlsx(source, sheet=sheet, limits=limits)
    raw = source.read()
    if raw.startswith(_OTHER_MAGIC):
        raise SpreadsheetRefused("not_a_workbook")
    return read_delimited(raw, limits=limits)


def _refuse_large(source: IO[bytes], limits: Limits) -> None:
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    if size > limits.file_bytes:
        raise SpreadsheetRefused("too_large", limit=limits.file_bytes // MIB)
    if not size:
        raise SpreadsheetRefused("empty")
