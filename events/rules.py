"""Times, seats and who may do what when, on plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from events.enums import Doubt, OnceIn
from portal.kernel.calendar import Period, SchoolYear, month_of, term_of

DOORS_OPEN = timedelta(minutes=30)
"""Signing in begins this long before an event and ends as long after it."""

ROLL_SETTLES = timedelta(hours=48)
"""Until this long after the end, ticks of a roll may be taken back without giving a reason."""

FARTHEST = timedelta(days=366)
"""Events farther away than this, in either direction, are taken for slips of the pen."""

LONGEST = timedelta(days=7)

CODE_LIFE = timedelta(seconds=20)
"""A wall code is shown for this long and stays good for as long again."""

CLAIM_LIFE = timedelta(minutes=10)
"""How long after scanning a parent may take to sign in or register, and to press the button."""

DEVICE_PEOPLE = 2
"""So many people sign in on one device at one event without a question: a couple, or somebody old and a neighbour."""

HASTE = timedelta(seconds=3)
"""Nobody presses the button, signs out and scans again as somebody else in less."""

WRONG_CODES = 5
WRONG_CODES_WITHIN = timedelta(minutes=10)
"""So many wrong host codes in this time, and a person has to wait or to scan."""

MOST_ADULTS, MOST_CHILDREN = 6, 6
"""The largest household that books at once."""


def overlap(one_starts: datetime, one_ends: datetime, other_starts: datetime, other_ends: datetime) -> bool:
    """Whether two half-open spans share a moment; spans that only touch do not."""
    return one_starts < other_ends and other_starts < one_ends


def seats_left(capacity: int | None, taken: int) -> int | None:
    """None where seats are not counted."""
    return None if capacity is None else max(0, capacity - taken)


def fits(capacity: int | None, taken: int, more: int) -> bool:
    return capacity is None or more <= 0 or taken + more <= capacity


def doors(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """The half-open span in which signing in is possible."""
    return starts_at - DOORS_OPEN, ends_at + DOORS_OPEN


def doors_are_open(starts_at: datetime, ends_at: datetime, at: datetime) -> bool:
    opens, closes = doors(starts_at, ends_at)
    return opens <= at < closes


def has_begun(starts_at: datetime, at: datetime) -> bool:
    """Whether a roll may be taken: from the moment the doors open."""
    return starts_at - DOORS_OPEN <= at


def is_settled(ends_at: datetime, at: datetime) -> bool:
    """Whether taking somebody off the list needs a reason by now."""
    return at >= ends_at + ROLL_SETTLES


def is_plausible(starts_at: datetime, ends_at: datetime, at: datetime) -> bool:
    return abs(starts_at - at) <= FARTHEST and timedelta(0) < ends_at - starts_at <= LONGEST


def code_period(at: datetime) -> int:
    """The number of the span of CODE_LIFE in which a moment lies, counted from 1970."""
    return int(at.timestamp()) // int(CODE_LIFE.total_seconds())


def once_period(once_in: str, day: date) -> Period | None:
    """The period in which one record is allowed at most; None where there may be any number."""
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    after = date(day.year + quarter.month // 10, (quarter.month + 2) % 12 + 1, 1)
    periods = {
        OnceIn.DAY: Period(day, day + timedelta(days=1)),
        OnceIn.MONTH: month_of(day),
        OnceIn.QUARTER: Period(quarter, after),
        OnceIn.TERM: term_of(day),
        OnceIn.YEAR: SchoolYear.of(day).period,
        OnceIn.EVER: Period(date.min, date.max),
    }
    return periods[OnceIn(once_in)] if once_in else None


def doubt_about(scanned_at: datetime, *, earlier: Sequence[datetime], belongs: bool) -> str:
    """What is odd about signing in by a scan on a device on which others signed in at the same event by `earlier`
    scans, one for each of them; empty where nothing is."""
    if scanned_at in earlier:
        return Doubt.SAME_SCAN
    if any(abs(scanned_at - other) < HASTE for other in earlier):
        return Doubt.HASTE
    if len(earlier) >= DEVICE_PEOPLE:
        return Doubt.DEVICE
    return "" if belongs else Doubt.STRANGER
