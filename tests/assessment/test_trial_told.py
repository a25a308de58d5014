"""What is told of a trial: nothing of a few people, not even by subtracting what is told."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.services.trial_told import crossings, distribution, told_of_units
from portal.kernel.small_cells import SMALLEST_CELL

LEVELS = [0, 1, 2]
Moves = dict[tuple[int, int], int]


def people(moves: Moves) -> pl.DataFrame:
    """So many people from level to level."""
    rows = [pair for pair, number in moves.items() for _ in range(number)]
    return pl.DataFrame(rows, schema=["star_before", "star_after"], orient="row")


def few(number: int) -> bool:
    return 0 < number < SMALLEST_CELL


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)),
        st.one_of(st.integers(1, 5), st.integers(1, 30)),
        min_size=1,
    )
)
def test_the_distributions_do_not_tell_of_a_few_who_change(moves):
    shown = distribution(people(moves), "star", LEVELS, ["a", "b", "c"])
    for side in (1, 2):
        hidden = [level for level in LEVELS if shown[level][side] is None]
        assert len(hidden) != 1, "it follows from the sum"
    for _name, before, after in shown:
        assert before is None or after is None or not few(abs(after - before))
        assert not few(before or 0)
        assert not few(after or 0)


@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 60))
def test_who_rises_does_not_follow_from_who_falls(up, down, stay):
    told = crossings(people({(0, 1): up, (1, 0): down, (1, 1): stay}))
    if few(up) or few(down):
        assert {told["up"], told["down"]} <= {None, 0}
    assert told["up"] in (None, up)
    assert told["down"] in (None, down)


@pytest.mark.parametrize(
    ("touched", "moved", "others", "told"),
    [
        ([20, 10], [20, 10], 0, [20, 10]),
        ([20, 10, 3], [20, 10, 3], 0, [20, None, None]),
        ([20, 10, 3], [20, 10, 3], 40, [20, 10, None]),
        ([20, 10], [20, 2], 0, [None, None]),
        ([20, 10], [20, 10], 2, [20, None]),
        ([6], [6], 0, [6]),
        ([3], [3], 0, [None]),
    ],
)
def test_units_with_a_few_people_do_not_follow_from_all(touched, moved, others, told):
    assert told_of_units(touched, moved, others=others) == told


@given(st.lists(st.integers(1, 30), min_size=1, max_size=10), st.integers(0, 12))
def test_no_unit_with_a_few_follows_from_the_total(touched, others):
    told = told_of_units(touched, touched, others=others)
    hidden = [number for number, seen in zip(touched, told, strict=True) if seen is None]
    assert all(seen is None or not few(seen) for seen in told)
    if few(sum(hidden) + others):
        assert all(seen is None for seen in told)
    if len(hidden) == 1 and few(hidden[0]):
        assert others or len(touched) == 1
    if not any(few(number) for number in [*touched, others]):
        assert told == touched
