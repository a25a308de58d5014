"""The one place that reads the clock. Only entrances call it; the domain is told `now` or `today`."""

from datetime import date, datetime, time

from django.utils import timezone


def now() -> datetime:
    """The moment, aware."""
    return timezone.now()


def today() -> date:
    """The day in the county's time zone."""
    return timezone.localdate()


def day_of(moment: datetime) -> date:
    """The county's day in which an aware moment lies."""
    return timezone.localdate(moment)


def midnight(day: date) -> datetime:
    """The aware moment at which a day of the county begins."""
    return timezone.make_aware(datetime.combine(day, time.min))


def local(moment: datetime) -> datetime:
    """The moment as the county's clocks show it."""
    return timezone.localtime(moment)
