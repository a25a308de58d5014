r"""The night at county scale, beside what the database can do without us.

    DATABASE_URL=postgres://postgres@127.0.0.1/portal_points \
        python -m benchmarks.points --facts 5000000 --persons 200000

Fills the database once (named by DATABASE_URL; a second run on it leaves the first posting out). Then, in one
process: the first posting of every line beside a plain COPY of the same rows into a table of the same making; a full
look at everybody with nothing to post; one day's increment, beside writing its lines alone; the metrics of all units;
the check of the whole ledger; a trial of changed rules; and what everybody's facts come to, with nothing compared and
nothing kept, by the engine and by window functions in the database. The unit U is one scan of the ledger with a sum
by unit, by one process of the database, measured before and after each part. Prints JSON: seconds, U, processor
seconds of ours and of the database with their own U, which a busy machine disturbs less, and memory above what the
process held before.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("PORTAL_ENV", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

django.setup()

import polars as pl
from django.db import connection, transaction

from accounts.models import Unit
from assessment.engine.lines import expected_lines
from assessment.engine.verify import verify_ledger
from assessment.enums import VersionStatus
from assessment.models import PointEntry, PointRule, PointScheme, SchemeVersion
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import rule_book
from assessment.queries.shards import Shard, parts, people_of, shards
from assessment.rules import RuleBook
from assessment.services import metrics, night, what_if
from assessment.services.schemes import copy_as_draft, load_scheme, read_ready_scheme
from assessment.sources import facts_of, people_at_once
from benchmarks import county
from benchmarks.harness import measured
from benchmarks.points_in_sql import totals_by_windows
from portal.kernel import clock
from portal.kernel.beside import read_ahead
from portal.kernel.models import Run

LEDGER = PointEntry._meta.db_table
SCAN = f"SELECT unit_id, count(*), sum(points) FROM {LEDGER} GROUP BY unit_id"
CAPS = {"cap_day": 2, "cap_month": 2, "cap_year": 20}
GOALS = {
    "first posting ÷ COPY": 2,
    "nothing to post": 16,
    "increment": 1,
    "metrics": 0.75,
    "verify, s per 10^6": 60,
    "worker MiB": 2048,
}


def set_up(facts: int, persons: int) -> int:
    county.fill_people(persons)
    number = county.fill_facts(facts)
    if not PointScheme.objects.exists():
        given = read_ready_scheme("daowen")
        given["rules"] = [{**rule, **CAPS} for rule in given["rules"] if rule["source"] == "attendance"]
        unit = Unit.objects.get(kind="centre")
        load_scheme(given, county=unit, effective_from=county.OPENED_ON, actor=None, now=clock.now())
    return number


def processor_seconds() -> float:
    """Spent so far by this process and by the database's process that serves it, where that runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        served_by = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    theirs = served_by.read_text().rpartition(")")[2].split()[11:13] if served_by.exists() else []
    return time.process_time() + sum(map(int, theirs)) / os.sysconf("SC_CLK_TCK")


def scan() -> float:
    """Seconds of one U."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        began = time.perf_counter()
        cursor.execute(SCAN)
        cursor.fetchall()
        seconds = time.perf_counter() - began
        cursor.execute("RESET max_parallel_workers_per_gather")
    return seconds


def part(work: Callable[[], Any]) -> dict[str, Any]:
    """Measured between two scans on either side."""
    before = processor_seconds()
    unit = [scan(), scan()]
    begun = processor_seconds()
    run = measured(work)
    used = processor_seconds() - begun
    ended = processor_seconds()
    unit += [scan(), scan()]
    scanned = (begun - before + processor_seconds() - ended) / len(unit)
    u = statistics.median(unit)
    return {
        "seconds": round(run.seconds, 2),
        "U": round(run.seconds / u, 2) if u else None,
        "processor seconds": round(used, 2),
        "processor U": round(used / scanned, 2) if scanned else None,
        "U in seconds": round(u, 3),
        "MiB": round(run.peak_mib) if run.peak_mib is not None else None,
    }


def a_night(day: date, *, everybody: bool = False) -> None:
    runs = list(night.count_through(day, everybody=everybody))
    if bad := [run for run in runs if run.status != Run.Status.DONE]:
        raise SystemExit(f"{bad[0].shard}: {bad[0].error}")


def try_half_a_limit(unit: Unit, day: date) -> None:
    """A draft with half the points a year, tried on everybody."""
    standing = SchemeVersion.objects.get(status=VersionStatus.PUBLISHED)
    begins = date(day.year, 9, 1)
    draft = copy_as_draft(standing, effective_from=begins, actor=None, now=clock.now())
    PointRule.objects.filter(version=draft).update(cap_year=CAPS["cap_year"] // 2)
    made = what_if.try_version(draft, effective_from=begins, actor=None, now=clock.now())
    if not made.result:
        raise SystemExit("The trial came to nothing.")


def plain_copy(file: str) -> float:
    """Seconds of COPY from a file into a table with the ledger's columns, indexes, checks and keys."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE {LEDGER} INCLUDING ALL)")
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
            [LEDGER],
        )
        for (key,) in cursor.fetchall():
            cursor.execute(
                f"ALTER TABLE copied ADD {key.replace(f'REFERENCES {LEDGER}', 'REFERENCES copied')}"
            )
        with open(file, "wb") as out:
            cursor.copy_expert(f"COPY (SELECT * FROM {LEDGER} ORDER BY id) TO STDOUT WITH (FORMAT csv)", out)
        began = time.perf_counter()
        with open(file, "rb") as rows:
            cursor.copy_expert("COPY copied FROM STDIN WITH (FORMAT csv)", rows, 1 << 20)
        cursor.execute("SELECT 1")
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE copied")
    return seconds


def lines_alone(after: int) -> float:
    """Seconds of writing the lines with later ids once more, under other keys, and of checking what they refer to;
    they do not stay."""
    names = [field.column for field in PointEntry._meta.concrete_fields if not field.primary_key]
    values = ", ".join("'again:' || key" if name == "key" else name for name in names)
    with transaction.atomic(), connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(
            f"INSERT INTO {LEDGER} ({', '.join(names)}) SELECT {values} FROM {LEDGER} "
            "WHERE id > %s AND reverses_id IS NULL ORDER BY id",
            [after],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return seconds


def totals_by_engine(book: RuleBook) -> int:
    """The points of all people together, from the facts alone."""

    def read(part: list[Shard]) -> pl.DataFrame:
        return facts_of(people_of(part), book.asks)

    def count(facts: pl.DataFrame) -> int:
        return int(expected_lines(facts, book)["points"].sum())

    together = parts(shards(), people_at_once(night.TOGETHER))
    return sum(points for _, points in read_ahead(together, read, count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=5_000_000)
    parser.add_argument("--persons", type=int, default=200_000)
    parser.add_argument("--increment", type=int, default=20_000)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    facts = set_up(options.facts, options.persons)
    unit, day = Unit.objects.get(kind="centre"), county.TODAY
    is_new = not PointEntry.objects.exists()
    found: dict[str, Any] = {}
    result = {
        "facts": facts,
        "units": Unit.objects.count(),
        "goals": GOALS,
        "parts": found,
    }

    def say(name: str, **what: Any) -> None:
        found[name] = what
        print(name, what, file=sys.stderr, flush=True)

    if is_new:
        say("first posting", **part(lambda: a_night(day)))
    else:
        day = Run.objects.filter(step=POINTS).latest("day").day
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    result["lines"] = lines = PointEntry.objects.count()
    if is_new:
        with tempfile.NamedTemporaryFile() as spool:
            seconds = plain_copy(spool.name)
        ratio = found["first posting"]["seconds"] / seconds
        say("plain COPY", seconds=round(seconds, 2), ratio=round(ratio, 2))
    say("nothing to post", **part(lambda: a_night(day, everybody=True)))
    if PointEntry.objects.count() != lines:
        raise SystemExit("A second look posted again.")
    county.add_a_day(day + timedelta(days=1), options.increment)
    last = PointEntry.objects.latest("pk").pk
    say("increment", **part(lambda: a_night(day + timedelta(days=1))))
    say("its lines alone", U=round(lines_alone(last) / found["increment"]["U in seconds"], 2))
    if PointEntry.objects.count() == lines:
        raise SystemExit("The increment posted nothing.")
    say("metrics", **part(lambda: metrics.measure(unit, day + timedelta(days=1))))
    faults: list[Any] = []
    say("verify", **part(lambda: faults.extend(verify_ledger())))
    found["verify"]["s per 10^6 lines"] = round(found["verify"]["seconds"] / lines * 1e6, 2)
    if faults:
        raise SystemExit(f"the ledger has faults: {faults[:3]}")
    say("what-if of a yearly limit halved", **part(lambda: try_half_a_limit(unit, day)))
    totals: list[int] = []
    say("totals by the engine", **part(lambda: totals.append(totals_by_engine(rule_book(unit)))))
    say("totals by windows", **part(lambda: totals.append(totals_by_windows(rule_book(unit)))))
    posted = sum(PointEntry.objects.values_list("points", flat=True).iterator(chunk_size=100_000))
    if totals != [posted, posted]:
        raise SystemExit(f"engine and windows come to {totals} points, the ledger holds {posted}")
    json.dump(result, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
