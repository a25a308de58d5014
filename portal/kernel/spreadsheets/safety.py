"""What may not leave the portal inside a cell.

A spreadsheet takes a cell that starts with = + - @, a tab or a line end for a formula (CWE-1236), also in
full-width and behind spaces. In xlsx our texts are string cells and need no change; in csv there is no such thing,
so a leading apostrophe disarms them.
"""

from __future__ import annotations

import re

import polars as pl

_ARMED_START = "^[ \u00a0\u3000\u200b\ufeff]*[=+\\-@\t\r\n＝＋－＠]"
_ARMED = re.compile(_ARMED_START)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_XML_COLUMN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
LONGEST = 32_767  # characters; more, and Excel calls the file damaged


def guarded(text: str) -> str:
    """For csv: an apostrophe in front of what a spreadsheet would run."""
    return f"'{text}" if _ARMED.match(text) else text


def guarded_column(texts: pl.Series) -> pl.Series:
    armed = texts.str.contains(_ARMED_START)
    if not armed.any():
        return texts
    frame = texts.to_frame("text").with_columns(armed=armed)
    guard = (
        pl.when(pl.col("armed")).then(pl.concat_str(pl.lit("'"), pl.col("text"))).otherwise(pl.col("text"))
    )
    return frame.select(guard.alias(texts.name)).to_series()


def safe_text(text: str) -> str:
    """For xlsx: without the characters that XML has no place for, and no longer than a cell holds."""
    return _NOT_XML.sub("", text)[:LONGEST]


def escaped_column(texts: pl.Series) -> pl.Series:
    """Texts as they stand between XML tags, safe as in `safe_text`."""
    if texts.str.contains(_NOT_XML_COLUMN).any():
        texts = texts.str.replace_all(_NOT_XML_COLUMN, "")
    if (texts.str.len_bytes() > LONGEST).any():
        texts = texts.str.slice(0, LONGEST)
    if texts.str.contains("_x", literal=True).any():
        odd = texts.filter(texts.str.contains("_x", literal=True)).unique().to_list()
        texts = texts.replace(odd, [_LOOKS_ESCAPED.sub("_x005F_", text) for text in odd])
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        if texts.str.contains(character, literal=True).any():
            texts = texts.str.replace_all(character, entity, literal=True)
    return texts
