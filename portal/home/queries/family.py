"""A parent's own family and parent schools. Everything hangs on the person, nothing on a role."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from accounts.models import Person
from parentschool.models import Guardianship, Membership
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear


def guardianships_of(person: Person) -> list[Guardianship]:
    """The children a person cares for now, with class and school."""
    return list(
        Guardianship.objects.filter(guardian=person, ended_on=None, child__left_on=None)
        .select_related("child__school_class__school")
        .order_by("child__name", "pk")
    )


def memberships_of(person: Person, *, now: datetime) -> list[Membership]:
    """Where the person learns in the school year of `now`."""
    day = clock.day_of(now)
    return list(
        Membership.objects.filter(person=person, school_year=SchoolYear.of(day).year)
        .filter(Q(left_on=None) | Q(left_on__gt=day))
        .select_related("school")
        .order_by("school__path")
    )
