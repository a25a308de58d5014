"""Counts of people that tell of a few are not shown, nor what would give them away.

Shown are tables of people by unit and by something that they have, such as a star: a row for each unit, a column for
each star. Who looks at several pages also has the margins: how many people a unit has, and that the units below a unit
add up to it. So a small cell can be worked out from the others of its row, or from the cell of the unit above and those
of the units beside; and from several such steps.

A cell can be worked out exactly where no other whole numbers of people would give all that is shown. To see that,
the cells are read as the arcs of a network: people flow from the top through (unit, column) down to the unit of their
own. Numbers that would do as well differ along a cycle of the network, so a hidden cell is safe where it lies on
a cycle of hidden cells on which one person may be moved around; a cell that holds nobody cannot give one. For each
hidden cell the cheapest such cycle is hidden, counted in people. See docs/decisions/0072.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import heappop, heappush

SMALLEST_CELL = 5
EMPTY = 1_000_000_000
"""What hiding an empty cell costs, in people: only where nothing else protects a small one."""

Cell = tuple[int, int]
"""The row's key and the number of the column."""
Node = tuple[int, ...]
"""What is kept equal: (row, column) of a row with rows below it, (row,) of one without; of the top, the row negated."""
Step = tuple[Cell, Node, int]
"""Through which cell to which node, and what it costs to hide the cell; against the flow where there is somebody."""


def suppressed(cells: Sequence[int], also: Collection[int] = ()) -> list[int | None]:
    """One row, of which the sum is known, with None for what is hidden. `also` are hidden anyway."""
    hidden = hidden_cells({1: cells}, {}, {(1, at) for at in also})
    return [None if (1, at) in hidden else number for at, number in enumerate(cells)]


def hidden_cells(
    rows: Mapping[int, Sequence[int]], above: Mapping[int, int], also: Collection[Cell] = ()
) -> set[Cell]:
    """What must not be shown of rows of equal length, by their keys from 1 on; `above` says below which row a row is.

    Hidden are cells of fewer than SMALLEST_CELL people, and as many others as keep these from being worked out and
    from standing for fewer people together than SMALLEST_CELL. Empty cells stay, as long as there are others. What
    has no other column stays worked out by its sum.
    """
    table = _Table(rows, above)
    hidden = {cell for cell, number in table.cells() if 0 < number < SMALLEST_CELL} | set(also)
    safe: set[Cell] = set()
    size = -1
    while len(hidden) != size:
        size = len(hidden)
        for group in table.groups(hidden):
            _fill(group, hidden, table)
        for cell in sorted(hidden - safe, key=lambda cell: (table.number(cell), cell)):
            if cell not in safe:
                cycle = table.cheapest_cycle(cell, hidden)
                hidden.update(cycle)
                safe.update(cycle)
    return hidden


def _fill(group: list[Cell], hidden: set[Cell], table: _Table) -> None:
    """Cells with a known sum: those hidden stand for enough people, as far as there are any."""
    people = sum(table.number(cell) for cell in group if cell in hidden)
    others = sorted((table.number(cell), cell) for cell in group if cell not in hidden)
    for number, cell in others:
        if not 0 < people < SMALLEST_CELL:
            return
        if number:
            hidden.add(cell)
            people += number


class _Table:
    def __init__(self, rows: Mapping[int, Sequence[int]], above: Mapping[int, int]) -> None:
        self.rows = rows
        self.above = {row: upper for row, upper in above.items() if row in rows and upper in rows}
        self.below: dict[int, list[int]] = defaultdict(list)
        for row, upper in self.above.items():
            self.below[upper].append(row)
        self.steps: dict[Node, list[Step]] = defaultdict(list)
        for cell, number in self.cells():
            tail, head = self.ends(cell)
            self.steps[tail].append((cell, head, number or EMPTY))
            if number:
                self.steps[head].append((cell, tail, number))

    def cells(self) -> Iterator[tuple[Cell, int]]:
        for row, numbers in self.rows.items():
            for column, number in enumerate(numbers):
                yield (row, column), number

    def number(self, cell: Cell) -> int:
        return self.rows[cell[0]][cell[1]]

    def ends(self, cell: Cell) -> tuple[Node, Node]:
        """Between what people flow through the cell."""
        row, column = cell
        tail: Node = (self.above[row], column) if row in self.above else (-row,)
        return tail, cell if row in self.below else (row,)

    def groups(self, hidden: set[Cell]) -> Iterator[list[Cell]]:
        """Cells of which the sum is known: each row; the cells of a column below a cell that is shown."""
        for row, numbers in self.rows.items():
            yield [(row, column) for column in range(len(numbers))]
        for row, lower in self.below.items():
            for column in range(len(self.rows[row])):
                if (row, column) not in hidden:
                    yield [(each, column) for each in lower]

    def cheapest_cycle(self, cell: Cell, hidden: set[Cell]) -> list[Cell]:
        """The cells round which a person may be moved, this one among them; none where there is no such cycle."""
        tail, head = self.ends(cell)
        more = self._way(head, tail, cell, hidden)
        fewer = self._way(tail, head, cell, hidden) if self.number(cell) and (not more or more[0]) else None
        ways = [way for way in (more, fewer) if way is not None]
        return [cell, *min(ways)[1]] if ways else []

    def _way(self, begin: Node, end: Node, but: Cell, hidden: set[Cell]) -> tuple[int, list[Cell]] | None:
        """The cells of the cheapest way to move a person from node to node, and what it costs to hide them."""
        came: dict[Node, tuple[Node, Cell]] = {}
        costs, waiting = {begin: 0}, [(0, begin)]
        while waiting:
            cost, node = heappop(waiting)
            if node == end:
                return cost, list(_back(begin, end, came))
            if cost > costs[node]:
                continue
            for cell, step, price in self.steps[node]:
                reached = cost if cell in hidden else cost + price
                if cell != but and reached < costs.get(step, reached + 1):
                    costs[step], came[step] = reached, (node, cell)
                    heappush(waiting, (reached, step))
        return None


def _back(begin: Node, end: Node, came: Mapping[Node, tuple[Node, Cell]]) -> Iterator[Cell]:
    while end != begin:
        end, cell = came[end]
        yield cell
