"""The door of an evening: taps on "I am here" through gunicorn, beside pgbench doing the same insert.

    DATABASE_URL=postgres://postgres@127.0.0.1/portal_door python -m benchmarks.checkin

Fills the database once (named by DATABASE_URL, emptied by nobody) with the parents of one host who are signed in. Then
in turn: pgbench runs its single prepared INSERT into attendances; wrk posts the form of the check-in page, each request
with the session, the claim, the mark and the token of another parent, to gunicorn with two workers in the settings
of production; all to many events, then all to one. Prints JSON: rates, p99 in ms, and the ratios of the medians.
Everything stays on the loopback and is bounded in count and time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HOST = "portal.example.org"
for name, value in {
    "PORTAL_ENV": "production",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "ALLOWED_HOSTS": HOST,
    "SECRET_KEY": secrets.token_urlsafe(48),
    "FIELD_KEYS": "1:aes:" + "A" * 43 + "=",
    "INDEX_KEY": "A" * 43 + "=",
}.items():
    os.environ.setdefault(name, value)

import django

django.setup()

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.middleware.csrf import _get_new_csrf_string

from accounts.enums import Kind, Level
from accounts.models import Person, Unit
from benchmarks.serving import served
from events.enums import EventStatus
from events.models import Attendance, Event, EventKind
from events.services.codes import Scan, device_of, pass_of, sign_claim, wall_code
from parentschool.enums import MembershipSource
from parentschool.models import Membership
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear

PATH = "0001"
INSERT = """
INSERT INTO events_attendance (created_at, updated_at, event_id, person_id, method, taken_at, revision,
    correction_reason, device)
SELECT now(), now(), {event}, {person} + n % {people}, 'wall', now(), 1, '', n::text
FROM nextval('door') AS n
ON CONFLICT DO NOTHING RETURNING id;
"""
LUA = """
local taps = {}
for line in io.lines("%(taps)s") do taps[#taps + 1] = line end
local at = 0
function request()
  at = at + 1
  local path, cookie, token = taps[(at - 1) %% #taps + 1]:match("([^\\t]+)\\t([^\\t]+)\\t([^\\t]+)")
  return wrk.format("POST", path, {
    ["Host"] = "%(host)s", ["X-Forwarded-Proto"] = "https", ["Referer"] = "https://%(host)s" .. path,
    ["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = cookie,
  }, "csrfmiddlewaretoken=" .. token)
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests": %%d, "seconds": %%.3f, "p50": %%.3f, "p99": %%.3f, "errors": %%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def fill(people: int, events: int) -> tuple[list[Person], list[Event], dict[int, str]]:
    """The parents, the events, under way from now on, and the key of each parent's session."""
    call_command("migrate", verbosity=0)
    kind, _ = EventKind.objects.get_or_create(code="lecture", defaults={"name": "讲座"})
    host, is_new = Unit.objects.get_or_create(
        path=PATH,
        defaults={
            "code": f"U{PATH}",
            "name": "Door",
            "kind": Kind.CENTRE,
            "level": Level.COUNTY,
            "opened_on": date(2020, 9, 1),
        },
    )
    now = clock.now()
    if is_new:
        fresh = [Person(name=f"Parent {n}", home=host, path=PATH, password=f"!{n}") for n in range(people)]
        Person.objects.bulk_create(fresh, batch_size=2000)
    parents = list(Person.objects.filter(home=host).defer("phone").order_by("pk")[:people])
    year = SchoolYear.of(clock.today()).year
    Membership.objects.bulk_create(
        [
            Membership(
                person=p, school=host, school_year=year, joined_on=date(year, 9, 1),
                source=MembershipSource.ROSTER, path=PATH,
            )
            for p in parents
        ],
        batch_size=2000, ignore_conflicts=True,
    )  # fmt: skip
    Attendance.objects.filter(event__host=host).delete()
    Event.objects.filter(host=host).delete()
    held = [
        Event(
            host=host, kind=kind, title=f"Evening {n}", status=EventStatus.HELD,
            starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(hours=2),
        )
        for n in range(events)
    ]  # fmt: skip
    return parents, Event.objects.bulk_create(held), sign_in(parents)


def sign_in(parents: list[Person]) -> dict[int, str]:
    now, store = clock.now(), SessionStore()
    keys = {parent.pk: secrets.token_hex(16) for parent in parents}
    rows = []
    for parent in parents:
        told = {
            "_auth_user_id": str(parent.pk),
            "_auth_user_backend": "accounts.backends.RoleBackend",
            "_auth_user_hash": parent.get_session_auth_hash(),
            "began_at": int(now.timestamp()),
            "seen_at": int(now.timestamp()),
        }
        rows.append(
            Session(
                session_key=keys[parent.pk],
                session_data=store.encode(told),
                expire_date=now + timedelta(days=30),
            )
        )
    Session.objects.bulk_create(rows, batch_size=2000)
    return keys


def write_taps(path: Path, parents: list[Person], events: list[Event], sessions: dict[int, str]) -> None:
    """Each parent once, as their browser would post after the page with the button."""
    now, token = clock.now(), _get_new_csrf_string()
    codes = {event.pk: wall_code(event, now).token for event in events}
    with path.open("w") as lines:
        for number, parent in enumerate(parents):
            event, key, mark = events[number % len(events)], sessions[parent.pk], secrets.token_urlsafe(16)
            scan = Scan(event.pk, now, device_of(mark, event.pk))
            cookies = {
                settings.SESSION_COOKIE_NAME: key,
                settings.CSRF_COOKIE_NAME: token,
                settings.CHECK_IN_COOKIE_NAME: sign_claim(scan, pass_of(parent), session_key=key),
                settings.CHECK_IN_MARK_COOKIE_NAME: mark,
            }
            cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
            lines.write(f"/c/{codes[event.pk]}/\t{cookie}\t{token}\n")


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_attendance, assessment_dirtyperson CASCADE")
        cursor.execute("DROP SEQUENCE IF EXISTS door")
        cursor.execute("CREATE SEQUENCE door CACHE 100")
        cursor.execute("CHECKPOINT")


def pgbench(folder: Path, parents: list[Person], events: list[Event], options: Any) -> dict[str, float]:
    """The limit: the same rows by one prepared statement; rate and p99 in ms."""
    empty()
    spread = f"{events[0].pk} + (n + n / {len(parents)}) % {len(events)}"
    script, log = folder / "insert.sql", folder / "log"
    script.write_text(
        INSERT.format(event=spread, person=parents[0].pk, people=len(parents)).replace("\n", " ")
    )
    database = connection.settings_dict
    command = [
        "pgbench", "-n", "-M", "prepared", "-c", str(options.clients), "-j", "2", "-T", str(options.seconds),
        "-f", str(script), "--log", f"--log-prefix={log}", "-h", str(database["HOST"]),
        "-p", str(database["PORT"] or 5432), "-U", str(database["USER"]), str(database["NAME"]),
    ]  # fmt: skip
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
    taken = sorted(int(line.split()[2]) for part in folder.glob("log.*") for line in part.open())
    for part in folder.glob("log.*"):
        part.unlink()
    rate = re.search(r"tps = ([\d.]+)", told)
    assert rate is not None
    return {"rate": float(rate[1]), "p99": taken[int(len(taken) * 0.99)] / 1000}


def wrk(
    folder: Path,
    port: int,
    parents: list[Person],
    events: list[Event],
    sessions: dict[int, str],
    options: Any,
) -> dict[str, float]:
    """Ours: rate of rows written and p99 in ms; errors are answers that are none, and taps without a row."""
    empty()
    taps, script = folder / "taps.tsv", folder / "taps.lua"
    write_taps(taps, parents, events, sessions)
    script.write_text(LUA % {"taps": taps, "host": HOST})
    command = ["wrk", "-t", "1", "-c", str(options.clients), "-d", f"{options.seconds}s", "-s", str(script)]
    told = subprocess.run(
        [*command, f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True
    ).stdout
    result: dict[str, float] = json.loads(told.strip().splitlines()[-1])
    time.sleep(0.5)  # for taps that were under way at the end
    written = Attendance.objects.count()
    if result["requests"] > len(parents):
        raise SystemExit("More taps than parents: give --people more.")
    pairs = Attendance.objects.values("event", "person").distinct().count()
    return {
        "rate": written / result["seconds"],
        "p50": result["p50"],
        "p99": result["p99"],
        "errors": result["errors"] + max(0, result["requests"] - written),
        "doubles": written - pairs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30_000)
    parser.add_argument("--events", type=int, default=30)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=8457)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("Name a database of PostgreSQL in DATABASE_URL.")
    parents, events, sessions = fill(options.people, options.events)
    found: dict[str, list[dict[str, float]]] = {"pgbench": [], "spread": [], "one_event": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(options.port, folder / "gunicorn.log"):
            for _round in range(options.rounds):
                found["pgbench"].append(pgbench(folder, parents, events, options))
                found["spread"].append(wrk(folder, options.port, parents, events, sessions, options))
                found["one_event"].append(wrk(folder, options.port, parents, events[:1], sessions, options))
    medians = {
        way: {what: round(statistics.median(run[what] for run in runs), 2) for what in runs[0]}
        for way, runs in found.items()
    }
    limit, spread, one = medians["pgbench"], medians["spread"], medians["one_event"]
    json.dump(
        {
            "processors": os.cpu_count(),
            "clients": options.clients,
            "medians": medians,
            "rate_to_pgbench": round(spread["rate"] / limit["rate"], 3),
            "p99_to_pgbench": round(spread["p99"] / limit["p99"], 1),
            "one_event_to_spread": round(one["rate"] / spread["rate"], 2),
            "rounds": found,
        },
        sys.stdout,
        indent=1,
    )


if __name__ == "__main__":
    main()
