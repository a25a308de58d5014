"""School years, terms, months and weeks as half-open periods of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, order=True)
class Period:
    """Days from `begins_on` up to but not including `ends_on`."""

    begins_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.begins_on <= day < self.ends_on

    @property
    def last_day(self) -> date:
        return self.ends_on - timedelta(days=1)


@dataclass(frozen=True, order=True)
class SchoolYear:
    """The school year that begins on 1 September of `year`."""

    year: int

    @classmethod
    def of(cls, day: date) -> SchoolYear:
        return cls(day.year if day.month >= 9 else day.year - 1)

    @property
    def period(self) -> Period:
        return Period(date(self.year, 9, 1), date(self.year + 1, 9, 1))

    @property
    def terms(self) -> tuple[Period, Period]:
        """Autumn term to the end of January, spring term from 1 February (summer included)."""
        half = date(self.year + 1, 2, 1)
        return Period(self.period.begins_on, half), Period(half, self.period.ends_on)

    def __str__(self) -> str:
        return f"{self.year}-{self.year + 1}"


def years_since(first: date | None, today: date, *, most: int = 10) -> list[SchoolYear]:
    """This school year, and those before it back to the one of a first day; the latest first."""
    this = SchoolYear.of(today).year
    earliest = SchoolYear.of(first).year if first else this
    return [SchoolYear(year) for year in range(this, max(earliest, this - most + 1) - 1, -1)]


def term_of(day: date) -> Period:
    autumn, spring = SchoolYear.of(day).terms
    return autumn if day in autumn else spring


def month_of(day: date) -> Period:
    begins = day.replace(day=1)
    return Period(begins, (begins + timedelta(days=32)).replace(day=1))


def quarter_of(day: date) -> Period:
    """Of the calendar year."""
    begins = date(day.year, day.month - (day.month - 1) % 3, 1)
    return Period(begins, (begins + timedelta(days=95)).replace(day=1))


def week_of(day: date) -> Period:
    """Monday to Sunday."""
    begins = day - timedelta(days=day.weekday())
    return Period(begins, begins + timedelta(days=7))


def calendar_year_of(day: date) -> Period:
    return Period(date(day.year, 1, 1), date(day.year + 1, 1, 1))
