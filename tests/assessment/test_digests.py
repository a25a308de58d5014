"""The same facts and rules give the same bytes, whatever the process, the time zone, the hash seed or the order."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product

PROGRAM = """
import random, sys
from datetime import date, timedelta
import django
django.setup()
import hashlib
from assessment.engine.lines import expected_lines
from assessment.rules import Group, Rule, RuleBook, Version
from tests.assessment import strategies
from tests.assessment.slow import Fact
draw = random.Random(7)
facts = [
    Fact(draw.randint(1, 4), draw.choice(["attendance", "record"]), n, draw.choice([None, 1, 2]),
         date(2024, 2, 25) + timedelta(days=draw.randint(0, 700)), quantity=draw.randint(0, 4), minutes=90,
         item=draw.choice([1, 2]), event=draw.choice([None, 1, 2, 3]), role="parent", family=1)
    for n in range(400)
]
rules = (
    Rule(1, "talks", "attendance", 2, cap_day=3, cap_week=4, cap_month=9, group="all", roles=frozenset(["parent"])),
    Rule(2, "hours", "record", 1, per="hour", items=frozenset([1, 2]), cap_event=1, shared="family", cap_year=20),
    Rule(3, "third", "record", 5, every=3, span="term", counted_for="family", group="all"),
    Rule(4, "void", "record", 0, effect="void", items=frozenset([2])),
)
groups = (Group("all", "family", cap_month=12),)
book = RuleBook((Version(1, date(2024, 2, 1), cap_day=5, rules=rules, groups=groups),
                 Version(2, date(2025, 1, 1), rules=rules[:3], groups=groups)))
random.Random(int(sys.argv[1])).shuffle(facts)
lines = expected_lines(strategies.frame(facts), book)
print(hashlib.sha256((lines.write_csv() + book.digest).encode()).hexdigest(), lines.height)
"""


def test_one_digest_in_every_process():
    found = set()
    for order, (seed, zone) in enumerate(product(["0", "4711"], ["UTC", "America/Los_Angeles"])):
        told = {"PYTHONHASHSEED": seed, "TZ": zone, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(order)],
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(run.stdout.strip())
    assert len(found) == 1
    assert int(found.pop().split()[1]) > 300
