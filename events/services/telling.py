"""Telling those who come: the day before, and when an event is changed or called off.

The clock asks for all of it every few minutes. Each telling has its cause, so however often it is asked for, also twice
at once or days late, a person is told once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from events.enums import STANDING, EventStatus, SeatStatus
from events.models import Event
from events.queries.telling import to_be_told
from portal.kernel import clock, notices

NEWS_LASTS = timedelta(days=3)
"""A change that nobody was told of for so long, because no clock ran, is told no more."""


def tell_everybody(*, now: datetime) -> int:
    """What has not been told yet, event by event; how many notices were sent."""
    return sum(tell_news(event, now=now) for event in _changed(now)) + sum(
        remind(event, now=now) for event in _of_tomorrow(now)
    )


@transaction.atomic
def tell_news(event: Event, *, now: datetime) -> int:
    """To whoever held seats when it was changed, and where everybody simply comes to all who are expected."""
    cause = f"event:{event.pk}:news:{event.sequence}"
    people = to_be_told(event, cause, statuses=STANDING, asked_by=event.changed_at or now)
    if event.is_cancelled:
        _send(event, people, "events.called_off", cause, now, reason=event.cancel_reason)
    else:
        _send(event, people, "events.changed", cause, now, place=event.place or event.host.name)
    return len(people)


@transaction.atomic
def remind(event: Event, *, now: datetime) -> int:
    """To whoever comes tomorrow; an event that is put off to another day is remembered anew."""
    cause = f"event:{event.pk}:reminder:{clock.day_of(event.starts_at)}"
    people = to_be_told(event, cause, statuses=(SeatStatus.SEATED,), asked_by=now)
    _send(event, people, "events.tomorrow", cause, now, place=event.place or event.host.name)
    return len(people)


def _changed(now: datetime) -> Any:
    rows = Event.objects.filter(changed_at__gt=now - NEWS_LASTS, ends_at__gt=now)
    return rows.select_related("host", "kind").order_by("pk")


def _of_tomorrow(now: datetime) -> Any:
    tomorrow = clock.midnight(clock.day_of(now) + timedelta(days=1))
    rows = Event.objects.filter(starts_at__gte=tomorrow, starts_at__lt=tomorrow + timedelta(days=1))
    return rows.filter(status=EventStatus.PLANNED).select_related("host", "kind").order_by("pk")


def _send(event: Event, people: list[int], kind: str, cause: str, now: datetime, **more: str) -> None:
    notices.send(
        people,
        kind,
        cause=cause,
        now=now,
        route="family_event",
        key=event.pk,
        title=event.title,
        starts_at=event.starts_at,
        **more,
    )
