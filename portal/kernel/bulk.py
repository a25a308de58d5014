"""Rows in bulk between data frames and the database: COPY on PostgreSQL, cursors and executemany on SQLite.

Frames speak in columns of the database (`school_class_id`, not `school_class`). Their types are Int, Float, String,
Boolean, Date, Datetime (with a time zone; kept as UTC), Binary. Nothing of the model layer runs but the fields'
defaults: no validation, no `auto_now`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from io import BufferedWriter, BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

Schema = dict[str, type[pl.DataType] | pl.DataType]

SLICE = 50_000
PIECE = 8 * 1024 * 1024

_BY_HAND = (pl.Boolean, pl.Datetime, pl.Binary)
"""Types that PostgreSQL's text spells in its own way."""

_ESCAPED = {
    "\\\\": "\\",
    "\\b": "\b",
    "\\f": "\f",
    "\\n": "\n",
    "\\r": "\r",
    "\\t": "\t",
    "\\v": "\v",
}
"""How COPY writes them, from left to right."""

_POSTGRES = {
    pl.String: "text",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamptz",
    pl.Binary: "bytea",
}
_SQLITE = {pl.String: "text", pl.Binary: "blob"}

_numbers = itertools.count(1)


def table_of(target: type[models.Model] | str) -> str:
    return target if isinstance(target, str) else target._meta.db_table


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


# ── Out ──────────────────────────────────────────────────────────────────────


def copy_out(sql: str, params: Sequence[Any], schema: Schema) -> pl.DataFrame:
    """What a query gives, its columns named and typed by `schema` in their order.

    Placeholders are `%s` on both databases; a literal per cent sign is written twice.
    """
    with connection.cursor() as cursor:
        if is_postgres():
            statement = _to_read(cursor.mogrify(sql, tuple(params)).decode(), schema)
            pieces = _Pieces(schema)
            # The driver hands over row by row, and its errors are not Django's by themselves.
            with connection.wrap_database_errors, BufferedWriter(pieces, PIECE) as rows:
                cursor.copy_expert(f"COPY ({statement}) TO STDOUT", rows)
            return pieces.frame()
        cursor.execute(sql, params)
        frames = [pl.DataFrame(schema=schema)]
        while rows := cursor.fetchmany(SLICE):
            frames.append(_from_rows(rows, schema))
        return pl.concat(frames)


def frame_of(rows: models.QuerySet[Any], schema: Schema) -> pl.DataFrame:
    """The columns of `schema`, named as the ORM spells them, of the rows of a query; in no order."""
    try:
        sql, params = rows.order_by().values_list(*schema).query.sql_with_params()
    except EmptyResultSet:
        return pl.DataFrame(schema=schema)
    return copy_out(sql, params, schema)


def listed(ids: Iterable[int]) -> RawSQL | list[int]:
    """Ids to filter by, `pk__in=listed(ids)`, however many: one parameter, of which the database knows how many it
    holds. For none it is not asked at all."""
    text = ", ".join(map(str, map(int, ids)))
    if not text:
        return []
    if is_postgres():
        return RawSQL("SELECT unnest(%s::bigint[])", (f"{{{text}}}",))
    return RawSQL("SELECT value FROM json_each(%s)", (f"[{text}]",))


def _to_read(statement: str, schema: Schema) -> str:
    """The query with its days as numbers, which both sides spell and read faster."""
    names = [f"c{number}" for number in range(len(schema))]
    shown = [
        f"{name} - DATE '1970-01-01'" if kind == pl.Date else name
        for name, kind in zip(names, schema.values(), strict=True)
    ]
    if len(schema) == 1:  # a lone NULL would be an empty line, which readers skip
        shown.append("0")
    return f"SELECT {', '.join(shown)} FROM ({statement}) AS q({', '.join(names)})"  # noqa: S608


class _Pieces(RawIOBase):
    """The file that COPY writes into: its text becomes frames piece by piece, so it is never held whole. While one
    piece is parsed, the next one comes in."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._wire = {name: _wire(kind) for name, kind in schema.items()}
        if len(schema) == 1:
            self._wire["(beside)"] = pl.Int64
        self._rest = b""
        self._frames = [pl.DataFrame(schema=schema)]
        self._parser: ThreadPoolExecutor | None = None
        self._parsed: Future[pl.DataFrame] | None = None

    def writable(self) -> bool:
        return True

    def write(self, text: Buffer, /) -> int:
        held = self._rest + bytes(text)
        end = held.rfind(b"\n") + 1 if len(held) >= PIECE else 0
        if end:
            self._take()
            self._parser = self._parser or ThreadPoolExecutor(1)
            self._parsed = self._parser.submit(self._parse, held[:end])
        self._rest = held[end:]
        return memoryview(text).nbytes

    def frame(self) -> pl.DataFrame:
        self._take()
        if self._rest:
            self._frames.append(self._parse(self._rest))
        return pl.concat(self._frames)

    def close(self) -> None:
        if self._parser is not None:
            self._parser.shutdown()
        super().close()

    def _take(self) -> None:
        if self._parsed is not None:
            self._frames.append(self._parsed.result())
            self._parsed = None

    def _parse(self, lines: bytes) -> pl.DataFrame:
        found = pl.read_csv(
            lines,
            has_header=False,
            schema=self._wire,
            separator="\t",
            quote_char=None,
            null_values="\\N",
            empty_string_is_null=False,
        )
        escaped = [
            name
            for name, kind in self._schema.items()
            if kind == pl.String and found[name].str.contains("\\", literal=True).any()
        ]
        return found.with_columns(
            pl.col(escaped).str.replace_many(list(_ESCAPED), list(_ESCAPED.values()))
        ).select(_from_text(name, kind) for name, kind in self._schema.items())


def _wire(kind: Any) -> Any:
    """As what a value of this type is read from the text."""
    if kind == pl.Date:
        return pl.Int32
    return pl.String if kind in _BY_HAND else kind


def _from_text(name: str, kind: Any) -> pl.Expr:
    column = pl.col(name)
    if kind == pl.Date:
        return column.cast(pl.Date)
    if kind == pl.Boolean:
        return column == "t"
    if kind == pl.Datetime:
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_unit="us", time_zone="UTC")
    if kind == pl.Binary:
        return column.str.slice(3).str.decode("hex")
    return column


def _from_rows(rows: list[tuple[Any, ...]], schema: Schema) -> pl.DataFrame:
    columns = zip(*rows, strict=True)
    return pl.DataFrame(
        [
            pl.Series(name, [_from_sqlite(value, kind) for value in column], dtype=kind)
            if kind in (pl.Boolean, pl.Date, pl.Datetime)
            else pl.Series(name, column, dtype=kind, strict=False)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        ]
    )


def _from_sqlite(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    if kind == pl.Boolean:
        return bool(value)
    if kind == pl.Date:
        return date.fromisoformat(value) if isinstance(value, str) else value
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def one_view() -> Iterator[None]:
    """Everything read inside is as the database stood at one moment, whoever writes meanwhile; nobody waits for it.
    Inside another transaction the view is that transaction's."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgres() else "BEGIN DEFERRED"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("COMMIT")


# ── In ───────────────────────────────────────────────────────────────────────


def copy_in(target: type[models.Model] | str, frame: pl.DataFrame) -> int:
    """Insert the rows; the frame's columns are columns of the table. Returns how many.

    For a model, columns that the frame lacks hold the field's default; moments of `auto_now` have none.
    """
    table = table_of(target)
    if not isinstance(target, str):
        frame = frame.with_columns(_defaults(target, frame))
    names = ", ".join(f'"{name}"' for name in frame.columns)
    with connection.cursor() as cursor:
        for part in frame.iter_slices(SLICE):
            if is_postgres():
                statement = f'COPY "{table}" ({names}) FROM STDIN WITH (FORMAT csv)'
                with connection.wrap_database_errors:
                    cursor.copy_expert(statement, BytesIO(_csv(part)), 1 << 20)
            else:
                holes = ", ".join(["%s"] * part.width)
                cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({holes})', _rows(part))  # noqa: S608
    return frame.height


def _defaults(model: type[models.Model], frame: pl.DataFrame) -> list[pl.Expr]:
    lacking = [
        field
        for field in model._meta.concrete_fields
        if field.column not in frame.columns and not field.primary_key
    ]
    values = {str(field.column): field.get_default() for field in lacking}
    return [
        pl.lit(json.dumps(value) if isinstance(value, dict | list) else value).alias(column)
        for column, value in values.items()
        if value is not None
    ]


def update_rows(target: type[models.Model] | str, frame: pl.DataFrame, *, key: str = "id") -> int:
    """Set the frame's other columns in the rows that its `key` names. Returns how many rows it holds."""
    table = table_of(target)
    values = [name for name in frame.columns if name != key]
    if frame.is_empty() or not values:
        return 0
    if is_postgres():
        with staged(frame) as fresh, connection.cursor() as cursor:
            setting = ", ".join(f'"{name}" = fresh."{name}"' for name in values)
            cursor.execute(
                f'UPDATE "{table}" SET {setting} FROM {fresh} AS fresh WHERE "{table}"."{key}" = fresh."{key}"'  # noqa: S608
            )
    else:
        setting = ", ".join(f'"{name}" = %s' for name in values)
        with connection.cursor() as cursor:
            statement = f'UPDATE "{table}" SET {setting} WHERE "{key}" = %s'  # noqa: S608
            cursor.executemany(statement, _rows(frame.select(*values, key)))
    return frame.height


def _csv(frame: pl.DataFrame) -> bytes:
    binary = [
        (pl.lit("\\x") + pl.col(name).bin.encode("hex")).alias(name)
        for name, kind in frame.schema.items()
        if kind == pl.Binary
    ]
    return frame.with_columns(binary).write_csv(include_header=False).encode()


def _rows(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """As Django keeps them in SQLite: days and moments as text, moments in UTC without saying so."""
    dated = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        if kind == pl.Date:
            dated.append(column.dt.to_string("%Y-%m-%d"))
        elif kind == pl.Datetime:
            moment = column.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%d %H:%M:%S%.6f")
            dated.append(moment.str.strip_suffix(".000000"))
    return frame.with_columns(dated).rows()


# ── Beside ───────────────────────────────────────────────────────────────────


@contextmanager
def staged(frame: pl.DataFrame) -> Iterator[str]:
    """The frame as a temporary table to join with, gone afterwards. Only inside a transaction."""
    table = f"staged_{next(_numbers)}"
    kinds = _POSTGRES if is_postgres() else _SQLITE
    columns = ", ".join(
        f'"{name}" {"bigint" if kind.is_integer() else kinds.get(kind.base_type(), "numeric")}'
        for name, kind in frame.schema.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TEMPORARY TABLE "{table}" ({columns})')
    copy_in(table, frame)
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(f'ANALYZE "{table}"')
    yield f'"{table}"'
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE "{table}"')


def new_ids(model: type[models.Model], count: int) -> pl.Series:
    """Ids for `count` new rows, ascending, that nobody else will get. Only inside a transaction."""
    table, key = model._meta.db_table, str(model._meta.pk.column)
    if is_postgres():
        sql = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
        return copy_out(sql, (f'"{table}"', key, count), {"id": pl.Int64})["id"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT max(COALESCE((SELECT seq FROM sqlite_sequence WHERE name = %s), 0), "  # noqa: S608
            f'COALESCE((SELECT max("{key}") FROM "{table}"), 0))',
            [table],
        )
        last = cursor.fetchone()[0]
    return pl.Series("id", range(last + 1, last + 1 + count), dtype=pl.Int64)


def serialise(purpose: str) -> None:
    """Let one transaction after the other through, until each ends. On SQLite writers queue by themselves."""
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [purpose])
