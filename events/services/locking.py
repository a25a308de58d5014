"""Who writes about an event holds its row first, then the lecturers in the order of their keys, so that nobody
waits in a circle. SQLite has no row locks; there a transaction that writes already stands alone."""

from __future__ import annotations

from collections.abc import Iterable

from events.models import Event
from portal.kernel.errors import PortalError
from training.models import Lecturer


class EventCancelled(PortalError):
    code = "event_cancelled"


def locked_event(event: Event | int) -> Event:
    """The event, by itself or by its key, held until the transaction ends. Raises Event.DoesNotExist."""
    key = event if isinstance(event, int) else event.pk
    return Event.objects.select_for_update(no_key=True, of=("self",)).select_related("host").get(pk=key)


def locked_lecturers(keys: Iterable[int]) -> dict[int, Lecturer]:
    rows = Lecturer.objects.filter(pk__in=set(keys)).order_by("pk").select_for_update(no_key=True)
    return {lecturer.pk: lecturer for lecturer in rows}
