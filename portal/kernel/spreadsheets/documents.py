"""Workbooks with a layout of their own (merged cells, formulas of ours, print set-up), through XlsxWriter."""

from __future__ import annotations

import os
from typing import IO

import xlsxwriter

OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
    "nan_inf_to_errors": True,
}


def open_workbook(
    target: str | os.PathLike[str] | IO[bytes], *, constant_memory: bool = False
) -> xlsxwriter.Workbook:
    """A workbook that never takes a text for a formula or a link.

    Formulas are written by `write_formula` alone, from our own text and never with a user's text inside; users'
    texts go through `safe_text` and `write_string`. Moments lose their zone: pass local times.
    """
    path = os.fspath(target) if isinstance(target, str | os.PathLike) else target
    return xlsxwriter.Workbook(path, OPTIONS | {"constant_memory": constant_memory})
