from django.db import models
from django.utils.translation import gettext_lazy as _


class EventStatus(models.TextChoices):
    PLANNED = "planned", _("planned")
    HELD = "held", _("held")
    CANCELLED = "cancelled", _("cancelled")


class Audience(models.TextChoices):
    SCHOOL = "school", _("all learners of the host")
    CLASSES = "classes", _("parents of some classes")
    INVITED = "invited", _("by invitation")


class Method(models.TextChoices):
    WALL_CODE = "wall", _("scanned the code on the wall")
    PERSONAL_CODE = "personal", _("showed the personal code")
    ROLL_CALL = "roll", _("roll call")
    PAPER = "paper", _("paper sheet")


BY_STAFF = (Method.PERSONAL_CODE, Method.ROLL_CALL, Method.PAPER)


class Measure(models.TextChoices):
    """In what a kind of record is counted; always in whole numbers."""

    TIMES = "times", _("times")
    HOURS = "hours", _("hours")
    ITEMS = "items", _("items")
    SHEETS = "sheets", _("sheets")
    PERSONS = "persons", _("people")


class EnteredBy(models.TextChoices):
    """Who may enter records of a kind; each includes those after it."""

    TEACHERS = "teachers", _("class teachers and leads")
    LEADS = "leads", _("leads of parent schools and stations")
    COUNTY = "county", _("the county alone")


class OnceIn(models.TextChoices):
    """In which period a person may have one record of a kind at most."""

    DAY = "day", _("once a day")
    MONTH = "month", _("once a month")
    QUARTER = "quarter", _("once a quarter")
    TERM = "term", _("once a term")
    YEAR = "year", _("once a school year")
    EVER = "ever", _("once for good")


class Doubt(models.TextChoices):
    """What was odd about signing in; staff say whether the person came."""

    STRANGER = "stranger", _("not on the list of the host")
    DEVICE = "device", _("one phone signed in several people")
    SAME_SCAN = "same_scan", _("one scan was used by two people")
    HASTE = "haste", _("two people within three seconds on one phone")


class SeatStatus(models.TextChoices):
    SEATED = "seated", _("has seats")
    WAITING = "waiting", _("on the waiting list")
    GIVEN_BACK = "back", _("given back")


STANDING = (SeatStatus.SEATED, SeatStatus.WAITING)
"""Reservations that a household still holds."""
