"""Row R-8: the same inputs give the same bytes: on either database, in any process, rebuilt from what was recorded.

The engine alone is tried with shuffled facts in test_lines and test_digests.
"""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from hypothesis import settings as profile

from assessment.models import Standing, UnitMetric
from assessment.queries.rulebook import rule_book
from assessment.queries.shards import shards
from assessment.services import metrics, night
from portal import nightly
from tests.kill_night import Night
from tests.night_county import COUNTED, THROUGH, build_county, made_by_the_night
from tests.sources import ROOT

PROCESSES = [("0", "UTC"), ("4711", "America/Los_Angeles"), ("9", "Asia/Kathmandu")]
MORE = [(str(seed), zone) for seed in range(10) for _seed, zone in PROCESSES]
IS_NIGHTLY = profile().max_examples > 1000


@pytest.mark.services
def test_row_r_8_both_databases_make_the_same_county(whole_night, tmp_path):
    with Night(folder=tmp_path) as on_a_file:
        assert on_a_file.undisturbed["digest"] == whole_night.undisturbed["digest"]


@pytest.mark.parametrize(("seed", "zone"), MORE if IS_NIGHTLY else PROCESSES)
def test_row_r_8_every_process_makes_the_same_county(whole_night, seed, zone):
    other = whole_night.whole(by=whole_night.new_worker(PYTHONHASHSEED=seed, TZ=zone))
    assert other["digest"] == whole_night.undisturbed["digest"]


@pytest.fixture
def county(db):
    return build_county()


def test_row_r_8_snapshots_are_rebuilt_byte_for_byte(county):
    list(nightly.run(THROUGH))
    made = made_by_the_night()
    assert len(made["standings"]) > 40
    assert len(made["metrics"]) > 100
    Standing.objects.all().delete()
    UnitMetric.objects.filter(day=THROUGH).delete()
    list(nightly.run(THROUGH, everybody=True))
    again = made_by_the_night()
    assert {name for name in made if made[name] != again[name]} == set()


def test_row_r_8_a_past_day_is_summed_from_the_ledger_as_it_was_kept(county):
    """Stars of the day before, counted while the standings were of that day, and again when they are no longer."""
    day = THROUGH - timedelta(days=1)
    list(nightly.run(day))
    kept = [row for row in made_by_the_night()["metrics"] if f'"{day}"' in row]
    list(nightly.run(THROUGH))
    rows = metrics._rows(county.county, day)
    assert not metrics._standings_hold(county.county, day)
    again = {(row["metric"], row["unit_id"], row["value"], row["base"]) for row in rows.iter_rows(named=True)}
    before = UnitMetric.objects.filter(day=day).values_list("metric", "unit", "value", "base")
    assert again == set(before)
    assert kept


def test_row_r_8_a_full_count_finds_nothing_that_the_nights_have_not_found(county):
    """The lines are what all facts deserve at once, however they came: day by day, corrected, under changing rules."""
    list(nightly.run(THROUGH))
    book = rule_book(county.county)
    for day in (COUNTED, THROUGH):
        found = [night.look(shard, THROUGH, book, everybody=True, posted_on=day) for shard in shards()]
        assert [outlook.difference.is_empty for outlook in found] == [True] * len(found)


COUNTS = [
    *(
        "rules.py",
        "rules_appraisal.py",
        "rules_objections.py",
        "ledger.py",
        "sources.py",
        "services/night.py",
    ),
    *("services/metrics.py", "services/reversal.py", "services/by_hand.py", "services/spending.py"),
    *("services/appraisal/figures.py", "engine/metrics", "engine/caps.py", "engine/chain.py"),
    *(
        "engine/dirty.py",
        "engine/interplay.py",
        "engine/lines.py",
        "engine/one_by_one.py",
        "engine/periods.py",
    ),
    *("engine/reconcile.py", "engine/standings.py", "engine/terms.py", "engine/trial.py", "engine/worth.py"),
]


def sources_that_count() -> list[Path]:
    found = [ROOT / "assessment" / name for name in COUNTS]
    assert all(path.exists() for path in found)
    return [one for path in found for one in (sorted(path.glob("*.py")) if path.is_dir() else [path])]


def test_row_r_8_nothing_that_counts_divides_or_uses_floating_point():
    """Integers and Decimal alone: `//` says that it cuts."""
    met = []
    for path in sources_that_count():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
            name = getattr(node, "id", None) or getattr(node, "attr", None)
            is_float = isinstance(node, ast.Name | ast.Attribute) and name in {
                "float",
                "Float32",
                "Float64",
                "mean",
            }
            if is_division or is_float or (isinstance(node, ast.Constant) and isinstance(node.value, float)):
                met.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert met == []
    fields = [
        field for model in apps.get_app_config("assessment").get_models() for field in model._meta.fields
    ]
    assert [str(field) for field in fields if isinstance(field, models.FloatField)] == []
