"""Events in a row: near ones, past ones, those whose doors are open."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Unit
from accounts.scopes import Scope
from events.enums import EventStatus
from events.models import Attendance, Event
from portal.kernel import clock

PAGE = 40


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


def coming(reach: Scope, *, now: datetime) -> list[Event]:
    """Events of today and later that were not called off, the nearest first."""
    today = clock.midnight(clock.day_of(now))
    return list(
        events_of(reach)
        .filter(ends_at__gte=today)
        .exclude(status=EventStatus.CANCELLED)
        .order_by("starts_at", "pk")[:PAGE]
    )


def gone_by(reach: Scope, *, before: datetime) -> list[Event]:
    """Events that had ended by a moment, the latest first, called-off ones too; one more than a page holds says
    that there are more."""
    return list(events_of(reach).filter(ends_at__lt=before).order_by("-ends_at", "-pk")[: PAGE + 1])


def usual_places(host: Unit) -> list[str]:
    """Where the unit has met, the latest first."""
    latest = Event.objects.filter(host=host).exclude(place="").order_by("-pk").values_list("place", flat=True)
    return list(dict.fromkeys(latest[:50]))[:8]
