"""The days that are not what their weekday says: read for the clock of working days, loaded from published years."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.kernel import audit
from portal.kernel.errors import PortalError
from portal.kernel.models import SpecialDay

PUBLISHED = Path(__file__).resolve().parent / "holidays"


class YearUnknown(PortalError):
    code = "holidays_unknown"


@dataclass(frozen=True)
class Loaded:
    """How many days were new, and how many stood already: those are left as the county keeps them."""

    year: int
    source: str
    new: int
    kept: int


def exceptions() -> dict[date, bool]:
    """Every kept day, with whether it is worked."""
    return dict(SpecialDay.objects.values_list("day", "is_worked"))


def published_years() -> list[int]:
    return sorted(int(path.stem) for path in PUBLISHED.glob("*.json"))


@transaction.atomic
def load_year(year: int, *, actor: Any, now: datetime) -> Loaded:
    """The State Council's schedule of a year, put beside what is kept already. Raises YearUnknown."""
    path = PUBLISHED / f"{year}.json"
    if not path.exists():
        raise YearUnknown(
            _("The schedule of %(year)s does not come with this version. Enter its days in the office.")
            % {"year": year}
        )
    given = json.loads(path.read_text(encoding="utf-8"))
    days = {row.day: row for period in given["periods"] for row in _days_of(period)}
    standing = set(SpecialDay.objects.filter(day__in=days).values_list("day", flat=True))
    new = SpecialDay.objects.bulk_create(row for day, row in sorted(days.items()) if day not in standing)
    if new:
        audit.record("holidays.load", actor=actor, now=now, year=year, days=len(new), source=given["source"])
    return Loaded(year, given["source"], len(new), len(standing))


def _days_of(period: dict[str, Any]) -> Iterator[SpecialDay]:
    day, last = date.fromisoformat(period["begins_on"]), date.fromisoformat(period["last_day"])
    while day <= last:
        yield SpecialDay(day=day, is_worked=False, name=period["name"])
        day += timedelta(days=1)
    for worked in period["worked"]:
        yield SpecialDay(day=date.fromisoformat(worked), is_worked=True, name=period["name"])
