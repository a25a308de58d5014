"""Counts of a few people: what is hidden, and that it cannot be worked out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.small_cells import SMALLEST_CELL, suppressed


@given(st.lists(st.integers(0, 40), max_size=8))
def test_small_cells_cannot_be_worked_out_from_the_sum(cells):
    shown = suppressed(cells)
    hidden = [number for number, seen in zip(cells, shown, strict=True) if seen is None]
    assert all(seen is None or seen == number for number, seen in zip(cells, shown, strict=True))
    assert not any(0 < seen < SMALLEST_CELL for seen in shown if seen is not None)
    if hidden and any(seen for seen in shown):
        assert len(hidden) >= 2
        assert sum(hidden) >= SMALLEST_CELL


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([50, 60], [50, 60]),
        ([50, 3, 60], [None, None, 60]),
        ([1, 2, 70], [None, None, None]),
        ([4, 3, 70], [None, None, 70]),
        ([0, 4], [0, None]),
    ],
)
def test_what_is_hidden(cells, shown):
    assert suppressed(cells) == shown
