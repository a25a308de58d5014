"""The step of the night that counts unit metrics: dropped and rebuilt for a day, whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date

import polars as pl
from django.db import transaction

from accounts.models import Unit
from assessment.engine.metrics import METRICS, Ground, rows_of
from assessment.models import UnitMetric
from assessment.queries.nights import FIGURES as STEP
from assessment.queries.nights import POINTS
from assessment.queries.shards import counties, shards
from assessment.services.heads import publish_heads
from assessment.services.night import days_to_do
from portal.kernel import bulk, runs
from portal.kernel.models import Run

log = logging.getLogger(__name__)


def measure(county: Unit, day: date) -> Run | None:
    """Count every metric of every unit of the county on a day. A day before the last one begun is late: what was
    shown for it stays."""
    run = runs.start_in_order(STEP, day, county.path)
    if run is None:
        return None
    try:
        rows = _rows(county, day)
        with transaction.atomic():
            bulk.serialise(f"{STEP} {county.path}")
            latest = runs.last_day(STEP, county.path)
            if latest is not None and day < latest:  # another worker has gone on while this one was held up
                runs.left_to_another(run)
                return None
            units = Unit.objects.filter(path__startswith=county.path)
            UnitMetric.objects.filter(day=day, unit__in=units).delete()
            bulk.copy_in(UnitMetric, rows)
            runs.done_in_order(run, rows=rows.height, metrics=len(METRICS))
    except Exception as error:
        runs.failed(run, error)
        raise
    return run


def _rows(county: Unit, day: date) -> pl.DataFrame:
    """Counted once more from the ledger where a later night began to change the standings while they were read."""
    standings_hold = _standings_hold(county, day)
    rows = rows_of(Ground(county, day, standings_hold=standings_hold))
    if standings_hold and not _standings_hold(county, day):
        return rows_of(Ground(county, day))
    return rows


def points_are_done(county: Unit, day: date) -> bool:
    """Whether every shard of the county has counted its points up to this day."""
    paths = {shard.path for shard in shards() if shard.county == county}
    done = Run.objects.filter(step=POINTS, shard__in=paths, day__gte=day, status=Run.Status.DONE)
    return set(done.values_list("shard", flat=True)) == paths


def _standings_hold(county: Unit, day: date) -> bool:
    return not Run.objects.filter(step=POINTS, day__gt=day, shard__startswith=county.path).exists()


def measure_county_through(county: Unit, through: date) -> Iterator[Run]:
    """The county's missing days in order, as far as all points are counted."""
    for day in days_to_do(STEP, county.path, through):
        if not points_are_done(county, day):
            return
        publish_heads(county, day)
        try:
            run = measure(county, day)
        except Exception:
            log.exception("the metrics of %s on %s failed", county.path, day)
            yield Run.objects.get(step=STEP, day=day, shard=county.path)
            return
        if run is not None:
            yield run


def measure_through(through: date) -> Iterator[Run]:
    for county in counties():
        yield from measure_county_through(county, through)
