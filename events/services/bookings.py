"""A lecturer is never in two places at once.

The lecturer's row is held while the database is asked for clashing bookings and until the new one is written, so two
bookers follow each other and the second sees the first.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from events.models import Event, EventLecturer
from events.queries import clashes
from events.services.locking import EventCancelled, locked_event, locked_lecturers
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError
from training.models import Lecturer


class LecturerBusy(PortalError):
    code = "lecturer_busy"


class LecturerNotInPool(PortalError):
    code = "lecturer_not_in_pool"


@transaction.atomic
def book_lecturer(event: Event, *, lecturer: Lecturer, actor: Person | None, now: datetime) -> EventLecturer:
    """Book one more lecturer; booked already is success. Raises EventCancelled, LecturerNotInPool, LecturerBusy."""
    held = locked_event(event)
    if held.is_cancelled:
        raise EventCancelled(_("This event has been called off; enter it anew."))
    booking = held.bookings.filter(lecturer=lecturer).first()
    if booking is None:
        (booking,) = book(held, [lecturer.pk])
        _record("event.book_lecturer", held, lecturer, actor=actor, now=now)
    return booking


@transaction.atomic
def release_lecturer(event: Event, *, lecturer: Lecturer, actor: Person | None, now: datetime) -> None:
    held = locked_event(event)
    if release(held, [lecturer.pk]):
        _record("event.release_lecturer", held, lecturer, actor=actor, now=now)


def book(event: Event, keys: Collection[int]) -> list[EventLecturer]:
    """Bookings for the event's times; the event is held by the caller."""
    day = clock.day_of(event.starts_at)
    for lecturer in locked_lecturers(keys).values():
        _ask_free(lecturer, event, day)
    return [
        EventLecturer.objects.create(
            event=event, lecturer_id=key, starts_at=event.starts_at, ends_at=event.ends_at
        )
        for key in keys
    ]


def release(event: Event, keys: Collection[int]) -> int:
    return EventLecturer.objects.filter(event=event, lecturer_id__in=keys).delete()[0]


def _ask_free(lecturer: Lecturer, event: Event, day: date) -> None:
    if not lecturer.serves_on(day):
        raise LecturerNotInPool(
            _("%(name)s is not in the lecturer pool on this day. Choose somebody else, or type the name.")
            % {"name": lecturer},
            field="lecturer",
        )
    clash = clashes(lecturer, event.starts_at, event.ends_at, apart_from=event).first()
    if clash is not None:
        raise LecturerBusy(
            _(
                "%(name)s speaks at “%(title)s” (%(host)s) from %(starts)s to %(ends)s. "
                "Choose another time or lecturer."
            )
            % {
                "name": lecturer,
                "title": clash.event.title,
                "host": clash.event.host,
                "starts": time_format(localtime(clash.starts_at), "H:i"),
                "ends": time_format(localtime(clash.ends_at), "H:i"),
            },
            field="lecturer",
            event=clash.event_id,
        )


def _record(action: str, event: Event, lecturer: Lecturer, *, actor: Person | None, now: datetime) -> None:
    audit.record(action, actor=actor, now=now, obj=event, path=event.host.path, lecturer=lecturer.pk)
