"""Row R-6: races, a few rounds of each with twenty clients; and each without its lock or constraint, where it must be
found bad. The command `python -m tests.races` runs as many rounds as one likes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from django.db import connection, connections

from tests.copies import Files, Postgres, databases, turned_to
from tests.races.arena import run
from tests.races.registry import RACES
from tests.world import World, build_world

ROUNDS, CLIENTS, SEED = 2, 20, 20_261_012
WITHIN = 10
"""In so many rounds a race without what keeps it right must be found bad."""

pytestmark = [pytest.mark.django_db, pytest.mark.long]
every_race = pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)


@dataclass
class County:
    """A small county in a database of its own, of which each test gets a copy."""

    world: World
    kept: Files | Postgres


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[County]:
    kept = databases(tmp_path_factory.mktemp("races"), os.environ.get("DATABASE_URL", ""), name="races")
    with django_db_blocker.unblock():
        if isinstance(kept, Files):
            connection.cursor().execute("VACUUM INTO %s", [kept.first])
        else:
            connection.close()
            kept.start(like=connections.settings["default"]["NAME"])
        try:
            with turned_to(kept.first):
                world = build_world()
            yield County(world, kept)
        finally:
            kept.end()


NUMBERS = count(1)


@pytest.fixture
def world(county) -> Iterator[World]:
    database = county.kept.fresh(next(NUMBERS))
    with turned_to(database):
        yield county.world
    county.kept.drop(database)


@every_race
def test_row_r_6_every_round_ends_well(race, world):
    told = run(race, world, rounds=ROUNDS, clients=CLIENTS, seed=SEED)
    assert (told.rounds, told.bad) == (ROUNDS, 0), told.wrong
    assert (told.locked, told.deadlocks) == (0, 0)


@every_race
def test_row_r_6_without_what_keeps_it_right_it_is_found_bad(race, world):
    with race.without():
        told = run(race, world, rounds=WITHIN, clients=CLIENTS, seed=SEED, until_bad=True)
    assert told.bad == 1
