"""A county before a long night: some days counted, then corrections, new facts and new rules, and a school year that
turns. Small, but with every step of the night at work; and a digest of everything that a night makes.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts.enums import Basis
from accounts.models import Person, Unit
from assessment.models import Batch, DirtyPerson, Mark, PointEntry, PointScheme, Standing, UnitMetric
from assessment.services import appraisal, by_hand
from events.enums import EventStatus, Method
from events.models import Attendance, Event
from parentschool.enums import MembershipSource, Relation, VisitOutcome
from parentschool.models import Child, Guardianship, HomeVisit, Membership
from portal import nightly
from portal.kernel.models import Run
from tests.assessment.facts import scheme
from tests.assessment.sheets import definition
from tests.world import World, appoint, build_world, person

COUNTED = date(2027, 8, 30)
"""The last day that is counted already."""
THROUGH = date(2027, 9, 1)
"""The night that the tests kill looks at the last day again and does the two up to this one, the first of a year."""
NOW = datetime(2027, 8, 31, 2, 0, tzinfo=UTC)
FAMILIES = 25
EVENTS = 24

RULES: tuple[dict[str, Any], ...] = (
    {"code": "talks", "kinds": ["lecture", "salon"], "points": 2, "cap_day": 3, "cap_month": 20},
    {"code": "meeting", "kinds": ["parents_meeting"], "points": 3, "once": "family"},
    {"code": "visit", "source": "home_visit", "points": 5, "shared": "family", "cap_term": 10},
)
STARS = ({"level": 1, "threshold": 4}, {"level": 2, "threshold": 12}, {"level": 3, "threshold": 20})


def build_county(*, seed: int = 1) -> World:
    """Facts of 26 August to 2 September, counted up to the 30th; then much of what may change does."""
    draw, world = random.Random(seed), build_world()
    parents = _families(world, draw)
    events = _events(world, draw)
    _attendances(events, parents, draw)
    _visits(world, parents, draw)
    scheme(world, *map(dict, RULES), begins=date(2026, 9, 1), stars=STARS, cap_day=6)
    PointScheme.objects.update(approve_above=50)
    opened = appraisal.load_scheme(definition(), county=world.county, actor=None, now=NOW).scheme
    appraisal.open_appraisals(opened, year=2027, actor=world.as_("county_admin"), now=NOW)
    counted = list(nightly.run(COUNTED))
    assert all(run.status == Run.Status.DONE for run in counted)
    _change(world, parents, events, draw)
    return world


def _families(world: World, draw: random.Random) -> list[Person]:
    """Two guardians a child, a few children with a guardian in common; some people live in another township."""
    guardians = []
    for number in range(FAMILIES):
        at = number % 2
        school, school_class = world.schools[at], world.classes[at]
        child = Child.objects.create(
            basis=Basis.DUTY, name=f"Child {number:02}", school_class=school_class, path=school_class.path
        )
        for relation in (Relation.MOTHER, Relation.FATHER):
            home: Unit = draw.choice([school, school, school, world.villages[1 - at], world.county])
            guardian = person(f"Guardian {len(guardians):02}", home=home)
            Guardianship.objects.create(guardian=guardian, child=child, relation=relation)
            for year in (2026, 2027):
                Membership.objects.create(
                    person=guardian, school=school, school_year=year, joined_on=date(year, 9, 1),
                    source=MembershipSource.ROSTER, path=school.path,
                )  # fmt: skip
            guardians.append(guardian)
        if number % 5 == 4:
            Guardianship.objects.create(guardian=guardians[-3], child=child, relation=Relation.OTHER)
    return guardians


def _events(world: World, draw: random.Random) -> list[Event]:
    kinds = [world.kinds[code] for code in ("lecture", "salon", "parents_meeting")]
    rows = []
    for number in range(EVENTS):
        starts_at = datetime.combine(date(2027, 8, 26) + timedelta(days=number % 8), time(6), tzinfo=UTC)
        rows.append(
            Event(
                host=draw.choice([*world.schools, *world.villages, world.county]),
                kind=draw.choice(kinds),
                title=f"Event {number}",
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=90),
                status=EventStatus.HELD,
            )
        )
    return [_saved(row) for row in rows]


def _saved(row: Any) -> Any:
    row.save()
    return row


def _attendances(events: list[Event], parents: list[Person], draw: random.Random) -> None:
    Attendance.objects.bulk_create(
        Attendance(person=parent, event=event, method=Method.ROLL_CALL, taken_at=event.starts_at)
        for event in events
        for parent in sorted(draw.sample(parents, len(parents) // 3), key=lambda one: one.pk)
    )


def _visits(world: World, parents: list[Person], draw: random.Random) -> None:
    visitor = world.as_("school_lead:0")
    for tie in Guardianship.objects.filter(guardian__in=parents, relation=Relation.MOTHER).order_by("pk"):
        HomeVisit.objects.create(
            child=tie.child,
            visited_on=date(2027, 8, 26) + timedelta(days=draw.randrange(8)),
            outcome=VisitOutcome.CONTACT,
            met=tie.guardian,
            visitor=visitor,
        )


def _change(world: World, parents: list[Person], events: list[Event], draw: random.Random) -> None:
    """What waits for the night: corrections, a called-off event, a move, two new sets of rules, a line by hand."""
    old = list(Attendance.objects.filter(event__starts_at__lt=NOW).order_by("pk"))
    for attendance in draw.sample(old, len(old) // 6):
        Attendance.objects.filter(pk=attendance.pk).update(revoked_at=NOW, revision=2)
    Event.objects.filter(pk=events[1].pk).update(status=EventStatus.CANCELLED)
    Person.objects.filter(pk=parents[0].pk).update(home=world.villages[1], path=world.villages[1].path)
    whole = PointScheme.objects.get()
    for number, (begins, points) in enumerate([(date(2027, 8, 28), 3), (date(2027, 9, 1), 4)]):
        first = {**RULES[0], "points": points}
        made = scheme(world, first, *map(dict, RULES[1:]), begins=begins, stars=STARS, of=whole)
        made.published_at = NOW + timedelta(minutes=number)
        made.save()
    clerk = person("Clerk", home=world.county)
    appoint(clerk, "county_admin", world.county)
    by_hand.adjust(parents[3], points=4, reason="Helped", actor=clerk, now=NOW)


# ── What a night has made ────────────────────────────────────────────────────


def made_by_the_night() -> dict[str, list[list[str]]]:
    """Everything that must not depend on who did the night, when, how often and in which order: no row ids of what it
    made, no moments, no attempts, no counts of what a run looked at."""
    return {
        "lines": _rows(
            PointEntry.objects.order_by("batch__chain", "batch__number", "pk"),
            *("batch__chain", "batch__number", "key", "person", "rule", "points", "quantity", "source"),
            *("source_id", "kind", "unit", "happened_on", "posted_on", "reason", "reverses__key", "cut"),
            *("cut_by", "note"),
        ),
        "batches": _rows(
            Batch.objects.order_by("chain", "number"),
            *("chain", "number", "unit", "run__step", "run__day", "run__shard", "posted_on", "lines"),
            *("points", "head", "kind", "version", "undoes__head", "reason"),
        ),
        "standings": _rows(
            Standing.objects.order_by("person"),
            *("person", "day", "version", "points", "points_ever", "available", "star"),
        ),
        "dirty": sorted(set(map(tuple, _rows(DirtyPerson.objects.order_by("person"), "person")))),
        "metrics": _rows(
            UnitMetric.objects.order_by("day", "metric", "unit"),
            *("day", "metric", "unit", "value", "base", "lineage"),
        ),
        "marks": _rows(Mark.objects.order_by("pk"), "pk", "computed_score", "computed_from"),
        "runs": _rows(
            Run.objects.order_by("step", "day", "shard"), "step", "day", "shard", "status", "head", "error"
        ),
    }


def _rows(found: QuerySet[Any], *names: str) -> list[list[str]]:
    rows: Iterable[tuple[Any, ...]] = found.values_list(*names)
    return [[_plain(value) for value in row] for row in rows]


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)


def night_digest() -> str:
    """SHA-256 of `made_by_the_night` as canonical JSON."""
    text = json.dumps(made_by_the_night(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
