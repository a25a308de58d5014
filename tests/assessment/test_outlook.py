"""Shards looked at in one go: what is found of each is what would be found of it alone."""

from datetime import timedelta

import pytest
from django.db import transaction

from assessment.engine.verify import verify_ledger
from assessment.enums import VersionStatus
from assessment.models import DirtyPerson, PointEntry, SchemeVersion, Standing
from assessment.queries.rulebook import rule_book
from assessment.queries.shards import shards
from assessment.services import inputs, night
from assessment.services.outlook import answer, ask, look
from events.models import Attendance, Event
from portal.kernel.models import Run
from tests.assessment.facts import came, held, revoke, scheme
from tests.world import TODAY, person


def test_shards_looked_at_together_post_what_each_posts_alone(world):
    """The county's own, two stations, a department; one station has been counted before, so it lacks other days."""
    scheme(world, {"code": "lecture", "cap_day": 2})
    for number, parent in enumerate(world.parents):
        came(parent, held(world.schools[number % 2], world.kinds["lecture"], TODAY))
    together = {
        path: (outlook.difference.to_post.rows(), outlook.standings.rows(), outlook.counts)
        for path, outlook in answer(ask(shards(), TODAY, rule_book(world.county), everybody=True)).items()
    }
    alone = {}
    for shard in shards():
        outlook = look(shard, TODAY, rule_book(world.county), everybody=True)
        alone[shard.path] = (outlook.difference.to_post.rows(), outlook.standings.rows(), outlook.counts)
    assert together == alone
    assert sum(bool(posted) for posted, _standings, _counts in alone.values()) == 2


def test_what_was_seen_together_is_not_posted_after_the_rules_changed(world, monkeypatch):
    """The rules are withdrawn between the look at all and the turn of the second station."""
    monkeypatch.setattr(night, "AT_ONCE", 0)
    made = scheme(world, {"code": "lecture"})
    for number, parent in enumerate(world.parents):
        came(parent, held(world.schools[number % 2], world.kinds["lecture"], TODAY))
    runs = []
    for run in night.count_through(TODAY):
        runs.append(run)
        if run.counts.get("posted"):
            SchemeVersion.objects.filter(scheme=made.scheme).update(status=VersionStatus.WITHDRAWN)
    assert {run.status for run in runs} == {Run.Status.DONE}
    assert sum(run.counts["posted"] > 0 for run in runs) == 1


@pytest.mark.parametrize("half", ["ask", "answer"])
def test_shards_that_cannot_be_looked_at_together_are_looked_at_alone(world, monkeypatch, half):
    scheme(world, {"code": "lecture"})
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))
    monkeypatch.setattr(night, half, lambda *args, **how: 1 / 0)
    assert {run.status for run in night.count_through(TODAY)} == {Run.Status.DONE}
    assert PointEntry.objects.count() == 1


# ── Written together ─────────────────────────────────────────────────────────


@pytest.fixture
def talks(world):
    """Each station has something to count today, by rules that were in force yesterday."""
    scheme(world, {"code": "lecture"})
    list(night.count_through(TODAY - timedelta(days=1)))
    return [
        came(parent, held(world.schools[number % 2], world.kinds["lecture"], TODAY))
        for number, parent in enumerate(world.parents)
    ]


def turns_of(monkeypatch, before=lambda: None) -> list[int]:
    """How many shards are written in each transaction; `before` happens once, before the first."""
    numbers, acts = [], [before]

    def counted(turns, carry_out=night.carry_out):
        if acts:
            acts.pop()()
        numbers.append(len(turns))
        return carry_out(turns)

    monkeypatch.setattr(night, "carry_out", counted)
    return numbers


def told(runs) -> list[tuple]:
    return [(run.shard, run.status, run.head, run.counts) for run in runs]


@pytest.mark.parametrize(("most", "transactions"), [(100, [4]), (1, [1, 1, 1, 1])])
def test_what_is_little_is_written_in_one_transaction(world, talks, monkeypatch, most, transactions):
    expected = answer(ask(shards(), TODAY, rule_book(world.county), everybody=True))
    monkeypatch.setattr(night, "AT_ONCE", most)
    numbers = turns_of(monkeypatch)
    runs = list(night.count_through(TODAY, everybody=True))
    assert numbers[-len(transactions) :] == transactions
    assert [run.shard for run in runs[-4:]] == [shard.path for shard in shards()]
    for run in runs[-4:]:
        assert run.counts["posted"] == expected[run.shard].difference.to_post.height
        assert run.attempts == 1
    assert PointEntry.objects.filter(posted_on=TODAY).count() == len(talks)
    assert not verify_ledger()
    assert all_is_posted(world.county)
    kept = told(Run.objects.filter(pk__in=[run.pk for run in runs]).order_by("pk"))
    assert kept == told(sorted({run.pk: run for run in runs}.values(), key=lambda run: run.pk))


def test_all_are_written_as_each_is_alone(world, talks, monkeypatch):
    def night_of(most):
        monkeypatch.setattr(night, "AT_ONCE", most)
        with transaction.atomic():
            runs = told(night.count_through(TODAY, everybody=True))
            lines = list(
                PointEntry.objects.order_by("key").values("key", "points", "posted_on", "batch__chain")
            )
            standings = list(Standing.objects.order_by("person").values_list("person", "points", "day"))
            transaction.set_rollback(True)
        return runs, lines, standings

    assert night_of(1000) == night_of(0)


def test_who_is_overtaken_before_all_are_written_is_counted_alone(world, talks, monkeypatch):
    """Another worker does one station's day first: nothing is doubled, and the others are counted too."""
    first = next(shard for shard in shards() if shard.path == world.stations[0].path)
    numbers = turns_of(monkeypatch, before=lambda: night.count_points(first, TODAY))
    runs = list(night.count_through(TODAY))
    assert max(numbers) > 1
    assert {run.status for run in runs} == {Run.Status.DONE}
    assert PointEntry.objects.filter(posted_on=TODAY).count() == len(talks)
    assert not verify_ledger()
    assert all_is_posted(world.county)


@pytest.fixture
def crowd(world):
    """Four learners of each school; yesterday is counted, and everybody comes once yesterday and once today."""
    scheme(world, {"code": "lecture", "cap_day": 2})
    list(night.count_through(TODAY - timedelta(days=1)))
    people = [person(f"Learner {n}", home=world.schools[n % 2]) for n in range(8)]
    for on in (TODAY - timedelta(days=1), TODAY):
        talks = [held(school, world.kinds["lecture"], on, title=f"{on}") for school in world.schools]
        for number, who in enumerate(people):
            came(who, talks[number % 2])
    return people


def read_of(monkeypatch) -> list[int]:
    """Of how many people facts are read, each time."""
    numbers = []

    def counted(people, whose, book, read=inputs.facts_for):
        numbers.append(whose.height)
        return read(people, whose, book)

    monkeypatch.setattr(inputs, "facts_for", counted)
    return numbers


def all_is_posted(county) -> bool:
    book = rule_book(county)
    found = [look(shard, TODAY, book, everybody=True) for shard in shards()]
    return all(one.difference.is_empty and one.standings.is_empty() for one in found)


def test_facts_are_read_once_for_the_last_day_and_the_next(world, crowd, monkeypatch):
    """The last day posts to everybody; its lines are known to the look at the next."""
    numbers = read_of(monkeypatch)
    monkeypatch.setattr(night, "look", lambda *args, **how: 1 / 0)
    runs = list(night.count_through(TODAY))
    assert numbers == [8]
    assert {run.status for run in runs} == {Run.Status.DONE}
    assert PointEntry.objects.filter(points=1).count() == 16
    assert not DirtyPerson.objects.exists()
    monkeypatch.undo()
    assert all_is_posted(world.county)


def test_whoever_was_noted_between_two_days_is_read_again(world, crowd, monkeypatch):
    numbers = read_of(monkeypatch)
    going = night.count_through(TODAY)
    next(going)
    revoke(Attendance.objects.filter(person=crowd[0], event__starts_at__date=TODAY).get())
    new = person("Newcomer", home=world.schools[0])
    came(new, Event.objects.filter(host=world.schools[0], starts_at__date=TODAY).get())
    assert {run.status for run in going} == {Run.Status.DONE}
    assert numbers == [8, 2]
    assert PointEntry.objects.filter(posted_on=TODAY).count() == 8
    assert not DirtyPerson.objects.exists()
    monkeypatch.undo()
    assert all_is_posted(world.county)


def test_a_day_that_is_done_is_left_alone_where_notes_are_of_the_next(world, crowd):
    list(night.count_through(TODAY))
    kept = list(Run.objects.order_by("pk").values())
    tomorrow = TODAY + timedelta(days=1)
    came(crowd[0], held(world.schools[0], world.kinds["lecture"], tomorrow))
    assert list(night.count_through(TODAY))
    assert list(Run.objects.order_by("pk").values()) == kept
    list(night.count_through(tomorrow))
    assert PointEntry.objects.filter(posted_on=tomorrow).count() == 1
