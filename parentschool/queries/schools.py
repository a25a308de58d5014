"""The county's parent schools as anybody may look them up, and their classes by name; nothing of who is in them."""

from __future__ import annotations

from collections import Counter

from django.db.models import Case, QuerySet, Value, When

from accounts.enums import CAMPUS, NEIGHBOURHOOD, Level
from accounts.models import Unit
from accounts.queries import open_units
from parentschool.models import SchoolClass
from portal.kernel import clock

MOST = 120
KINDS = (*CAMPUS, *NEIGHBOURHOOD)


def towns() -> list[Unit]:
    """Townships, and the county itself where parent schools stand right under it."""
    units = open_units(clock.today())
    above = units.filter(kind__in=KINDS).values("parent")
    offered = units.filter(pk__in=above).exclude(kind__in=KINDS)
    return list(offered.select_related("region").order_by("path"))


def known_as(offered: list[Unit]) -> dict[int, str]:
    """What people call each of these townships, by pk: 漳江街道, not 漳江街道协同育人指导站. A unit that is no
    station, has no region or shares it with another keeps its own name."""
    shared = Counter(unit.region_id for unit in offered)
    return {
        unit.pk: unit.region.name
        if unit.region and unit.level == Level.STATION and shared[unit.region_id] == 1
        else unit.name
        for unit in offered
    }


def schools_of(town: Unit) -> list[Unit]:
    return _in_order(open_units(clock.today()).filter(parent=town, kind__in=KINDS))


def schools_named(typed: str) -> list[Unit]:
    """Parent schools whose name holds every part that was typed."""
    found = open_units(clock.today()).filter(kind__in=KINDS)
    for part in typed.split():
        found = found.filter(name__icontains=part)
    return _in_order(found.select_related("parent__region"))


def parent_school(pk: int) -> Unit | None:
    return open_units(clock.today()).filter(pk=pk, kind__in=KINDS).first()


def open_classes(school: Unit) -> list[SchoolClass]:
    return list(SchoolClass.objects.filter(school=school, closed_on=None).order_by("path"))


def _in_order(units: QuerySet[Unit]) -> list[Unit]:
    """Schools first, then villages and communities."""
    last = Case(When(kind__in=NEIGHBOURHOOD, then=Value(1)), default=Value(0))
    return list(units.order_by(last, "path")[:MOST])
