"""What is compiled once gives the rows of the plain querysets, for two people and on two days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.sql.compiler import SQLCompiler

from accounts.models import Person
from assessment.models import PointEntry
from assessment.queries import explain, own
from events.models import Event
from events.queries import near
from events.services import schedule_event
from portal.home.queries import signs
from portal.kernel import prepared
from portal.kernel.models import Notice
from tests.events.plans import plan
from tests.matrix.rows import fill
from tests.threads import at_once
from tests.world import NOW, World, build_world


@pytest.fixture
def county(db, time_machine) -> World:
    time_machine.move_to(NOW, tick=False)
    prepared.kept_by_this_connection().clear()
    world = fill(build_world())
    Event.objects.update(starts_at=NOW - timedelta(hours=2), ends_at=NOW - timedelta(hours=1))
    return world


def test_each_gets_the_own_rows(county):
    for parent in (*county.parents, *county.parents):
        plain = Notice.objects.filter(person=parent).order_by("pk")
        found = prepared.rows(
            "notices",
            lambda: Notice.objects.filter(person=prepared.STAND_IN).order_by("pk"),
            {prepared.STAND_IN: parent.pk},
        )
        assert found == list(plain)
        assert all(type(row) is Notice for row in found)


def test_the_first_page_shows_what_the_plain_querysets_give(county):
    """On two days, since the key of a statement names its day; the second call of each is one that was compiled."""
    for days in (0, 1):
        now = NOW + timedelta(days=days)
        for n, school in enumerate(county.schools):
            schedule_event(
                school,
                plan=plan(county, title=f"{days} {n}", starts_at=now + timedelta(hours=3 + n)),
                actor=None,
                now=now,
            )
        for parent in county.parents:
            assert (
                near.next_for(parent, now=now) == near.coming(near.events_for(parent, now=now), now=now)[:1]
            )
            standing = own.own_standing(parent)
            assert signs.signs_of(parent, standing) == signs._signs(parent, standing).get()
            plain = PointEntry.objects.filter(person=parent).order_by("-happened_on", "-pk")
            assert own.latest_lines(parent) == explain.told_lines(list(explain.for_lines(plain)[:3]))
    titles = [near.next_for(parent, now=NOW)[0].title for parent in county.parents]
    assert titles == ["0 0", "0 1"], "there was something to mix up"


def test_the_moment_is_put_in_anew(county):
    """Of one day, but later: what has ended since is gone."""
    event = schedule_event(
        county.schools[0], plan=plan(county, starts_at=NOW + timedelta(hours=1)), actor=None, now=NOW
    )
    parent = county.parents[0]
    assert near.next_for(parent, now=NOW) == [event]
    assert near.next_for(parent, now=NOW + timedelta(hours=3)) == []


def test_nothing_is_compiled_the_second_time(county, monkeypatch, django_assert_num_queries):
    def ask(parent: Person) -> None:
        near.next_for(parent, now=NOW)
        signs.signs_of(parent, None)

    ask(county.parents[0])
    monkeypatch.setattr(SQLCompiler, "setup_query", lambda *args, **more: pytest.fail("compiled again"))
    with django_assert_num_queries(2):
        ask(county.parents[1])


def test_threads_do_not_share_what_is_compiled(shared_database):
    world = fill(build_world())
    schedule_event(
        world.schools[0], plan=plan(world, starts_at=NOW + timedelta(hours=5)), actor=None, now=NOW
    )
    asked = [lambda p=parent: near.next_for(p, now=NOW + timedelta(hours=3)) for parent in world.parents] * 3
    found = at_once(asked)
    assert [len(events) for events in found] == [1, 0] * 3


def test_a_connection_keeps_so_many(county, monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 3)
    for n in range(7):
        prepared.rows(
            ("notices", n), lambda: Notice.objects.filter(person=prepared.STAND_IN), {prepared.STAND_IN: 0}
        )
    assert len(prepared.kept_by_this_connection()) <= 3
