"""When and where it happens and who came.

An event has a host unit, a kind (kinds are data) and a time; lecturers are booked for it and are never in two
places at once. Coming leaves one attendance per person and event, with the method by which it was taken. An
attendance is a fact: corrected with a reason, revoked, restored, never deleted; each such change raises its revision,
from which the points engine derives its keys.

Where the portal has no record of its own, staff put one down: a record of a kind that is data as well (an item of
voluntary service, a sheet handed in, a complaint). It too is a fact, taken back with a reason and never deleted.

Where seats are booked beforehand, a household books together: one reservation, all seats or none, or a place on the
waiting list, from which whole households move up in order. A reservation is no fact: it earns nothing.
"""

from events.models.attendance import Attendance
from events.models.calendars import CalendarLink
from events.models.events import Event, EventKind, EventLecturer
from events.models.records import Record, RecordKind
from events.models.reservations import Reservation, ReservedPerson

__all__ = [
    "Attendance",
    "CalendarLink",
    "Event",
    "EventKind",
    "EventLecturer",
    "Record",
    "RecordKind",
    "Reservation",
    "ReservedPerson",
]
