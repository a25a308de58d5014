"""Tables that only grow: the database itself refuses UPDATE, DELETE and TRUNCATE."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from portal.kernel.watching import triggers_of

SENTENCE = "this table only grows"


def statements(vendor: str, table: str) -> tuple[list[str], list[str]]:
    """The statements that install and that remove the guard of a table."""
    if vendor == "sqlite":
        install = [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: {SENTENCE}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
        return install, [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("UPDATE", "DELETE")]
    function = f"{table}_only_grows"
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table}: {SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
    ], [
        f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
    ]


def run(connection: BaseDatabaseWrapper, table: str, *, install: bool) -> None:
    installing, removing = statements(connection.vendor, table)
    with connection.cursor() as cursor:
        for statement in installing if install else removing:
            cursor.execute(statement)


def only_grows(table: str) -> migrations.RunPython:
    """The migration operation that guards a table."""

    def forwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements(editor.connection.vendor, table)[0]:
            editor.execute(statement, params=None)

    def backwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements(editor.connection.vendor, table)[1]:
            editor.execute(statement, params=None)

    return migrations.RunPython(forwards, backwards)


def is_guarded(connection: BaseDatabaseWrapper, table: str) -> bool:
    names = {"no_UPDATE", "no_DELETE"} if connection.vendor == "sqlite" else {"no_change", "no_truncate"}
    return {f"{table}_{name}" for name in names} <= triggers_of(connection, table)


def guarded_tables(connection: BaseDatabaseWrapper) -> set[str]:
    return {table for table in connection.introspection.table_names() if is_guarded(connection, table)}


def keep_guard(connection: BaseDatabaseWrapper, table: str) -> None:
    """Guard the table again if the guard is gone: SQLite drops the triggers of a table that a migration remakes."""
    if table in connection.introspection.table_names() and not is_guarded(connection, table):
        run(connection, table, install=False)
        run(connection, table, install=True)
