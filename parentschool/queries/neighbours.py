"""The people of villages and communities, who learn there without classes."""

from __future__ import annotations

from accounts.enums import NEIGHBOURHOOD
from accounts.models import Unit
from accounts.queries import open_units
from accounts.scopes import Scope
from parentschool.models import Membership
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear

MOST = 200


def neighbourhoods(reach: Scope) -> list[Unit]:
    """Open villages and communities in reach."""
    units = open_units(clock.today()).filter(reach.q("path"), kind__in=NEIGHBOURHOOD)
    return list(units.order_by("path")[:MOST])


def neighbours(reach: Scope, *, year: SchoolYear, named: str = "") -> list[Membership]:
    """Learners of the year, without their phones but for the last four digits."""
    learners = Membership.objects.within(reach).filter(
        school__kind__in=NEIGHBOURHOOD, school_year=year.year, left_on=None
    )
    if named:
        learners = learners.filter(person__name__startswith=named)
    return list(
        learners.select_related("person", "school")
        .defer("person__phone")
        .order_by("path", "household", "person__name", "pk")[:MOST]
    )
