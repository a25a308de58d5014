"""How many learners hold each star, as the last night counted them: by the metrics `star_1` and on, not here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Unit
from accounts.paths import ancestors
from accounts.scopes import Scope
from assessment.enums import VersionStatus
from assessment.models import StarLevel, UnitMetric
from portal.kernel.small_cells import suppressed

METRIC = "star_"
"""What the metrics of stars begin with; the level follows."""


@dataclass(frozen=True)
class StarCount:
    """`people` is None where the number is too small to show."""

    name: str
    people: int | None


def star_counts(scope: Scope) -> list[StarCount]:
    """Of the topmost unit of a scope; never who, and no number that tells of a few. Empty before the first night."""
    top = Unit.objects.within(scope).order_by("path").first() if scope else None
    if top is None:
        return []
    counted = UnitMetric.objects.filter(unit=top, metric__startswith=METRIC)
    day = counted.aggregate(last=Max("day"))["last"]
    rows = list(counted.filter(day=day).values_list("metric", "value", "base"))
    learners = max((base or 0 for _metric, _value, base in rows), default=0)
    if not learners:
        return []
    people = {int(metric.removeprefix(METRIC)): value for metric, value, _base in rows}
    people[0] = learners - sum(people.values())
    names = _names(top, day)
    levels = sorted({0, *names, *(level for level, count in people.items() if count)})
    shown = suppressed([people.get(level, 0) for level in levels])
    return [
        StarCount(names.get(level) or (_("no star yet") if level == 0 else str(level)), number)
        for level, number in zip(levels, shown, strict=True)
    ]


def _names(unit: Unit, day: date) -> dict[int, str]:
    """Of the stars by the rules in force in the unit's county on the day (`rulebook.rule_book`)."""
    rows = StarLevel.objects.filter(
        version__scheme__unit__path=ancestors(unit.path)[0],
        version__status=VersionStatus.PUBLISHED,
        version__effective_from__lte=day,
    ).order_by("version__effective_from", "version_id")
    named = list(rows.values_list("version_id", "level", "name"))
    return {level: name for version, level, name in named if version == named[-1][0]}
