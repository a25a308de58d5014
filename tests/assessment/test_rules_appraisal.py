"""Scores, bands, the course of a sheet and names of worksheets, as pure functions."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment import rules_appraisal as rules
from assessment.enums import AppraisalStatus, AppraisalStep, AppraisalYear
from assessment.rules_appraisal import Band, BandFault, Given, ScoreFault

HALVES = st.integers(1, 200).map(lambda n: Decimal(n) / 2)
LIMITS = st.lists(st.integers(0, 1000), min_size=1, max_size=6, unique=True)


def bands(limits: list[int], full: Decimal) -> list[list[float]]:
    """Falling scores from the full one down, a band for each limit."""
    falling = sorted(limits, reverse=True)
    return [[limit, float(full * (len(falling) - n) / len(falling) // rules.STEP * rules.STEP)]
            for n, limit in enumerate(falling)]  # fmt: skip


@pytest.mark.parametrize(
    ("score", "full", "fault"),
    [
        ("0", "6", None),
        ("6", "6", None),
        ("5.5", "6", None),
        ("1.3", "1.3", None),
        ("-0.5", "6", ScoreFault.NEGATIVE),
        ("6.5", "6", ScoreFault.TOO_HIGH),
        ("5.3", "6", ScoreFault.BETWEEN_STEPS),
        ("5.25", "6", ScoreFault.BETWEEN_STEPS),
    ],
)
def test_faults_of_scores(score, full, fault):
    assert rules.fault_of(Decimal(score), Decimal(full)) == fault


@given(HALVES)
def test_possible_scores_are_exactly_those_without_fault(full):
    possible = rules.possible_scores(full)
    assert possible == sorted(set(possible), reverse=True)
    assert possible[0] == full
    assert possible[-1] == 0
    tried = {Decimal(n) / 4 for n in range(-2, int(full * 4) + 4)}
    assert set(possible) == {score for score in tried if rules.fault_of(score, full) is None}


@given(st.lists(st.one_of(st.none(), HALVES)))
def test_totals_leave_out_what_is_not_scored(scores):
    assert rules.total(scores) == sum(score for score in scores if score is not None)


@given(LIMITS, HALVES, st.integers(0, 2000))
def test_a_count_falls_into_the_highest_band_it_reaches(limits, full, count):
    stored = bands(limits, full)
    assert rules.fault_of_bands(stored, full, ratio=False) is None
    reached = [limit for limit in limits if count >= limit]
    band = rules.band_of_count(count, rules.bands_of(stored))
    assert (band.at_least if band else None) == (max(reached) if reached else None)


@given(LIMITS, HALVES, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_ratio_is_compared_exactly(limits, full, value, base):
    band = rules.band_of_ratio(value, base, rules.bands_of(bands(limits, full)))
    reached = [limit for limit in limits if Fraction(value, base) >= Fraction(limit, 1000)]
    assert (band.at_least if band else None) == (max(reached) if reached else None)


@given(LIMITS, HALVES, st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 1000))
def test_more_is_never_scored_lower(limits, full, less, more, base):
    less, more = sorted((less, more))
    stored = rules.bands_of(bands(limits, full))

    def score(band: Band | None) -> Decimal:
        return band.score if band else rules.NOTHING

    assert score(rules.band_of_count(less, stored)) <= score(rules.band_of_count(more, stored)) <= full
    assert score(rules.band_of_ratio(less, base, stored)) <= score(rules.band_of_ratio(more, base, stored))


def test_almost_eighty_percent_is_not_eighty():
    stored = rules.bands_of([[800, 10], [600, 5]])
    assert rules.band_of_ratio(7999, 10000, stored) == Band(600, Decimal(5))
    assert rules.band_of_ratio(8000, 10000, stored) == Band(800, Decimal(10))
    assert rules.band_of_ratio(5, 10, stored) is None


@pytest.mark.parametrize(
    ("stored", "ratio", "fault"),
    [
        ([[800, 10], [600, 5]], True, None),
        ([[600, 5], [800, 10]], True, None),
        ([[8, 10], [6, 9.5]], False, None),
        ([], False, BandFault.NONE),
        (None, False, BandFault.NONE),
        ([[8]], False, BandFault.SHAPE),
        ([["many", 1]], False, BandFault.SHAPE),
        ([[8, "x"]], False, BandFault.SHAPE),
        (5, False, BandFault.SHAPE),
        ([[8, 10], [8, 5]], False, BandFault.ORDER),
        ([[-1, 10]], False, BandFault.ORDER),
        ([[1001, 10]], True, BandFault.ORDER),
        ([[8, 10.5]], False, BandFault.SCORE),
        ([[8, 5], [6, 10]], False, BandFault.SCORE),
        ([[8, 9.7]], False, BandFault.SCORE),
    ],
)
def test_faults_of_bands(stored, ratio, fault):
    assert rules.fault_of_bands(stored, Decimal(10), ratio=ratio) == fault


@pytest.mark.parametrize(
    ("score", "known", "needed"),
    [
        (6, Given(Decimal(6)), False),
        (5, Given(Decimal(6)), True),
        (5, Given(Decimal(6), self_score=Decimal(6)), True),
        (5, Given(Decimal(6), self_score=Decimal(5)), True),
        (5, Given(Decimal(6), self_score=Decimal(5), self_note="one meeting without minutes"), False),
        (4, Given(Decimal(6), self_score=Decimal(5), self_note="one meeting without minutes"), True),
        (5, Given(Decimal(6), computed=Decimal(5)), False),
        (4, Given(Decimal(6), computed=Decimal(5)), True),
    ],
)
def test_points_taken_off_have_a_reason_somewhere(score, known, needed):
    assert rules.needs_reason(Decimal(score), known) is needed


EDGES = {
    ("open", "hand_in"): "self_scored",
    ("self_scored", "send_back"): "open",
    ("self_scored", "settle"): "county_scored",
    ("county_scored", "reopen"): "self_scored",
}


@pytest.mark.parametrize(("status", "step"), [*product(AppraisalStatus.values, AppraisalStep.values)])
def test_the_course_has_these_edges_and_no_other(status, step):
    assert rules.status_after(status, step) == EDGES.get((status, step))


def test_years():
    school = rules.days_of(AppraisalYear.SCHOOL, 2026)
    calendar = rules.days_of(AppraisalYear.CALENDAR, 2026)
    assert (school.begins_on, school.last_day) == (date(2026, 9, 1), date(2027, 8, 31))
    assert (calendar.begins_on, calendar.last_day) == (date(2026, 1, 1), date(2026, 12, 31))


ODD = st.characters(codec="utf-16") | st.sampled_from("'[]:*?/\\村小学𠮷 ")
NAMES = st.lists(st.text(ODD, max_size=40), max_size=30)


@given(NAMES)
def test_every_list_of_units_gives_valid_different_sheet_names(names):
    found = rules.sheet_names(names, taken=["汇总"])
    assert len(found) == len(names)
    assert len({name.casefold() for name in [*found, "汇总", "history"]}) == len(names) + 2
    for name in found:
        assert 1 <= rules.length_in_excel(name) <= 31
        assert not re.search(r"[\[\]:*?/\\\x00-\x1f]", name)
        assert not name.startswith("'")
        assert not name.endswith("'")


def test_sheet_names_stay_readable():
    long = "桃源县漳江街道九溪中心小学暨附属幼儿园联合家长学校总校第一分校"
    found = rules.sheet_names(
        ["中心小学", "中心小学", "汇总", "A/B [1]", "History", long, long, "", "'"], taken=["汇总"]
    )
    assert found == [
        "中心小学", "中心小学(2)", "汇总(2)", "A B  1", "History(2)", long[:31], long[:28] + "(2)", "—", "—(2)",
    ]  # fmt: skip
