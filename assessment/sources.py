"""Where facts come from. A source is a name, a function that reads its facts, one that tells of them, and the
tables to watch. A new source is these functions and one line in `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from assessment.enums import PersonRole
from assessment.queries import families
from assessment.rules import HOUR_MINUTES
from events.enums import EventStatus, Measure, Method
from events.models import Attendance, Event, Record
from events.models.events import LESSON_MINUTES
from parentschool.enums import VisitOutcome
from parentschool.models import HomeVisit
from portal.kernel import bulk, clock
from portal.kernel.watching import Watch

FACTS: bulk.Schema = {
    "person_id": pl.Int64,
    "unit_id": pl.Int64,
    "kind_id": pl.Int64,
    "happened_on": pl.Date,
    "quantity": pl.Int64,
    "source": pl.String,
    "source_id": pl.Int64,
}
"""A fact: who, where, of which kind of event (null: none), on which day, how much (lesson periods, hours, or 1), and
the record it comes from. A person has one fact of a record at most."""

OF_RECORDS: bulk.Schema = {
    "event_id": pl.Int64,
    "item_id": pl.Int64,
    "minutes": pl.Int64,
    "child_id": pl.Int64,
}
"""What a record may say besides: at which event, of which kind of record, how long, about which child."""

MORE_FACTS: bulk.Schema = {
    **OF_RECORDS,
    "unit_kind": pl.String,
    "role": pl.String,
    "family_id": pl.Int64,
}
"""Columns that are there where the rules ask for them: see `rules.RuleBook.asks`."""


@dataclass(frozen=True)
class Told:
    """A record behind a line, in words: what it was, who held it, when, how it was recorded and by whom. `by` is
    empty where the person of the line recorded it, by a code, and None where `method` says who did; `by_id` is None
    there and where the record does not say."""

    title: str
    place: str
    on: date
    method: str
    by: str | None = ""
    by_id: int | None = None


@dataclass(frozen=True)
class Source:
    """`facts` reads the facts of the people of a query; `tell` puts records into words, by their ids.

    `fixes_unit` says that the record itself names the unit for good; otherwise a line keeps the unit it was first
    posted with, so that credit does not follow a child to another school.
    """

    code: str
    name: str | Promise
    facts: Callable[[QuerySet[Person]], pl.DataFrame]
    tell: Callable[[Collection[int]], dict[int, Told]]
    watches: tuple[Watch, ...]
    fixes_unit: bool = True


# ── Attendance: a person came to an event that was held ──────────────────────


def attendance_facts(people: QuerySet[Person]) -> pl.DataFrame:
    came = standing_attendances(Attendance.objects.filter(person__in=people), "id")
    return came.join(held_events(came["event_id"].unique()), on="event_id").select(
        "person_id",
        "unit_id",
        "kind_id",
        "happened_on",
        pl.col("lesson_periods").alias("quantity"),
        pl.lit("attendance").alias("source"),
        pl.col("id").alias("source_id"),
        "event_id",
        "minutes",
    )


PAIR: bulk.Schema = {"person_id": pl.Int64, "event_id": pl.Int64}


def standing_attendances(recorded: QuerySet[Attendance], *more: str) -> pl.DataFrame:
    """person_id, event_id, and more numbers, of those that are not revoked. What was revoked is taken off what was ever
    recorded: so the many rows are read from an index alone, where one holds what is asked for."""
    revoked = bulk.frame_of(recorded.filter(revoked_at__isnull=False), PAIR)
    came = bulk.frame_of(recorded, {**PAIR, **dict.fromkeys(more, pl.Int64)})
    return came if revoked.is_empty() else came.join(revoked, on=list(PAIR), how="anti")


FEW = 5_000
"""So many events are asked for by their ids; of more, all are read."""


def held_events(among: pl.Series | None = None) -> pl.DataFrame:
    """event_id, unit_id (the host), kind_id, happened_on, lesson_periods, minutes of the events held, those among
    these ids at least."""
    events = Event.objects.filter(status=EventStatus.HELD)
    if among is not None and len(among) <= FEW:
        events = events.filter(pk__in=among.to_list())
    held = bulk.frame_of(
        events,
        {
            "id": pl.Int64,
            "host_id": pl.Int64,
            "kind_id": pl.Int64,
            "starts_at": pl.Datetime("us", "UTC"),
            "ends_at": pl.Datetime("us", "UTC"),
        },
    )
    minutes = (pl.col("ends_at") - pl.col("starts_at")).dt.total_minutes()
    return held.select(
        pl.col("id").alias("event_id"),
        pl.col("host_id").alias("unit_id"),
        "kind_id",
        pl.col("starts_at").dt.convert_time_zone(settings.TIME_ZONE).dt.date().alias("happened_on"),
        (minutes // LESSON_MINUTES).alias("lesson_periods"),
        minutes.alias("minutes"),
    )


def tell_attendances(ids: Collection[int]) -> dict[int, Told]:
    columns = (
        "pk",
        "event__title",
        "event__host__name",
        "event__starts_at",
        "method",
        "taken_by__name",
        "taken_by",
    )
    methods = dict(Method.choices)
    return {
        pk: Told(
            title=title,
            place=place,
            on=clock.day_of(starts_at),
            method=str(methods[method]),
            by=taken_by or "",
            by_id=by_id,
        )
        for pk, title, place, starts_at, method, taken_by, by_id in Attendance.objects.filter(
            pk__in=ids
        ).values_list(*columns)
    }


# ── Home visit: somebody of the school met a guardian at home ────────────────


def home_visit_facts(people: QuerySet[Person]) -> pl.DataFrame:
    met = HomeVisit.objects.filter(met__in=people, outcome=VisitOutcome.CONTACT, revoked_at=None)
    rows = bulk.frame_of(
        met,
        {
            "id": pl.Int64,
            "met_id": pl.Int64,
            "visited_on": pl.Date,
            "child_id": pl.Int64,
            "child__school_class__school_id": pl.Int64,
        },
    )
    return rows.select(
        pl.col("met_id").alias("person_id"),
        pl.col("child__school_class__school_id").alias("unit_id"),
        pl.lit(None, pl.Int64).alias("kind_id"),
        pl.col("visited_on").alias("happened_on"),
        pl.lit(1, pl.Int64).alias("quantity"),
        pl.lit("home_visit").alias("source"),
        pl.col("id").alias("source_id"),
        "child_id",
    )


def tell_home_visits(ids: Collection[int]) -> dict[int, Told]:
    found = HomeVisit.objects.filter(pk__in=ids).select_related("child__school_class__school", "visitor")
    return {
        row.pk: Told(
            title=str(_("home visit of %(visitor)s") % {"visitor": row.visitor.name}),
            place=row.child.school_class.school.name,
            on=row.visited_on,
            method=row.get_outcome_display(),
            by=row.visitor.name,
            by_id=row.visitor_id,
        )
        for row in found
    }


# ── Record: put down by the staff, of a kind that is data ────────────────────


def record_facts(people: QuerySet[Person]) -> pl.DataFrame:
    """A complaint counts as 1 while it is open and as 0 once it is settled."""
    rows = bulk.frame_of(
        Record.objects.filter(person__in=people, revoked_at=None),
        {
            "id": pl.Int64,
            "person_id": pl.Int64,
            "unit_id": pl.Int64,
            "kind_id": pl.Int64,
            "happened_on": pl.Date,
            "quantity": pl.Int64,
            "event_id": pl.Int64,
            "child_id": pl.Int64,
            "settled_on": pl.Date,
            "kind__measure": pl.String,
        },
    )
    in_hours = pl.col("kind__measure") == Measure.HOURS
    return rows.select(
        "person_id",
        "unit_id",
        pl.lit(None, pl.Int64).alias("kind_id"),
        "happened_on",
        pl.when(pl.col("settled_on").is_null()).then("quantity").otherwise(0).alias("quantity"),
        pl.lit("record").alias("source"),
        pl.col("id").alias("source_id"),
        "event_id",
        pl.col("kind_id").alias("item_id"),
        pl.when(in_hours).then(pl.col("quantity") * HOUR_MINUTES).otherwise(0).alias("minutes"),
        "child_id",
    )


def tell_records(ids: Collection[int]) -> dict[int, Told]:
    found = Record.objects.filter(pk__in=ids).select_related("kind", "unit", "entered_by")
    return {
        row.pk: Told(
            title=row.kind.name,
            place=row.unit.name,
            on=row.happened_on,
            method=str(
                _("entered by %(name)s") % {"name": row.entered_by.name}
                if row.entered_by
                else _("entered by the staff")
            ),
            by=None,
        )
        for row in found
    }


SOURCES: dict[str, Source] = {
    source.code: source
    for source in (
        Source(
            "attendance",
            _("attendance at events"),
            attendance_facts,
            tell_attendances,
            watches=(
                Watch(
                    "events_attendance",
                    ("person_id", "event_id", "revoked_at", "revision"),
                    person="person_id",
                ),
                Watch(
                    "events_event",
                    ("host_id", "kind_id", "starts_at", "ends_at", "status"),
                    through="SELECT person_id FROM events_attendance WHERE event_id = {row}.id",
                ),
            ),
        ),
        Source(
            "home_visit",
            _("home visits"),
            home_visit_facts,
            tell_home_visits,
            watches=(
                Watch(
                    "parentschool_homevisit",
                    ("met_id", "outcome", "visited_on", "revoked_at", "revision"),
                    person="met_id",
                ),
                Watch(
                    "parentschool_child",
                    ("school_class_id",),
                    through="SELECT met_id AS person_id FROM parentschool_homevisit WHERE child_id = {row}.id",
                ),
            ),
            fixes_unit=False,
        ),
        Source(
            "record",
            _("records put down by the staff"),
            record_facts,
            tell_records,
            watches=(
                Watch(
                    "events_record",
                    (
                        "person_id",
                        "unit_id",
                        "kind_id",
                        "happened_on",
                        "quantity",
                        "event_id",
                        "child_id",
                        "settled_on",
                        "revoked_at",
                        "revision",
                    ),
                    person="person_id",
                ),
            ),
        ),
    )
}

FAMILIES = Watch(
    "parentschool_guardianship",
    ("guardian_id", "child_id", "relation", "ended_on"),
    person="guardian_id",
    through="SELECT guardian_id AS person_id FROM parentschool_guardianship WHERE child_id = {row}.child_id",
)
"""Whose role or family changes: everybody who ever cared for the child."""

HOMES = Watch("accounts_person", ("path",), through="SELECT {row}.id AS person_id")
"""Who moves may come under the rules of another county, and into the hands of another shard's night."""


def watches() -> tuple[Watch, ...]:
    return (*(watch for source in SOURCES.values() for watch in source.watches), FAMILIES, HOMES)


def facts_of(people: QuerySet[Person], asked: Collection[str] = ()) -> pl.DataFrame:
    """Every fact of these people, from every source, with those columns of `MORE_FACTS` that are asked for."""
    of_records = {name: kind for name, kind in OF_RECORDS.items() if name in asked}
    facts = pl.concat([_shaped(source.facts(people), {**FACTS, **of_records}) for source in SOURCES.values()])
    if "unit_kind" in asked:
        kinds = bulk.frame_of(Unit.objects.all(), {"id": pl.Int64, "kind": pl.String})
        facts = facts.join(kinds.rename({"id": "unit_id", "kind": "unit_kind"}), on="unit_id", how="left")
    if {"role", "child_id", "family_id"} & set(asked):
        facts = _with_families(facts, asked)
    return facts.select(*FACTS, *(name for name in MORE_FACTS if name in asked))


def people_at_once(facts: int) -> int:
    """How many people have so many facts between them, if everybody has as many as the others."""
    number = sum(model.objects.count() for model in (Attendance, HomeVisit, Record))
    return max(1, facts * Person.objects.count() // max(1, number))


def _shaped(facts: pl.DataFrame, schema: bulk.Schema) -> pl.DataFrame:
    return facts.select(
        (pl.col(name) if name in facts.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


def _with_families(facts: pl.DataFrame, asked: Collection[str]) -> pl.DataFrame:
    """`role`, `family_id`, and `child_id` where the person still cares for the child: so a child is of one family."""
    cares = families.cares()
    if "role" in asked:
        facts = facts.join(families.roles(cares), on="person_id", how="left").with_columns(
            pl.col("role").fill_null(str(PersonRole.NONE))
        )
    if "family_id" in asked:
        facts = facts.join(families.families(cares), on="person_id", how="left")
    if "child_id" in asked:
        own = cares.select("person_id", "child_id", own=pl.lit(True)).unique()
        facts = facts.join(own, on=["person_id", "child_id"], how="left").with_columns(
            child_id=pl.when("own").then("child_id")
        )
    return facts


def loose_units() -> frozenset[str]:
    """Sources whose records do not fix a unit."""
    return frozenset(source.code for source in SOURCES.values() if not source.fixes_unit)
