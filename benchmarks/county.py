"""A county of people, and of what they came to, for the benchmarks: filled once into the database of DATABASE_URL."""

from __future__ import annotations

import random
import sys
from datetime import UTC, date, datetime, timedelta

import polars as pl
from django.core.management import call_command
from django.db import connection

from accounts.models import Person, Unit
from events.enums import EventStatus, Method
from events.models import Attendance, Event, EventKind
from parentschool.models import Membership
from portal.demo import county as demo_county
from portal.demo.names import Cast
from portal.kernel import bulk

CODE = "430725"
OPENED_ON = date(2025, 9, 1)
TODAY = date(2026, 11, 22)
LEARNERS_AT_SCALE_1 = 138_000
EVENTS_FOR_EACH_VISIT = 1.5
"""How many events a learner's school holds for each to which the learner comes."""


def fill_people(people: int) -> None:
    """About so many people in some 700 units; nothing where the database holds any."""
    call_command("migrate", verbosity=0)
    if Person.objects.exists():
        return
    call_command("setup_county", CODE, opened_on=OPENED_ON, stdout=sys.stderr)
    centre = Unit.objects.get(kind="centre")
    draw = random.Random(1)
    demo = demo_county.Demo(
        centre, TODAY, people / LEARNERS_AT_SCALE_1, draw, Cast(draw), opened_on=centre.opened_on
    )
    demo_county.build_schools(demo)
    demo_county.build_families(demo)
    demo_county.build_staff(demo)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def fill_facts(facts: int) -> int:
    """About so many attendances, all learners alike, at events of their own schools over the time since the county
    began; nothing where there are events. Returns how many there are."""
    if Event.objects.exists():
        return Attendance.objects.count()
    learners = bulk.frame_of(Membership.objects.all(), {"person_id": pl.Int64, "school_id": pl.Int64}).unique(
        "person_id"
    )
    visits = max(1, round(facts / learners.height))
    held = max(visits, round(visits * EVENTS_FOR_EACH_VISIT))
    events = _events(learners["school_id"].unique().sort(), held)
    number = pl.DataFrame({"number": range(held)})
    with connection.cursor() as cursor:  # neither notes nor checks of keys: the rows are whole by making
        cursor.execute("SET session_replication_role = replica")
    for part in learners.iter_slices(20_000):
        came = (
            part.join(number, how="cross")
            .filter((pl.col("number") * 7 + pl.col("person_id")) % held < visits)
            .join(events, on=["school_id", "number"])
        )
        bulk.copy_in(Attendance, attendances(came.select("person_id", "event_id", "starts_at")))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return Attendance.objects.count()


def attendances(came: pl.DataFrame) -> pl.DataFrame:
    """Rows of `Attendance` from person_id, event_id, starts_at."""
    return came.select(
        "person_id",
        "event_id",
        taken_at="starts_at",
        created_at="starts_at",
        updated_at="starts_at",
        method=pl.lit(Method.ROLL_CALL.value),
    )


def add_a_day(day: date, facts: int) -> None:
    """So many people come to one event of their school on a day; noted as any change is."""
    learners = bulk.frame_of(Membership.objects.all(), {"person_id": pl.Int64, "school_id": pl.Int64}).unique(
        "person_id", maintain_order=False
    )
    least = max(1, learners.height // facts)
    some = learners.sort("person_id").gather_every(least).head(facts)
    events = _events(some["school_id"].unique().sort(), 1, first=day)
    came = some.join(events, on="school_id")
    bulk.copy_in(Attendance, attendances(came.select("person_id", "event_id", "starts_at")))


def _events(schools: pl.Series, held: int, *, first: date = OPENED_ON) -> pl.DataFrame:
    """school_id, number, event_id, starts_at: `held` events of every school, spread over the time."""
    wanted = EventKind.objects.filter(for_families=True).order_by("pk")
    kinds = pl.Series(list(wanted.values_list("pk", flat=True)))
    step = (TODAY - first) / held if first < TODAY else timedelta()
    begins = [datetime(*(first + step * n).timetuple()[:3], 1, 30, tzinfo=UTC) for n in range(held)]
    number = pl.col("number")
    events = (
        schools.rename("school_id")
        .to_frame()
        .join(pl.DataFrame({"number": range(held), "starts_at": begins}), how="cross")
        .with_columns(pl.col("starts_at").cast(pl.Datetime("us", "UTC")))
    )
    events = events.with_columns(event_id=bulk.new_ids(Event, events.height))
    bulk.copy_in(
        Event,
        events.select(
            id="event_id",
            host_id="school_id",
            kind_id=pl.lit(kinds).gather(number % len(kinds)),
            title=pl.format("第{}次活动", number + 1),
            starts_at="starts_at",
            ends_at=pl.col("starts_at") + timedelta(minutes=90),
            created_at="starts_at",
            updated_at="starts_at",
            status=pl.lit(EventStatus.HELD.value),
        ),
    )
    return events
