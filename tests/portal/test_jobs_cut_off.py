"""Each kind of job, its worker killed between any two of its commits: what the asker is told then is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, transaction

from assessment.models import Batch, PointScheme, SchemeVersion
from assessment.services import night, recounts, reversal, what_if
from assessment.services.appraisal import export
from assessment.services.schemes import copy_as_draft
from parentschool.models import Membership
from parentschool.services import rosters
from portal.kernel import clock, jobs, tidying
from portal.kernel.models import Job
from tests.accounts.test_school_import import GOOD, workbook
from tests.assessment.facts import came, held, scheme
from tests.assessment.sheets import YEAR, build_sheets
from tests.assessment.test_what_if import digests
from tests.conftest import OWN
from tests.parentschool.class_lists import WANG, ZHANG, as_csv
from tests.world import NOW, TODAY, World

NOTHING = "Nothing was changed"
STAYS = "What was done until then stays"
EXPORT = f"export_{Membership._meta.label_lower}"


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    settings.LANGUAGE_CODE = "en"
    settings.MEDIA_ROOT = tmp_path
    time_machine.move_to(NOW, tick=False)


# ── The kinds ────────────────────────────────────────────────────────────────


def _schools(world: World) -> dict[str, Any]:
    return {
        "source": ContentFile(workbook(GOOD), name="schools.xlsx"),
        "source_name": "schools.xlsx",
        "params": {"opened_on": date(2027, 9, 1).isoformat()},
    }


def _class_list(world: World) -> dict[str, Any]:
    return {
        "path": world.schools[0].path,
        "source": ContentFile(as_csv(ZHANG, WANG).getvalue(), name="list.csv"),
        "source_name": "list.csv",
        "params": {"unit": world.schools[0].pk, "school_year": 2026, "by_duty": True},
    }


def _members(world: World) -> dict[str, Any]:
    return {"params": {"query": ""}}


def _appraisals(world: World) -> dict[str, Any]:
    sheets = build_sheets(world)
    return {
        "asked_by": sheets.by("inspector"),
        "params": {"scheme": sheets.scheme.pk, "year": YEAR},
    }


def _lectures(world: World) -> SchemeVersion:
    """Points for lectures, and one lecture that a parent came to on each of the last two days."""
    version = scheme(world, {"code": "lecture"}, begins=TODAY - timedelta(days=2))
    for day in (TODAY - timedelta(days=1), TODAY):
        came(world.parents[0], held(world.schools[0], world.kinds["lecture"], day, title=f"Talk {day}"))
    return version


def _count(day: date) -> None:
    assert {run.status for run in night.count_through(day)} == {"done"}


def _draft(world: World) -> dict[str, Any]:
    version = _lectures(world)
    _count(TODAY)
    draft = copy_as_draft(version, effective_from=TODAY, actor=None, now=NOW)
    draft.rules.update(points=2)
    return {"params": {"version": draft.pk, "effective_from": TODAY.isoformat()}}


def _posting(world: World) -> dict[str, Any]:
    _lectures(world)
    _count(TODAY)
    more = {"code": "lecture", "points": 2}
    scheme(world, more, begins=TODAY, of=PointScheme.objects.get(), published_at=NOW)
    _count(TODAY + timedelta(days=1))
    return {"params": {"batch": Batch.objects.get(kind="rules").pk, "reason": "Complaints"}}


def _two_nights(world: World) -> dict[str, Any]:
    """The first night of a station, two days late."""
    _lectures(world)
    _count(TODAY - timedelta(days=2))
    path = world.stations[0].path
    return {"path": path, "params": {"step": "points", "shard": path, "day": TODAY.isoformat()}}


@dataclass(frozen=True)
class Cut:
    """How a kind is tried: its job, and whether it is checked first and then confirmed. One `in_parts` keeps what it
    has done when it is cut off."""

    makes: Callable[[World], dict[str, Any]]
    confirmed: bool = False
    in_parts: bool = False


KINDS = {
    "school_import": Cut(_schools, confirmed=True),
    "roster_import": Cut(_class_list, confirmed=True),
    EXPORT: Cut(_members),
    export.KIND: Cut(_appraisals),
    what_if.KIND: Cut(_draft),
    reversal.KIND: Cut(_posting),
    recounts.KIND: Cut(_two_nights, in_parts=True),
}


def test_every_kind_is_tried():
    """The exports of lists are one kind."""
    ours = {kind.code for kind in jobs.kinds() if not kind.code.startswith("test.")}
    assert {code for code in ours if not code.startswith("export_")} == set(KINDS) - {EXPORT}
    assert EXPORT in ours


# ── Killing ──────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """The worker is gone; nothing may catch this."""


@contextmanager
def dying(at: int | None) -> Iterator[None]:
    """Dies at the moment of this number, of those when something more is kept for good than before and the next
    statement is about to begin."""
    begun, moments, has_written = len(connection.savepoint_ids), 0, False

    def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal moments, has_written
        word = sql.split(maxsplit=1)[0]
        if has_written and len(connection.savepoint_ids) == begun and word not in ("RELEASE", "ROLLBACK"):
            if moments == at:
                raise Killed
            moments, has_written = moments + 1, False
        has_written |= word in ("INSERT", "UPDATE", "DELETE", "WITH")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(statement):
        yield


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ready(kind: str, world: World) -> Job:
    """A job about to do what it was asked for."""
    how = KINDS[kind]
    given = {"asked_by": world.as_("county_admin"), "path": world.county.path, "language": "en"}
    job = Job.objects.create(kind=kind, title="A job", **{**given, **how.makes(world)})
    if how.confirmed:
        jobs.run(job.pk, started_at=clock.now())
        job.refresh_from_db()
        assert job.status == Job.Status.CHECKED, job.error
        jobs.confirm(job, actor=job.asked_by, now=clock.now())
    return job


@dataclass(frozen=True)
class Found:
    """Every table but the jobs: a digest of its rows, and how many they are, since the same rows made again differ in
    what is drawn for them."""

    digests: dict[str, str]
    counts: dict[str, int]


def found() -> Found:
    models = [model for label in OWN for model in apps.get_app_config(label).get_models() if model is not Job]
    return Found(digests(Job), {model._meta.label: model._base_manager.count() for model in models})


def after_death(job: Job, at: int | None) -> tuple[Job, Found, bool]:
    """The job as its asker finds it an hour later, everything else, and whether the worker died at all."""
    died = False
    with dying(at):
        try:
            jobs.run(job.pk, started_at=clock.now())
        except Killed:
            died = True
    tidying.tidy(now=clock.now() + timedelta(hours=1))
    return Job.objects.get(pk=job.pk), found(), died


@pytest.mark.parametrize("kind", KINDS)
def test_row_r_1_what_is_said_of_a_killed_job_is_true(world, kind):
    job, before = ready(kind, world), found()
    with undone():
        ended, whole, died = after_death(job, None)
    assert (ended.status, died) == (Job.Status.DONE, False), ended.error
    assert whole != before
    at, told = 0, []
    while died or not at:
        with undone():
            ended, left, died = after_death(job, at)
        if ended.status == Job.Status.DONE:
            assert left.counts == whole.counts
        elif KINDS[kind].in_parts:
            assert STAYS in ended.error
        else:
            assert (NOTHING in ended.error, left) == (True, before), f"killed at {at}"
        told.append(ended.status)
        at += 1
    assert {Job.Status.FAILED, Job.Status.DONE} == set(told)


def test_who_was_told_that_nothing_was_changed_is_not_belied_later(world, monkeypatch):
    """A worker that only slept, and wakes up once its job was called cut off, keeps nothing of its work."""
    job, before = ready("roster_import", world), found()

    def late(*args: Any, **more: Any) -> Any:
        tidying.tidy(now=clock.now() + timedelta(hours=1))
        return prepare(*args, **more)

    prepare = rosters._prepare
    monkeypatch.setattr(rosters, "_prepare", late)
    jobs.run(job.pk, started_at=clock.now())
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert NOTHING in job.error
    assert found() == before
