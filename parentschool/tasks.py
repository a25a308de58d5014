"""Long work of the school's own: class lists, checked first, written when confirmed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from io import BytesIO
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from accounts.models import Unit
from parentschool.engine.roster.report import marks_on, report_on
from parentschool.engine.roster.sentences import choices_of, note_sentences
from parentschool.services.rosters import (
    PERMISSION,
    Checked,
    RosterFile,
    check_roster,
    commit_roster,
    people_scope,
)
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.jobs import Progress, confirmation_of, job_kind
from portal.kernel.models import Job
from portal.kernel.spreadsheets.annotate import annotate_workbook

KIND = "roster_import"
FEW = 3
"""More doubts of a kind than this may be decided together."""
STEPS = 3
"""Of the progress: read and compared, marked, reported."""


@job_kind(KIND, permission=PERMISSION, template="parentschool/roster_result.html")
def check(progress: Progress) -> dict[str, Any]:
    job = progress.job
    progress.of(STEPS)
    with job.source.open("rb") as content:
        checked = check_roster(_file(job, content), actor=job.asked_by, now=clock.now())
        progress.at(1)
        if not checked.plan.is_ready:
            _deliver_marked(progress, checked, content)
    progress.at(2)
    result = _result(job, checked)
    if not checked.plan.faults.is_empty():
        error = _("Nothing was written. Mend these cells and send the list again.")
        return {**result, "status": Job.Status.REFUSED, "error": error}
    if not checked.plan.is_ready:
        error = _("Nothing was written yet. Some rows need your decision first.")
        return {**result, "status": Job.Status.REFUSED, "error": error}
    if checked.plan.writes.is_empty:
        return {**result, "message": _("Everything on the list is on record already; nothing was changed.")}
    return {**result, "status": Job.Status.CHECKED}


@confirmation_of(KIND)
def write(progress: Progress) -> None:
    """The list is read and compared anew; what differs from what was shown is not written."""
    job = progress.job
    progress.of(STEPS)

    def done(checked: Checked) -> None:
        told = {"written": True, "message": _("The list is imported.")}
        progress.end({**_result(job, checked), **told})

    with job.source.open("rb") as content:
        commit_roster(
            _file(job, content), digest=job.result["digest"], actor=job.asked_by, now=clock.now(), done=done
        )


def _file(job: Job, content: Any) -> RosterFile:
    return RosterFile(
        content=content,
        filename=job.source_name,
        unit=Unit.objects.get(pk=job.params["unit"]),
        school_year=SchoolYear(job.params["school_year"]),
        class_text=job.params.get("class_text", ""),
        answers=job.params.get("answers", {}),
        by_duty=job.params.get("by_duty", False),
    )


def _result(job: Job, checked: Checked) -> dict[str, Any]:
    report = report_on(checked.plan, scope=people_scope(job.asked_by), year=checked.year)
    answers = job.params.get("answers", {})
    for doubt in report.doubts:
        doubt["answer"] = answers.get(doubt["key"]) or answers.get(doubt["kind"]) or ""
        doubt["answered"] = dict(doubt["choices"]).get(doubt["answer"], "")
    return {
        **asdict(report),
        "lines": [line for line in report.lines if line["count"]],
        "remarks": note_sentences(report.notes),
        "groups": _groups(checked),
        "digest": checked.digest,
    }


def _groups(checked: Checked) -> list[dict[str, Any]]:
    """Kinds of which there are many, to be decided at one stroke."""
    counts = Counter(checked.plan.open_doubts.select("kind", "choices").iter_rows())
    return [
        {"kind": kind, "choice": choice, "words": words, "count": count}
        for (kind, choices), count in counts.items()
        if count > FEW
        for choice, words in choices_of(kind, choices)
        if choice != "rename"
    ]


def _deliver_marked(progress: Progress, checked: Checked, content: Any) -> None:
    """The user's own workbook, with everything there is to say at its cells."""
    content.seek(0)
    marked = BytesIO()
    marks = marks_on(checked.plan, scope=people_scope(progress.job.asked_by), year=checked.year)
    notes = {(row, column): sentence for row, column, _kind, sentence in marks}
    counted = _("%(faults)s cells to mend, %(doubts)s rows to decide") % {
        "faults": len(checked.plan.faults),
        "doubts": len(checked.plan.open_doubts),
    }
    annotate_workbook(
        content,
        marked,
        notes,
        filename=progress.job.source_name,
        summary=counted,
        header_row=checked.plan.header_row,
    )
    name = _("%(file)s, marked.xlsx") % {"file": PurePath(progress.job.source_name).stem}
    progress.deliver(name, ContentFile(marked.getvalue()))
