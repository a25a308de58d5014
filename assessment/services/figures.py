"""What was counted on a day, unit by unit: as the tree stood then, or as it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from accounts.enums import Kind
from accounts.models import Unit
from assessment.engine.metrics import METRICS, Figure, metrics_by_unit
from assessment.models import UnitMetric

SHOWN = (
    "members",
    "families",
    "reach",
    "participants",
    "person_times",
    "participation",
    "lectures_held",
    "events_held",
    "lesson_periods",
    "home_visits_contact",
)
"""Not the people by star: these are shown where small numbers are held back (`queries.stars`)."""


@dataclass(frozen=True)
class Column:
    """`words` says how it is counted; `is_share` that each number is a part of another."""

    name: str
    words: str
    is_share: bool


@dataclass(frozen=True)
class Cell:
    value: int
    base: int | None

    @property
    def percent(self) -> float | None:
        """Null where the metric is no part of another, or of nothing."""
        return round(100 * self.value / self.base, 1) if self.base else None


@dataclass(frozen=True)
class Row:
    """One unit, named as in the tree asked for; `is_whole` for the unit that the others lie below. A cell is null where
    the metric was not counted yet on that day."""

    name: str
    cells: list[Cell | None]
    unit_id: int
    is_whole: bool


@dataclass(frozen=True)
class Table:
    """`asked` is the day asked for, `day` the last one counted by then, `rows` first the whole."""

    under: Unit
    asked: date
    day: date
    as_of: str
    rows: list[Row]
    columns: list[Column]


def table_of(unit: Unit, day: date, as_of: str) -> Table | None:
    """Of the unit and those right below it; None where no night had counted it by the day asked for."""
    counted = UnitMetric.objects.filter(unit=unit, metric__in=SHOWN, day__lte=day)
    last = counted.aggregate(last=Max("day"))["last"]
    if last is None:
        return None
    found = metrics_by_unit(SHOWN, last, unit, as_of=as_of)
    figures = {(code, figure.unit_id): figure for code in found for figure in found[code]}
    names = {figure.unit_id: figure.name for code in found for figure in found[code]}
    rows = [
        Row(name, [_cell(figures.get((code, key))) for code in SHOWN], key, is_whole=key == unit.pk)
        for key, name in names.items()
    ]
    departments = set(Unit.objects.filter(kind=Kind.DEPARTMENT).values_list("pk", flat=True))
    rows.sort(key=lambda row: row.unit_id in departments)  # the others keep their order
    shown = [METRICS[code] for code in SHOWN]
    columns = [Column(str(metric.name), str(metric.words), bool(metric.base)) for metric in shown]
    return Table(unit, day, last, as_of, rows, columns)


def _cell(figure: Figure | None) -> Cell | None:
    return Cell(figure.value, figure.base) if figure else None
