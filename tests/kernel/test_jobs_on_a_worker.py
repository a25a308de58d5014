"""A job goes through the broker to another process, and comes back with an end."""

import time

from django.core.files.base import ContentFile

from accounts.models import Unit
from portal.kernel import clock, jobs
from portal.kernel.models import Job
from tests.accounts.test_school_import import GOOD, workbook
from tests.world import TODAY, build_world


def after(job: Job, status: str, within: float = 60) -> Job:
    until = time.monotonic() + within
    while time.monotonic() < until:
        job.refresh_from_db()
        if job.status == status:
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job is {job.status}: {job.error}")


def test_a_job_is_checked_confirmed_and_done_by_the_worker(worker):
    clerk = build_world().as_("county_admin")
    job = jobs.ask(
        "school_import",
        title="Schools",
        actor=clerk,
        path=clerk.home.path,
        source=ContentFile(workbook(GOOD), name="schools.xlsx"),
        opened_on=TODAY.isoformat(),
    )
    codes = Unit.objects.filter(code__in=[str(row[1]) for row in GOOD])
    after(job, Job.Status.CHECKED)
    assert codes.count() == 0
    jobs.confirm(job, actor=clerk, now=clock.now())
    after(job, Job.Status.DONE)
    assert codes.count() == len(GOOD)


def test_a_job_that_nobody_knows_ends_and_says_so(worker):
    job = after(jobs.ask("no such kind", title="A job", actor=None), Job.Status.FAILED)
    assert job.error
