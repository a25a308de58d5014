"""Spreadsheets in and out, for the whole portal.

Coming in, a file becomes text at its place: `read_table` gives a Sheet of Polars string columns, cleaned, with
the row numbers and column letters that the user sees and a Mark on each cell for what it was. A file that
cannot be read is refused as a whole, before it can cost time or memory; what is odd about one cell is left to
the caller, who can say it at that cell.

Going out, `TableWriter` streams large tables as xlsx, `write_csv` as csv; `open_workbook` starts a document with a
layout of its own; `annotate_workbook` gives users their own file back, with what is wrong said at its cells. No
text of a user ever becomes a formula.
"""

from portal.kernel.spreadsheets.annotate import annotate_workbook
from portal.kernel.spreadsheets.columns import Column, Kind
from portal.kernel.spreadsheets.delimited_writing import csv_blocks, write_csv
from portal.kernel.spreadsheets.documents import open_workbook
from portal.kernel.spreadsheets.errors import DOUBTS, SpreadsheetRefused
from portal.kernel.spreadsheets.limits import Limits
from portal.kernel.spreadsheets.normalise import CELL, IDENTIFIER, NAME, PHONE, Cleaner
from portal.kernel.spreadsheets.reading import read_table
from portal.kernel.spreadsheets.safety import guarded, safe_text
from portal.kernel.spreadsheets.sheet import DOUBTFUL, Cell, Mark, Range, Row, Sheet
from portal.kernel.spreadsheets.writing import TableWriter

__all__ = [
    "CELL",
    "DOUBTFUL",
    "DOUBTS",
    "IDENTIFIER",
    "NAME",
    "PHONE",
    "Cell",
    "Cleaner",
    "Column",
    "Kind",
    "Limits",
    "Mark",
    "Range",
    "Row",
    "Sheet",
    "SpreadsheetRefused",
    "TableWriter",
    "annotate_workbook",
    "csv_blocks",
    "guarded",
    "open_workbook",
    "read_table",
    "safe_text",
    "write_csv",
]
