"""The night as tasks: whole, late, out of order, and on a real worker. Every task of the portal, delivered as brokers
do, is in tests/portal/test_redelivery.py."""

import hashlib
import time
from datetime import timedelta

import pytest
from django.conf import settings

from assessment import tasks
from assessment.models import PointEntry, Standing, UnitMetric
from assessment.queries.shards import shards
from portal.kernel.models import Run
from tests.assessment.facts import came, held, scheme
from tests.world import TODAY, build_world

DAY = TODAY.isoformat()


def digest() -> str:
    """Of everything that the night made, whoever made it."""
    made = [
        sorted(
            PointEntry.objects.values_list(
                "key", "points", "posted_on", "reason", "cut", "cut_by", "batch__head"
            )
        ),
        sorted(Standing.objects.values_list("person", "day", "points", "points_ever", "star")),
        sorted(UnitMetric.objects.values_list("day", "metric", "unit", "value", "lineage")),
    ]
    return hashlib.sha256(repr(made).encode()).hexdigest()


def busy(world):
    scheme(world, {"code": "lecture", "cap_day": 1})
    for parent, school in zip(world.parents, world.schools, strict=True):
        for title in "AB":
            came(parent, held(school, world.kinds["lecture"], TODAY, title=title))
    return world


@pytest.fixture
def county(world):
    return busy(world)


def test_one_task_starts_the_whole_night(county):
    tasks.start_night(DAY)
    assert {(run.step, run.status) for run in Run.objects.all()} == {("points", "done"), ("metrics", "done")}
    assert sorted(PointEntry.objects.values_list("points", "cut_by")) == [
        (0, "day"),
        (0, "day"),
        (1, ""),
        (1, ""),
    ]
    assert UnitMetric.objects.filter(metric="person_times", unit=county.county).get().value == 4


def test_each_task_may_come_twice_late_and_out_of_order(county):
    tasks.start_night(DAY)
    tasks.start_night((TODAY + timedelta(days=1)).isoformat())
    before = digest()
    for shard in reversed(shards()):
        for day in (DAY, (TODAY - timedelta(days=7)).isoformat(), (TODAY + timedelta(days=1)).isoformat()):
            tasks.count_shard(shard.path, day)
            tasks.measure_county(county.county.path, day)
    tasks.start_night(DAY)
    assert digest() == before


def test_the_night_is_on_the_timetable():
    assert settings.CELERY_BEAT_SCHEDULE["night"]["task"] == tasks.start_night.name


def test_a_real_worker_does_the_night_as_this_process_would(worker):
    county = busy(build_world())
    tasks.start_night.delay(DAY)
    until = time.monotonic() + 60
    while not Run.objects.filter(step="metrics", status=Run.Status.DONE).exists():
        assert time.monotonic() < until, list(Run.objects.values_list("step", "shard", "status", "error"))
        time.sleep(0.2)
    assert PointEntry.objects.count() == 4
    before = digest()
    tasks.count_shard(county.stations[0].path, DAY)
    assert digest() == before
