"""Points by the engine, held equal to the slow and obvious count."""

import random
from dataclasses import replace
from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assessment.engine import periods
from assessment.engine.lines import LINE, expected_lines
from assessment.enums import Cap
from assessment.rules import Rule, RuleBook, Version
from portal.kernel.calendar import SchoolYear, calendar_year_of, month_of, term_of, week_of
from tests.assessment import slow, strategies
from tests.assessment.slow import Fact


def fast(facts, book):
    return {
        (row["person_id"], row["source"], row["source_id"], row["rule_id"], row["rule_code"]): (
            row["happened_on"],
            row["unit_id"],
            row["kind_id"],
            row["quantity"],
            row["points"],
            row["cut"],
            row["cut_by"],
        )
        for row in expected_lines(strategies.frame(facts), book).iter_rows(named=True)
    }


def obvious(facts, book):
    return {
        (line.fact.person, line.fact.source, line.fact.source_id, line.rule.id, line.rule.code): (
            line.fact.on,
            line.fact.unit,
            line.fact.kind,
            line.quantity,
            line.points,
            line.cut,
            line.cut_by,
        )
        for line in slow.lines(facts, book)
    }


@given(facts=strategies.facts(), book=strategies.books())
def test_the_engine_counts_as_the_slow_count_does(facts, book):
    assert fast(facts, book) == obvious(facts, book)


@given(facts=strategies.facts(), book=strategies.books())
def test_row_13_no_limit_is_ever_passed(facts, book):
    """No line gives more than any limit leaves beside the lines before it; 10⁵ days and more in the nightly profile."""
    recorded = {(fact.person, fact.source, fact.source_id): fact for fact in facts}
    rules = {rule.id: (rule, version) for version in book.versions for rule in version.rules}
    lines = expected_lines(strategies.frame(facts), book).with_columns(
        order=pl.col("rule_id").replace_strict({number: rule.order for number, (rule, _) in rules.items()})
    )
    before: list[slow.Line] = []
    for row in lines.sort(
        "happened_on", "source", "source_id", "person_id", "order", pl.col("rule_code").cast(pl.String)
    ).iter_rows(named=True):
        fact = recorded[row["person_id"], row["source"], row["source_id"]]
        rule, version = rules[row["rule_id"]]
        if row["points"] > 0:
            void = slow.is_void(fact, rule, facts, book)
            for room, limit in slow.rooms_for(fact, rule, version, before, void):
                assert row["points"] <= room, limit
        told = (row[name] for name in ("quantity", "points", "cut", "cut_by"))
        before.append(slow.Line(fact, rule, version, *told, is_void=False))


@given(facts=strategies.facts(), book=strategies.books(), seed=st.integers(0, 9))
def test_the_order_in_which_facts_come_changes_nothing(facts, book, seed):
    shuffled = random.Random(seed).sample(facts, len(facts))
    first, second = (expected_lines(strategies.frame(f), book) for f in (facts, shuffled))
    assert first.equals(second)


@given(facts=strategies.facts(), book=strategies.books(), at=st.integers(0, 24))
def test_later_facts_change_nothing_of_earlier_days_unless_a_rule_looks_back(facts, book, at):
    if book.looks_back:
        keeps = [tuple(r for r in version.rules if r.effect != "void") for version in book.versions]
        book = RuleBook(tuple(replace(v, rules=kept) for v, kept in zip(book.versions, keeps, strict=True)))
    assert not book.looks_back
    day = sorted(fact.on for fact in facts)[at % len(facts)] if facts else date(2026, 9, 1)
    whole = expected_lines(strategies.frame(facts), book)
    early = expected_lines(strategies.frame([fact for fact in facts if fact.on <= day]), book)
    assert whole.filter(pl.col("happened_on") <= day).equals(early)


@given(facts=strategies.facts(), book=strategies.books())
def test_families_counted_apart_are_counted_as_together(facts, book):
    together = expected_lines(strategies.frame(facts), book)
    apart = [
        expected_lines(strategies.frame([fact for fact in facts if fact.person in family]), book)
        for family in ((1, 2), (3,), (4,))
    ]
    assert together.equals(pl.concat(apart))


@given(day=strategies.days | st.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_periods_are_those_of_the_calendar(day):
    for cap, period in (
        (Cap.WEEK, week_of(day)),
        (Cap.CALENDAR, calendar_year_of(day)),
        (Cap.MONTH, month_of(day)),
        (Cap.TERM, term_of(day)),
        (Cap.YEAR, SchoolYear.of(day).period),
    ):
        around = pl.Series([day, period.begins_on, period.last_day, period.ends_on])
        number, first, last, after = pl.select(periods.number(cap, around)).to_series()
        assert first == number == last
        assert after != number


BOOK = RuleBook(
    (Version(1, date(2026, 9, 1), rules=(Rule(1, "lecture", "attendance", 1, cap_day=2, cap_month=3),)),)
)


def counted(*days, book=BOOK):
    facts = [Fact(1, "attendance", number, 1, day) for number, day in enumerate(days, start=1)]
    return [
        (row["points"], row["cut"], row["cut_by"])
        for row in expected_lines(strategies.frame(facts), book).iter_rows(named=True)
    ]


def test_a_cap_shuts_out_later_facts_and_says_so():
    day, next_day = date(2026, 10, 1), date(2026, 10, 2)
    assert counted(day, day, day, next_day, next_day) == [
        (1, 0, ""),
        (1, 0, ""),
        (0, 1, "day"),
        (1, 0, ""),
        (0, 1, "month"),
    ]


def test_a_new_month_opens_new_room():
    assert counted(*[date(2026, 10, 31)] * 3, date(2026, 11, 1)) == [
        (1, 0, ""),
        (1, 0, ""),
        (0, 1, "day"),
        (1, 0, ""),
    ]


def test_nothing_is_earned_before_the_first_version():
    assert counted(date(2026, 8, 31)) == []


def test_a_point_shut_out_by_the_cap_over_all_rules_leaves_room_in_the_month():
    book = RuleBook(
        (Version(1, date(2026, 9, 1), cap_day=1, rules=(Rule(1, "lecture", "attendance", 1, cap_month=2),)),)
    )
    assert counted(date(2026, 10, 1), date(2026, 10, 1), date(2026, 10, 2), book=book) == [
        (1, 0, ""),
        (0, 1, "total"),
        (1, 0, ""),
    ]


def test_a_new_version_in_mid_year_opens_no_second_room():
    book = RuleBook(
        (
            Version(1, date(2026, 9, 1), rules=(Rule(1, "lecture", "attendance", 1, cap_year=2),)),
            Version(2, date(2026, 11, 1), rules=(Rule(2, "lecture", "attendance", 1, cap_year=3),)),
        )
    )
    days = [date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3), date(2026, 11, 1), date(2026, 11, 2)]
    assert counted(*days, book=book) == [(1, 0, ""), (1, 0, ""), (0, 1, "year"), (1, 0, ""), (0, 1, "year")]


def test_no_facts_no_lines():
    lines = expected_lines(strategies.frame([]), BOOK)
    assert lines.is_empty()
    assert lines.columns == LINE
