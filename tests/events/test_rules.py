from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import rules

NINE = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)

minutes = st.integers(min_value=0, max_value=60)
spans = st.tuples(minutes, minutes).filter(lambda span: span[0] < span[1])


def at(minute: int) -> datetime:
    return NINE + timedelta(minutes=minute)


@given(spans, spans)
def test_two_spans_overlap_exactly_where_they_share_a_minute(one, other):
    shared = set(range(*one)) & set(range(*other))
    assert rules.overlap(at(one[0]), at(one[1]), at(other[0]), at(other[1])) is bool(shared)


@given(spans, spans)
def test_overlap_asks_nobody_who_came_first(one, other):
    first, second = (at(one[0]), at(one[1])), (at(other[0]), at(other[1]))
    assert rules.overlap(*first, *second) is rules.overlap(*second, *first)


@given(st.one_of(st.none(), st.integers(0, 50)), st.integers(0, 50), st.integers(-5, 50))
def test_seats_are_never_oversold(capacity, taken, more):
    if rules.fits(capacity, taken, more) and more > 0 and capacity is not None:
        assert taken + more <= capacity
        assert rules.seats_left(capacity, taken) >= more


def test_without_a_number_of_seats_everybody_fits():
    assert rules.fits(None, 10**6, 10**6)
    assert rules.seats_left(None, 10**6) is None


@pytest.mark.parametrize(
    ("minute", "open_"), [(-31, False), (-30, True), (0, True), (60, True), (89, True), (90, False)]
)
def test_the_doors_open_half_an_hour_before_and_close_half_an_hour_after(minute, open_):
    assert rules.doors_are_open(NINE, TEN, at(minute)) is open_


@pytest.mark.parametrize(("minute", "begun"), [(-31, False), (-30, True), (10**5, True)])
def test_a_roll_may_be_taken_from_the_opening_of_the_doors_on(minute, begun):
    assert rules.has_begun(NINE, at(minute)) is begun


@pytest.mark.parametrize(("after", "settled"), [(timedelta(hours=48), True), (timedelta(hours=47.9), False)])
def test_a_roll_settles_two_days_after_the_end(after, settled):
    assert rules.is_settled(TEN, TEN + after) is settled


@pytest.mark.parametrize(
    ("starts", "lasts", "plausible"),
    [
        (timedelta(0), timedelta(hours=1), True),
        (timedelta(days=366), timedelta(hours=1), True),
        (timedelta(days=367), timedelta(hours=1), False),
        (timedelta(days=-367), timedelta(hours=1), False),
        (timedelta(0), timedelta(days=7), True),
        (timedelta(0), timedelta(days=8), False),
        (timedelta(0), timedelta(0), False),
    ],
)
def test_slips_of_the_pen_are_seen(starts, lasts, plausible):
    assert rules.is_plausible(NINE + starts, NINE + starts + lasts, NINE) is plausible


def test_a_code_period_lasts_twenty_seconds():
    first = rules.code_period(NINE)
    assert rules.code_period(NINE + timedelta(seconds=19)) == first
    assert rules.code_period(NINE + timedelta(seconds=20)) == first + 1
