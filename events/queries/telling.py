"""Whom an event concerns and who has not been told yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from accounts.enums import Level
from accounts.models import Person
from events.models import Event, ReservedPerson
from events.queries.people import expected_people
from portal.kernel.models import Notice


def to_be_told(event: Event, cause: str, *, statuses: Collection[str], asked_by: datetime) -> list[int]:
    """Keys of those who held seats by a moment, and of all who are expected where a school asks them simply to come;
    without those who were told of this cause already."""
    held = ReservedPerson.objects.filter(
        event=event,
        is_standing=True,
        reservation__status__in=statuses,
        reservation__asked_at__lte=asked_by,
    )
    concerned = Q(pk__in=held.values("person"))
    if not event.needs_booking and event.host.level == Level.SCHOOL:
        concerned |= Q(pk__in=expected_people(event).values("pk"))
    told = Notice.objects.filter(cause=cause)
    people = Person.objects.filter(concerned).exclude(pk__in=told.values("person"))
    return list(people.order_by("pk").values_list("pk", flat=True))
