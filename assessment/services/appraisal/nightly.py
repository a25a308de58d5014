"""The step of the night that counts the indicators of open sheets anew, from that night's metrics."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date

from django.db import transaction

from accounts.models import Unit
from assessment import rules_appraisal as rules
from assessment.enums import AppraisalStatus
from assessment.models import Appraisal, AppraisalScheme
from assessment.queries.nights import SHEETS as STEP
from assessment.queries.shards import counties
from assessment.services.appraisal.figures import compute
from portal.kernel import bulk, runs
from portal.kernel.models import Run

log = logging.getLogger(__name__)


def count_sheets_through(through: date) -> Iterator[Run]:
    """Every county's sheets of the years that `through` lies in, as far as they are not handed in."""
    for county in counties():
        run = count_sheets_of(county, through)
        if run is not None:
            yield run


def count_sheets_of(county: Unit, through: date) -> Run | None:
    """None where no sheet is open."""
    at_work = years_at_work(county, through)
    return count_sheets(county, at_work, through) if at_work else None


def years_at_work(county: Unit, day: date) -> list[tuple[AppraisalScheme, int]]:
    open_sheets = Appraisal.objects.filter(scheme__unit=county, status=AppraisalStatus.OPEN)
    schemes = {scheme.pk: scheme for scheme in AppraisalScheme.objects.filter(unit=county)}
    found = open_sheets.order_by("scheme", "year").values_list("scheme", "year").distinct()
    return [(schemes[pk], year) for pk, year in found if day in rules.days_of(schemes[pk].year_runs, year)]


def count_sheets(county: Unit, at_work: list[tuple[AppraisalScheme, int]], day: date) -> Run:
    run = runs.start(STEP, day, county.path)
    try:
        with transaction.atomic():
            bulk.serialise(f"{STEP} {county.path}")
            computed = [compute(scheme, year, only_open=True) for scheme, year in at_work]
            runs.done(
                run,
                scored=sum(done.scored for done in computed),
                without=sum(done.without for done in computed),
            )
    except Exception as error:
        log.exception("the sheets of %s on %s failed", county.path, day)
        runs.failed(run, error)
    return run
