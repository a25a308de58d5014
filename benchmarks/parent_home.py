"""A parent's first page at 200,000 people, through gunicorn with two workers in the settings of production.

    DATABASE_URL=postgres://postgres@127.0.0.1/portal_points python -m benchmarks.parent_home

Fills the database once (named by DATABASE_URL, emptied by nobody) with a county of 200,000 people, their events and
attendances, and counts the points of one night; then gives some hundred parents their consents and a session. Each
request is another parent's, one after the other, as a phone would send it. In turn with it the health page is asked,
which is what the server costs without the page. Prints JSON: p50 and p95 in ms, queries, bytes as sent. Goal: p50 at
most 15 ms.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from datetime import date
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

HOST, GOAL = "portal.example.org", 15
STATIC = tempfile.TemporaryDirectory()
for name, value in {
    "PORTAL_ENV": "production",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "ALLOWED_HOSTS": HOST,
    "SECRET_KEY": secrets.token_urlsafe(48),
    "FIELD_KEYS": "1:aes:" + "A" * 43 + "=",
    "INDEX_KEY": "A" * 43 + "=",
    "STATIC_ROOT": STATIC.name,
}.items():
    os.environ.setdefault(name, value)

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import phones
from accounts.enums import Asked, Decision
from accounts.models import Consent, Person, Unit
from accounts.queries import texts_in_force
from accounts.services.consents import load_purposes
from assessment.models import Standing
from benchmarks.checkin import sign_in
from benchmarks.serving import served
from portal.demo import county, work
from portal.demo.names import Cast
from portal.kernel import clock


def fill(people: int) -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if Person.objects.exists():
        return
    call_command("setup_county", "430725", opened_on=date(2025, 9, 1), stdout=sys.stderr)
    centre = Unit.objects.get(kind="centre")
    draw = random.Random(1)
    demo = county.Demo(centre, clock.today(), people / 138_000, draw, Cast(draw), opened_on=centre.opened_on)
    county.build_schools(demo)
    county.build_families(demo)
    county.build_staff(demo)
    work.build_events(demo)
    call_command("load_point_scheme", county="430725", effective_from=date(2025, 9, 1), stdout=sys.stderr)
    call_command("run_nightly", stdout=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def parents(number: int) -> list[Person]:
    """Some of those who have points and no role, now with what they agreed to and a number sealed with the keys of
    this run, and no demo people, who are nobody in production."""
    load_purposes(actor=None, now=clock.now())
    keys = list(Standing.objects.filter(points__gt=2).values_list("person", flat=True)[: number * 50])
    chosen = random.Random(2).sample(keys, number)
    for n, key in enumerate(chosen):
        Person.objects.filter(pk=key).update(is_demo=False, **phones.columns(str(19_900_000_000 + n)))
    people = list(Person.objects.filter(pk__in=chosen, is_active=True, assignments=None).defer("phone"))
    Consent.objects.filter(person__in=people).delete()
    Consent.objects.bulk_create(
        Consent(
            person=person, text=text, sha256=text.sha256, decision=Decision.AGREED,
            asked=Asked.REGISTRATION, at=clock.now(),
        )
        for person in people
        for text in texts_in_force()
        if text.purpose.is_required
    )  # fmt: skip
    return people


def ask(port: int, path: str, session: str = "") -> tuple[float, int, bytes]:
    sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    if session:
        sent["Cookie"] = SimpleCookie({settings.SESSION_COOKIE_NAME: session}).output(header="").strip()
    server = HTTPConnection("127.0.0.1", port, timeout=20)
    began = time.perf_counter()
    server.request("GET", path, headers=sent)
    answer = server.getresponse()
    body = answer.read()
    took = (time.perf_counter() - began) * 1000
    server.close()
    return took, answer.status, body


def queries(key: str) -> int:
    client = Client(SERVER_NAME=HOST, headers={"x-forwarded-proto": "https"})
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    client.get("/", secure=True)
    with CaptureQueriesContext(connection) as asked:
        client.get("/", secure=True)
    return len(asked)


def summary(times: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(sorted(times)[int(len(times) * 0.95)], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--parents", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=8461)
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("Name a database of PostgreSQL in DATABASE_URL.")
    fill(options.people)
    keys = list(sign_in(parents(options.parents)).values())
    pages, floor = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder, served(options.port, Path(folder) / "gunicorn.log"):
        for key in keys[:40]:
            ask(options.port, "/", key)
        for _round in range(options.rounds):
            for key in keys:
                took, status, body = ask(options.port, "/", key)
                if status != 200:
                    raise SystemExit(f"the first page answers {status} {body[:300]}")
                pages.append(took)
                floor.append(ask(options.port, "/healthz")[0])
    result: dict[str, Any] = {
        "processors": os.cpu_count(),
        "people": Person.objects.count(),
        "requests": len(pages),
        "goals": {"p50_ms": GOAL, "queries": 8},
        "first_page": summary(pages),
        "health_page": summary(floor),
        "queries": queries(keys[0]),
        "bytes_gzipped": len(gzip.compress(body, 6)),
    }
    json.dump(result, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
