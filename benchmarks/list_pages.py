"""Scoped list pages at 200,000 people: the portal beside the bare query it cannot do without.

    DATABASE_URL=postgres://postgres@127.0.0.1/portal_lists python -m benchmarks.list_pages

Fills the database once (named by DATABASE_URL, emptied by nobody), then asks each list page in turn as county staff,
a station lead and a school lead. For every page the same 50 rows are read by one plain query just before, so that
the ratio holds when the machine's speed drifts. Prints JSON: p50 and p95 in ms, queries, the ratio to the bare query.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import sys
import time

os.environ.setdefault("PORTAL_ENV", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

django.setup()

from django.conf import settings
from django.contrib import admin
from django.db import connection, reset_queries
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from accounts.scoped_admin import visible
from benchmarks import county
from parentschool.models import Child, Guardianship, Membership

PAGES = [Person, Child, Guardianship, Membership]
WHO = ["county", "station", "school"]


def milliseconds(work: object) -> float:
    begins = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - begins) * 1000


def measure(model: type, person: Person, rounds: int) -> dict[str, object]:
    client = Client()
    client.force_login(person, backend="accounts.backends.RoleBackend")
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    limits, pages = [], []

    def bare() -> None:
        list(visible(model, person).order_by(*admin.site.get_model_admin(model).ordering).values_list()[:50])

    def page() -> None:
        response = client.get(url)
        if response.status_code != 200:
            raise SystemExit(f"{url} as {person.username}: {response.status_code}")

    page()
    for _ in range(rounds):
        limits.append(milliseconds(bare))
        pages.append(milliseconds(page))
    settings.DEBUG = True
    reset_queries()
    page()
    queries = len(connection.queries)
    settings.DEBUG = False
    return {
        "rows_in_reach": visible(model, person).count(),
        "queries": queries,
        "bare_p50_ms": round(statistics.median(limits), 1),
        "page_p50_ms": round(statistics.median(pages), 1),
        "page_p95_ms": round(sorted(pages)[int(len(pages) * 0.95)], 1),
        "ratio": round(statistics.median(p / max(b, 0.01) for p, b in zip(pages, limits, strict=True)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    settings.DEBUG = False
    logging.disable(logging.INFO)
    county.fill_people(options.people)
    result = {
        "database": connection.vendor,
        "people": Person.objects.count(),
        "pages": {
            model._meta.label: {
                who: measure(model, Person.objects.get(username=who), options.rounds) for who in WHO
            }
            for model in PAGES
        },
    }
    json.dump(result, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
