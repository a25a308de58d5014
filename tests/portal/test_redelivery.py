"""Row R-3: every task delivered again, several times, at once, out of order and a week late, as brokers do."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db import models, transaction

from accounts.models import Person, SmsCode
from assessment.queries.shards import shards
from events.models import Attendance, Event
from parentschool.enums import VisitOutcome
from parentschool.models import HomeVisit, Membership
from portal.celery import app
from portal.kernel.models import Job
from tests.accounts.test_school_import import GOOD, workbook
from tests.conftest import OWN
from tests.night_county import THROUGH, build_county, made_by_the_night
from tests.threads import at_once
from tests.world import World

pytestmark = pytest.mark.long

NOW = datetime(2027, 9, 2, 2, 0, tzinfo=UTC)
LATER = THROUGH + timedelta(days=1)
WEEK = timedelta(days=7)
BY_THE_NIGHT = {"PointEntry", "Batch", "Standing", "DirtyPerson", "UnitMetric", "Mark", "Run"}
NAMES_NEW_ROWS = {("AuditEntry", "object_id")}

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Delivery:
    """How a task is tried: `change` makes work for it and says with which arguments it is asked, first to last. What
    `tidies` does by the clock, so a week later it may find more to do; then the second time must find nothing."""

    change: Callable[[World], list[Arguments]]
    tidies: bool = False


def _whole_night(world: World) -> list[Arguments]:
    return [(day.isoformat(),) for day in (THROUGH - timedelta(days=1), THROUGH)]


def _corrections(world: World) -> list[Arguments]:
    for attendance in Attendance.objects.filter(revoked_at=None).order_by("pk")[:40:4]:
        Attendance.objects.filter(pk=attendance.pk).update(revoked_at=NOW, revision=5)
    return [(shard.path, day.isoformat()) for shard in shards() for day in (THROUGH, LATER)]


def _leavers(world: World) -> list[Arguments]:
    leaving = Membership.objects.filter(school_year=2027).order_by("pk")[:5]
    Membership.objects.filter(pk__in=[row.pk for row in leaving]).update(left_on=THROUGH)
    return [(world.county.path, day.isoformat()) for day in (THROUGH, LATER)]


def _event_of_tomorrow(world: World) -> list[Arguments]:
    starts_at = NOW + timedelta(days=1)
    Event.objects.create(
        host=world.schools[0],
        kind=world.kinds["salon"],
        title="Tomorrow",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
    )
    return [()]


def _old_sessions(world: World) -> list[Arguments]:
    for days in (-1, 1):
        Session.objects.create(
            session_key=f"k{days}", session_data="", expire_date=NOW + timedelta(days=days)
        )
        asked_at = NOW + timedelta(days=days - 1, hours=1)
        SmsCode.objects.create(number="1", client="2", digest="3", asked_at=asked_at, expires_at=asked_at)
    return [()]


def _job(world: World, **more: Any) -> Job:
    """A list of schools that was checked and confirmed."""
    return Job.objects.create(
        **{
            "kind": "school_import",
            "title": "Schools",
            "asked_by": world.as_("county_admin"),
            "path": world.county.path,
            "source": ContentFile(workbook(GOOD), name="schools.xlsx"),
            "source_name": "schools.xlsx",
            "params": {"opened_on": date(2027, 9, 1).isoformat()},
            "confirmed_at": NOW,
            **more,
        }
    )


def _confirmed_job(world: World) -> list[Arguments]:
    return [(_job(world).pk,)]


def _dead_and_lost_jobs(world: World) -> list[Arguments]:
    long_ago = NOW - timedelta(hours=1)
    _job(world, status=Job.Status.RUNNING, alive_at=long_ago)
    lost = _job(
        world, source=ContentFile(workbook([["East", "2143000009", "小学", "Town 1"]]), name="s.xlsx")
    )
    Job.objects.filter(pk=lost.pk).update(updated_at=long_ago)
    return [()]


def _old_note(world: World) -> list[Arguments]:
    HomeVisit.objects.create(
        child=world.children[0],
        visited_on=date(2024, 3, 1),
        outcome=VisitOutcome.ATTEMPT,
        visitor=world.as_("school_lead:0"),
        note="Nobody at home",
    )
    return [()]


TASKS = {
    "assessment.tasks.start_night": Delivery(_whole_night),
    "assessment.tasks.count_shard": Delivery(_corrections),
    "assessment.tasks.measure_county": Delivery(_leavers),
    "events.tasks.tell_families": Delivery(_event_of_tomorrow),
    "accounts.tasks.tidy_sign_in": Delivery(_old_sessions, tidies=True),
    "portal.tasks.expire_data": Delivery(_old_note, tidies=True),
    "portal.kernel.tasks.run_job": Delivery(_confirmed_job),
    "portal.kernel.tasks.tidy_jobs": Delivery(_dead_and_lost_jobs, tidies=True),
}


def test_row_r_3_every_task_is_tried():
    app.loader.import_default_modules()
    assert {name for name in app.tasks if not name.startswith("celery.")} == set(TASKS)


def test_row_r_3_tasks_come_again_at_once_out_of_order_and_late(
    shared_database, settings, tmp_path, time_machine
):
    settings.MEDIA_ROOT = tmp_path
    time_machine.move_to(NOW)
    world, draw = build_county(), random.Random(3)
    for name, how in TASKS.items():
        task = app.tasks[name]
        asked, before = how.change(world), known_rows()
        start = digest(before)
        with undone():
            for arguments in asked:
                task(*arguments)
            once = digest(before)
        assert once != start, f"{name} had nothing to do"
        assert digest(before) == start
        again = draw.sample([*asked, *asked, *asked], 3 * len(asked))
        at_once([partial(task, *arguments) for arguments in again[:8]])
        for arguments in [*again, *reversed(asked)]:
            task(*arguments)
        assert digest(before) == once, name
        time_machine.move_to(NOW + WEEK)
        if how.tidies:
            task()
            once = digest(before)
        at_once([partial(task, *arguments) for arguments in again[:4]])
        assert digest(before) == once, f"{name}, a week late"
        time_machine.move_to(NOW)


@contextmanager
def undone() -> Iterator[None]:
    """What is done within is taken back; what it would have done after its commit is done within."""
    with transaction.atomic():
        on_commit, transaction.on_commit = transaction.on_commit, lambda act, *_args, **_how: act()
        try:
            yield
        finally:
            transaction.on_commit = on_commit
            transaction.set_rollback(True)


# ── Everything that stands in our tables ─────────────────────────────────────


def others() -> list[type[models.Model]]:
    from django.apps import apps

    ours = [model for label in OWN for model in apps.get_app_config(label).get_models()]
    return [*(model for model in ours if model.__name__ not in BY_THE_NIGHT), Session]


def known_rows() -> dict[type[models.Model], set[Any]]:
    return {model: set(model._base_manager.values_list("pk", flat=True)) for model in [*others(), Person]}


def digest(before: dict[type[models.Model], set[Any]]) -> dict[str, Any]:
    """What the night made and every row of every other table, without the numbers that new rows were given and
    without moments. As it is, so that a failure shows what differs."""
    return {**made_by_the_night(), **{model._meta.label: rows_of(model, before) for model in others()}}


def rows_of(model: type[models.Model], before: dict[type[models.Model], set[Any]]) -> list[str]:
    fields = [
        field
        for field in model._meta.concrete_fields
        if not isinstance(field, models.DateTimeField | models.FileField)
        and (model.__name__, field.name) not in NAMES_NEW_ROWS
    ]

    def shown(field: models.Field, value: Any) -> Any:
        target = model if field.primary_key else field.related_model
        known = before.get(target) if target else None
        return value if known is None or value is None or value in known else "new"

    rows = model._base_manager.values_list(*(field.attname for field in fields))
    return sorted(
        repr([shown(field, value) for field, value in zip(fields, row, strict=True)]) for row in rows
    )
