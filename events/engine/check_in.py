"""Putting a person on the list of an event in one statement.

It lets in the ordinary case and nothing else: the event is under way and not called off, its seats are not counted, its
doors were open at the scan, the person is a learner at the host or below it or cares for a child there, and stands not
on the list in any way. The unique constraints of attendances are the whole of its correctness: however often and from
however many places it runs, one row stands. A second person on one device falls to the constraint
`attendance_first_of_device`, and so goes the long way, where it is looked at.

FOR SHARE holds the event's row against a change of it, while any number may hold it so side by side; whoever changes
the event sees every row that this let in, and this sees every change.

With a `Pass` the same statement also asks what the door of the portal asks of a session, so that the whole of a sign-in
at the wall is this one statement. PostgreSQL plans it once for each connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import connection

from events import rules
from events.enums import EventStatus, Method
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear

STATEMENT = """
INSERT INTO events_attendance (created_at, updated_at, event_id, person_id, method, taken_at, revision,
    correction_reason, device)
SELECT %(now)s, %(now)s, event.id, person.id, %(method)s, %(scanned_at)s, 1, '', %(device)s
FROM events_event AS event
JOIN accounts_unit AS host ON host.id = event.host_id
JOIN accounts_person AS person ON person.id = %(person)s
WHERE event.id = %(event)s AND event.status = %(held)s AND event.capacity IS NULL
    AND event.starts_at <= %(begins_by)s AND event.ends_at > %(ends_after)s
    AND event.starts_at >= %(midnight)s AND event.starts_at < %(next_midnight)s
    AND (
        EXISTS (
            SELECT 1 FROM parentschool_membership AS learner
            WHERE learner.person_id = person.id AND learner.school_year = %(year)s
                AND (learner.left_on IS NULL OR learner.left_on > %(day)s)
                AND substr(learner.path, 1, length(host.path)) = host.path
        ) OR EXISTS (
            SELECT 1 FROM parentschool_guardianship AS guardian
            JOIN parentschool_child AS child ON child.id = guardian.child_id
            WHERE guardian.guardian_id = person.id
                AND (guardian.ended_on IS NULL OR guardian.ended_on > %(day)s)
                AND (child.left_on IS NULL OR child.left_on > %(day)s)
                AND substr(child.path, 1, length(host.path)) = host.path
        )
    )
    {session}
{lock}
ON CONFLICT DO NOTHING
RETURNING id
"""
SESSION = """
    AND person.is_active AND person.password_due_at IS NULL AND person.is_demo <= %(demo)s
    AND person.session_generation = %(generation)s
    AND {fingerprint} = %(fingerprint)s
    AND NOT EXISTS (SELECT 1 FROM accounts_roleassignment AS role WHERE role.person_id = person.id)
    AND EXISTS (
        SELECT 1 FROM django_session AS session
        WHERE session.session_key = %(session)s AND session.expire_date > %(now)s
    )
"""
FINGERPRINT = {
    "sqlite": "SHA256(%(salt)s || person.password)",
    "postgresql": "encode(sha256(convert_to(%(salt)s || person.password, 'UTF8')), 'hex')",
}
TYPES = {
    "now": "timestamptz", "method": "text", "scanned_at": "timestamptz", "device": "text", "person": "bigint",
    "event": "bigint", "held": "text", "begins_by": "timestamptz", "ends_after": "timestamptz",
    "midnight": "timestamptz", "next_midnight": "timestamptz", "year": "int", "day": "date", "demo": "boolean",
    "generation": "int", "salt": "text", "fingerprint": "text", "session": "text",
}  # fmt: skip
PREPARED = "events_check_in"


@dataclass(frozen=True)
class Pass:
    """What the door of the portal knew of a session when it last let it in: whose it is, at which generation, with
    which password (by a keyed digest)."""

    person_id: int
    generation: int
    salt: str
    fingerprint: str


def put_on_list(
    event_id: int,
    person_id: int,
    *,
    scanned_at: datetime,
    device: str,
    now: datetime,
    own: Pass | None = None,
    session_key: str = "",
) -> int | None:
    """The key of the new attendance; None where this is not the ordinary case, and nothing was written.

    With a pass: only where the session still stands, the person may enter, has changed no password and ended no
    sessions since, and holds no role, now or ever.
    """
    day = clock.day_of(scanned_at)
    moment, date = connection.ops.adapt_datetimefield_value, connection.ops.adapt_datefield_value
    values = {
        "now": moment(now),
        "event": event_id,
        "person": person_id,
        "method": Method.WALL_CODE.value,
        "scanned_at": moment(scanned_at),
        "device": device,
        "held": EventStatus.HELD.value,
        "begins_by": moment(scanned_at + rules.DOORS_OPEN),
        "ends_after": moment(scanned_at - rules.DOORS_OPEN),
        "midnight": moment(clock.midnight(day)),
        "next_midnight": moment(clock.midnight(day + timedelta(days=1))),
        "year": SchoolYear.of(day).year,
        "day": date(day),
    }
    if own is not None:
        values |= {
            "demo": not settings.PRODUCTION,
            "generation": own.generation,
            "salt": own.salt,
            "fingerprint": own.fingerprint,
            "session": session_key,
        }
    with connection.cursor() as cursor:
        if own is not None and connection.vendor == "postgresql":
            _plan_once(cursor)
            cursor.execute(EXECUTE, [values[name] for name in TYPES])
        else:
            cursor.execute(_statement(connection.vendor, with_session=own is not None), values)
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _statement(vendor: str, *, with_session: bool) -> str:
    session = SESSION.format(fingerprint=FINGERPRINT[vendor]) if with_session else ""
    return STATEMENT.format(session=session, lock="" if vendor == "sqlite" else "FOR SHARE OF event")


def _plan_once(cursor: Any) -> None:
    """Prepare the statement where this connection to PostgreSQL has not seen it yet."""
    if connection.connection in _planned:
        return
    numbered = _statement("postgresql", with_session=True)
    for number, name in enumerate(TYPES, start=1):
        numbered = numbered.replace(f"%({name})s", f"${number}")
    cursor.execute(f"PREPARE {PREPARED} ({', '.join(TYPES.values())}) AS {numbered}")
    _planned.add(connection.connection)


EXECUTE = f"EXECUTE {PREPARED} ({', '.join(['%s'] * len(TYPES))})"
_planned: WeakSet[Any] = WeakSet()
