"""Why a whole file is refused, and what to say at a cell that cannot be taken at its word."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.kernel.errors import PortalError
from portal.kernel.spreadsheets.sheet import Mark


class SpreadsheetRefused(PortalError):
    """The file cannot be read, as a whole. `code` is one of SENTENCES; `details` fills its sentence."""

    code = "spreadsheet"

    def __init__(self, code: str, **details: Any) -> None:
        sentence = SENTENCES[code]
        super().__init__(sentence % details if details else sentence, code=code, **details)


SENTENCES = {
    "empty": _("The file is empty. Choose the file again, or save it again in Excel or WPS."),
    "too_large": _("The file is larger than %(limit)s MB. Split it into several files."),
    "wrong_extension": _(
        "Only xlsx and csv files can be read. Open the file in Excel or WPS, choose “Save as”, type “xlsx”."
    ),
    "xls": _(
        "This is the old xls format. Open it in Excel or WPS, choose “Save as”, type “xlsx”, and send that."
    ),
    "password": _(
        "The file is protected by a password. Remove the password in Excel or WPS and save it again."
    ),
    "not_a_workbook": _(
        "The content of the file is not a spreadsheet, whatever its name says. "
        "Open it in Excel or WPS, choose “Save as”, type “xlsx”, and send that."
    ),
    "macros": _(
        "The file contains macros, which are not accepted. "
        "In Excel or WPS choose “Save as”, type “xlsx” (without macros), and send that."
    ),
    "unsafe": _(
        "The file contains something a plain spreadsheet never has, so it was not opened. "
        "Copy the cells into a new workbook, save that, and send it."
    ),
    "bomb": _(
        "The file unpacks to far more than a table needs. Copy the cells into a new workbook and send that."
    ),
    "damaged": _("The file is damaged or incomplete. Open it in Excel or WPS, save it again, and send that."),
    "encoding": _(
        "The characters of the file cannot be read. In Excel or WPS choose “Save as”, type “xlsx”."
    ),
    "no_sheet": _("The workbook has no sheet with cells."),
    "unknown_sheet": _("The workbook has no sheet named “%(sheet)s”."),
    "too_many_rows": _(
        "The sheet has more than %(limit)s rows. Split it into several files of at most %(limit)s rows."
    ),
    "too_many_columns": _(
        "The sheet uses more than %(limit)s columns. Delete the columns that are not needed."
    ),
    "too_many_cells": _("The sheet has more than %(limit)s filled cells. Split it into several files."),
    "doubtful_cell": _("Cell %(cell)s: %(reason)s"),
    "cell_too_long": _("Cell %(cell)s holds more than %(limit)s characters. Shorten it."),
}

DOUBTS = {
    Mark.FORMULA: _("The cell holds a formula. Type the value itself."),
    Mark.LIKE_FORMULA: _("The text starts with an equals sign. Type the value itself."),
    Mark.ERROR: _("The cell shows an error of the spreadsheet. Type the right value."),
    Mark.SCIENTIFIC: _(
        "The number was shortened to scientific notation and lost digits. "
        "Set the column's format to “Text” and type the number again."
    ),
    Mark.DIGITS_LOST: _(
        "Numbers of more than 15 digits lose their last digits in a spreadsheet. "
        "Set the column's format to “Text” and type the number again."
    ),
}
