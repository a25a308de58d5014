"""Named reads of events."""

from events.queries.bookings import bookable_lecturers, clashes
from events.queries.lists import coming, gone_by, open_for_signing_in, usual_places
from events.queries.people import (
    Household,
    belongs,
    doubtful,
    expected_people,
    guardianships_on,
    household,
    learners_of,
    present,
    same_device,
)
from events.queries.roll import Reach, Roll, RollRow, people_within, roll_of, search_people

__all__ = [
    "Household",
    "Reach",
    "Roll",
    "RollRow",
    "belongs",
    "bookable_lecturers",
    "clashes",
    "coming",
    "doubtful",
    "expected_people",
    "gone_by",
    "guardianships_on",
    "household",
    "learners_of",
    "open_for_signing_in",
    "people_within",
    "present",
    "roll_of",
    "same_device",
    "search_people",
    "usual_places",
]
