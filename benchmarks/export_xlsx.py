"""Export of 200,000 rows × 11 cells as xlsx, against COPY of the same rows to csv.

    python -m benchmarks.export_xlsx [--dsn postgresql://…] [--rows 200000] [--rounds 5] [--also]

Ours reads the rows from the same database, with formats, widths and a frozen header, and writes a file. `rows` takes
them from a cursor as an ordinary export does; `frames` from COPY through data frames. `--also` measures XlsxWriter
in constant memory beside them. Goals: at most 30 times the limit (8 in a good world) and 64 MiB.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

import django
import polars as pl
import psycopg2
import xlsxwriter

from benchmarks.harness import Run, compare, in_a_process_of_its_own, measured, report

DSN = os.environ.get("DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
QUERY = "SELECT * FROM benchmark_export.parents ORDER BY id"
GOALS = {"ratio": 30, "moonshot_ratio": 8, "peak_mib": 64}
TITLES = ("编号", "学校", "班级", "学生", "性别", "家长", "关系", "手机号", "积分", "参与率", "注册日期")
PIECE = 1024 * 1024

MAKE = """
DROP SCHEMA IF EXISTS benchmark_export CASCADE;
CREATE SCHEMA benchmark_export;
CREATE TABLE benchmark_export.parents AS
SELECT i AS id, '演示第' || (i %% 270) || '小学' AS school, (i %% 9 + 1) || '班' AS class,
  (ARRAY['张','王','李','赵'])[i %% 4 + 1] || (ARRAY['子涵','梓轩','宇航','欣怡'])[i / 4 %% 4 + 1] || i %% 97 AS child,
  (ARRAY['男','女'])[i %% 2 + 1] AS gender,
  (ARRAY['张','王','李','赵'])[i %% 4 + 1] || (ARRAY['伟','芳','娜','强'])[i / 3 %% 4 + 1] AS guardian,
  (ARRAY['父亲','母亲','祖父'])[i %% 3 + 1] AS relation, '139' || lpad((i * 7919 %% 100000000)::text, 8, '0') AS phone,
  (i * 37) %% 1000 AS points, (i %% 50) / 50.0::float8 AS rate, DATE '2026-09-01' + i %% 200 AS registered_on
FROM generate_series(1, %(rows)s) AS i;
ALTER TABLE benchmark_export.parents ADD PRIMARY KEY (id);
ANALYZE benchmark_export.parents;
"""


class Nowhere:
    def write(self, block: bytes) -> int:
        return len(block)


def limit(dsn: str) -> Run:
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        return measured(lambda: cursor.copy_expert(f"COPY ({QUERY}) TO STDOUT WITH (FORMAT csv)", Nowhere()))


def columns() -> list[Any]:
    from portal.kernel.spreadsheets import Column, Kind

    kinds = {0: Kind.INTEGER, 8: Kind.INTEGER, 9: Kind.PERCENT, 10: Kind.DATE}
    return [Column(title, kinds.get(place, Kind.TEXT)) for place, title in enumerate(TITLES)]


def rows(connection: Any) -> Iterator[tuple[Any, ...]]:
    with connection.cursor("export") as cursor:
        cursor.itersize = 4_000
        cursor.execute(QUERY)
        yield from cursor


def ours_by_rows(dsn: str) -> Run:
    django.setup()
    from portal.kernel.spreadsheets import TableWriter

    def export(target: str) -> None:
        with TableWriter(target, columns(), sheet_name="家长") as table:
            table.write_rows(rows(connection))

    with psycopg2.connect(dsn) as connection, tempfile.TemporaryDirectory() as folder:
        warm_up()
        return measured(lambda: export(f"{folder}/export.xlsx"))


SCHEMA = {str(place): pl.String for place in range(11)} | {
    "0": pl.Int64, "8": pl.Int64, "9": pl.Float64, "10": pl.Date,
}  # fmt: skip


class IntoTable:
    """What COPY writes into: whole lines become a frame as soon as there is a megabyte of them."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._held = bytearray()

    def write(self, block: bytes) -> int:
        self._held += block
        if len(self._held) >= PIECE:
            self.flush(self._held.rfind(b"\n") + 1)
        return len(block)

    def flush(self, end: int) -> None:
        frame = pl.read_csv(bytes(self._held[:end]), has_header=False, schema=SCHEMA)
        del self._held[:end]
        self._table.write_frame(frame)


def ours_by_frames(dsn: str) -> Run:
    django.setup()
    from portal.kernel.spreadsheets import TableWriter

    def export(target: str) -> None:
        with TableWriter(target, columns(), sheet_name="家长") as table:
            pieces = IntoTable(table)
            cursor.copy_expert(f"COPY ({QUERY}) TO STDOUT WITH (FORMAT csv)", pieces)
            pieces.flush(len(pieces._held))

    with (
        psycopg2.connect(dsn) as connection,
        connection.cursor() as cursor,
        tempfile.TemporaryDirectory() as folder,
    ):
        warm_up()
        return measured(lambda: export(f"{folder}/export.xlsx"))


def warm_up() -> None:
    """Threads and code of the library belong to the process, not to the export."""
    from portal.kernel.spreadsheets import TableWriter

    with TableWriter(BytesIO(), columns(), sheet_name="家长") as table:
        table.write_rows([(1, *(["甲"] * 7), 1, 0.5, None)] * 10)


def xlsxwriter_by_rows(dsn: str) -> Run:
    def export(target: str) -> None:
        book = xlsxwriter.Workbook(target, {"constant_memory": True})
        page, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, TITLES)
        for number, values in enumerate(rows(connection), 1):
            for place, value in enumerate(values):
                if isinstance(value, str):
                    page.write_string(number, place, value)
                elif place == 10:
                    page.write_datetime(number, place, value, day)
                else:
                    page.write_number(number, place, value)
        book.close()

    with psycopg2.connect(dsn) as connection, tempfile.TemporaryDirectory() as folder:
        return measured(lambda: export(f"{folder}/export.xlsx"))


def check(dsn: str, count: int) -> None:
    """The file holds the rows that COPY gave, to the last one."""
    django.setup()
    from portal.kernel.spreadsheets import Limits, TableWriter, read_table

    out, text = BytesIO(), BytesIO()
    with psycopg2.connect(dsn) as connection:
        with TableWriter(out, columns(), sheet_name="家长") as table:
            table.write_rows(rows(connection))
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({QUERY}) TO STDOUT WITH (FORMAT csv)", text)
    bounds = Limits(file_bytes=1 << 30, unpacked_bytes=1 << 32, rows=count + 1, cells=count * 12)
    sheet = read_table(out, filename="export.xlsx", limits=bounds)
    expected = csv.reader(text.getvalue().decode().splitlines())
    for line, (found, wanted) in enumerate(zip(sheet.text.iter_rows(), [TITLES, *expected], strict=True)):
        if [*found] != [*wanted]:
            raise SystemExit(f"line {line}: {found} is not {wanted}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dsn", default=DSN)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--also", action="store_true", help="measure XlsxWriter as well")
    parser.add_argument("--runs", action="store_true", help="print every run")
    options = parser.parse_args()
    contenders = {"rows": ours_by_rows, "frames": ours_by_frames}
    if options.also:
        contenders["xlsxwriter"] = xlsxwriter_by_rows
    with psycopg2.connect(options.dsn) as connection, connection.cursor() as cursor:
        cursor.execute(MAKE, {"rows": options.rows})
        connection.commit()
        try:
            check(options.dsn, options.rows)
            result = compare(
                partial(in_a_process_of_its_own, limit, options.dsn),
                {
                    name: partial(in_a_process_of_its_own, measure, options.dsn)
                    for name, measure in contenders.items()
                },
                rounds=options.rounds,
                goals=GOALS,
            )
        finally:
            cursor.execute("DROP SCHEMA benchmark_export CASCADE")
            connection.commit()
    report(
        {"what": f"{options.rows} rows × {len(TITLES)} cells as xlsx against COPY to csv", **result},
        runs=options.runs,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("PORTAL_ENV", "test")
    main()
