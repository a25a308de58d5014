"""Schools from a spreadsheet: checked as a whole, shown, and written only when confirmed.

Columns: name, school code, stage, township. A row whose code is unknown opens a school under the township's
station. A row that says otherwise than the unit of its code is only named: what a unit is called and where it
stands are dated acts, done one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Kind, Level, Stage
from accounts.models import Person, Unit
from accounts.rules import UNIT_ENDINGS, read_stage
from accounts.scopes import Scope
from accounts.services.units import UnitRefused, open_unit
from portal.kernel.errors import PortalError
from portal.kernel.spreadsheets import CELL, DOUBTFUL, DOUBTS, IDENTIFIER, Cell, Row, Sheet, read_table

HEADINGS = {
    "name": ("学校名称", "单位名称", "名称", "学校"),
    "code": ("学校代码", "学校标识码", "单位代码", "代码"),
    "stage": ("学段", "办学类型", "类别", "学校类型"),
    "township": ("乡镇", "乡镇(街道)", "所在乡镇", "所属乡镇", "街道"),
}
HEADING_ROWS = 10
"""The headings stand in one of the first rows, below whatever title the file has."""
LONGEST = {"name": 100, "code": 20}


class HeadingsMissing(PortalError):
    code = "headings_missing"


@dataclass(frozen=True)
class Fault:
    """What is wrong at one cell, in a sentence."""

    where: str
    why: str


@dataclass(frozen=True)
class PlannedSchool:
    row: int
    name: str
    code: str
    stage: Stage
    station: Unit

    @property
    def kind(self) -> Kind:
        return Kind.KINDERGARTEN if self.stage == Stage.KINDERGARTEN else Kind.SCHOOL


@dataclass
class SchoolPlan:
    new: list[PlannedSchool] = field(default_factory=list)
    same: list[PlannedSchool] = field(default_factory=list)
    other: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def check_schools(file: IO[bytes], *, filename: str, scope: Scope) -> SchoolPlan:
    """What the file would do. Raises SpreadsheetRefused, HeadingsMissing; faults of single cells are in the plan."""
    sheet = read_table(file, filename=filename)
    columns, rows = below_headings(sheet)
    stations = stations_by_word(scope)
    standing = {unit.code: unit for unit in Unit.objects.select_related("parent").filter(level=Level.SCHOOL)}
    taken = set(Unit.objects.exclude(level=Level.SCHOOL).values_list("code", flat=True))
    plan, seen = SchoolPlan(), set[str]()
    for row in rows:
        cells = {cell.column: cell for cell in row.cells}
        given = {name: cells[letters] for name, letters in columns.items()}
        if not any(cell.text for cell in given.values()):
            continue
        school, faults = read_school(given, stations, seen | taken)
        plan.faults.extend(faults)
        if school is not None:
            seen.add(school.code)
            sort_in(plan, school, standing.get(school.code), scope)
    check_names(plan)
    return plan


@transaction.atomic
def write_schools(plan: SchoolPlan, *, opened_on: date, actor: Person | None, now: datetime) -> int:
    """Open the plan's new schools, all or none; how many. Raises UnitRefused with the row in its sentence."""
    for school in plan.new:
        try:
            open_unit(
                code=school.code,
                name=school.name,
                kind=school.kind,
                stage=school.stage,
                parent=school.station,
                opened_on=opened_on,
                actor=actor,
                now=now,
            )
        except UnitRefused as refusal:
            raise UnitRefused(_("Row %(row)s: %(why)s") % {"row": school.row, "why": refusal}) from refusal
    return len(plan.new)


def below_headings(sheet: Sheet) -> tuple[dict[str, str], Iterator[Row]]:
    """Column letters by field, and the rows below the headings. Raises HeadingsMissing."""
    rows = sheet.rows()
    for _number in range(min(HEADING_ROWS, len(sheet))):
        row = next(rows)
        columns = {
            name: cell.column
            for name, words in HEADINGS.items()
            for cell in row.cells
            if CELL(cell.text).replace(" ", "") in words
        }
        if len(columns) == len(HEADINGS):
            return columns, rows
    wanted = "、".join(words[0] for words in HEADINGS.values())
    raise HeadingsMissing(
        _("No row with the headings %(wanted)s was found; please add them.") % {"wanted": wanted}
    )


def stations_by_word(scope: Scope) -> dict[str, Unit]:
    """Open stations in reach by each word that a file may use for them."""
    found: dict[str, Unit] = {}
    stations = Unit.objects.within(scope).filter(level=Level.STATION, closed_on=None).select_related("region")
    for station in stations:
        found[station.name] = found[station.name.removesuffix(UNIT_ENDINGS[Kind.STATION])] = station
        if station.region:
            found[station.region.name] = station
    return found


def read_school(
    given: dict[str, Cell], stations: dict[str, Unit], taken: set[str]
) -> tuple[PlannedSchool | None, list[Fault]]:
    faults = [Fault(cell.address, str(DOUBTS[cell.mark])) for cell in given.values() if cell.mark in DOUBTFUL]
    name, code = CELL(given["name"].text), IDENTIFIER(given["code"].text)
    stage = read_stage(CELL(given["stage"].text))
    station = stations.get(CELL(given["township"].text))

    def fault(column: str, why: str) -> None:
        faults.append(Fault(given[column].address, why))

    if not name:
        fault("name", _("The school's name is missing."))
    if not code:
        fault("code", _("The school's code is missing."))
    elif code in taken:
        fault(
            "code",
            _("The code %(code)s stands twice in the file or belongs to another unit.") % {"code": code},
        )
    for column, text in (("name", name), ("code", code)):
        if len(text) > LONGEST[column]:
            fault(column, _("This is too long: at most %(limit)s characters.") % {"limit": LONGEST[column]})
    if stage is None:
        fault(
            "stage",
            _(
                "This stage is not known. Write 幼儿园, 小学, 初中, 九年一贯制, 高中, 完全中学, 职业学校 or 特殊教育."
            ),
        )
    if station is None:
        fault("township", _("No station of this township is known here; please check the name."))
    if faults or stage is None or station is None:
        return None, faults
    return PlannedSchool(given["name"].row, name, code, stage, station), []


def sort_in(plan: SchoolPlan, school: PlannedSchool, unit: Unit | None, scope: Scope) -> None:
    where = _("Row %(row)s") % {"row": school.row}
    if unit is None:
        plan.new.append(school)
    elif not scope.covers(unit.path):
        plan.faults.append(
            Fault(where, _("The code %(code)s belongs to another unit.") % {"code": school.code})
        )
    elif (unit.name, unit.stage, unit.parent_id) == (school.name, school.stage, school.station.pk):
        plan.same.append(school)
    else:
        standing = f"{unit.name} · {unit.get_stage_display()} · {unit.parent}"
        plan.other.append(
            Fault(where, _("Stands here as %(unit)s; change it on its own page.") % {"unit": standing})
        )


def check_names(plan: SchoolPlan) -> None:
    """No two schools of one name under one station, neither in the file nor beside those that stand."""
    standing = set(
        Unit.objects.filter(
            parent__in={school.station.pk for school in plan.new}, closed_on=None
        ).values_list("parent_id", "name")
    )
    for school in plan.new:
        key = (school.station.pk, school.name)
        if key in standing:
            where = _("Row %(row)s") % {"row": school.row}
            plan.faults.append(Fault(where, _("%(name)s is there already.") % {"name": school.name}))
        standing.add(key)
