from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Person, Unit
from accounts.queries import open_units
from accounts.scopes import Scope
from assessment.enums import AppraisalStatus
from assessment.models import Appraisal, AppraisalScheme, Indicator, Mark
from assessment.services.appraisal.figures import compute
from assessment.services.appraisal.schemes import check_scheme
from portal.kernel import audit, clock

BATCH = 500


@dataclass(frozen=True)
class Opened:
    """How many sheets were opened now, and how many stood already."""

    new: int
    before: int


@transaction.atomic
def open_appraisals(scheme: AppraisalScheme, *, year: int, actor: Person | None, now: datetime) -> Opened:
    """A sheet for each open unit of the scheme's kinds, with a mark for each indicator, counted where it can be.
    Doing it again adds what is new since. Raises SchemeRefused."""
    check_scheme(scheme)
    standing = set(Appraisal.objects.filter(scheme=scheme, year=year).values_list("unit_id", flat=True))
    missing = [unit for unit in units_of(scheme, now) if unit.pk not in standing]
    Appraisal.objects.bulk_create(
        [Appraisal(scheme=scheme, unit=unit, year=year) for unit in missing],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    add_missing_marks(scheme, year)
    compute(scheme, year)
    audit.record(
        "appraisal.open",
        actor=actor,
        now=now,
        obj=scheme,
        path=scheme.unit.path,
        year=year,
        opened=len(missing),
        before=len(standing),
    )
    return Opened(len(missing), len(standing))


def units_of(scheme: AppraisalScheme, now: datetime) -> list[Unit]:
    below = Unit.objects.within(Scope.of(scheme.unit.path)).values("pk")
    return list(open_units(clock.day_of(now)).filter(kind__in=scheme.kinds, pk__in=below).order_by("path"))


def add_missing_marks(scheme: AppraisalScheme, year: int) -> None:
    """Also for indicators that came into the scheme after the sheets were opened."""
    indicators = list(Indicator.objects.filter(section__scheme=scheme).values_list("pk", flat=True))
    sheets = list(
        Appraisal.objects.filter(scheme=scheme, year=year, status=AppraisalStatus.OPEN).values_list(
            "pk", flat=True
        )
    )
    there = set(
        Mark.objects.filter(appraisal__scheme=scheme, appraisal__year=year).values_list(
            "appraisal_id", "indicator_id"
        )
    )
    Mark.objects.bulk_create(
        [
            Mark(appraisal_id=sheet, indicator_id=indicator)
            for sheet in sheets
            for indicator in indicators
            if (sheet, indicator) not in there
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
