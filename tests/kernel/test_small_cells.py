"""Counts of a few people: what is hidden, and that it cannot be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.small_cells import SMALLEST_CELL, Cell, hidden_cells, suppressed

Rows = dict[int, list[int]]


@given(st.lists(st.integers(0, 40), max_size=8))
def test_small_cells_cannot_be_worked_out_from_the_sum(cells):
    shown = suppressed(cells)
    hidden = [number for number, seen in zip(cells, shown, strict=True) if seen is None]
    assert all(seen is None or seen == number for number, seen in zip(cells, shown, strict=True))
    assert not any(0 < seen < SMALLEST_CELL for seen in shown if seen is not None)
    if hidden and len(cells) > 1:
        assert len(hidden) >= 2
    if hidden and any(seen for seen in shown):
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
        ([0, 4], [None, None]),
        ([0, 4, 60], [0, None, None]),
    ],
)
def test_what_is_hidden(cells, shown):
    assert suppressed(cells) == shown


def test_what_is_hidden_anyway_is_protected_too():
    assert suppressed([50, 60, 70], also=[1]) == [None, None, 70]
    assert suppressed([50, 60, 70], also=[0, 1]) == [None, None, 70]


# ── Units below units ────────────────────────────────────────────────────────


def test_a_station_is_not_worked_out_from_the_county_and_the_others():
    rows = {1: [80, 60], 2: [40, 50], 3: [37, 7], 4: [3, 3]}
    hidden = hidden_cells(rows, {2: 1, 3: 1, 4: 1})
    assert hidden == {(4, 0), (4, 1), (3, 0), (3, 1)}


def test_a_unit_that_has_one_unit_below_is_hidden_with_it():
    assert hidden_cells({1: [50, 8], 2: [20, 5], 3: [30, 3]}, {2: 1, 3: 1}) == {
        (2, 0), (2, 1), (3, 0), (3, 1),
    }  # fmt: skip
    assert hidden_cells({1: [30, 3], 2: [30, 3]}, {2: 1}) == {(1, 0), (1, 1), (2, 0), (2, 1)}


@st.composite
def tables(draw: st.DrawFn) -> tuple[Rows, dict[int, int]]:
    """A county, up to three stations with up to three schools each, and two to four columns."""
    numbers = st.one_of(st.integers(0, 6), st.integers(0, 60))
    columns = draw(st.integers(2, 4))
    above: dict[int, int] = {}
    for _station in range(draw(st.integers(0, 3))):
        station = len(above) + 2
        above[station] = 1
        for _school in range(draw(st.integers(0, 3))):
            above[len(above) + 2] = station
    rows: Rows = {}
    for row in range(len(above) + 1, 0, -1):
        below = [rows[each] for each, upper in above.items() if upper == row]
        row_of = [draw(numbers) for _column in range(columns)]
        rows[row] = [sum(column) for column in zip(*below, strict=True)] if below else row_of
    return rows, above


@given(tables())
def test_no_hidden_cell_is_determined_by_what_is_shown_and_the_margins(table):
    rows, above = table
    hidden = hidden_cells(rows, above)
    small = {(row, at) for row, cells in rows.items() for at, n in enumerate(cells) if 0 < n < SMALLEST_CELL}
    assert small <= hidden
    assert bool(small) == bool(hidden)
    for cell in hidden:
        assert not is_determined(cell, sorted(hidden), equations(rows, above))


@given(tables())
def test_other_whole_numbers_of_people_would_show_the_same(table):
    """What is more: for each hidden cell there are some that differ in it and have no cell below nought."""
    rows, above = table
    hidden = sorted(hidden_cells(rows, above))
    for cell in hidden:
        assert can_differ(cell, rows, above, set(hidden))


@given(tables())
def test_hidden_cells_with_a_known_sum_stand_for_enough_people(table):
    rows, above = table
    hidden = hidden_cells(rows, above)
    for cells in equations(rows, above):
        lower = [cell for cell, sign in cells.items() if sign > 0]
        if any(cell in hidden for cell, sign in cells.items() if sign < 0):
            continue
        people = sum(rows[row][at] for row, at in lower if (row, at) in hidden)
        everybody = sum(rows[row][at] for row, at in lower)
        assert not 0 < people < min(SMALLEST_CELL, everybody)


def equations(rows: Rows, above: dict[int, int]) -> list[dict[Cell, int]]:
    """All that is known besides the cells shown: sums of these cells, with their signs, are known."""
    known = [{(row, at): 1 for at in range(len(cells))} for row, cells in rows.items()]
    for upper in set(above.values()):
        for at in range(len(rows[upper])):
            known.append({(upper, at): -1} | {(row, at): 1 for row, over in above.items() if over == upper})
    return known


def is_determined(cell: Cell, hidden: Sequence[Cell], known: list[dict[Cell, int]]) -> bool:
    """Whether a sum of multiples of the equations leaves this cell alone: by elimination, it last."""
    order = [each for each in hidden if each != cell] + [cell]
    lines = [[Fraction(each.get(other, 0)) for other in order] for each in known]
    done = 0
    for column in range(len(order)):
        pivot = next((at for at in range(done, len(lines)) if lines[at][column]), None)
        if pivot is None:
            continue
        if column == len(order) - 1:
            return True
        lines[done], lines[pivot] = lines[pivot], lines[done]
        for at in range(done + 1, len(lines)):
            if factor := lines[at][column] / lines[done][column]:
                lines[at] = [a - factor * b for a, b in zip(lines[at], lines[done], strict=True)]
        done += 1
    return False


def can_differ(cell: Cell, rows: Rows, above: dict[int, int], hidden: set[Cell]) -> bool:
    """Whether one person can be moved round through the cell: breadth first over the hidden cells."""

    def ends(row: int, at: int) -> tuple[object, object]:
        tail = (above[row], at) if row in above else f"top {row}"
        return tail, (row, at) if row in above.values() else f"unit {row}"

    def reaches(begin: object, end: object) -> bool:
        seen, todo = {begin}, [begin]
        while todo:
            node = todo.pop()
            for row, at in hidden - {cell}:
                tail, head = ends(row, at)
                steps = [head] if node == tail else [tail] if node == head and rows[row][at] else []
                todo += [step for step in steps if step not in seen]
                seen.update(steps)
        return end in seen

    tail, head = ends(*cell)
    return reaches(head, tail) or (rows[cell[0]][cell[1]] > 0 and reaches(tail, head))
