"""A county's year as it comes: facts added, corrected, revoked, rules published, nights run on those who changed.

After every night the ledger must say what a full count of the same facts says, and a second night must find nothing.
In the nightly profile this is 2,000 runs of 50 steps: 10⁵ steps and more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from assessment.rules import RuleBook
from tests.assessment import strategies
from tests.assessment.book import Book, deserved

pytestmark = pytest.mark.long

FIRST_NIGHT = date(2026, 10, 1)
RELATIVES = {1: (1, 2), 2: (1, 2), 3: (3,), 4: (4,)}


class CountyYear(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = Book()
        self.facts: dict[tuple[int, str, int], object] = {}
        self.book = RuleBook()
        self.changed: set[int] = set()
        self.everybody = True
        self.nights = 0
        self.is_settled = True

    def _note(self, person: int) -> None:
        self.changed |= set(RELATIVES[person])
        self.is_settled = False

    @rule(fact=strategies.one_fact())
    def add_or_correct(self, fact):
        self.facts[fact.person, fact.source, fact.source_id] = fact
        self._note(fact.person)

    @precondition(lambda self: self.facts)
    @rule(draw=st.data())
    def revoke(self, draw):
        gone = draw.draw(st.sampled_from(sorted(self.facts)))
        del self.facts[gone]
        self._note(gone[0])

    @precondition(lambda self: self.facts)
    @rule(draw=st.data(), day=strategies.days)
    def move_to_another_day(self, draw, day):
        key = draw.draw(st.sampled_from(sorted(self.facts)))
        self.facts[key] = replace(self.facts[key], on=day)
        self._note(key[0])

    @rule(drawn=strategies.books())
    def publish(self, drawn):
        by = 1000 * (self.nights + 1)
        self.book = RuleBook(
            tuple(
                replace(
                    version, id=version.id + by, rules=tuple(replace(r, id=r.id + by) for r in version.rules)
                )
                for version in drawn.versions
            )
        )
        self.everybody, self.is_settled = True, False

    @rule()
    def night(self):
        people = None if self.everybody else self.changed
        day = FIRST_NIGHT + timedelta(days=self.nights)
        self.nights += 1
        self.ledger.night(list(self.facts.values()), self.book, day, people=people)
        self.changed, self.everybody, self.is_settled = set(), False, True

    @invariant()
    def a_settled_ledger_says_what_a_full_count_says(self):
        if self.is_settled:
            assert self.ledger.standing == deserved(list(self.facts.values()), self.book)

    def teardown(self):
        self.night()
        self.a_settled_ledger_says_what_a_full_count_says()
        found = self.ledger.night(
            list(self.facts.values()), self.book, FIRST_NIGHT + timedelta(days=self.nights)
        )
        assert found.is_empty


def steps() -> settings:
    """Small in CI; 2,000 × 50 in the nightly profile."""
    is_nightly = settings().max_examples > 1000
    return settings(
        max_examples=2_000 if is_nightly else 10,
        stateful_step_count=50 if is_nightly else 15,
        deadline=None,
    )


TestCountyYear = CountyYear.TestCase
TestCountyYear.settings = steps()
