"""Which lecturers may be asked, and where they are booked."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q, QuerySet

from accounts.models import Unit
from accounts.paths import ancestors
from accounts.scopes import Scope
from events.enums import EventStatus
from events.models import Event, EventLecturer
from training.models import Lecturer


def clashes(
    lecturer: Lecturer, starts_at: datetime, ends_at: datetime, *, apart_from: Event | None = None
) -> QuerySet[EventLecturer]:
    """Bookings of the lecturer that share a moment with the half-open span; the condition is `rules.overlap`."""
    found = EventLecturer.objects.filter(lecturer=lecturer, starts_at__lt=ends_at, ends_at__gt=starts_at)
    if apart_from is not None:
        found = found.exclude(event=apart_from)
    return found.exclude(event__status=EventStatus.CANCELLED).select_related("event__host")


def bookable_lecturers(host: Unit, on: date) -> QuerySet[Lecturer]:
    """Who may be asked to speak at a unit on a day: the unit's own pool, those below it, and those of the stations
    and the centre above it, which serve every parent school under them."""
    below = Scope.of(host.path).q("unit__path")
    return (
        Lecturer.objects.filter(below | Q(unit__path__in=ancestors(host.path)))
        .filter(valid_from__lte=on)
        .filter(Q(valid_until=None) | Q(valid_until__gt=on))
        .select_related("person", "unit")
        .defer("person__phone")
        .order_by("unit__path", "person__name", "pk")
    )
