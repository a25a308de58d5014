"""xlsx for django-import-export, through the portal's own reader and writer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import tablib
from import_export.formats import base_formats

from portal.kernel.spreadsheets.columns import Column, Kind
from portal.kernel.spreadsheets.errors import DOUBTS, SpreadsheetRefused
from portal.kernel.spreadsheets.reading import read_table
from portal.kernel.spreadsheets.sheet import Mark
from portal.kernel.spreadsheets.writing import TableWriter


class FastXLSX(base_formats.XLSX):  # type: ignore[misc]  # the package is not typed
    """Every cell comes in as text, and no doubtful one does."""

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        """The first row that holds something is the header. Raises SpreadsheetRefused."""
        sheet = read_table(BytesIO(in_stream), filename="import.xlsx")
        for row, column, _text, mark in sheet.doubtful.iter_rows():
            raise SpreadsheetRefused("doubtful_cell", cell=f"{column}{row}", reason=str(DOUBTS[Mark(mark)]))
        header, *rows = sheet.text.fill_null("").iter_rows()
        return tablib.Dataset(*rows, headers=list(header))

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        out = BytesIO()
        values = list(zip(*dataset, strict=True)) if len(dataset) else [()] * len(dataset.headers)
        columns = [
            Column(str(title), _kind_of(cells)) for title, cells in zip(dataset.headers, values, strict=True)
        ]
        with TableWriter(out, columns, sheet_name=dataset.title or "1") as table:
            table.write_rows(zip(*([_blank(cell) for cell in cells] for cells in values), strict=True))
        return out.getvalue()


def _blank(cell: Any) -> Any:
    return None if cell == "" else cell


def _kind_of(cells: Sequence[Any]) -> Kind:
    """What all filled cells of a column are; mixed columns are text."""
    kinds = {type(cell) for cell in cells if cell is not None and cell != ""}
    if kinds == {int}:
        return Kind.INTEGER
    if kinds and kinds <= {int, float, Decimal}:
        return Kind.DECIMAL
    if kinds == {date}:
        return Kind.DATE
    return Kind.MOMENT if kinds == {datetime} else Kind.TEXT
