"""Letting people in by the code on the wall, themselves and who of the family came along.

Almost everybody at the door is in the ordinary case: one person, of the host's, at an event under way whose seats are
not counted. That is one statement, which many may run at the same time, right by the unique constraint. Whatever it
does not let in goes the long way, where the event's row is held: the first to come, counted seats, family, whoever is
on the list already, whoever was taken off it, and everything odd. Odd ones are let in as pending, never turned away.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from events import rules
from events.engine.check_in import Pass, put_on_list
from events.enums import BY_STAFF, Method
from events.models import Attendance, Event
from events.queries import belongs, household, open_for_signing_in
from events.services.attendances import ask_for_seats, change_rows
from events.services.codes import CodeExpired, Scan, device_of, shows
from events.services.events import mark_held
from events.services.locking import EventCancelled, locked_event
from portal.kernel import audit
from portal.kernel.errors import PortalError
from portal.kernel.models import AuditEntry


class DoorsClosed(PortalError):
    code = "doors_closed"


class NotOfTheFamily(PortalError):
    code = "not_of_the_family"


class NobodyCame(PortalError):
    code = "nobody_came"


class TakenOff(PortalError):
    code = "taken_off"


class TooManyTries(PortalError):
    code = "too_many_tries"


@dataclass(frozen=True)
class CheckedIn:
    """`is_new` says whether anything was written; `is_pending`, whether staff have to agree first."""

    event_id: int
    is_new: bool
    is_pending: bool = False


def check_in(
    scan: Scan,
    *,
    person_id: int,
    now: datetime,
    people: Collection[int] | None = None,
    child_id: int | None = None,
) -> CheckedIn:
    """Put the person who scanned on the list, or those `people` of the family who came; who is on it already stays as
    recorded. `child_id` names the child for whom they came, none means all of theirs at the host.

    Raises EventCancelled, DoorsClosed, NotOfTheFamily, NobodyCame, TakenOff, NoSeats.
    """
    alone = people is None or set(people) == {person_id}
    if (
        alone
        and child_id is None
        and put_on_list(scan.event_id, person_id, scanned_at=scan.scanned_at, device=scan.device, now=now)
    ):
        return CheckedIn(scan.event_id, is_new=True)
    return _let_in(scan, person_id, [person_id] if alone else list(people or ()), child_id, now)


def check_in_by_pass(scan: Scan, own: Pass, *, session_key: str, now: datetime) -> bool:
    """Put the owner of a session on the list, where the pass still holds and nothing has to be weighed; whether it
    did. Whatever it does not let in is for `check_in`, behind the portal's whole door."""
    written = put_on_list(
        scan.event_id,
        own.person_id,
        scanned_at=scan.scanned_at,
        device=scan.device,
        now=now,
        own=own,
        session_key=session_key,
    )
    return written is not None


def scan_by_host_code(typed: str, *, person_id: int, mark: str, now: datetime) -> Scan:
    """What typing the six digits of a wall is worth: as much as scanning it.

    Wrong digits are kept in the audit, and after `rules.WRONG_CODES` of them the person has to wait.
    Raises TooManyTries, CodeExpired.
    """
    wrong = AuditEntry.objects.filter(
        actor=person_id,
        action="attendance.host_code",
        result=AuditEntry.Result.REFUSED,
        at__gt=now - rules.WRONG_CODES_WITHIN,
    )
    if wrong.count() >= rules.WRONG_CODES:
        raise TooManyTries(_("Too many wrong codes. Wait ten minutes, scan the code, or ask the host."))
    shown = [event for event in _open_at(now) if shows(event, "".join(typed.split()), now)]
    if len(shown) != 1:
        person = Person.objects.get(pk=person_id)
        audit.record(
            "attendance.host_code", actor=person, now=now, path=person.path, result=AuditEntry.Result.REFUSED
        )
        raise CodeExpired(
            _("No event shows this code at the moment. The code changes often; look at the wall again.")
        )
    event_id = shown[0].pk
    return Scan(event_id, now, device_of(mark, event_id))


@transaction.atomic
def _let_in(
    scan: Scan, person_id: int, people: Sequence[int], child_id: int | None, now: datetime
) -> CheckedIn:
    held = locked_event(scan.event_id)
    if held.is_cancelled:
        raise EventCancelled(_("This event has been called off."))
    if not rules.doors_are_open(held.starts_at, held.ends_at, scan.scanned_at):
        raise DoorsClosed(
            _("Signing in is possible from half an hour before the beginning to half an hour after the end.")
        )
    if not people:
        raise NobodyCame(_("Tick who came."), field="who")
    person = Person.objects.get(pk=person_id)
    of_whom = _children_of(held, person, people, child_id)
    rows = {row.person_id: row for row in held.attendances.filter(person__in=people)}
    new = [key for key in people if _may_be_added(rows.get(key), alone=people == [person_id])]
    if not new:
        return CheckedIn(held.pk, is_new=False, is_pending=any(row.is_pending for row in rows.values()))
    device = _device(held, person, scan.device)
    doubt = rules.doubt_about(scan.scanned_at, earlier=device.scans_of_others, belongs=belongs(person, held))
    if not doubt:
        ask_for_seats(held, more=len(new))
    mark_held(held, now)
    for key in new:
        columns = _columns(scan, device, doubt, now, by=None if key == person_id else person)
        _write(held, rows.get(key), key, {**columns, "child_id": of_whom[key]}, now)
        device = replace(device, was_used=True)
    audit.record(
        "attendance.check_in",
        actor=person,
        now=now,
        obj=held,
        path=held.host.path,
        people=new,
        **({"doubt": doubt} if doubt else {}),
    )
    return CheckedIn(held.pk, is_new=True, is_pending=bool(doubt))


def _children_of(
    event: Event, person: Person, people: Sequence[int], child_id: int | None
) -> dict[int, int | None]:
    """For which child each of the people came, if one was named. Raises NotOfTheFamily."""
    family = household(person, event)
    if not set(people) <= {person.pk, *(one.pk for one in family.others)} or (
        child_id is not None and child_id not in family.children
    ):
        raise NotOfTheFamily(_("Only you and those who care for the same children can be signed in here."))
    cares = {person.pk: set(family.children), **{one.pk: set(one.children) for one in family.others}}
    return {key: child_id if child_id in cares[key] else None for key in people}


def _may_be_added(row: Attendance | None, *, alone: bool) -> bool:
    """Whoever stands on the list, or waits, stays as recorded. Raises TakenOff for somebody whom staff took off."""
    if row is None:
        return True
    if row.revoked_at is None or row.is_pending:
        return False
    if row.method not in BY_STAFF:
        if alone:
            raise TakenOff(_("Staff have corrected your attendance of this event. Please speak to the host."))
        raise TakenOff(
            _("Staff have corrected the attendance of %(name)s at this event. Please speak to the host.")
            % {"name": row.person.name}
        )
    return True


@dataclass(frozen=True)
class _Device:
    """What is known of a browser at this event: whether it was used, and the scans of others who pressed there."""

    digest: str
    was_used: bool
    scans_of_others: tuple[datetime, ...]


def _device(event: Event, person: Person, digest: str) -> _Device:
    rows = event.attendances.filter(device=digest) if digest else Attendance.objects.none()
    pressed = {row.taken_by_id or row.person_id: row.taken_at for row in rows.order_by("pk")}
    others = tuple(at for key, at in pressed.items() if key != person.pk)
    return _Device(digest, bool(pressed), others)


def _columns(scan: Scan, device: _Device, doubt: str, now: datetime, *, by: Person | None) -> dict[str, Any]:
    return {
        "method": Method.WALL_CODE,
        "taken_at": scan.scanned_at,
        "taken_by": by,
        "device": device.digest,
        "device_again": device.was_used,
        "doubt": doubt,
        "doubt_settled_at": None,
        "revoked_at": now if doubt else None,
        "correction_reason": "",
    }


def _write(event: Event, row: Attendance | None, key: int, columns: dict[str, Any], now: datetime) -> None:
    if row is None:
        Attendance.objects.create(event=event, person_id=key, **columns)
    else:
        change_rows([row], now, **columns)


def _open_at(now: datetime) -> list[Event]:
    return list(open_for_signing_in(lead=now + rules.DOORS_OPEN, lag=now - rules.DOORS_OPEN))
