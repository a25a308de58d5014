"""Long work that a person asked for: queued after commit, with progress that others see and an end that says what
happened.

A kind of job registers its work in its app's `tasks.py`, which is imported when the portal starts:

    @job_kind("roster_import", permission="parentschool.import_roster", template="parentschool/roster_job.html")
    def check(progress: Progress) -> dict[str, Any]:
        ...
        return {"status": Job.Status.CHECKED, "counts": [[_("new"), 12]], "refused": []}

    @confirmation_of("roster_import")
    def write(progress: Progress) -> None:
        with transaction.atomic():
            ...
            progress.end({"counts": [[_("written"), 12]]})

The returned result is plain data, kept in `job.result`. `status` may be DONE (the default), CHECKED (the second
step runs once the asker confirms) or REFUSED (nothing was changed, `error` says why in a sentence). The ready
template shows `message`, `counts` (pairs of words and a number) and `refused` (`where` and `why` each); a kind with
more to show names its own template, which gets `job` and `result`. A PortalError raised by the work ends the job as
failed, with its sentence. The work runs in the asker's language.

Work that writes says so inside the transaction that writes, by `progress.end(result)`: then a job that is cut off has
either changed nothing or is done, and is said to be. Work that commits in parts, each of which stands by itself, is
registered with `in_parts=True`. See docs/decisions/0071.

Where there is no broker, a job asked for in a request runs in one background thread of the web process: the page
comes back at once and shows progress, jobs run one after the other, and on SQLite, which has one writer anyway,
readers go on in WAL mode meanwhile. Commands and tests run it in process, before `ask` returns to a committed
caller. See docs/decisions/0010.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache as once
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from portal.kernel import audit, clock
from portal.kernel.errors import PortalError
from portal.kernel.models import Job
from portal.kernel.tracing import Trace, current_trace, traced

log = logging.getLogger(__name__)

HEARTBEAT = 15
"""Seconds between two signs of life of running work."""
SILENCE = timedelta(minutes=10)
"""Running work that was silent for so long is dead."""
PROGRESS_STEP = 0.3
"""Seconds between two writes of the progress."""
PROGRESS_KEPT = 3600
"""Seconds for which the cache remembers it."""
FINISHED = ("status", "error", "finished_at", "result", "done", "total", "updated_at")

CRASHED = _(
    "Something went wrong inside the portal and nothing was changed. "
    "Try again; if it happens again, tell the county centre."
)
CUT_OFF = _("The work was cut off when the server restarted. Nothing was changed; please start it again.")
CRASHED_IN_PARTS = _(
    "Something went wrong inside the portal. What was done until then stays, and nothing is done twice. "
    "Try again; if it happens again, tell the county centre."
)
CUT_OFF_IN_PARTS = _(
    "The work was cut off when the server restarted. What was done until then stays, and nothing is done twice; "
    "please start it again for the rest."
)

Work = Callable[["Progress"], dict[str, Any] | None]
"""What there is to tell; None where the work has told it itself."""


class NotConfirmable(PortalError):
    code = "job_not_confirmable"


class CutOff(PortalError):
    code = "job_cut_off"


@dataclass(frozen=True)
class JobKind:
    """`permission` is asked anew, at the job's place, each time somebody opens, confirms or downloads the job."""

    code: str
    work: Work
    permission: str = ""
    template: str = "jobs/result.html"
    confirmation: Work | None = None
    in_parts: bool = False


_kinds: dict[str, JobKind] = {}


def job_kind(
    code: str, *, permission: str = "", template: str = "jobs/result.html", in_parts: bool = False
) -> Callable[[Work], Work]:
    """Register the work of a kind of job."""

    def register(work: Work) -> Work:
        _kinds[code] = JobKind(code, work, permission, template, in_parts=in_parts)
        return work

    return register


def confirmation_of(code: str) -> Callable[[Work], Work]:
    """Register the second step of a kind whose first step ends as CHECKED."""

    def register(work: Work) -> Work:
        _kinds[code] = replace(_kinds[code], confirmation=work)
        return work

    return register


def kinds() -> list[JobKind]:
    return list(_kinds.values())


def kind_of(job: Job) -> JobKind:
    return _kinds[job.kind]


@dataclass
class Progress:
    """What the work sees of its job.

    Counts go to the cache, where they are seen while the work's one transaction is still open, and to the row
    where no transaction would hide or delay them.
    """

    job: Job
    has_ended: bool = False
    _written_at: float = field(default=0.0, repr=False)

    def of(self, total: int) -> None:
        self.job.total = total
        self._write()

    def at(self, done: int) -> None:
        self.job.done = done
        if done >= self.job.total or time.monotonic() - self._written_at >= PROGRESS_STEP:
            self._write()

    def deliver(self, name: str, content: File[Any]) -> None:
        """Hand over the file that the asker may download, by the name it shall have there."""
        self.job.product.save(name, content, save=False)
        self.job.product_name = name
        self.job.save(update_fields=["product", "product_name", "updated_at"])

    def end(self, result: dict[str, Any]) -> None:
        """Tell what was done, in the transaction that did it.

        Raises CutOff where the job was closed meanwhile: its asker has read that nothing was changed, so nothing is.
        """
        told = {name: value for name, value in result.items() if name not in ("status", "error")}
        status = result.get("status", Job.Status.DONE)
        finish(self.job, status, result=told, error=str(result.get("error", "")))
        self.has_ended = True

    def _write(self) -> None:
        self._written_at = time.monotonic()
        cache.set(_progress_key(self.job.pk), [self.job.done, self.job.total], PROGRESS_KEPT)
        if not connection.in_atomic_block:
            Job.objects.filter(pk=self.job.pk).update(done=self.job.done, total=self.job.total)


def _progress_key(job_id: int) -> str:
    return f"job-progress-{job_id}"


def with_progress(job: Job, now: datetime) -> Job:
    """The job with its latest counts; closed, where its process has died."""
    if is_abandoned(job, now):
        close(job, now=now)
    if job.status == Job.Status.RUNNING:
        job.done, job.total = cache.get(_progress_key(job.pk)) or (job.done, job.total)
    return job


def ask(
    kind: str,
    *,
    title: str,
    actor: Any,
    path: str = "",
    source: File[Any] | None = None,
    **params: Any,
) -> Job:
    """A new job of a registered kind, queued once the present transaction commits.

    `path` is the place that the job's content covers; a kind with a permission needs one.
    """
    if kind in _kinds and _kinds[kind].permission and not path:
        raise ValueError(f"a job of kind {kind} needs the place it covers")
    trace = current_trace()
    job = Job(
        kind=kind,
        title=str(title)[:200],
        asked_by=actor if getattr(actor, "pk", None) else None,
        path=path,
        params=params,
        language=translation.get_language() or "",
        origin=trace.origin,
        request_id=trace.request_id,
    )
    with transaction.atomic():
        if source is not None:
            job.source_name = (source.name or "")[-200:]
            job.source.save(job.source_name, source, save=False)
        job.save()
        audit.record("job.asked", actor=actor, now=clock.now(), obj=job, path=path, kind=kind)
        enqueue(job)
    return job


def confirm(job: Job, *, actor: Any, now: datetime) -> None:
    """Start the second step of a checked job; a second tap changes nothing. Raises NotConfirmable."""
    with transaction.atomic():
        taken = Job.objects.filter(pk=job.pk, status=Job.Status.CHECKED).update(
            status=Job.Status.QUEUED, confirmed_at=now, done=0, total=0
        )
        if taken:
            audit.record("job.confirmed", actor=actor, now=now, obj=job, path=job.path, kind=job.kind)
            enqueue(job)
            return
    job.refresh_from_db()
    if not job.confirmed_at:
        raise NotConfirmable(
            _("There is nothing to confirm here: the job was not checked, or was cancelled.")
        )


def cancel(job: Job, *, actor: Any, now: datetime) -> bool:
    """Give up a job that waits for confirmation; whether there was anything to give up."""
    with transaction.atomic():
        taken = Job.objects.filter(pk=job.pk, status=Job.Status.CHECKED).update(
            status=Job.Status.CANCELLED, finished_at=now
        )
        if taken:
            audit.record("job.cancelled", actor=actor, now=now, obj=job, path=job.path, kind=job.kind)
    return bool(taken)


# ── Running ──────────────────────────────────────────────────────────────────


def enqueue(job: Job) -> None:
    """Start the job once the present transaction has committed."""
    transaction.on_commit(lambda: _start(job.pk))


def _start(job_id: int) -> None:
    from portal.kernel.tasks import run_job  # tasks import this module

    if settings.JOBS_IN_THREAD and current_trace().request_id:
        _thread().submit(contextvars.copy_context().run, _run_in_thread, job_id)
        return
    try:
        run_job.delay(job_id)
    except OperationalError:  # the broker is away; the row is there, and `tidy` starts what waits in vain
        log.exception("job %s waits for the broker", job_id)


@once
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")


def _run_in_thread(job_id: int) -> None:
    try:
        run(job_id, started_at=clock.now())
    except Exception:
        log.debug("job %s has said why it failed", job_id)
    finally:
        connection.close()


def run(job_id: int, *, started_at: datetime) -> None:
    """Do a queued job's work; a job that another worker has taken, or that has ended, is left alone."""
    taken = Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).update(
        status=Job.Status.RUNNING, started_at=started_at, alive_at=started_at
    )
    if not taken:
        return
    job = Job.objects.get(pk=job_id)
    with (
        traced(Trace(origin=job.origin, request_id=job.request_id)),
        translation.override(job.language or settings.LANGUAGE_CODE),
        _heartbeat(job_id),
    ):
        _work(job)


def _work(job: Job) -> None:
    progress = Progress(job)
    try:
        kind = kind_of(job)
        step = kind.confirmation if job.confirmed_at and kind.confirmation else kind.work
        result = step(progress)
        if not progress.has_ended:
            progress.end(result or {})
    except CutOff:
        log.warning("job %s was closed while it ran; its work is undone", job.pk)
    except PortalError as error:
        _fail(job, str(error))
    except Exception:
        log.exception("job %s failed", job.pk)
        _fail(job, str(CRASHED_IN_PARTS if _is_in_parts(job) else CRASHED))
        raise


def _is_in_parts(job: Job) -> bool:
    return job.kind in _kinds and _kinds[job.kind].in_parts


def _fail(job: Job, error: str) -> None:
    """What the work has told of itself was undone with it."""
    job.refresh_from_db(fields=["result", "product", "product_name"])
    with suppress(CutOff):
        finish(job, Job.Status.FAILED, error=error)


@contextmanager
def _heartbeat(job_id: int) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT):
            try:
                Job.objects.filter(pk=job_id).update(alive_at=clock.now())
            except DatabaseError:  # the work holds the one writer's lock of SQLite; the next beat will do
                log.debug("no sign of life from job %s", job_id)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, name=f"job-{job_id}-alive", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def finish(job: Job, status: str, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    """Raises CutOff where the job does not run any more."""
    now = clock.now()
    job.status, job.error, job.finished_at, job.updated_at = status, error, now, now
    if result is not None:
        job.result = result
    kept = {name: getattr(job, name) for name in FINISHED}
    if not Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(**kept):
        raise CutOff(CUT_OFF)


# ── Ending ───────────────────────────────────────────────────────────────────


def is_abandoned(job: Job, now: datetime) -> bool:
    """Whether the process that ran the job has died."""
    return job.status == Job.Status.RUNNING and job.alive_at is not None and now - job.alive_at > SILENCE


def close(job: Job, *, now: datetime) -> bool:
    """End a job whose process has died, in its asker's words; whether it was still running. From then on the process,
    should it live after all, can keep nothing."""
    with translation.override(job.language or settings.LANGUAGE_CODE):
        said = str(CUT_OFF_IN_PARTS if _is_in_parts(job) else CUT_OFF)
    silent = Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING, alive_at=job.alive_at)
    closed = silent.update(status=Job.Status.FAILED, error=said, finished_at=now, updated_at=now)
    job.refresh_from_db()
    return bool(closed)
