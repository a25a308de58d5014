"""Of whom a record may be put down, at which events, and what was put down lately."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Person, Unit
from accounts.scopes import Scope
from events.enums import EventStatus
from events.models import Event, Record
from parentschool.models import Child, Guardianship, Membership
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear

MOST_PEOPLE = 40
LATELY = timedelta(days=60)


def learners_named(reach: Scope, name: str, *, today: date) -> list[Membership]:
    """Learners of this school year whose name begins so, with their children, without their phones."""
    now_here = Q(left_on=None) | Q(left_on__gt=today)
    cares = Guardianship.objects.filter(ended_on=None).select_related("child__school_class")
    found: Any = Membership.objects.within(reach).filter(now_here, school_year=SchoolYear.of(today).year)
    rows: QuerySet[Membership] = (
        found.filter(person__name__startswith=name)
        .select_related("person", "school")
        .defer("person__phone")
        .prefetch_related(Prefetch("person__guardianships", cares, to_attr="cares"))
    )
    return list(rows.order_by("person__name", "path", "pk")[:MOST_PEOPLE])


def children_of(person: Person) -> list[Child]:
    return list(
        Child.objects.filter(guardianships__guardian=person, guardianships__ended_on=None).order_by("pk")
    )


def events_lately(unit: Unit, *, today: date) -> list[Event]:
    """Events held lately by the unit or those above it, the latest first."""
    since = clock.midnight(today - LATELY)
    above = [unit.path[:length] for length in range(1, len(unit.path) + 1)]
    held = Event.objects.filter(host__path__in=above, status=EventStatus.HELD, starts_at__gte=since)
    return list(held.select_related("host").order_by("-starts_at", "-pk")[:MOST_PEOPLE])


def records_lately(reach: Scope, *, entered_by: Person | None = None, limit: int = 60) -> list[Record]:
    """Records in reach, of everybody or of one who entered them; open complaints first, then the latest."""
    records: Any = Record.objects.within(reach)
    if entered_by is not None:
        records = records.filter(entered_by=entered_by)
    rows = records.select_related("kind", "person", "unit", "event", "entered_by")
    kept: list[Record] = list(
        rows.defer("person__phone", "entered_by__phone").order_by("-happened_on", "-pk")[:limit]
    )
    return sorted(kept, key=lambda record: not record.is_open)
