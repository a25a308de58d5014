"""What can be done with events: entering, changing and calling them off; booking lecturers and seats; taking the
roll; letting people in by the code on the wall; correcting an attendance."""

from events.services.attendances import (
    RollTaken,
    accept_attendance,
    add_walk_in,
    enrol_walk_in,
    refuse_attendance,
    restore_attendance,
    revoke_attendance,
    revoke_attendances,
    take_roll,
)
from events.services.bookings import book_lecturer, release_lecturer
from events.services.events import EventPlan, cancel_event, change_event, hold_lecture, schedule_event
from events.services.reservations import (
    change_seats,
    give_back,
    give_back_for_family,
    leave_seats,
    reserve_for_family,
    reserve_seats,
)
from events.services.wall import CheckedIn, check_in, scan_by_host_code

__all__ = [
    "CheckedIn",
    "EventPlan",
    "RollTaken",
    "accept_attendance",
    "add_walk_in",
    "book_lecturer",
    "cancel_event",
    "change_event",
    "change_seats",
    "check_in",
    "enrol_walk_in",
    "give_back",
    "give_back_for_family",
    "hold_lecture",
    "leave_seats",
    "refuse_attendance",
    "release_lecturer",
    "reserve_for_family",
    "reserve_seats",
    "restore_attendance",
    "revoke_attendance",
    "revoke_attendances",
    "scan_by_host_code",
    "schedule_event",
    "take_roll",
]
