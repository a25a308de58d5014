"""How much sooner two workers have done a county's night than one.

    DATABASE_URL=… REDIS_URL=… python -m benchmarks.two_workers [--facts 400000] [--persons 40000] [--rounds 3]

On PostgreSQL and Redis, in databases of its own made from one template: a county of eight townships whose facts were
never counted. A real Celery worker is started with one process, then with two, in turn; the time runs from the order
for the night to the metrics of the county. What both have posted must be the same, byte for byte. Prints JSON. The
Redis database must be nobody else's meanwhile: its default queue is used, and refused where something waits in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_ENV", "test")

import django

django.setup()

import polars as pl
import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from redis import Redis

from accounts.enums import Kind, Level, Stage
from accounts.models import Person, Unit
from accounts.paths import child_path
from assessment import tasks
from assessment.enums import VersionStatus
from assessment.models import Batch, PointRule, PointScheme, SchemeVersion
from benchmarks.harness import report
from events.models import Attendance, Event, EventKind
from portal.celery import app
from portal.kernel import bulk
from portal.kernel.models import Run

ROOT = Path(__file__).resolve().parent.parent
FIRST, DAY = date(2026, 9, 1), date(2027, 1, 31)
STATIONS, SCHOOLS, EVENTS = 8, 5, 4000
QUEUE = "celery"
LONGEST = 900


def build(facts: int, persons: int) -> None:
    """Spread by fixed multipliers, so that every county is the same."""
    county = _unit("County", Kind.CENTRE, Level.COUNTY, None, 1)
    schools = []
    for number in range(STATIONS):
        station = _unit(f"Town {number}", Kind.STATION, Level.STATION, county, number + 1)
        schools += [
            _unit(f"School {number}.{n}", Kind.SCHOOL, Level.SCHOOL, station, n + 1, stage=Stage.PRIMARY)
            for n in range(SCHOOLS)
        ]
    homes = pl.DataFrame({"home_id": [one.pk for one in schools], "path": [one.path for one in schools]})
    now = pl.lit(datetime(2026, 9, 1, tzinfo=UTC), pl.Datetime("us", "UTC"))
    stamps = {"created_at": now, "updated_at": now}
    people = pl.DataFrame({"number": pl.int_range(persons, eager=True)})
    people = people.with_columns(
        name=pl.lit("Guardian ") + pl.col("number").cast(pl.String), password=pl.lit("!"), **stamps
    )
    homes_of = homes[[number % homes.height for number in range(persons)]]
    bulk.copy_in(Person, pl.concat([people.drop("number"), homes_of], how="horizontal"))
    kind = EventKind.objects.filter(for_families=True).order_by("pk").first()
    assert kind is not None
    held = pl.DataFrame({"number": pl.int_range(EVENTS, eager=True)}).with_columns(
        starts_at=now + pl.duration(days=pl.col("number") * 31 % (DAY - FIRST).days, hours=6)
    )
    held = held.with_columns(
        host_id=pl.lit(county.pk),
        kind_id=pl.lit(kind.pk),
        title=pl.lit("Talk ") + pl.col("number").cast(pl.String),
        ends_at=pl.col("starts_at") + pl.duration(minutes=90),
        status=pl.lit("held"),
        **stamps,
    )
    bulk.copy_in(Event, held.drop("number"))
    events = pl.Series(list(Event.objects.order_by("pk").values_list("pk", flat=True)))
    guardians = pl.Series(
        list(Person.objects.filter(password="!").order_by("pk").values_list("pk", flat=True))
    )
    each = facts // persons
    who = pl.int_range(persons * each, eager=True)
    came = pl.DataFrame(
        {
            "person_id": guardians.gather(who // each),
            "event_id": events.gather((who // each * 7919 + who % each * 104_729) % EVENTS),
        }
    ).unique(maintain_order=True)
    came = came.with_columns(method=pl.lit("roll_call"), taken_at=now, **stamps)
    bulk.copy_in(Attendance, came)
    scheme = PointScheme.objects.create(code="test", name="Test", unit=county)
    version = SchemeVersion.objects.create(
        scheme=scheme, number=1, effective_from=FIRST, status=VersionStatus.PUBLISHED, cap_day=4
    )
    PointRule.objects.create(
        version=version, code="talk", name="Talk", source="attendance", points=2, cap_month=6, cap_term=30
    )


def _unit(name: str, kind: str, level: str, parent: Unit | None, number: int, **more: Any) -> Unit:
    path = child_path(parent.path if parent else "", number)
    return Unit.objects.create(
        code=f"U{path}", name=name, kind=kind, level=level, parent=parent, path=path, opened_on=FIRST, **more
    )


# ── A night ──────────────────────────────────────────────────────────────────


@contextmanager
def worker(database: str, processes: int) -> Iterator[None]:
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"two-workers-{os.getpid()}@%h"
    command = f"--app portal worker --concurrency {processes} --loglevel WARNING --hostname {name}"
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", *command.split()],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"{server}/{database}"},
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 120
        while not app.control.ping(timeout=0.5):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the worker did not start")
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def night(template: str, processes: int) -> tuple[float, str]:
    """Seconds of a night on a fresh county, and the digest of what was posted."""
    database = f"{template}_round"
    with own_database(database, template=template):
        turn_to(database)
        with worker(database, processes):
            began = time.perf_counter()
            tasks.start_night.delay(DAY.isoformat())
            while not Run.objects.filter(step="metrics", day=DAY, status=Run.Status.DONE).exists():
                if time.perf_counter() - began > LONGEST or Run.objects.filter(status="failed").exists():
                    raise RuntimeError(f"the night did not end: {list(Run.objects.values())}")
                time.sleep(0.05)
            seconds = time.perf_counter() - began
        heads = list(
            Batch.objects.order_by("chain", "number").values_list("chain", "number", "lines", "head")
        )
        connection.close()
    return seconds, hashlib.sha256(json.dumps(heads).encode()).hexdigest()


# ── Databases ────────────────────────────────────────────────────────────────


def turn_to(database: str) -> None:
    connections["default"].close()
    connections.settings["default"]["NAME"] = database
    connections["default"] = connections.create_connection("default")


@contextmanager
def own_database(name: str, *, template: str = "template1") -> Iterator[None]:
    server = psycopg2.connect(f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/postgres")
    server.autocommit = True
    try:
        with server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield
    finally:
        with server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--facts", type=int, default=400_000)
    parser.add_argument("--persons", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if connection.vendor != "postgresql" or not settings.REDIS_URL:
        parser.error("name a PostgreSQL database and a Redis by DATABASE_URL and REDIS_URL")
    if Redis.from_url(settings.REDIS_URL).llen(QUEUE):
        parser.error("something waits in the queue of this Redis database; name another one")
    template = f"two_workers_{os.getpid()}"
    found: dict[int, list[float]] = {1: [], 2: []}
    digests, load = set(), []
    with own_database(template):
        turn_to(template)
        call_command("migrate", verbosity=0)
        build(asked.facts, asked.persons)
        lines = Attendance.objects.count()
        connection.close()
        for number in range(asked.rounds):
            for processes in (1, 2) if number % 2 == 0 else (2, 1):
                load.append(round(os.getloadavg()[0], 1))
                seconds, digest = night(template, processes)
                found[processes].append(round(seconds, 2))
                digests.add(digest)
    assert len(digests) == 1, "two workers have posted something else than one"
    ratios = [one / two for one, two in zip(found[1], found[2], strict=True)]
    report(
        {
            "processors": os.cpu_count(),
            "load_before": load,
            "persons": asked.persons,
            "facts": lines,
            "shards": STATIONS + 1,
            "seconds": {"one worker": found[1], "two workers": found[2]},
            "times_as_fast": round(statistics.median(ratios), 2),
            "times_as_fast_range": [round(min(ratios), 2), round(max(ratios), 2)],
        }
    )


if __name__ == "__main__":
    main()
