"""Events in a row: near ones, past ones, those whose doors are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Unit
from accounts.scopes import Scope
from events.enums import EventStatus
from events.models import Attendance, Event
from portal.kernel import clock

PAGE = 40


@dataclass(frozen=True)
class Stretch:
    """A page of events. `more` says in an address where the next page goes on; empty on the last one."""

    events: list[Event]
    more: str


def open_for_signing_in(*, lead: datetime, lag: datetime) -> QuerySet[Event]:
    """Events whose doors are open: they begin by `lead` and end after `lag`."""
    return (
        Event.objects.filter(starts_at__lte=lead, ends_at__gt=lag)
        .exclude(status=EventStatus.CANCELLED)
        .select_related("host")
    )


def with_count(events: QuerySet[Event]) -> QuerySet[Event]:
    """Each event with `came`, the number of people on its list."""
    on_list = (
        Attendance.objects.filter(event=OuterRef("pk"), revoked_at=None)
        .order_by()
        .values("event")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return events.annotate(came=Coalesce(Subquery(on_list, output_field=IntegerField()), 0))


def events_of(reach: Scope) -> QuerySet[Event]:
    found: QuerySet[Event] = Event.objects.within(reach).select_related("host", "kind")
    return with_count(found)


def coming(reach: Scope, *, now: datetime, after: datetime | None = None, pk: int = 0) -> Stretch:
    """Events of today and later that were not called off, the nearest first; from behind event `pk` at `after` on."""
    today = clock.midnight(clock.day_of(now))
    found = events_of(reach).filter(ends_at__gte=today).exclude(status=EventStatus.CANCELLED)
    if after is not None:
        found = found.filter(Q(starts_at__gt=after) | Q(starts_at=after, pk__gt=pk))
    rows = list(found.order_by("starts_at", "pk")[: PAGE + 1])
    return _stretch(rows, "after", "starts_at")


def gone_by(reach: Scope, *, before: datetime, pk: int = 0) -> Stretch:
    """Events that had ended by a moment, the latest first, called-off ones too; many end at the same moment, of
    which those before event `pk` are left."""
    found = events_of(reach).filter(Q(ends_at__lt=before) | Q(ends_at=before, pk__lt=pk))
    rows = list(found.order_by("-ends_at", "-pk")[: PAGE + 1])
    return _stretch(rows, "before", "ends_at")


def _stretch(rows: list[Event], where: str, when: str) -> Stretch:
    shown = rows[:PAGE]
    is_last = len(rows) <= PAGE
    more = {} if is_last else {where: getattr(shown[-1], when).isoformat(), "pk": shown[-1].pk}
    return Stretch(shown, urlencode(more))


def usual_places(host: Unit) -> list[str]:
    """Where the unit has met, the latest first."""
    latest = Event.objects.filter(host=host).exclude(place="").order_by("-pk").values_list("place", flat=True)
    return list(dict.fromkeys(latest[:50]))[:8]
