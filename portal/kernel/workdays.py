"""The clock of working days, with 调休: a weekday that is off, a weekend day that is worked.

Pure functions of days and of the exceptions that a county keeps (`portal.kernel.special_days`): each day that is not
what its weekday says, with True where it is worked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

SATURDAY = 5
ONE_DAY = timedelta(days=1)

Exceptions = Mapping[date, bool]


def is_workday(day: date, exceptions: Exceptions) -> bool:
    return exceptions.get(day, day.weekday() < SATURDAY)


def add_workdays(day: date, number: int, exceptions: Exceptions) -> date:
    """The `number`-th working day after `day`, which itself never counts; `day` for 0.

    As a term counts in office: what comes in on a Friday with five working days is due on the Friday after, or
    later by every holiday between. Raises ValueError for a negative number.
    """
    if number < 0:
        raise ValueError(number)
    while number:
        day += ONE_DAY
        number -= is_workday(day, exceptions)
    return day


def workdays_between(begins_on: date, ends_on: date, exceptions: Exceptions) -> int:
    """How many working days lie after `begins_on`, up to and with `ends_on`; negative where it lies before."""
    if ends_on < begins_on:
        return -workdays_between(ends_on, begins_on, exceptions)
    days = (ends_on - begins_on).days
    return sum(is_workday(begins_on + timedelta(days=n), exceptions) for n in range(1, days + 1))
