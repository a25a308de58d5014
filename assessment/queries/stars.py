"""How many learners hold each star, as the last night counted them: by the metrics `star_1` and on, not here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Unit
from accounts.paths import ancestors
from accounts.scopes import Scope
from assessment.enums import VersionStatus
from assessment.models import StarLevel, UnitMetric
from assessment.models.ledger import ID_WIDTH
from portal.kernel.small_cells import hidden_cells, suppressed

METRIC = "star_"
"""What the metrics of stars begin with; the level follows."""
A_DAY = 24 * 60 * 60
"""Seconds; the next night counts anew."""


@dataclass(frozen=True)
class StarCount:
    """`people` is None where the number is small, or would give a small one away."""

    name: str
    people: int | None


def star_counts(scope: Scope) -> list[StarCount]:
    """Of the topmost unit of a scope; never who, and no number that tells of a few, or that would tell of a few beside
    the numbers of other units. Empty before the first night."""
    top = Unit.objects.within(scope).order_by("path").first() if scope else None
    last = _counted().filter(unit=top).order_by("-day").first() if top else None
    if top is None or last is None:
        return []
    county = last.lineage[:ID_WIDTH]
    rows = list(_counted().filter(day=last.day, lineage__in={last.lineage, county}).order_by("pk"))
    own = _people([row for row in rows if row.unit_id == top.pk])[top.pk]
    if not any(own.values()):
        return []
    names = _names(top, last.day)
    found = _hidden(county, last.day, names, counted_as=rows[0].pk)
    also = [at for at, level in enumerate(found.levels) if level in found.hidden_of(top.pk)]
    shown = suppressed([own.get(level, 0) for level in found.levels], also)
    return [
        StarCount(names.get(level) or (_("no star yet") if level == 0 else str(level)), number)
        for level, number in zip(found.levels, shown, strict=True)
    ]


def _counted() -> QuerySet[UnitMetric]:
    return UnitMetric.objects.filter(metric__startswith=METRIC)


def _people(rows: list[UnitMetric]) -> dict[int, dict[int, int]]:
    """Of each unit the people by level; who has no star is what is left of its learners."""
    people: dict[int, dict[int, int]] = {}
    learners: dict[int, int] = {}
    for row in rows:
        people.setdefault(row.unit_id, {})[int(row.metric.removeprefix(METRIC))] = row.value
        learners[row.unit_id] = max(learners.get(row.unit_id, 0), row.base or 0)
    return {
        unit: {0: learners[unit] - sum(by_level.values()), **by_level} for unit, by_level in people.items()
    }


@dataclass(frozen=True)
class _Hidden:
    """The levels that a county's units are shown by, and of each unit those that are not shown; as kept in the
    cache, by texts."""

    levels: list[int]
    of_unit: dict[str, list[int]]

    def hidden_of(self, unit: int) -> list[int]:
        return self.of_unit.get(str(unit), [])


def _hidden(county: str, day: date, names: Collection[int], *, counted_as: int) -> _Hidden:
    """Of the whole county at once, since the pages of all its units together must not tell more. `counted_as` is
    the first of the night's rows; counted again, they are other rows."""
    key = f"stars-hidden-{county}-{day}-{counted_as}-{'.'.join(map(str, sorted(names)))}"
    kept = cache.get(key)
    if kept is None:
        rows = list(_counted().filter(day=day, lineage__startswith=county))
        people = _people(rows)
        units = {row.lineage: row.unit_id for row in rows}
        above = {
            unit: units[lineage[:-ID_WIDTH]]
            for lineage, unit in units.items()
            if lineage[:-ID_WIDTH] in units
        }
        held = {level for by_level in people.values() for level, count in by_level.items() if count}
        levels = sorted({0, *names, *held})
        tables = {unit: [by.get(level, 0) for level in levels] for unit, by in people.items()}
        hidden: dict[str, list[int]] = {}
        for unit, column in sorted(hidden_cells(tables, above)):
            hidden.setdefault(str(unit), []).append(levels[column])
        kept = [levels, hidden]
        cache.set(key, kept, A_DAY)
    return _Hidden(*kept)


def _names(unit: Unit, day: date) -> dict[int, str]:
    """Of the stars by the rules in force in the unit's county on the day (`rulebook.rule_book`)."""
    rows = StarLevel.objects.filter(
        version__scheme__unit__path=ancestors(unit.path)[0],
        version__status=VersionStatus.PUBLISHED,
        version__effective_from__lte=day,
    ).order_by("version__effective_from", "version_id")
    named = list(rows.values_list("version_id", "level", "name"))
    return {level: name for version, level, name in named if version == named[-1][0]}
