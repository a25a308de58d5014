"""csv and txt files: the encodings and habits that Chinese offices have."""

from __future__ import annotations

import codecs
import csv
import io
import re

import polars as pl

from portal.kernel.spreadsheets.errors import SpreadsheetRefused
from portal.kernel.spreadsheets.limits import Limits
from portal.kernel.spreadsheets.sheet import Mark, Sheet, column_letters
from portal.kernel.spreadsheets.texts import cleaned, marks_of

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASCII = bytes(range(128))
_NEVER_TYPED = re.compile("[\ue000-\uf8ff\ufffd\x80-\x9f]")
_DELIMITERS = (",", "\t", ";", "，")
_SNIFFED_LINES = 20


def read_delimited(raw: bytes, *, limits: Limits) -> Sheet:
    if not raw.strip(b"\x00 \t\r\n"):
        raise SpreadsheetRefused("empty")
    text, encoding = decode(raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = sniff_delimiter(text)
    columns = _quoted(text, delimiter, limits) if '"' in text else _plain(text, delimiter, limits)
    return _sheet(columns, encoding, limits)


def decode(raw: bytes) -> tuple[str, str]:
    """The text and its encoding's name. Bytes that fit none, or that would give mojibake, are refused."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _strictly(raw[len(mark) :], encoding), encoding
    if b"\x00" in raw[:4096]:
        encoding = "utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be"
        return _strictly(raw, encoding), encoding
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        if _is_broken_utf8(raw):
            raise SpreadsheetRefused("encoding") from None
        return _strictly(raw, "gb18030"), "gb18030"


def _strictly(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise SpreadsheetRefused("encoding") from error
    if encoding == "gb18030" and _NEVER_TYPED.search(text):
        raise SpreadsheetRefused("encoding")
    return text


def _is_broken_utf8(raw: bytes) -> bool:
    """GBK text is valid UTF-8 only here and there; UTF-8 with a fault is valid nearly everywhere."""
    valid = raw.decode("utf-8", "ignore").encode("utf-8")
    return len(valid.translate(None, _ASCII)) > 0.6 * len(raw.translate(None, _ASCII))


def sniff_delimiter(text: str) -> str:
    start = text[:65536].split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES]
    return max(_DELIMITERS, key=lambda delimiter: sum(line.count(delimiter) for line in start))


def _plain(text: str, delimiter: str, limits: Limits) -> pl.DataFrame:
    """No quotes, so each line is a row and each delimiter ends a cell."""
    _bound_rows(sum(1 for line in text.split("\n") if line) if text.count("\n") > limits.rows else 0, limits)
    lines = pl.Series([text]).str.split("\n").list.explode()
    width = int(lines.str.count_matches(delimiter, literal=True).max() or 0) + 1  # type: ignore[arg-type]
    if width > 8 * limits.columns:
        raise SpreadsheetRefused("too_many_columns", limit=limits.columns)
    return lines.str.splitn(delimiter, width).struct.unnest() if width > 1 else lines.to_frame()


def _quoted(text: str, delimiter: str, limits: Limits) -> pl.DataFrame:
    rows: list[list[str]] = []
    filled = width = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            filled += bool(row)
            width = max(width, len(row))
            _bound_rows(filled, limits)
            if width > 8 * limits.columns:
                raise SpreadsheetRefused("too_many_columns", limit=limits.columns)
    except csv.Error as error:
        address = f"A{len(rows) + 1}"
        raise SpreadsheetRefused("cell_too_long", cell=address, limit=limits.cell_characters) from error
    padded = [row + [""] * (width - len(row)) for row in rows]
    return pl.DataFrame(padded, schema=[f"field_{index}" for index in range(width)], orient="row")


def _bound_rows(rows: int, limits: Limits) -> None:
    if rows > limits.rows:
        raise SpreadsheetRefused("too_many_rows", limit=limits.rows)


_FLOATED = r"^[0-9]{5,}\.0+$"
_GUARDED = r"^'[=+\-@＝＋－＠]"
_QUOTED_BY_FORMULA = r'^="([^"]*)"$'


def _meant(raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Texts and marks. Our own apostrophe against formulas goes; so does the ="001" that keeps zeros."""
    texts = cleaned(raw)
    frame = texts.to_frame("text").with_columns(
        pl.when(pl.col("text").str.contains(_GUARDED))
        .then(pl.col("text").str.slice(1))
        .when(pl.col("text").str.contains(_QUOTED_BY_FORMULA))
        .then(pl.col("text").str.extract(_QUOTED_BY_FORMULA).str.strip_chars())
        .otherwise(pl.col("text"))
    )
    floated = pl.col("text").str.contains(_FLOATED)
    frame = frame.with_columns(
        text=pl.when(floated).then(pl.col("text").str.replace(r"\.0+$", "")).otherwise(pl.col("text")),
        mark=pl.when(floated).then(pl.lit(int(Mark.NUMBER), pl.UInt8)).otherwise(marks_of(frame["text"])),
    )
    return frame["text"].replace("", None), frame["mark"]


def _sheet(columns: pl.DataFrame, encoding: str, limits: Limits) -> Sheet:
    texts, marks = {}, {}
    for index, column in enumerate(columns.iter_columns()):
        text, mark = _meant(column.replace("", None))
        if text.null_count() < len(text):
            texts[column_letters(index)], marks[column_letters(index)] = text, mark
    if not texts:
        raise SpreadsheetRefused("empty")
    if len(texts) > limits.columns:
        raise SpreadsheetRefused("too_many_columns", limit=limits.columns)
    text_frame, mark_frame = pl.DataFrame(texts), pl.DataFrame(marks)
    filled = text_frame.select(pl.any_horizontal(pl.all().is_not_null()).alias("filled"))["filled"]
    _bound(text_frame, int(filled.sum()), limits)
    numbers = pl.int_range(1, len(columns) + 1, dtype=pl.UInt32, eager=True).alias("row")
    return Sheet(
        name="",
        names=(),
        numbers=numbers.filter(filled),
        text=text_frame.filter(filled),
        marks=mark_frame.filter(filled),
        encoding=encoding,
    )


def _bound(texts: pl.DataFrame, rows: int, limits: Limits) -> None:
    _bound_rows(rows, limits)
    if texts.height * texts.width - sum(texts.null_count().row(0)) > limits.cells:
        raise SpreadsheetRefused("too_many_cells", limit=limits.cells)
    for name in texts.columns:
        lengths = texts[name].str.len_chars()
        if (longest := lengths.arg_max()) is not None and lengths[longest] > limits.cell_characters:
            address = f"{name}{longest + 1}"
            raise SpreadsheetRefused("cell_too_long", cell=address, limit=limits.cell_characters)
