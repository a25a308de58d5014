"""A person's events as an iCalendar feed (RFC 5545)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import get_current_timezone
from icalendar import Calendar, Timezone
from icalendar import Event as Entry

from accounts.models import Person
from events.enums import EventStatus, SeatStatus
from events.models import Event, ReservedPerson
from events.queries.near import events_for
from portal.kernel import clock

KEPT = timedelta(days=60)
"""How long past events stay in the feed."""

MAKER = "-//county-parent-school//family calendar//ZH"
UID_PLACE = "county-parent-school"
REFRESH = timedelta(hours=6)


def entries_of(person: Person, *, now: datetime) -> list[Any]:
    """What stands in the calendar: events for which the person holds a seat or waits, those given back or called off
    again, so that a calendar strikes them out, and events meant for the person to which everybody simply comes.

    `turn` rises with every change of the event or of the person's seats.
    """
    held = ReservedPerson.objects.filter(event=OuterRef("pk"), person=person).order_by()
    turns = held.values("event").annotate(n=Sum("reservation__revision")).values("n")
    meant = events_for(person, now=now).filter(Q(seat__isnull=False) | Q(needs_booking=False))
    ever = ReservedPerson.objects.filter(person=person).values("event")
    since = clock.midnight(clock.day_of(now) - KEPT)
    return list(
        Event.objects.filter(Q(pk__in=meant.values("pk")) | Q(pk__in=ever), starts_at__gte=since)
        .annotate(
            turn=Coalesce(Subquery(turns), Value(0)),
            seat=Subquery(held.filter(is_standing=True).values("reservation__status")[:1]),
            seats=Subquery(held.filter(is_standing=True).values("reservation__seats")[:1]),
        )
        .select_related("host", "kind")
        .order_by("starts_at", "pk")
    )


def feed(events: list[Any], *, name: str) -> bytes:
    """The same events give the same bytes. No person is named: a calendar is shared more easily than one thinks."""
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add_component(Timezone.from_tzid(str(get_current_timezone())))
    for event in events:
        calendar.add_component(_entry(event))
    return bytes(calendar.to_ical())


def _entry(event: Any) -> Entry:
    entry = Entry()
    told_at = event.changed_at or event.created_at
    entry.add("uid", f"event-{event.pk}-{int(event.created_at.timestamp())}@{UID_PLACE}")
    entry.add("dtstamp", told_at)
    entry.add("last-modified", told_at)
    entry.add("sequence", event.sequence + event.turn)
    entry.add("dtstart", clock.local(event.starts_at))
    entry.add("dtend", clock.local(event.ends_at))
    entry.add("summary", event.title)
    entry.add("location", "，".join(filter(None, (event.host.name, event.place))))
    entry.add("categories", [event.kind.name])
    entry.add("status", _status(event))
    return entry


def _status(event: Any) -> str:
    if event.status == EventStatus.CANCELLED or (event.turn and not event.seat):
        return "CANCELLED"
    return "TENTATIVE" if event.seat == SeatStatus.WAITING else "CONFIRMED"
