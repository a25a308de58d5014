"""Who came: the roll, walk-ins, corrections, and what staff say of odd sign-ins.

An attendance is one row for a person and an event for ever. The first method stays; a row taken off the list is
revoked and may be restored, each time with a new revision, and nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from events import rules
from events.enums import BY_STAFF, Method
from events.models import Attendance, Event
from events.queries import present as present_at
from events.services.events import mark_held
from events.services.locking import EventCancelled, locked_event
from parentschool.services.learners import enrol_learner
from portal.kernel import audit
from portal.kernel.errors import PortalError


class NotBegun(PortalError):
    code = "not_begun"


class NoSeats(PortalError):
    code = "no_seats"


class ReasonNeeded(PortalError):
    code = "reason_needed"


class Namesake(PortalError):
    """Somebody of this name was taken in at this event already; `details["person"]` is the key."""

    code = "namesake"


@dataclass(frozen=True)
class RollTaken:
    """What a roll changed. `kept` counts those who signed in themselves and so stay on the list."""

    added: int
    removed: int
    kept: int
    present: int


@transaction.atomic
def take_roll(
    event: Event,
    *,
    present: Collection[int],
    absent: Collection[int] = (),
    actor: Person | None,
    now: datetime,
    method: Method = Method.ROLL_CALL,
    reason: str = "",
) -> RollTaken:
    """Put people on the list and take people off it, by their keys; doing so twice changes nothing.

    People in neither collection stay as they are, so two teachers may take the roll of their classes side by side.
    Who signed in at the wall is not taken off here; that is `revoke_attendance`. From `rules.ROLL_SETTLES` after the
    end taking off needs a reason. Raises EventCancelled, NotBegun, NoSeats, ReasonNeeded.
    """
    held = ready_for_roll(event, now)
    rows = {row.person_id: row for row in held.attendances.filter(person_id__in={*present, *absent})}
    new = [key for key in dict.fromkeys(present) if key not in rows]
    back = [rows[key] for key in dict.fromkeys(present) if key in rows and rows[key].revoked_at]
    gone = [key for key in dict.fromkeys(absent) if key not in set(present)]
    off = [rows[key] for key in gone if key in rows and not rows[key].revoked_at]
    kept = [row for row in off if row.method not in BY_STAFF]
    off = [row for row in off if row.method in BY_STAFF]
    if off and not reason.strip() and rules.is_settled(held.ends_at, now):
        raise ReasonNeeded(
            _("This roll was taken a while ago. To take somebody off it, say why."), field="reason"
        )
    ask_for_seats(held, more=len(new) + len(back) - len(off))
    begins = mark_held(held, now)
    _add(held, new, method, actor, now)
    _set_back(back, method, actor, now, reason)
    _take_off(off, now, reason)
    if new or back or off or begins:
        audit.record(
            "attendance.take_roll",
            actor=actor,
            now=now,
            obj=held,
            path=held.host.path,
            method=method,
            added=new,
            restored=[row.person_id for row in back],
            revoked=[row.person_id for row in off],
            reason=reason.strip(),
        )
    return RollTaken(len(new) + len(back), len(off), len(kept), present_at(held).count())


@transaction.atomic
def add_walk_in(
    event: Event,
    *,
    person: Person,
    actor: Person | None,
    now: datetime,
    method: Method = Method.ROLL_CALL,
) -> Attendance:
    """Somebody known who came without being on the list. Raises as `take_roll` does."""
    take_roll(event, present=[person.pk], actor=actor, now=now, method=method)
    return Attendance.objects.get(event=event, person=person)


@transaction.atomic
def enrol_walk_in(
    event: Event,
    *,
    name: str,
    actor: Person | None,
    now: datetime,
    method: Method = Method.ROLL_CALL,
    is_another: bool = False,
) -> Attendance:
    """Somebody whom the portal does not know yet: a new learner of the host without a phone, present here.

    The same name taken in twice at one event is a slip unless `is_another`. Raises Namesake and as `take_roll` does.
    """
    held = ready_for_roll(event, now)
    twin = present_at(held).filter(person__name=name.strip()).values_list("person_id", flat=True).first()
    if twin is not None and not is_another:
        raise Namesake(
            _("%(name)s is on the list already. Tick below if this is somebody else of the same name.")
            % {"name": name.strip()},
            field="name",
            person=twin,
        )
    person = enrol_learner(held.host, name=name, actor=actor, now=now)
    return add_walk_in(held, person=person, actor=actor, now=now, method=method)


@transaction.atomic
def revoke_attendance(
    attendance: Attendance, *, reason: str, actor: Person | None, now: datetime
) -> Attendance:
    """Somebody is on the list who did not come. A second call changes nothing. Raises ReasonNeeded."""
    row = _held(attendance, reason)
    if row.revoked_at is None:
        _take_off([row], now, reason)
        _record("attendance.revoke", row, reason, actor, now)
    row.refresh_from_db()
    return row


@transaction.atomic
def revoke_attendances(
    rows: Collection[Attendance], *, reason: str, actor: Person | None, now: datetime
) -> int:
    """Several at once, all or none; how many stood before. Raises ReasonNeeded."""
    standing = [row for row in rows if row.revoked_at is None]
    for row in sorted(standing, key=lambda row: (row.event_id, row.pk)):
        revoke_attendance(row, reason=reason, actor=actor, now=now)
    return len(standing)


@transaction.atomic
def restore_attendance(
    attendance: Attendance, *, reason: str, actor: Person | None, now: datetime
) -> Attendance:
    """Somebody did come after all. The method stays. A second call changes nothing.
    Raises ReasonNeeded, EventCancelled, NoSeats."""
    row = _held(attendance, reason)
    if row.revoked_at is not None:
        if row.event.is_cancelled:
            raise EventCancelled(_("This event has been called off."))
        ask_for_seats(row.event, more=1)
        change_rows([row], now, revoked_at=None, correction_reason=reason.strip(), **_settled(row, now))
        _record("attendance.restore", row, reason, actor, now)
    row.refresh_from_db()
    return row


@transaction.atomic
def accept_attendance(attendance: Attendance, *, actor: Person | None, now: datetime) -> Attendance:
    """The person did come: from now on the row counts. A second call changes nothing.
    Raises EventCancelled, NoSeats."""
    row = _with_event_held(attendance)
    if row.is_pending:
        if row.event.is_cancelled:
            raise EventCancelled(_("This event has been called off."))
        ask_for_seats(row.event, more=1)
        change_rows([row], now, revoked_at=None, doubt_settled_at=now)
        _record("attendance.accept", row, "", actor, now)
    row.refresh_from_db()
    return row


@transaction.atomic
def refuse_attendance(
    attendance: Attendance, *, reason: str, actor: Person | None, now: datetime
) -> Attendance:
    """The person did not come. A second call changes nothing. Raises ReasonNeeded."""
    row = _held(attendance, reason)
    if row.is_pending:
        change_rows([row], now, correction_reason=reason.strip(), doubt_settled_at=now)
        _record("attendance.refuse", row, reason, actor, now)
    row.refresh_from_db()
    return row


def ready_for_roll(event: Event, now: datetime) -> Event:
    """The event's row, held, if a roll may be taken. Raises EventCancelled, NotBegun."""
    held = locked_event(event)
    if held.is_cancelled:
        raise EventCancelled(_("This event has been called off; nobody can be put on its list."))
    if not rules.has_begun(held.starts_at, now):
        raise NotBegun(
            _("The roll opens half an hour before the beginning, on %(when)s.")
            % {"when": date_format(localtime(held.starts_at - rules.DOORS_OPEN), "DATETIME_FORMAT")}
        )
    return held


def ask_for_seats(event: Event, *, more: int) -> None:
    """Raises NoSeats where the event, whose row the caller holds, has too few seats left."""
    if event.capacity is None or more <= 0:
        return
    taken = present_at(event).count()
    if not rules.fits(event.capacity, taken, more):
        raise NoSeats(
            _(
                "%(seats)s seats, %(taken)s of them taken: %(more)s more do not fit. "
                "If more people did come, raise the number of seats first."
            )
            % {"seats": event.capacity, "taken": taken, "more": more}
        )


def _add(event: Event, people: Collection[int], method: Method, actor: Person | None, now: datetime) -> None:
    Attendance.objects.bulk_create(
        Attendance(event=event, person_id=key, method=method, taken_at=now, taken_by=actor) for key in people
    )


def _set_back(
    rows: Collection[Attendance], method: Method, actor: Person | None, now: datetime, reason: str
) -> None:
    """A tick taken back counts for nothing, so the tick that follows says how the person was recorded; who signed
    in at the wall and was corrected keeps that method."""
    for row in rows:
        if row.method not in BY_STAFF:
            change_rows([row], now, revoked_at=None, correction_reason=reason.strip(), **_settled(row, now))
    by_staff = [row for row in rows if row.method in BY_STAFF]
    change_rows(
        by_staff,
        now,
        revoked_at=None,
        correction_reason=reason.strip(),
        method=method,
        taken_at=now,
        taken_by=actor,
    )


def _settled(row: Attendance, now: datetime) -> dict[str, Any]:
    """Whoever puts a person on the list has no doubt."""
    return {"doubt_settled_at": now} if row.is_pending else {}


def _take_off(rows: Collection[Attendance], now: datetime, reason: str) -> None:
    change_rows(rows, now, revoked_at=now, correction_reason=reason.strip())


def change_rows(rows: Collection[Attendance], now: datetime, **columns: object) -> None:
    if rows:
        Attendance.objects.filter(pk__in=[row.pk for row in rows]).update(
            revision=F("revision") + 1, updated_at=now, **columns
        )


def _held(attendance: Attendance, reason: str) -> Attendance:
    if not reason.strip():
        raise ReasonNeeded(_("Say in a few words what was wrong."), field="reason")
    return _with_event_held(attendance)


def _with_event_held(attendance: Attendance) -> Attendance:
    event = locked_event(attendance.event_id)
    row = Attendance.objects.get(pk=attendance.pk)
    row.event = event
    return row


def _record(action: str, row: Attendance, reason: str, actor: Person | None, now: datetime) -> None:
    audit.record(
        action,
        actor=actor,
        now=now,
        obj=row,
        path=row.event.host.path,
        event=row.event_id,
        person=row.person_id,
        reason=reason.strip(),
    )
