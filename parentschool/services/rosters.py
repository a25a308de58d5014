"""Importing class lists, and the lists of people of villages and communities, which have no classes.

A list is checked as a whole, shown, and written only when confirmed, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import file_digest, sha256
from typing import IO, Any

import polars as pl
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.access import allows, scope_for
from accounts.enums import CAMPUS, NEIGHBOURHOOD, Basis, Kind, Level
from accounts.models import Person, Unit
from accounts.paths import upper_bound
from accounts.queries import open_units
from accounts.scopes import Scope
from parentschool.engine.neighbours import known as neighbours
from parentschool.engine.neighbours.planning import make_people_plan
from parentschool.engine.neighbours.reading import PeopleReading, is_list_of_people, read_people
from parentschool.engine.roster import known as records
from parentschool.engine.roster.frames import School
from parentschool.engine.roster.planning import Plan, make_plan
from parentschool.engine.roster.reading import Order, Reading, read_roster
from parentschool.engine.roster.writing import Occasion, write
from portal.kernel import audit, bulk, clock, jobs
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError
from portal.kernel.models import Job
from portal.kernel.spreadsheets import Sheet, read_table

PERMISSION = "parentschool.import_roster"


class RosterRefused(PortalError):
    code = "roster_refused"


NOT_YOURS = _("You may not import lists for this unit.")
NO_SCHOOLS = _("There is no open parent school here yet that such a list could fill. Enter the units first.")
CHANGED = _(
    "Something has changed since the check: the file, or the records. Nothing was written; please check again."
)
CLASS_TITLE = _("Class list: %(unit)s, %(file)s")
PEOPLE_TITLE = _("List of people: %(unit)s, %(file)s")
NO_BASIS = _("Confirm that this list is kept by statutory duty. Without that nothing is written.")
NOT_READY = _("The list still has faults or open questions. Nothing was written.")


@dataclass(frozen=True)
class RosterFile:
    """A list as it came, and how to read it.

    `class_text` names the class of a list without a column for it; `answers` decide doubts by their key, or a whole
    kind of them by its name. `by_duty`: the school keeps this list by its statutory duty; without that word it is not
    written.
    """

    content: IO[bytes]
    filename: str
    unit: Unit
    school_year: SchoolYear | None = None
    class_text: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    by_duty: bool = False


@dataclass(frozen=True)
class Checked:
    """What would be done. `digest` tells this file with this outcome from any other."""

    plan: Plan
    digest: str
    year: SchoolYear
    sheet: Sheet


def check_roster(roster: RosterFile, *, actor: Person | None, now: datetime) -> Checked:
    """What the list would do; writes nothing. `actor` None is the command line.

    Raises RosterRefused, SpreadsheetRefused, BadHeader where the file is refused as a whole.
    """
    prepared = _prepare(roster, actor, now)
    with transaction.atomic():
        return _plan(prepared, roster.answers)[0]


def commit_roster(
    roster: RosterFile,
    *,
    digest: str,
    actor: Person | None,
    now: datetime,
    done: Callable[[Checked], None] = lambda checked: None,
) -> Checked:
    """Write what `check_roster` showed under this digest, in one transaction; `done` is told of it inside.

    Raises what `check_roster` raises, and RosterRefused where the file or the records are no longer the same, where
    faults or open doubts are left, or where no legal basis is stated.
    """
    if not roster.by_duty:
        raise RosterRefused(NO_BASIS, code="no_basis")
    prepared = _prepare(roster, actor, now)
    try:
        with transaction.atomic():
            bulk.serialise("roster")
            checked, known = _plan(prepared, roster.answers)
            if checked.digest != digest:
                raise RosterRefused(CHANGED, code="roster_changed")
            if not checked.plan.is_ready:
                raise RosterRefused(NOT_READY, code="roster_not_ready")
            occasion = Occasion(now, clock.day_of(now), checked.year.year)
            write(checked.plan.writes, known, prepared.schools, occasion)
            _record(roster, checked, actor, now)
            done(checked)
    except IntegrityError as error:
        raise RosterRefused(CHANGED, code="roster_changed") from error
    return checked


@dataclass(frozen=True)
class _Prepared:
    reading: Reading | PeopleReading
    sheet: Sheet
    schools: dict[int, School]
    year: SchoolYear
    file_digest: str


def _prepare(roster: RosterFile, actor: Person | None, now: datetime) -> _Prepared:
    if actor is not None and not allows(actor, PERMISSION, roster.unit):
        raise RosterRefused(NOT_YOURS, code="out_of_scope")
    year = roster.school_year or SchoolYear.of(clock.day_of(now))
    roster.content.seek(0)
    digest = file_digest(roster.content, "sha256").hexdigest()  # type: ignore[arg-type]
    roster.content.seek(0)
    sheet = read_table(roster.content, filename=roster.filename)
    of_people = roster.unit.kind in NEIGHBOURHOOD or (
        roster.unit.level != Level.SCHOOL and is_list_of_people(sheet)
    )
    units = _units(roster.unit, NEIGHBOURHOOD if of_people else CAMPUS, now)
    order = Order(units, year, is_one_school=roster.unit.level == Level.SCHOOL, class_text=roster.class_text)
    reading: Reading | PeopleReading
    if of_people:
        people = read_people(sheet, order)
        reading = replace(people, rows=_with_indexes(people.rows))
    else:
        classes = read_roster(sheet, order)
        reading = replace(classes, contacts=_with_indexes(classes.contacts))
    return _Prepared(reading, sheet, {unit.id: unit for unit in units}, year, digest)


def _units(unit: Unit, kinds: Sequence[Kind], now: datetime) -> tuple[School, ...]:
    found = open_units(clock.day_of(now)).filter(
        kind__in=kinds, path__gte=unit.path, path__lt=upper_bound(unit.path)
    )
    schools = tuple(School(row.pk, row.code, row.name, row.stage, row.path) for row in found.order_by("path"))
    if not schools:
        raise RosterRefused(NO_SCHOOLS, code="no_schools")
    return schools


def _plan(prepared: _Prepared, answers: Mapping[str, str]) -> tuple[Checked, records.Known]:
    make, known = _planner(prepared)
    by_kind = {kind: choice for kind, choice in answers.items() if ":" not in kind}
    given = {key: choice for key, choice in answers.items() if ":" in key}
    plan = make(given)
    if by_kind:
        plan = make(_spread(plan, by_kind) | given)
    digest = sha256(f"{prepared.file_digest}{plan.digest}".encode()).hexdigest()
    return Checked(plan, digest, prepared.year, prepared.sheet), known


def _planner(prepared: _Prepared) -> tuple[Callable[[Mapping[str, str]], Plan], records.Known]:
    """The plan as a function of the answers, and what is on record of classes."""
    reading, year = prepared.reading, prepared.year.year
    if isinstance(reading, PeopleReading):
        people, memberships, present = neighbours.load(reading.rows, prepared.schools, school_year=year)
        plan = partial(make_people_plan, reading, people, memberships, present, school_year=year)
        return plan, records.nothing()
    known = records.load(
        reading.rows.select("school_id", "child"),
        reading.contacts["phone_index"].drop_nulls().unique(),
        school_year=year,
    )
    return partial(make_plan, reading, known), known


def _spread(plan: Plan, by_kind: Mapping[str, str]) -> dict[str, str]:
    """An answer given for a whole kind of doubt, to each doubt that may be answered so."""
    return {
        key: by_kind[kind]
        for key, kind, choices in plan.doubts.select("key", "kind", "choices").iter_rows()
        if by_kind.get(kind) in choices.split(",")
    }


def _with_indexes(people: pl.DataFrame) -> pl.DataFrame:
    """With the blind index of each phone."""
    numbers = people["phone"].drop_nulls().unique()
    indexes = pl.DataFrame(
        {"phone": numbers, "phone_index": [phones.index(number) for number in numbers]},
        schema={"phone": pl.String, "phone_index": pl.String},
    )
    return people.join(indexes, on="phone", how="left", maintain_order="left")


def _record(roster: RosterFile, checked: Checked, actor: Person | None, now: datetime) -> None:
    """One row for the batch."""
    audit.record(
        "roster.import",
        actor=actor,
        now=now,
        obj=roster.unit,
        path=roster.unit.path,
        file=roster.filename,
        digest=checked.digest,
        basis=Basis.DUTY,
        rows=dict(checked.plan.rows),
        written={name: len(frame) for name, frame in checked.plan.writes.frames().items()},
    )


def people_scope(actor: Person | None) -> Scope | None:
    """Where the reader of a report may see people by name; None: everywhere."""
    return None if actor is None else scope_for(actor, "accounts.view_person")


def ask_roster_check(
    unit: Unit,
    *,
    content: File[Any],
    filename: str,
    school_year: SchoolYear,
    class_text: str = "",
    answers: Mapping[str, str] | None = None,
    by_duty: bool,
    actor: Person,
) -> Job:
    """A job that checks the list, and writes it once confirmed. Raises RosterRefused where the unit is not theirs, or
    where no legal basis is stated."""
    if not allows(actor, PERMISSION, unit):
        raise RosterRefused(NOT_YOURS, code="out_of_scope")
    if not by_duty:
        raise RosterRefused(NO_BASIS, code="no_basis")
    content.name = filename
    return jobs.ask(
        "roster_import",
        title=(PEOPLE_TITLE if unit.kind in NEIGHBOURHOOD else CLASS_TITLE)
        % {"unit": unit, "file": filename},
        actor=actor,
        path=unit.path,
        source=content,
        unit=unit.pk,
        school_year=school_year.year,
        class_text=class_text,
        answers=dict(answers or {}),
        by_duty=by_duty,
    )


def answer_doubts(job: Job, answers: Mapping[str, str], *, actor: Person) -> Job:
    """The list of a checked job once more, with these answers: a new job, since what is confirmed is what was shown."""
    with job.source.open("rb") as content:
        return ask_roster_check(
            Unit.objects.get(pk=job.params["unit"]),
            content=File(content),
            filename=job.source_name,
            school_year=SchoolYear(job.params["school_year"]),
            class_text=job.params["class_text"],
            answers={**job.params["answers"], **answers},
            by_duty=job.params["by_duty"],
            actor=actor,
        )
