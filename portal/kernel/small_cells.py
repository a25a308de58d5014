"""Counts of people that tell of a few are not shown, nor what would give them away."""

from __future__ import annotations

from collections.abc import Sequence

SMALLEST_CELL = 5


def suppressed(cells: Sequence[int]) -> list[int | None]:
    """The cells with every small one hidden, and as many others as keep the hidden ones from being worked out
    from the sum: at least two hidden cells that hold SMALLEST_CELL people together. Empty cells stay."""
    hidden = {at for at, number in enumerate(cells) if 0 < number < SMALLEST_CELL}
    others = sorted((number, at) for at, number in enumerate(cells) if number >= SMALLEST_CELL)
    while hidden and others and (len(hidden) < 2 or sum(cells[at] for at in hidden) < SMALLEST_CELL):
        hidden.add(others.pop(0)[1])
    return [None if at in hidden else number for at, number in enumerate(cells)]
