"""An appraisal's sheets as they are shown: on the office's pages, on a phone, and in the workbook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.scopes import Scope
from assessment import rules_appraisal as rules
from assessment.enums import AppraisalStatus, AppraisalYear, Scoring
from assessment.models import Appraisal, AppraisalScheme, Evidence, Mark, Section

CHUNK = 50


@dataclass
class Row:
    """One line of a sheet."""

    mark: Mark
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def is_counted(self) -> bool:
        return self.mark.indicator.scoring != Scoring.MANUAL

    @property
    def formula(self) -> str:
        """Where the counted score comes from, in words."""
        return str(self.mark.computed_from.get("formula", ""))

    @property
    def means(self) -> str:
        """What was counted, in words."""
        return str(self.mark.computed_from.get("means", ""))

    @property
    def suggested(self) -> Decimal | None:
        """What the county's score is most likely to be: the one given, else the counted, else the unit's own."""
        for score in (self.mark.county_score, self.mark.computed_score, self.mark.self_score):
            if score is not None:
                return score
        return None

    @property
    def self_shown(self) -> Decimal | None:
        """The unit's score; before it is handed in, the counted one stands where the unit has given none."""
        return self.mark.self_score if self.mark.self_score is not None else self.mark.computed_score

    @property
    def reason(self) -> str:
        """Why the county's score is below the full one: its own words, else the count, else the unit's note."""
        mark = self.mark
        if mark.deduction_note or mark.county_score is None or mark.county_score >= mark.indicator.max_points:
            return mark.deduction_note
        if mark.county_score == mark.computed_score:
            return self.formula
        return mark.self_note if mark.county_score == mark.self_score else ""


@dataclass
class SheetSection:
    section: Section
    rows: list[Row]

    @property
    def self_total(self) -> Decimal:
        return rules.total(row.mark.self_score for row in self.rows)

    @property
    def expected_total(self) -> Decimal:
        return rules.total(row.self_shown for row in self.rows)

    @property
    def county_total(self) -> Decimal:
        return rules.total(row.mark.county_score for row in self.rows)


@dataclass
class Sheet:
    appraisal: Appraisal
    sections: list[SheetSection]

    @property
    def rows(self) -> list[Row]:
        return [row for section in self.sections for row in section.rows]

    @property
    def full(self) -> Decimal:
        return rules.total(row.mark.indicator.max_points for row in self.rows)

    @property
    def self_total(self) -> Decimal:
        return rules.total(row.mark.self_score for row in self.rows)

    @property
    def expected_total(self) -> Decimal:
        """The self total with counted scores where the unit has given none yet."""
        return rules.total(row.self_shown for row in self.rows)

    @property
    def county_total(self) -> Decimal:
        return rules.total(row.mark.county_score for row in self.rows)

    @property
    def missing(self) -> list[Row]:
        """Rows that the unit still has to score."""
        return [row for row in self.rows if row.self_shown is None]

    @property
    def self_given(self) -> int:
        return len(self.rows) - len(self.missing)

    @property
    def county_given(self) -> int:
        return sum(row.mark.county_score is not None for row in self.rows)


@dataclass(frozen=True)
class Tally:
    """How far a sheet has come."""

    marks: int = 0
    self_given: int = 0
    county_given: int = 0
    self_total: Decimal = Decimal(0)
    county_total: Decimal = Decimal(0)


def year_words(scheme: AppraisalScheme, year: int) -> str:
    """The year as sheets write it: 2026—2027学年度, 2026年度."""
    if scheme.year_runs == AppraisalYear.SCHOOL:
        return _("School year %(first)s–%(second)s") % {"first": year, "second": year + 1}
    return _("Year %(year)s") % {"year": year}


def title_of(scheme: AppraisalScheme, year: int) -> str:
    return scheme.title.replace("{year}", year_words(scheme, year))


def sheet_of(appraisal: Appraisal) -> Sheet:
    """One sheet with its evidence; four queries."""
    return next(sheets_of([appraisal], with_evidence=True))


def sheets_of(appraisals: Iterable[Appraisal], *, with_evidence: bool = False) -> Iterator[Sheet]:
    """The sheets of appraisals of one scheme, in their order; a few queries for each chunk."""
    waiting = list(appraisals)
    for start in range(0, len(waiting), CHUNK):
        chunk = waiting[start : start + CHUNK]
        rows = rows_of(chunk)
        if with_evidence:
            add_evidence(row for of_one in rows.values() for row in of_one)
        for appraisal in chunk:
            by_section = groupby(rows[appraisal.pk], key=lambda row: row.mark.indicator.section)
            yield Sheet(appraisal, [SheetSection(section, list(group)) for section, group in by_section])


def rows_of(appraisals: list[Appraisal]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    marks = (
        Mark.objects.filter(appraisal__in=appraisals)
        .select_related("indicator__section")
        .order_by("indicator__section__order", "indicator__order")
    )
    for mark in marks:
        found[mark.appraisal_id].append(Row(mark))
    return found


def add_evidence(rows: Iterable[Row]) -> None:
    by_mark = {row.mark.pk: row for row in rows}
    kept = Evidence.objects.filter(mark__in=by_mark, removed_at=None).select_related("uploaded_by")
    for evidence in kept.order_by("pk"):
        by_mark[evidence.mark_id].evidence.append(evidence)


def same_files(sheet: Sheet) -> dict[str, list[str]]:
    """Files of the sheet that also stand in other units: the names of those, by digest. For the county's eyes."""
    digests = {evidence.sha256 for row in sheet.rows for evidence in row.evidence}
    elsewhere = (
        Evidence.objects.filter(sha256__in=digests, removed_at=None)
        .exclude(mark__appraisal__unit=sheet.appraisal.unit_id)
        .order_by("mark__appraisal__unit__path")
        .values_list("sha256", "mark__appraisal__unit__name")
        .distinct()
    )
    found: dict[str, list[str]] = defaultdict(list)
    if digests:
        for digest, name in elsewhere:
            found[digest].append(name)
    return dict(found)


def tallies_of(appraisals: Iterable[Appraisal]) -> dict[int, Tally]:
    """How far each sheet has come, in one query."""
    counted = (
        Mark.objects.filter(appraisal__in=[appraisal.pk for appraisal in appraisals])
        .order_by()
        .values("appraisal_id")
        .annotate(
            marks=Count("pk"),
            self_given=Count("self_score"),
            county_given=Count("county_score"),
            self_total=Sum("self_score"),
            county_total=Sum("county_score"),
        )
    )
    return {
        row["appraisal_id"]: Tally(
            row["marks"],
            row["self_given"],
            row["county_given"],
            row["self_total"] or Decimal(0),
            row["county_total"] or Decimal(0),
        )
        for row in counted
    }


def with_people() -> QuerySet[Appraisal]:
    """Sheets with what their heads name: unit and the one above, scheme, who filled in and who reviewed."""
    rows: QuerySet[Appraisal] = Appraisal.objects.select_related(
        "unit__parent", "scheme", "filled_by", "reviewed_by"
    )
    return rows


def to_export(scheme: AppraisalScheme, year: int, scope: Scope) -> QuerySet[Appraisal]:
    """The sheets of a year in a scope, township by township."""
    rows: Any = with_people()
    found: QuerySet[Appraisal] = rows.within(scope).filter(scheme=scheme, year=year).order_by("unit__path")
    return found


def counts_by_status(appraisals: QuerySet[Appraisal]) -> dict[str, int]:
    counted = appraisals.order_by().values_list("status").annotate(Count("pk"))
    return dict.fromkeys(AppraisalStatus.values, 0) | dict(counted)


def years_of(appraisals: QuerySet[Appraisal]) -> list[tuple[AppraisalScheme, int]]:
    """The years for which there are sheets, the latest first, with their schemes (name and kind of year alone)."""
    found = (
        appraisals.order_by("-year", "scheme")
        .values_list("year", "scheme_id", "scheme__name", "scheme__year_runs")
        .distinct()
    )
    return [
        (AppraisalScheme(pk=pk, name=name, year_runs=year_runs), year) for year, pk, name, year_runs in found
    ]
