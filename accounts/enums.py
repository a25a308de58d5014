from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Level(models.TextChoices):
    COUNTY = "county", _("county guidance centre")
    STATION = "station", _("township guidance station")
    SCHOOL = "school", _("parent school")
    DEPARTMENT = "department", _("department")


class Kind(models.TextChoices):
    CENTRE = "centre", _("guidance centre")
    STATION = "station", _("guidance station")
    SCHOOL = "school", _("school")
    KINDERGARTEN = "kindergarten", _("kindergarten")
    VILLAGE = "village", _("village")
    COMMUNITY = "community", _("community")
    DEPARTMENT = "department", _("department")


LEVEL_OF = {
    Kind.CENTRE: Level.COUNTY,
    Kind.STATION: Level.STATION,
    Kind.SCHOOL: Level.SCHOOL,
    Kind.KINDERGARTEN: Level.SCHOOL,
    Kind.VILLAGE: Level.SCHOOL,
    Kind.COMMUNITY: Level.SCHOOL,
    Kind.DEPARTMENT: Level.DEPARTMENT,
}
PARENT_LEVELS = {
    Level.COUNTY: (None,),
    Level.STATION: (Level.COUNTY,),
    Level.DEPARTMENT: (Level.COUNTY,),
    Level.SCHOOL: (Level.STATION, Level.COUNTY),
}
CAMPUS = (Kind.SCHOOL, Kind.KINDERGARTEN)
"""Kinds with classes and a roster."""
NEIGHBOURHOOD = (Kind.VILLAGE, Kind.COMMUNITY)
"""Kinds whose learners are neighbours, without classes."""


class Stage(models.TextChoices):
    """School stages; several may be joined in one school (nine-year, combined)."""

    KINDERGARTEN = "kindergarten", _("kindergarten stage")
    PRIMARY = "primary", _("primary school")
    JUNIOR = "junior", _("junior middle school")
    NINE_YEAR = "nine_year", _("nine-year school")
    SENIOR = "senior", _("senior middle school")
    FULL_MIDDLE = "full_middle", _("full middle school")
    VOCATIONAL = "vocational", _("vocational school")
    SPECIAL = "special", _("special school")


class RegionLevel(models.TextChoices):
    COUNTY = "county", _("county")
    TOWNSHIP = "township", _("township or street")
    VILLAGE = "village", _("village or community")


class Basis(models.TextChoices):
    """What the law lets personal information be handled for (个人信息保护法 13)."""

    CONSENT = "consent", _("consent")
    DUTY = "duty", _("statutory duty")


class Decision(models.TextChoices):
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", pgettext_lazy("consent", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("consent", "withdrawn")


class Asked(models.TextChoices):
    """Where somebody was asked."""

    REGISTRATION = "register", _("at registration")
    SIGN_IN = "sign_in", _("at sign-in")
    OWN_PAGE = "own_page", _("on their own page")
    PAPER = "paper", _("on paper, kept by the school")
