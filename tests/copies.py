"""Databases that come and go in a moment: one as it was in the beginning, and as many copies as are wanted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Files:
    """SQLite: a database is a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first = str(folder / "portal.sqlite3")
        self.environment = {"VAR_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""}

    def start(self) -> None:
        """The first one lies where the settings look for it."""

    def fresh(self, number: int) -> str:
        path = self.folder / f"round-{number}.sqlite3"
        shutil.copy(self.first, path)
        return str(path)

    def drop(self, database: str) -> None:
        for path in self.folder.glob(Path(database).name + "*"):
            path.unlink()

    def end(self) -> None:
        """The folder goes as a whole."""


class Postgres:
    """On a server; the first one is the template of the others."""

    def __init__(self, folder: Path, url: str, name: str) -> None:
        import psycopg2

        self.server = url.rpartition("/")[0]
        self.first = f"{name}_{os.getpid()}"
        self.environment = {
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"{self.server}/{self.first}",
            "REDIS_URL": "",
        }
        self.connection = psycopg2.connect(f"{self.server}/postgres")
        self.connection.autocommit = True
        self.made: set[str] = set()

    def _run(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def start(self, like: str = "template1") -> None:
        self._make(self.first, like)

    def fresh(self, number: int) -> str:
        name = f"{self.first}_{number}"
        self._make(name, self.first)
        return name

    def _make(self, name: str, like: str) -> None:
        self._run(f"CREATE DATABASE {name} TEMPLATE {like}")
        self.made.add(name)
        # Processes may die here, the server does not.
        self._run(f"ALTER DATABASE {name} SET synchronous_commit = off")

    def drop(self, database: str) -> None:
        self._run(f"DROP DATABASE {database} WITH (FORCE)")
        self.made.discard(database)

    def end(self) -> None:
        for name in sorted(self.made):
            self.drop(name)
        self.connection.close()


def databases(folder: Path, url: str, *, name: str) -> Files | Postgres:
    """On the server of the address, called after `name`; or files in the folder where there is no address."""
    return Postgres(folder, url, name) if url else Files(folder)


@contextmanager
def turned_to(database: str) -> Iterator[None]:
    """The portal of this process works on another database meanwhile. The connection that it had is kept: a test
    database in memory would go with it."""
    from django.db import connections

    kept, name = connections["default"], connections.settings["default"]["NAME"]
    connections.settings["default"]["NAME"] = database
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"]["NAME"] = name
        connections["default"] = kept
