"""Counting again a part of a night that failed, was cut off or was never begun.

It is the night's own work for this shard: what is counted stays counted, and nothing is posted twice. A recount goes
on to the last night that the county has begun, and then counts what waits for the points, as the night does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from assessment.enums import PartState
from assessment.queries.night_board import Part, latest_night, part_of
from assessment.queries.nights import POINTS, SHEETS
from assessment.queries.shards import Shard, shard_at
from assessment.services import metrics, night
from assessment.services.appraisal import count_sheets_of
from portal.kernel import audit, jobs
from portal.kernel.errors import PortalError
from portal.kernel.models import Job, Run

KIND = "recount"
PERMISSION = "kernel.recount_run"

REASONS: dict[str, str | Promise] = {
    "OperationalError": _("The database was busy or could not be reached. Count again."),
    "IntegrityError": _("Two counts of this part got in each other's way. Count again."),
    "RulesChanged": _("A version of the rules was withdrawn during the count. Count again."),
    "MemoryError": _("The machine had too little memory. Count again."),
    "LookupError": _("A unit that is to be counted is no longer there. Count again."),
}
TELL = _(
    "Something unforeseen happened inside the portal. Count again; if it fails again, hand the text below to whoever "
    "looks after the portal."
)
CUT_OFF = _("The work was cut off, for example because the server restarted. Count again.")


class RecountRefused(PortalError):
    code = "recount_refused"


class RecountFailed(PortalError):
    code = "recount_failed"


def reason_of(part: Part) -> str:
    """In a sentence, why this part is not counted and what to do; empty where nothing is wrong."""
    if part.state == PartState.STUCK:
        return str(CUT_OFF)
    if part.state != PartState.FAILED or part.run is None:
        return ""
    return str(REASONS.get(part.run.said.partition(":")[0], TELL))


def part_to_recount(step: str, path: str, day: date, *, now: datetime) -> Part:
    """Raises LookupError where there is no such part, RecountRefused where nothing needs doing."""
    part = part_of(step, path, day, now=now)
    if part is None:
        raise LookupError(path)
    if part.state in (PartState.DONE, PartState.NOTHING, PartState.CAUGHT_UP):
        raise RecountRefused(_("This part is counted already. Nothing needs doing."), code="done")
    if part.state == PartState.RUNNING:
        raise RecountRefused(_("This part is being counted right now."), code="running")
    if part.state == PartState.WAITING:
        raise RecountRefused(
            _(
                "This waits for the points of every station. Count those that are missing; it follows by itself."
            ),
            code="waiting",
        )
    return part


def ask_for_recount(part: Part, *, actor: Person, now: datetime) -> Job:
    """A job that counts the part; the one under way where somebody has asked before."""
    of_part = {"step": part.step, "shard": part.shard, "day": part.day.isoformat()}
    asked = Job.objects.filter(kind=KIND, path=part.shard, status__in=Job.UNDER_WAY).order_by("pk")
    for job in asked:
        if job.params == of_part and not jobs.is_abandoned(job, now):
            return job
    job = jobs.ask(
        KIND,
        title=_("Count again: %(step)s of %(day)s, %(unit)s")
        % {"step": part.step_name, "day": date_format(part.day), "unit": part.unit},
        actor=actor,
        path=part.shard,
        step=part.step,
        shard=part.shard,
        day=part.day.isoformat(),
    )
    audit.record(
        "night.recount",
        actor=actor,
        now=now,
        obj=part.run,
        path=part.shard,
        step=part.step,
        day=part.day.isoformat(),
        unit=part.unit,
        was=part.state,
    )
    return job


def recount(
    step: str, path: str, day: date, *, of: Callable[[int], None], at: Callable[[int], None]
) -> list[Run]:
    """What was counted, step by step and day by day; empty where somebody else was faster.

    `of` and `at` are told how many days there are and how many are done. Raises RecountFailed with the reason where
    a count fails again.
    """
    shard = shard_at(path)
    through = max(day, latest_night(shard.county) or day)
    made = []
    of(len(night.days_to_do(POINTS, path, through)) if step == POINTS else 1)
    for number, run in enumerate(_counts(step, shard, day, through), start=1):
        if run.status == Run.Status.FAILED:
            failed = Part(run.step, run.shard, shard.county.name, run.day, PartState.FAILED, run)
            raise RecountFailed(f"{date_format(run.day)} · {failed.step_name}: {reason_of(failed)}")
        made.append(run)
        at(number)
    return made


def _counts(step: str, shard: Shard, day: date, through: date) -> Iterator[Run]:
    if step == POINTS:
        yield from night.count_shard_through(shard, through)
    if step == SHEETS:
        yield from _sheets(shard.county, day)
    elif metrics.points_are_done(shard.county, through):
        yield from metrics.measure_county_through(shard.county, through)
        yield from _sheets(shard.county, through)


def _sheets(county: Unit, day: date) -> Iterator[Run]:
    run = count_sheets_of(county, day)
    if run is not None:
        yield run
