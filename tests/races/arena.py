"""A race and its rounds: what the clients do together, what they are told, and what must hold afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from portal.kernel.errors import PortalError
from tests.threads import Act, Clients
from tests.world import World

WITHIN = 0.02
"""Every second round the clients come within so many seconds, instead of at the same moment."""
SHOWN = 3
"""Of how many bad rounds the report says what was wrong."""


@dataclass(frozen=True)
class Round:
    """An act for each client; and, from what they were told, what is wrong afterwards, in words: nothing, if all is
    well."""

    acts: Sequence[Act]
    wrong: Callable[[list[Any]], Iterable[str]]


Rounds = Callable[[int], Round]
"""How a round is made, by its number."""


@dataclass(frozen=True)
class Race:
    """`begin` makes what all rounds share and says how a round is made, by its number. `without` takes away what
    keeps the race right. `refusals` are what a client may be told instead of a result."""

    name: str
    begin: Callable[[World, int], Rounds]
    without: Callable[[], AbstractContextManager[None]]
    refusals: tuple[type[PortalError], ...] = ()


@dataclass
class Told:
    """What has come of the rounds. `refusals` counts, by their codes, what clients were refused."""

    rounds: int = 0
    bad: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    locked: int = 0
    deadlocks: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(race: Race, world: World, *, rounds: int, clients: int, seed: int, until_bad: bool = False) -> Told:
    """So many rounds as the seed draws them; `until_bad` stops at the first bad one."""
    told, began = Told(), time.monotonic()
    made = race.begin(world, clients)
    with Clients(clients) as crowd:
        for number in range(1, rounds + 1):
            one, draw = made(number), Random(f"{seed} {race.name} {number}")
            acts = list(one.acts)
            assert len(acts) == clients, race.name
            draw.shuffle(acts)
            if number % 2 == 0:
                acts = [_later(act, draw.uniform(0, WITHIN)) for act in acts]
            answers = crowd.act(acts)
            _count(told, number, race, one, answers)
            if until_bad and told.bad:
                break
    told.seconds = round(time.monotonic() - began, 1)
    return told


def _later(act: Act, seconds: float) -> Act:
    def acts() -> Any:
        time.sleep(seconds)
        return act()

    return acts


def _count(told: Told, number: int, race: Race, one: Round, answers: list[Any]) -> None:
    errors = [each for each in answers if isinstance(each, Exception)]
    refused = [error for error in errors if isinstance(error, race.refusals)]
    failed = [repr(error) for error in errors if error not in refused]
    told.rounds += 1
    told.refusals.update(error.code for error in refused if isinstance(error, PortalError))
    told.locked += sum("database is locked" in text for text in failed)
    told.deadlocks += sum("deadlock detected" in text for text in failed)
    wrong = [f"a client was told {text}" for text in dict.fromkeys(failed)] + [*one.wrong(answers)]
    if wrong:
        told.bad += 1
        if len(told.wrong) < SHOWN:
            told.wrong.append(f"round {number}: {'; '.join(wrong)}")
