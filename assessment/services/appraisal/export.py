"""The appraisal workbook: asked for as a job, or written by a command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import IO

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.access import scope_for
from accounts.models import Person, Unit
from accounts.scopes import Scope
from assessment.engine.appraisal_workbook import Paper, PaperLine, PaperSection, write_workbook
from assessment.models import AppraisalScheme
from assessment.queries.appraisal import Sheet, sheets_of, title_of, to_export, year_words
from portal.kernel import audit, clock, jobs
from portal.kernel.errors import PortalError
from portal.kernel.models import Job

KIND = "appraisal_export"
PERMISSION = "assessment.export_appraisal"


class NothingToExport(PortalError):
    code = "nothing_to_export"


class OutOfReach(PortalError):
    code = "out_of_reach"


def ask_for_workbook(scheme: AppraisalScheme, *, year: int, place: Unit, actor: Person) -> Job:
    """A job that writes the workbook of all sheets of a year below a place."""
    return jobs.ask(
        KIND,
        title=_("Appraisal workbook: %(scheme)s, %(year)s, %(place)s")
        % {"scheme": scheme.name, "year": year_words(scheme, year), "place": place.name},
        actor=actor,
        path=place.path,
        scheme=scheme.pk,
        year=year,
    )


def export_appraisals(
    scheme: AppraisalScheme,
    *,
    year: int,
    path: str,
    target: str | IO[bytes],
    actor: Person | None,
    now: datetime,
    of: Callable[[int], None] = lambda total: None,
    at: Callable[[int], None] = lambda done: None,
    done: Callable[[int], None] = lambda units: None,
) -> int:
    """Write the workbook of all sheets of a year below a path; how many units it has. An actor must be allowed to
    export there at this moment. `done` hands it over, in one transaction with its line in the audit.
    Raises OutOfReach, NothingToExport."""
    if actor is not None and not scope_for(actor, PERMISSION).covers(path):
        raise OutOfReach(_("You may no longer export the appraisal of this place."))
    appraisals = list(to_export(scheme, year, Scope.of(path)))
    if not appraisals:
        raise NothingToExport(
            _("No sheet of this scheme is open for %(year)s. Open the year's appraisal first.")
            % {"year": year_words(scheme, year)}
        )
    of(len(appraisals))
    with translation.override(settings.LANGUAGE_CODE):
        papers = [paper_of(sheet) for sheet in sheets_of(appraisals)]
        write_workbook(target, papers, title=title_of(scheme, year), written=at)
    with transaction.atomic():
        audit.record(
            "appraisal.export",
            actor=actor,
            now=now,
            obj=scheme,
            path=path,
            year=year,
            units=len(papers),
        )
        done(len(papers))
    return len(papers)


def workbook_name(scheme: AppraisalScheme, year: int) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return f"{title_of(scheme, year)}.xlsx"


def paper_of(sheet: Sheet) -> Paper:
    """The sheet in the words of the official layout. Points taken off by the unit itself show its note."""
    appraisal = sheet.appraisal
    return Paper(
        unit=appraisal.unit.name,
        township=appraisal.unit.parent.name if appraisal.unit.parent else "",
        status=str(appraisal.get_status_display()),
        dated=date_words(appraisal.reviewed_at or appraisal.filled_at),
        filled_by=appraisal.filled_by.name if appraisal.filled_by else "",
        reviewed_by=appraisal.reviewed_by.name if appraisal.reviewed_by else "",
        sections=tuple(
            PaperSection(
                name=section.section.name,
                full=section.section.max_points,
                lines=tuple(
                    PaperLine(
                        number=row.mark.indicator.number,
                        text=row.mark.indicator.text,
                        rule=row.mark.indicator.rule_text,
                        full=row.mark.indicator.max_points,
                        self_score=row.mark.self_score,
                        county_score=row.mark.county_score,
                        reason=row.reason,
                    )
                    for row in section.rows
                ),
            )
            for section in sheet.sections
        ),
    )


def date_words(moment: datetime | None) -> str:
    """The day; where there is none yet, room for it."""
    if moment is None:
        return _("____ year __ month __ day")
    return date_format(clock.day_of(moment), "SHORT_DATE_FORMAT")
