"""How many families have been reached, unit by unit: read from the metrics of the last night.

The metric `reach` says of a unit how many families (`base`) have a guardian who came to an event or was met at home
this term, and how many of them these are (`value`). It is defined where it is computed, by the night.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Subquery

from accounts.models import Unit
from accounts.scopes import Scope
from assessment.models import UnitMetric

REACH, LECTURES = "reach", "lectures_held"
HEATS = 5
TAIL = re.compile("(协同育人指导站|指导站|家长学校)$")


@dataclass(frozen=True)
class Reached:
    """Of one unit. `heat` runs from 0 (few families left) to 4 (many), among the units beside it."""

    unit: Unit
    families: int
    reached: int
    lectures: int = 0
    heat: int = 0

    @property
    def left(self) -> int:
        return self.families - self.reached

    @property
    def short(self) -> str:
        """The township's or school's own name, for small places."""
        return TAIL.sub("", self.unit.name) or self.unit.name

    @property
    def percent(self) -> float:
        return round(100 * self.reached / self.families, 1) if self.families else 0.0


@dataclass(frozen=True)
class Reach:
    """`day` is that of the night the figures come from; `below` stands in the order of the tree."""

    day: date
    whole: Reached
    below: list[Reached]

    @property
    def worst_first(self) -> list[Reached]:
        return sorted(self.below, key=lambda reached: (-reached.left, reached.unit.path))


def reach_of(scope: Scope) -> Reach | None:
    """Of the topmost unit of a scope and the units right below it; None where no night has counted them."""
    counted_on = UnitMetric.objects.filter(unit=OuterRef("pk"), metric=REACH).order_by("-day").values("day")
    known = Unit.objects.within(scope).annotate(counted_on=Subquery(counted_on[:1]))
    top = known.order_by("path").first() if scope else None
    if top is None or top.counted_on is None:
        return None
    day = top.counted_on
    units = [top, *Unit.objects.within(scope).filter(parent=top).order_by("path")]
    found = {
        (unit, metric): (value, base or 0)
        for unit, metric, value, base in UnitMetric.objects.filter(
            day=day, metric__in=(REACH, LECTURES), unit__in=units
        ).values_list("unit_id", "metric", "value", "base")
    }
    counted = [unit for unit in units[1:] if found.get((unit.pk, REACH), (0, 0))[1]]
    most = max((base - value for value, base in (found[unit.pk, REACH] for unit in counted)), default=0)

    def reached(unit: Unit) -> Reached:
        value, base = found[unit.pk, REACH]
        lectures = found.get((unit.pk, LECTURES), (0, 0))[0]
        return Reached(unit, base, value, lectures, HEATS * (base - value) // (most + 1) if most else 0)

    return Reach(day, reached(top), [reached(unit) for unit in counted])
