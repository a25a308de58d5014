"""The night as tasks: one for each shard, on any number of workers, then the metrics of the county; and the work of
the jobs that people ask for.

Each task of the night may come twice, late, in parallel or out of order: a day that is done is done, and the
database lets each cause be posted once.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

from celery import shared_task
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Unit
from accounts.services.joining import follow_joined
from assessment.engine import dirty
from assessment.models import AppraisalScheme, Batch, SchemeVersion
from assessment.queries.shards import shard_at, shards
from assessment.services import metrics, night, recounts, reversal, what_if
from assessment.services.appraisal import count_sheets_of, export
from portal.kernel import clock
from portal.kernel.jobs import Progress, job_kind


@shared_task
def start_night(through: str = "") -> None:
    """Hand out every shard up to a day (as 2026-09-01); without one, up to yesterday, the last whole day."""
    day = through or (clock.today() - timedelta(days=1)).isoformat()
    follow_joined(dirty.noted(), now=clock.now())
    for shard in shards():
        count_shard.delay(shard.path, day)


@shared_task
def count_shard(path: str, through: str) -> None:
    """The shard's missing days; who counts the last of the county's shards also has its metrics counted."""
    shard, day = shard_at(path), date.fromisoformat(through)
    for _run in night.count_shard_through(shard, day):
        pass
    if metrics.points_are_done(shard.county, day):
        measure_county.delay(shard.county.path, through)


@shared_task
def measure_county(path: str, through: str) -> None:
    county, day = Unit.objects.get(path=path), date.fromisoformat(through)
    for _run in metrics.measure_county_through(county, day):
        pass
    count_sheets_of(county, day)


@job_kind(reversal.KIND, permission=reversal.PERMISSION, template="assessment/ledger/taken_back.html")
def reverse_posting(progress: Progress) -> None:
    job = progress.job
    asked: dict[str, Any] = {"reason": job.params["reason"], "actor": job.asked_by, "now": clock.now()}
    with transaction.atomic():
        if "batch" in job.params:
            batch = Batch.objects.select_related("unit", "version__scheme__unit").get(pk=job.params["batch"])
            made, version = reversal.reverse_batch(batch, **asked), batch.version_id
        else:
            withdrawn = SchemeVersion.objects.select_related("scheme__unit").get(pk=job.params["version"])
            made, version = reversal.withdraw_version(withdrawn, **asked), withdrawn.pk
        counts = [[_("lines posted"), sum(one.lines for one in made)]]
        progress.end({"counts": counts, "version": version})


@job_kind(what_if.KIND, permission=what_if.PERMISSION, template="assessment/trial/job.html")
def try_rules(progress: Progress) -> None:
    job = progress.job
    what_if.try_version(
        SchemeVersion.objects.get(pk=job.params["version"]),
        effective_from=date.fromisoformat(job.params["effective_from"]),
        actor=job.asked_by,
        now=clock.now(),
        of=progress.of,
        at=progress.at,
        done=lambda made: progress.end({"trial": made.pk}),
    )


@job_kind(recounts.KIND, permission=recounts.PERMISSION, template="assessment/night/job.html", in_parts=True)
def count_again(progress: Progress) -> dict[str, Any]:
    job = progress.job
    step, shard, day = job.params["step"], job.path, date.fromisoformat(job.params["day"])
    made = recounts.recount(step, shard, day, of=progress.of, at=progress.at)
    told = _("Counted, and nothing is counted twice.") if made else _("It was counted meanwhile.")
    days = sorted({run.day for run in made})
    posted = sum(run.counts.get("posted", 0) + run.counts.get("reversed", 0) for run in made)
    return {
        "message": told,
        "counts": [[_("days counted"), len(days)], [_("lines posted"), posted]] if made else [],
    }


@job_kind(export.KIND, permission=export.PERMISSION)
def export_appraisals(progress: Progress) -> None:
    job = progress.job
    scheme = AppraisalScheme.objects.select_related("unit").get(pk=job.params["scheme"])
    year = job.params["year"]
    made = io.BytesIO()

    def deliver(units: int) -> None:
        progress.deliver(export.workbook_name(scheme, year), File(made))
        progress.end({"counts": [[_("units in the workbook"), units]]})

    export.export_appraisals(
        scheme,
        year=year,
        path=job.path,
        target=made,
        actor=job.asked_by,
        now=clock.now(),
        of=progress.of,
        at=progress.at,
        done=deliver,
    )
