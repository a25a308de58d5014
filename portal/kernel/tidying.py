"""Putting jobs in order: those whose process died, those whose message was lost, and files that are old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import default_storage

from portal.kernel import jobs
from portal.kernel.models import FOLDER_IN, FOLDER_OUT, Job

FILES_KEPT = timedelta(days=30)
"""Uploads and downloads hold personal data, so they go; the job's row and its audit stay."""
STRAY = timedelta(days=1)
"""A file that has no job for so long has none."""


@dataclass(frozen=True)
class Tidied:
    abandoned: int
    restarted: int
    emptied: int
    strays: int = 0


def tidy(*, now: datetime) -> Tidied:
    """Close jobs whose process died, start again those whose message was lost, and forget old files."""
    silent = Job.objects.filter(status=Job.Status.RUNNING, alive_at__lt=now - jobs.SILENCE)
    abandoned = sum(jobs.close(job, now=now) for job in list(silent))
    lost = list(Job.objects.filter(status=Job.Status.QUEUED, updated_at__lt=now - jobs.SILENCE))
    for job in lost:
        jobs.enqueue(job)
    old = Job.objects.filter(created_at__lt=now - FILES_KEPT).exclude(source="", product="")
    emptied = sum(1 for job in old.iterator() if forget(job))
    return Tidied(abandoned, len(lost), emptied, remove_strays(now=now))


def remove_strays(*, now: datetime) -> int:
    """Delete files that no job names, because the process that had saved them died before it could say so; how many.
    Those of the last day may belong to work that still runs."""
    named = {name for pair in Job.objects.values_list("source", "product") for name in pair}
    strays = [
        name
        for folder in (FOLDER_IN, FOLDER_OUT)
        for name in _files_in(folder)
        if name not in named and default_storage.get_modified_time(name) < now - STRAY
    ]
    for name in strays:
        default_storage.delete(name)
    return len(strays)


def _files_in(folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
    except FileNotFoundError:  # no job has had a file yet
        return []


def forget(job: Job) -> bool:
    """Take away what a job read and made, and what its result tells of people; its row stays."""
    for file in (job.source, job.product):
        if file:
            file.delete(save=False)
    job.result = {}
    job.save(update_fields=["source", "product", "result", "updated_at"])
    return True
