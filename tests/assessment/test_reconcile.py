"""What stands against what is due: whatever happened before, one night puts it right, and a second finds nothing."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.rules import Rule, RuleBook, Version
from tests.assessment import strategies
from tests.assessment.book import Book, deserved
from tests.assessment.slow import Fact

pytestmark = pytest.mark.long

BEGUN = date(2026, 10, 1)
RELATIVES = {1: (1, 2), 2: (1, 2), 3: (3,), 4: (4,)}


def renumbered(book, by):
    """Rules and versions that nobody has published before."""
    return RuleBook(
        tuple(
            replace(v, id=v.id + by, rules=tuple(replace(rule, id=rule.id + by) for rule in v.rules))
            for v in book.versions
        )
    )


@given(states=st.lists(st.tuples(strategies.facts(), strategies.books()), min_size=1, max_size=4))
def test_after_any_history_the_ledger_says_what_is_deserved_and_a_second_night_nothing(states):
    ledger = Book()
    for number, (facts, drawn) in enumerate(states):
        book = renumbered(drawn, by=1000 * number)
        ledger.night(facts, book, BEGUN + timedelta(days=number))
        assert ledger.standing == deserved(facts, book)
        assert ledger.night(facts, book, BEGUN + timedelta(days=number)).is_empty
    assert ledger.lines["key"].n_unique() == ledger.lines.height
    undone = ledger.lines["reverses_id"].drop_nulls()
    assert undone.n_unique() == len(undone)


@given(before=strategies.facts(), after=strategies.facts(), book=strategies.books())
def test_looking_at_those_who_changed_is_looking_at_everybody(before, after, book):
    everybody, some = Book(), Book()
    for ledger in (everybody, some):
        ledger.night(before, book, BEGUN)
    changed = {kin for fact in set(before) ^ set(after) for kin in RELATIVES[fact.person]}
    everybody.night(after, book, BEGUN)
    some.night(after, book, BEGUN, people=changed)
    assert everybody.lines.equals(some.lines)


@given(facts=strategies.facts(), book=strategies.books(), cut=st.integers(0, 24))
def test_the_chunks_in_which_people_are_looked_at_change_nothing(facts, book, cut):
    whole, chunks = Book(), Book()
    whole.night(facts, book, BEGUN)
    for person in ({1, 2}, {3, 4}) if cut % 2 else ({3}, {4}, {1, 2}):
        chunks.night(facts, book, BEGUN, people=person)
    assert set(whole.lines["key"]) == set(chunks.lines["key"])
    assert whole.totals() == chunks.totals()


def book(*rules, begins=date(2026, 9, 1), more=()):
    return RuleBook((Version(1, begins, rules=rules), *more))


LECTURE = Rule(1, "lecture", "attendance", 1, cap_day=2)
DAY = date(2026, 10, 1)
FACTS = [Fact(1, "attendance", number, 1, DAY) for number in (1, 2, 3)]


def posted(difference):
    return [
        (row["source_id"], row["points"], row["ordinal"], row["reason"])
        for row in difference.to_post.iter_rows(named=True)
    ]


def reversed_(difference):
    return [
        (row["source_id"], row["points"], row["ordinal"], row["reason"])
        for row in difference.to_reverse.iter_rows(named=True)
    ]


def test_taking_back_a_capped_attendance_reopens_room_for_the_later_one():
    ledger = Book()
    ledger.night(FACTS, book(LECTURE), DAY)
    difference = ledger.night(FACTS[1:], book(LECTURE), DAY + timedelta(days=1))
    assert reversed_(difference) == [(1, 1, 1, "correction"), (3, 0, 1, "cap_change")]
    assert posted(difference) == [(3, 1, 2, "cap_change")]
    assert ledger.totals() == {1: 2}
    assert ledger.lines.filter(pl.col("source_id") == 3)["key"].to_list() == [
        "attendance:3:1:lecture:1",
        "x:attendance:3:1:lecture:1",
        "attendance:3:1:lecture:2",
    ]


def test_an_attendance_taken_back_and_restored_has_three_lines():
    ledger = Book()
    for facts in (FACTS[:1], [], FACTS[:1]):
        ledger.night(facts, book(LECTURE), DAY)
    assert ledger.lines["key"].to_list() == [
        "attendance:1:1:lecture:1",
        "x:attendance:1:1:lecture:1",
        "attendance:1:1:lecture:2",
    ]
    assert ledger.totals() == {1: 1}


def test_an_event_moved_to_another_day_is_a_correction():
    ledger = Book()
    ledger.night(FACTS[:1], book(LECTURE), DAY)
    moved = [replace(FACTS[0], on=DAY + timedelta(days=1))]
    difference = ledger.night(moved, book(LECTURE), DAY + timedelta(days=2))
    assert reversed_(difference) == [(1, 1, 1, "correction")]
    assert posted(difference) == [(1, 1, 2, "correction")]


def test_a_new_version_leaves_lines_alone_that_give_the_same():
    ledger = Book()
    ledger.night(FACTS[:1], book(LECTURE), DAY)
    later = Version(2, date(2026, 9, 15), rules=(replace(LECTURE, id=2, cap_day=1),))
    assert ledger.night(FACTS[:1], book(LECTURE, more=(later,)), DAY).is_empty


def test_a_new_version_that_gives_more_says_that_the_rules_changed():
    ledger = Book()
    ledger.night(FACTS[:1], book(LECTURE), DAY)
    later = Version(2, date(2026, 9, 15), rules=(replace(LECTURE, id=2, points=2),))
    difference = ledger.night(FACTS[:1], book(LECTURE, more=(later,)), DAY)
    assert reversed_(difference) == [(1, 1, 1, "rule_change")]
    assert posted(difference) == [(1, 2, 2, "rule_change")]


def test_a_rule_that_is_gone_takes_its_lines_back_as_a_rule_change():
    ledger = Book()
    ledger.night(FACTS[:1], book(LECTURE), DAY)
    difference = ledger.night(FACTS[:1], book(LECTURE, more=(Version(2, date(2026, 9, 15)),)), DAY)
    assert reversed_(difference) == [(1, 1, 1, "rule_change")]
    assert posted(difference) == []


def test_a_visit_that_met_another_guardian_moves_the_points():
    ledger, rule = Book(), Rule(1, "visit", "home_visit", 1)
    ledger.night([Fact(1, "home_visit", 7, None, DAY)], book(rule), DAY)
    difference = ledger.night([Fact(2, "home_visit", 7, None, DAY)], book(rule), DAY)
    assert reversed_(difference) == [(7, 1, 1, "correction")]
    assert posted(difference) == [(7, 1, 1, "earned")]
    assert ledger.totals() == {1: 0, 2: 1}
    assert ledger.lines["key"].n_unique() == 3
