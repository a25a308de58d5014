"""Databases that come and go in a moment: one as it was in the beginning, and as many copies as are wanted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Files:
    """SQLite: a database is a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"VAR_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""}

    def start(self) -> None:
        """The first one lies where the settings look for it."""

    def fresh(self, number: int) -> str:
        path = self.folder / f"round-{number}.sqlite3"
        shutil.copy(self.folder / "portal.sqlite3", path)
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
        self.name = f"{name}_{os.getpid()}"
        self.environment = {
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"{self.server}/{self.name}",
            "REDIS_URL": "",
            "PGOPTIONS": "-c synchronous_commit=off",  # processes may die here, the server does not
        }
        self.connection = psycopg2.connect(f"{self.server}/postgres")
        self.connection.autocommit = True
        self.made: set[str] = set()

    def _run(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def start(self) -> None:
        self._run(f"CREATE DATABASE {self.name}")
        self.made.add(self.name)

    def fresh(self, number: int) -> str:
        name = f"{self.name}_{number}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self.name}")
        self.made.add(name)
        return name

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
