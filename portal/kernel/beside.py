"""Reading and counting at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")
Made = TypeVar("Made")


def read_ahead(
    items: Iterable[Item], read: Callable[[Item], Read], make: Callable[[Read], Made]
) -> Iterator[tuple[Item, Made]]:
    """Each item and what `make` makes of what `read` finds for it, in order. While a thread makes of one, the next is
    read: so `read` may ask the database, `make` may not; and two are held at a time."""
    with ThreadPoolExecutor(1) as beside:
        before: tuple[Item, Future[Made]] | None = None
        for item in items:
            after = item, beside.submit(make, read(item))
            if before is not None:
                yield before[0], before[1].result()
            before = after
        if before is not None:
            yield before[0], before[1].result()
