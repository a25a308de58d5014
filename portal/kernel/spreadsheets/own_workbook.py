"""Notes written into the user's own workbook, through openpyxl."""

from __future__ import annotations

import warnings
from typing import IO

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from portal.kernel.spreadsheets.notes import LIST_COLUMNS, LIST_TITLE, NOTE_TITLE, Notes
from portal.kernel.spreadsheets.safety import safe_text
from portal.kernel.spreadsheets.sheet import Sheet, column_index

_FAULT = PatternFill("solid", fgColor="FFFDE2DF")
_SENTENCE = Font(color="FFB42318")
_AUTHOR = "portal"
_MOST_COMMENTS = 2_000  # each is a drawing of its own
_NOTE_WIDTH = 48


def opened(source: IO[bytes]) -> Workbook | None:
    """The workbook without what could run or call out. None where openpyxl cannot cope with it."""
    source.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what it leaves out is not the user's trouble
            book = openpyxl.load_workbook(source, data_only=True, keep_vba=False, keep_links=False)
    except (TypeError, ValueError, LookupError, AttributeError):  # whatever its descriptors trip over
        return None
    _disarm(book)
    return book


def annotate_own(book: Workbook, target: IO[bytes], sheet: Sheet, notes: Notes) -> None:
    """`sheet` is what was read from the same workbook."""
    page = book[sheet.name]
    _forget_earlier_notes(book, page)
    _write_sentences(page, _note_column(page, sheet, notes), notes)
    _mark_cells(page, notes)
    _write_list(book, sheet, notes)
    book.active = book.index(page)
    book.save(target)


def _disarm(book: Workbook) -> None:
    """Values stay; what could run or call out does not. Texts that look like formulas stay texts."""
    for name in [
        name for name, defined in book.defined_names.items() if set(defined.value or "") & set("[|")
    ]:
        del book.defined_names[name]
    for page in book.worksheets:
        page._hyperlinks = []
        page._pivots = []
        for row in page.iter_rows():
            for cell in row:
                if isinstance(cell, Cell):
                    cell.hyperlink = None
                    if cell.data_type == "f":
                        cell.data_type = "s"


def _forget_earlier_notes(book: Workbook, page: Worksheet) -> None:
    earlier = str(LIST_TITLE)
    if earlier in book.sheetnames and book[earlier] is not page:
        del book[earlier]
    for row in page.iter_rows():
        for cell in row:
            if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb == _FAULT.fgColor.rgb:
                cell.fill = PatternFill()
            if cell.comment and cell.comment.author == _AUTHOR:
                cell.comment = None


def _note_column(page: Worksheet, sheet: Sheet, notes: Notes) -> int:
    """Counted from 1: where the sentences stood before, or right of everything."""
    for column in sheet.columns:
        place = column_index(column) + 1
        if page.cell(notes.header_row, place).value == str(NOTE_TITLE):
            for row in range(notes.header_row + 1, page.max_row + 1):
                _put(page, row, place, None)
            return place
    merged = max((area.last_column for area in sheet.merged), default=-1)
    return max(column_index(sheet.columns[-1]), merged) + 2


def _write_sentences(page: Worksheet, place: int, notes: Notes) -> None:
    title = _put(page, notes.header_row, place, str(NOTE_TITLE))
    title.font = Font(bold=True, color=_SENTENCE.color)
    page.column_dimensions[title.column_letter].width = _NOTE_WIDTH
    for row, text in notes.by_row.items():
        cell = _put(page, row, place, text)
        cell.font, cell.alignment = _SENTENCE, Alignment(wrap_text=True, vertical="top")


def _mark_cells(page: Worksheet, notes: Notes) -> None:
    for count, (row, column, text) in enumerate(notes.in_order):
        if not column:
            continue
        cell = page.cell(row, column_index(column) + 1)
        cell.fill = _FAULT
        if count < _MOST_COMMENTS and not isinstance(cell, MergedCell):
            cell.comment = Comment(safe_text(text), _AUTHOR, height=80, width=240)


def _write_list(book: Workbook, sheet: Sheet, notes: Notes) -> None:
    page = book.create_sheet(str(LIST_TITLE))
    for row, values in enumerate([tuple(map(str, LIST_COLUMNS)), *notes.listed(sheet)], 1):
        for place, value in enumerate(values, 1):
            _put(page, row, place, value)
    for place, width in enumerate((8, 8, 24, 72), 1):
        page.cell(1, place).font = Font(bold=True)
        page.column_dimensions[page.cell(1, place).column_letter].width = width
    page.freeze_panes = "A2"


def _put(page: Worksheet, row: int, place: int, value: int | str | None) -> Cell:
    """Texts as texts, whatever they start with."""
    cell: Cell = page.cell(row, place)
    if isinstance(value, str):
        cell.value = safe_text(value)
        cell.data_type = "s"
    elif not isinstance(cell, MergedCell):
        cell.value = value
    return cell
