"""The run log's pen: a step of the night is started, then done or failed. Started but not done means: redo."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from portal.kernel import bulk, clock
from portal.kernel.models import RUN_ERROR_ENDS, Run

LONGEST_ERROR, LONGEST_TRACE = 2000, 6000
STUCK_AFTER = timedelta(minutes=30)
"""A step of one shard takes seconds, at most a few minutes: what began so long ago and has not ended was killed."""


def start(step: str, day: date, shard: str) -> Run:
    """The row of this step, day and shard, as started; what it counted before is kept. To be committed before the
    work begins, so that a killed run shows."""
    now = clock.now()
    run, is_new = Run.objects.get_or_create(
        step=step, day=day, shard=shard, defaults={"status": Run.Status.STARTED, "started_at": now}
    )
    if not is_new:
        run.attempts += 1
        run.status, run.started_at, run.finished_at, run.error = Run.Status.STARTED, now, None, ""
        run.save(update_fields=["attempts", "status", "started_at", "finished_at", "error"])
    return run


def start_in_order(step: str, day: date, shard: str) -> Run | None:
    """The same of a step whose days go one after the other; None where a later day has begun, and so this one is over,
    done by another worker. Nobody begins a day meanwhile."""
    with transaction.atomic():
        bulk.serialise(f"start {step} {shard}")
        latest = last_day(step, shard)
        return None if latest is not None and day < latest else start(step, day, shard)


def counted(run: Run, counts: dict[str, Any]) -> None:
    """What the first parts of a step have counted; in the transaction of the part itself."""
    run.counts = counts
    run.save(update_fields=["counts"])


def done(run: Run, *, head: str = "", **counts: Any) -> None:
    """In the transaction of the work itself."""
    run.status, run.finished_at, run.head, run.counts = Run.Status.DONE, clock.now(), head, counts
    run.save(update_fields=["status", "finished_at", "head", "counts"])


def done_in_order(run: Run, *, head: str = "", **counts: Any) -> None:
    """The same of a step whose days go one after the other: those before it are done too, though a worker that was held
    up may have started one of them once more, and been killed."""
    done(run, head=head, **counts)
    before = Run.objects.filter(step=run.step, shard=run.shard, day__lt=run.day, status=Run.Status.STARTED)
    before.update(status=Run.Status.DONE, finished_at=run.finished_at)


def left_to_another(run: Run) -> None:
    """Another worker has done the day and begun a later one: what it wrote stays, this one's start is over."""
    Run.objects.filter(pk=run.pk, status=Run.Status.STARTED).update(
        status=Run.Status.DONE, finished_at=clock.now()
    )


def failed(run: Run, error: Exception) -> None:
    """After the work's transaction was rolled back. What was said comes first, then where it happened. Where another
    worker has done the same meanwhile, it is done."""
    said = f"{type(error).__name__}: {error}".replace(RUN_ERROR_ENDS, "\n")[:LONGEST_ERROR]
    where = "".join(traceback.format_tb(error.__traceback__))[-LONGEST_TRACE:]
    Run.objects.filter(pk=run.pk, status=Run.Status.STARTED).update(
        status=Run.Status.FAILED, finished_at=clock.now(), error=f"{said}{RUN_ERROR_ENDS}{where}"
    )
    run.refresh_from_db()


def last_done(step: str, shard: str) -> Run | None:
    """The latest day of this step and shard that is done."""
    return Run.objects.filter(step=step, shard=shard, status=Run.Status.DONE).order_by("-day").first()


def last_counted(step: str, shard: str, what: str) -> Run | None:
    """The latest day of this step and shard that has counted `what`, in whole or in part: done once, it may have been
    begun again since, and have failed."""
    found = Run.objects.filter(step=step, shard=shard, **{f"counts__{what}__isnull": False})
    return found.order_by("-day").first()


def last_done_of(step: str, shards: Collection[str]) -> dict[str, Run]:
    """The same of several shards; without those of which no day is done."""
    later = Run.objects.filter(
        step=step, shard=OuterRef("shard"), status=Run.Status.DONE, day__gt=OuterRef("day")
    )
    last = Run.objects.filter(~Exists(later), step=step, shard__in=shards, status=Run.Status.DONE)
    return {run.shard: run for run in last}


def last_days_of(step: str, shards: Collection[str]) -> dict[str, date]:
    """The latest day ever begun of several shards; without those of which none was."""
    begun = Run.objects.filter(step=step, shard__in=shards)
    return dict(begun.values_list("shard").annotate(Max("day")).order_by())


def last_day(step: str, shard: str) -> date | None:
    """The latest day of this step and shard that was ever begun."""
    return Run.objects.filter(step=step, shard=shard).order_by("-day").values_list("day", flat=True).first()


def is_stuck(run: Run, now: datetime) -> bool:
    """Begun, never ended, and by now longer ago than any step takes."""
    return run.status == Run.Status.STARTED and now - run.started_at > STUCK_AFTER
