"""Long work with units: schools from a spreadsheet, checked first, written when confirmed; and tidying the door."""

from __future__ import annotations

from datetime import date
from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import scope_for
from accounts.services.school_import import Fault, SchoolPlan, check_schools, write_schools
from accounts.services.sessions import tidy_sessions
from accounts.services.sms_codes import tidy_codes
from portal.kernel import clock
from portal.kernel.jobs import Progress, confirmation_of, job_kind
from portal.kernel.models import Job

IMPORT = "accounts.import_unit"


def read(progress: Progress) -> SchoolPlan:
    job = progress.job
    scope = scope_for(job.asked_by, IMPORT)
    with job.source.open("rb") as file:
        return check_schools(file, filename=job.source_name, scope=scope)


def listed(faults: list[Fault]) -> list[dict[str, str]]:
    return [{"where": fault.where, "why": fault.why} for fault in faults]


@job_kind("school_import", permission=IMPORT)
def check(progress: Progress) -> dict[str, Any]:
    plan = read(progress)
    counts = [
        [_("new schools"), len(plan.new)],
        [_("as they stand"), len(plan.same)],
        [_("stand here otherwise"), len(plan.other)],
        [_("cells to mend"), len(plan.faults)],
    ]
    result: dict[str, Any] = {"counts": counts, "refused": listed(plan.faults or plan.other)}
    if plan.faults:
        error = _("Nothing was changed. Mend these cells in your file and send it again.")
        return {**result, "status": Job.Status.REFUSED, "error": error}
    if not plan.new:
        return {**result, "message": _("The file holds no new school; nothing was changed.")}
    return {**result, "status": Job.Status.CHECKED}


@confirmation_of("school_import")
def write(progress: Progress) -> dict[str, Any] | None:
    """The file is read anew: what has changed since the check is seen, and faults write nothing."""
    plan = read(progress)
    if plan.faults:
        return check(progress)
    opened_on = date.fromisoformat(progress.job.params["opened_on"])
    with transaction.atomic():
        written = write_schools(plan, opened_on=opened_on, actor=progress.job.asked_by, now=clock.now())
        told = _("%(count)s schools are opened.") % {"count": written}
        progress.end({"message": told, "refused": listed(plan.other)})
    return None


@shared_task
def tidy_sign_in() -> None:
    """Every hour: sessions that are over, and codes that no limit counts any more."""
    now = clock.now()
    tidy_sessions(now=now)
    tidy_codes(now=now)
