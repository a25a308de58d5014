"""Messages from the school: whom one reaches, who has read it, and which ones a parent has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Person, Unit
from accounts.scopes import Scope
from parentschool.models import Guardianship, Membership, SchoolClass, SchoolMessage
from portal.kernel import notices
from portal.kernel.calendar import SchoolYear
from portal.kernel.models import Notice

VIEW = "parentschool.view_schoolmessage"
SEND = "parentschool.add_schoolmessage"
TAKE_BACK = "parentschool.change_schoolmessage"
KIND = "parentschool.message"
"""The kind of notice that carries a message."""
MOST = 60
MOST_NAMES = 100


@dataclass(frozen=True)
class Readers:
    """How many a message reached and how many have opened it; `without_phone` can only be told in person."""

    people: int = 0
    read: int = 0
    without_phone: int = 0


def parents_of(unit: Unit, school_class: SchoolClass | None, *, today: date) -> QuerySet[Person]:
    """The guardians of a class's children; or the school's learners of the year and the guardians of its children."""
    place = school_class.path if school_class else unit.path
    cares = Guardianship.objects.within(Scope.of(place)).filter(ended_on=None, child__left_on=None)
    meant = Q(pk__in=cares.values("guardian"))
    if school_class is None:
        learns: Any = Membership.objects.within(Scope.of(unit.path))
        here = learns.filter(Q(left_on=None) | Q(left_on__gt=today), school_year=SchoolYear.of(today).year)
        meant |= Q(pk__in=here.values("person"))
    return Person.objects.filter(meant, is_active=True)


def sent_lately(reach: Scope) -> list[tuple[SchoolMessage, Readers]]:
    rows: Any = SchoolMessage.objects.within(reach)
    found = list(rows.select_related("unit", "school_class", "sent_by").defer("sent_by__phone")[:MOST])
    readers = readers_of(found)
    return [(message, readers.get(message.pk, Readers())) for message in found]


def readers_of(messages: Collection[SchoolMessage]) -> dict[int, Readers]:
    keys = {message.cause: message.pk for message in messages}
    counted = (
        Notice.objects.filter(cause__in=keys)
        .order_by()
        .values("cause")
        .annotate(
            people=Count("pk"), seen=Count("read_at"), offline=Count("pk", filter=Q(person__phone_tail=""))
        )
    )
    return {keys[row["cause"]]: Readers(row["people"], row["seen"], row["offline"]) for row in counted}


def to_tell_in_person(message: SchoolMessage) -> list[str]:
    """Names of those whom it reached without a phone on record."""
    told = Notice.objects.filter(cause=message.cause, person__phone_tail="", read_at=None)
    return list(told.order_by("person__name", "pk").values_list("person__name", flat=True)[:MOST_NAMES])


def messages_to(person: Person) -> list[tuple[SchoolMessage, Notice]]:
    """What the person's schools have written, the latest first, with the notice that says whether it was read."""
    told = {notice.key: notice for notice in notices.of_person(person).filter(kind=KIND)[:MOST]}
    rows = SchoolMessage.objects.filter(pk__in=[int(key) for key in told], taken_back_at=None)
    return [(message, told[str(message.pk)]) for message in rows.select_related("unit", "school_class")]


def message_to(person: Person, pk: int) -> tuple[SchoolMessage, Notice] | None:
    notice = notices.of_person(person).filter(kind=KIND, key=str(pk)).first()
    rows = SchoolMessage.objects.filter(pk=pk, taken_back_at=None)
    message = rows.select_related("unit", "school_class", "sent_by").defer("sent_by__phone").first()
    return (message, notice) if message is not None and notice is not None else None
