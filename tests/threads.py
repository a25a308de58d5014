"""Running acts at the same moment, each on its own connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.copies import turned_to

Act = Callable[[], Any]


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A database that threads reach as a server's workers do. SQLite's test database lives in memory, where nobody
    waits for a lock; so it is copied to a file first."""
    if connection.vendor != "sqlite":
        yield
        return
    path = tmp_path / "shared.sqlite3"
    connection.cursor().execute("VACUUM INTO %s", [str(path)])
    with turned_to(str(path)):
        yield


class Clients:
    """So many threads, each with a connection of its own for as long as it lives."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pool = ThreadPoolExecutor(number)

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *_: object) -> None:
        self.act([lambda: connection.close()] * self.number)
        self.pool.shutdown()

    def act(self, acts: Sequence[Act]) -> list[Any]:
        """The results of all acts, one for each client, which start together. What an act raises stands as itself."""
        barrier = threading.Barrier(self.number)

        def run(act: Act) -> Any:
            try:
                connection.ensure_connection()
                barrier.wait(timeout=30)
                return act()
            except Exception as error:
                return error

        return list(self.pool.map(run, acts))


def at_once(acts: Sequence[Act], *, expected: type[Exception] | None = None) -> list[Any]:
    """The results of all acts, which start together; an `expected` refusal stands as itself in the list."""
    with Clients(len(acts)) as clients:
        results = clients.act(acts)
    for result in results:
        if isinstance(result, Exception) and not (expected and isinstance(result, expected)):
            raise result
    return results
