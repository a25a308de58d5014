"""What PostgreSQL cannot find out about a table by itself, for its choice of plans."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def says_distinct(table: str, column: str, share: float) -> migrations.RunPython:
    """The migration operation that tells how many different values a column holds, as a share of the rows. ANALYZE
    guesses far too few where equal values stand on the same pages, because it samples pages."""

    def forwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET (n_distinct = {-share})")

    def backwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} RESET (n_distinct)")

    return migrations.RunPython(forwards, backwards)
