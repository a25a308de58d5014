"""Races with the night: corrections and points by hand while a station is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.models import Count, Sum

from accounts.models import Person
from assessment.engine import dirty
from assessment.engine.verify import verify_ledger
from assessment.models import DirtyPerson, PointEntry, PointScheme, Standing
from assessment.queries.shards import shard_at
from assessment.services import by_hand, night
from events.models import Attendance
from events.services import attendances, revoke_attendance, take_roll
from portal.kernel.models import Run
from tests.assessment.facts import came, held, scheme
from tests.events.plans import family
from tests.races.arena import Race, Round, Rounds
from tests.races.controls import slowly
from tests.world import NOW, TODAY, World, person


def points_of(people: list[Person]) -> dict[int, int]:
    """What the ledger says of them; nobody without a line."""
    lines = PointEntry.objects.filter(person__in=people).values("person").annotate(n=Sum("points"))
    return {line["person"]: line["n"] for line in lines}


def came_how_often(people: list[Person]) -> dict[int, int]:
    rows = Attendance.objects.filter(person__in=people, revoked_at=None).values("person")
    return {row["person"]: row["n"] for row in rows.annotate(n=Count("pk"))}


def what_the_books_say() -> Iterator[str]:
    for finding in verify_ledger():
        yield f"the ledger: {finding.code}, {finding.text}"
    for run in Run.objects.filter(status=Run.Status.FAILED):
        yield f"the night failed: {run.said}"


# ── Corrections and points by hand ───────────────────────────────────────────


def corrected_while_counted(world: World, clients: int) -> Rounds:
    """Two workers count a station while teachers take people off the list, put others on it, and the county gives
    points to people whom no night has counted yet. After the next night the ledger says what the records say."""
    scheme(world, {"code": "lecture"})
    PointScheme.objects.update(approve_above=50)
    teacher, clerk = world.as_("class_teacher:0"), world.as_("county_staff")
    shard = shard_at(world.stations[0].path)
    people = [family(world, n) for n in range(clients)]

    def count() -> None:
        list(night.count_shard_through(shard, TODAY))

    def one_round(number: int) -> Round:
        event = held(world.schools[0], world.kinds["lecture"], TODAY, title=f"Talk {number}")
        rows = [came(one, event) for one in people[::3]]
        fresh = [person(f"Newcomer {number} {n}", home=world.schools[0]) for n in range(clients // 3)]
        for one in fresh:
            came(one, event)

        def correct(n: int) -> Any:
            if n % 3 == 0:
                return revoke_attendance(rows[n // 3], reason="Was not there", actor=teacher, now=NOW)
            if n % 3 == 1:
                return take_roll(event, present=[people[n].pk], actor=teacher, now=event.ends_at)
            who = fresh[n // 3]
            return by_hand.adjust(who, points=5, reason="Helped", actor=clerk, now=NOW)

        def wrong(answers: list[Any]) -> Iterator[str]:
            count()
            yield from what_the_books_say()
            everybody = [*people, *fresh]
            by_hands = {one.pk: 5 for n, one in enumerate(fresh) if 3 * n + 2 < clients - 2}
            due = came_how_often(everybody)
            due = {key: due.get(key, 0) + by_hands.get(key, 0) for key in {*due, *by_hands}}
            posted = {key: points for key, points in points_of(everybody).items() if points}
            if posted != due:
                yield f"points {posted}, records {due}"
            shown = dict(Standing.objects.filter(person__in=everybody).values_list("person", "points"))
            if {key: points for key, points in shown.items() if points} != posted:
                yield f"standings {shown}, points {posted}"

        acts = [count, count, *(lambda n=n: correct(n) for n in range(clients - 2))]
        return Round(acts, wrong)

    return one_round


@contextmanager
def taking_notes_away_unread() -> Iterator[None]:
    """The teachers' corrections come one after the other, so that some fall between the looking and the posting."""
    with (
        patch.object(attendances, "locked_event", slowly(attendances.locked_event)),
        patch.object(night, "look", slowly(night.look)),
        patch.object(dirty, "take_away", lambda seen: DirtyPerson.objects.all().delete()),
    ):
        yield


RACES = [
    Race("corrected while counted", corrected_while_counted, taking_notes_away_unread),
]
