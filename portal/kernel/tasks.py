from celery import shared_task

from portal.kernel import clock, jobs, tidying


@shared_task
def run_job(job_id: int) -> None:
    jobs.run(job_id, started_at=clock.now())


@shared_task
def tidy_jobs() -> None:
    tidying.tidy(now=clock.now())
