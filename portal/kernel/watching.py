"""Noting who is touched when a row of facts changes: triggers write into a table of notes, on both databases.

The note stands in the transaction of the change itself. So nothing is missed that comes by bulk load, `update()` or
plain SQL, nothing depends on a clock, and a note is visible exactly when the change is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class Watch:
    """Changes of `columns` in `table` touch the person in the column `person`; or those that the query `through`
    finds, with `{row}` for the changed row. A new row touches its person."""

    table: str
    columns: tuple[str, ...]
    person: str = ""
    through: str = ""

    def touched(self, row: str) -> str:
        found = self.through.format(row=row) if self.through else f"SELECT {row}.{self.person} AS person_id"
        return f"SELECT person_id FROM ({found}) AS touched WHERE person_id IS NOT NULL"  # noqa: S608

    @property
    def triggers(self) -> tuple[str, ...]:
        """A new row that holds no person touches nobody yet."""
        return (f"{self.table}_watch_update",) + ((f"{self.table}_watch_insert",) if self.person else ())


def _install_on_sqlite(watch: Watch, notes: str) -> list[str]:
    differs = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in watch.columns)
    statements = [
        f"CREATE TRIGGER {watch.table}_watch_update AFTER UPDATE OF {', '.join(watch.columns)} ON {watch.table} "
        f"WHEN {differs} BEGIN INSERT INTO {notes} (person_id) "
        f"{watch.touched('OLD')} UNION {watch.touched('NEW')}; END"
    ]
    if watch.person:
        statements.append(
            f"CREATE TRIGGER {watch.table}_watch_insert AFTER INSERT ON {watch.table} "
            f"BEGIN INSERT INTO {notes} (person_id) SELECT NEW.{watch.person} "
            f"WHERE NEW.{watch.person} IS NOT NULL; END"
        )
    return statements


def _install_on_postgres(watch: Watch, notes: str) -> list[str]:
    """Inserted rows are noted once a statement, each person once, so that bulk loads stay cheap."""
    differs = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in watch.columns)
    update, insert = f"{watch.table}_watch_update", f"{watch.table}_watch_insert"
    statements = [
        f"CREATE OR REPLACE FUNCTION {update}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN INSERT INTO {notes} (person_id) {watch.touched('OLD')} UNION {watch.touched('NEW')}; "
        "RETURN NULL; END $$",
        f"CREATE TRIGGER {update} AFTER UPDATE OF {', '.join(watch.columns)} ON {watch.table} "
        f"FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION {update}()",
    ]
    if watch.person:
        statements += [
            f"CREATE OR REPLACE FUNCTION {insert}() RETURNS trigger LANGUAGE plpgsql AS "  # noqa: S608
            f"$$ BEGIN INSERT INTO {notes} (person_id) SELECT DISTINCT {watch.person} FROM fresh "
            f"WHERE {watch.person} IS NOT NULL; RETURN NULL; END $$",
            f"CREATE TRIGGER {insert} AFTER INSERT ON {watch.table} REFERENCING NEW TABLE AS fresh "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {insert}()",
        ]
    return statements


def triggers_of(using: BaseDatabaseWrapper, table: str) -> set[str]:
    """Names of the triggers that stand on a table now."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        if using.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
    )
    with using.cursor() as cursor:
        cursor.execute(query, [table])
        return {name for (name,) in cursor.fetchall()}


def missing(using: BaseDatabaseWrapper, watches: Iterable[Watch]) -> set[str]:
    return {name for watch in watches for name in set(watch.triggers) - triggers_of(using, watch.table)}


def stand_aside(using: BaseDatabaseWrapper, watches: Iterable[Watch]) -> None:
    """Take the watches away before a migration on SQLite: it refuses to remake a table that the trigger of another
    one names. `keep_watch` sets them again."""
    if using.vendor != "sqlite":
        return
    with using.cursor() as cursor:
        for name in {name for watch in watches for name in watch.triggers}:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def keep_watch(using: BaseDatabaseWrapper, watches: Iterable[Watch], notes: str) -> None:
    """Set the watches, writing into the column `person_id` of the table `notes`, where they do not stand.

    Asked after every migration, because SQLite loses the triggers of a table that a migration remakes."""
    present = set(using.introspection.table_names())
    install = _install_on_sqlite if using.vendor == "sqlite" else _install_on_postgres
    for watch in watches:
        if {watch.table, notes} <= present and missing(using, [watch]):
            with using.cursor() as cursor:
                for name in watch.triggers:
                    where = "" if using.vendor == "sqlite" else f" ON {watch.table}"
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}{where}")
                for statement in install(watch, notes):
                    cursor.execute(statement)
