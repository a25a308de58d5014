"""How fast the engine counts each ready scheme, and how few people it has to count fact by fact.

    python -m benchmarks.point_schemes [--facts 1000000] [--persons 200000]

Made-up facts over one school year, of every kind that the scheme names; families of two; one run a scheme. Prints
JSON: seconds, lines, lines that a limit cut, and the people counted again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import date
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_ENV", "test")

import django

django.setup()

import polars as pl

from assessment.engine import lines as engine
from assessment.rules import Group, Rule, RuleBook, Version
from assessment.services.schemes import READY, read_ready_scheme
from assessment.sources import FACTS, MORE_FACTS

DAYS = 300
FIRST = date(2025, 9, 1)
ODD = {
    "rules": [
        {"code": "third", "source": "attendance", "kinds": ["salon"], "points": 5, "every": 3, "span": "term"}
        | {"shared": "family", "cap_year": 10},
        {
            "code": "talks",
            "source": "attendance",
            "kinds": ["lecture"],
            "points": 2,
            "cap_day": 2,
            "cap_week": 4,
        }
        | {"cap_month": 12, "group": "together"},
    ],
    "groups": [{"code": "together", "cap_week": 3}],
    "cap_day": 6,
}
"""A set with limits that cross: a week over the month's end, a group, a family, a day over everything."""


def numbered(codes: list[str], known: dict[str, int]) -> frozenset[int]:
    return frozenset(known.setdefault(code, len(known) + 1) for code in codes)


def book_of(given: dict[str, Any], kinds: dict[str, int], items: dict[str, int]) -> RuleBook:
    names = set(Rule.__dataclass_fields__)
    rules = tuple(
        Rule(
            id=number,
            kinds=numbered(fields.get("kinds", []), kinds),
            items=numbered(fields.get("items", []), items),
            **{k: v for k, v in fields.items() if k in names - {"kinds", "items"} and v is not None},
        )
        for number, fields in enumerate(given["rules"], start=1)
        if fields.get("points", 1) is not None
    )
    groups = tuple(Group(**fields) for fields in given.get("groups", []))
    return RuleBook((Version(1, FIRST, cap_day=given.get("cap_day"), rules=rules, groups=groups),))


def facts_for(book: RuleBook, number: int, persons: int) -> pl.DataFrame:
    """Facts spread by fixed multipliers, so that every run is the same."""
    wanted = [
        (rule.source, kind, item)
        for rule in book.rules
        for kind in sorted(rule.kinds) or [None]
        for item in sorted(rule.items) or [None]
    ]
    source, kind, item = (pl.Series([row[n] for row in wanted]) for n in range(3))
    at = pl.int_range(number, dtype=pl.Int64).alias("source_id")
    which = (pl.col("source_id") * 7919 // 13 % len(wanted)).cast(pl.UInt32)
    person = pl.col("source_id") * 104729 % persons + 1
    made = pl.select(at).with_columns(
        person_id=person,
        unit_id=person % 700 + 1,
        happened_on=pl.lit(FIRST) + pl.duration(days=pl.col("source_id") * 31337 // 7 % DAYS),
        quantity=pl.lit(2, pl.Int64),
        source=pl.lit(source).gather(which),
        kind_id=pl.lit(kind).gather(which),
        item_id=pl.lit(item).gather(which),
        event_id=pl.col("source_id") % 5000 + 1,
        minutes=pl.lit(180, pl.Int64),
        family_id=person // 2,
        child_id=pl.lit(None, pl.Int64),
        unit_kind=pl.lit("school"),
        role=pl.lit("parent"),
    )
    kept = {**FACTS, **{name: kind for name, kind in MORE_FACTS.items() if name in book.asks}}
    return made.select(pl.col(name).cast(kind) for name, kind in kept.items())


def measured(given: dict[str, Any], number: int, persons: int) -> dict[str, Any]:
    book = book_of(given, {}, {})
    if not book.rules:
        return {"rules": 0}
    facts, again = facts_for(book, number, persons), []
    find = engine.to_count_again
    engine.to_count_again = lambda *args: again.append(find(*args)) or again[-1]
    began, used = time.perf_counter(), time.process_time()
    try:
        lines = engine.expected_lines(facts, book)
    finally:
        engine.to_count_again = find
    return {
        "rules": len(book.rules),
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - used, 2),
        "lines": lines.height,
        "cut": lines.filter(pl.col("cut") > 0).height,
        "counted_again": again[0].height,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--persons", type=int, default=200_000)
    asked = parser.parse_args()
    ready = sorted(path.stem.removeprefix("points_") for path in READY.glob("points_*.json"))
    sets = {name: read_ready_scheme(name) for name in ready} | {"odd": ODD}
    found = {name: measured(given, asked.facts, asked.persons) for name, given in sets.items()}
    print(json.dumps({"facts": asked.facts, "persons": asked.persons, "schemes": found}, indent=2))


if __name__ == "__main__":
    main()
