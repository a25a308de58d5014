"""A person's own points, as `assessment.queries.own` tells them, and what the coming night will look at."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet

from accounts.models import Person
from assessment.queries.own import (
    Own,
    by_month,
    has_other_lines,
    latest_lines,
    lines_of,
    own_standing,
    rules_of,
    shown_of,
    spendable,
)
from events.models import Attendance
from portal.kernel import clock

__all__ = [
    "by_month",
    "coming_in",
    "has_other_lines",
    "latest_lines",
    "lines_of",
    "own_standing",
    "rules_of",
    "shown_of",
    "spendable",
    "uncounted",
]


def uncounted(person: Person, own: Own | None) -> int:
    return coming_in(person, own).count()


def coming_in(person: Person, own: Own | None) -> QuerySet[Attendance]:
    """Attendances after the day of the standing: the coming night will look at them."""
    came: QuerySet[Attendance] = Attendance.objects.filter(person=person, revoked_at=None)
    if own is not None:
        came = came.filter(taken_at__gte=clock.midnight(own.day + timedelta(days=1)))
    return came
