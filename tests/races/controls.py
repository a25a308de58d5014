"""Negative controls: a race without what keeps it right, so that a test of it that sees nothing is found out.

What lies between reading and writing is drawn out, so that a control is found bad at once and not by luck.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection, models
from django.db.backends.sqlite3.base import DatabaseWrapper

A_WHILE = 0.1


def slowly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, and a while before anybody goes on."""

    def acts(*args: Any, **how: Any) -> Any:
        result = function(*args, **how)
        time.sleep(A_WHILE)
        return result

    return acts


@contextmanager
def without_transactions() -> Iterator[None]:
    """On SQLite each statement for itself: the lock of a writer, which begins with its transaction, is what stands
    there for the locks of rows. On PostgreSQL nothing changes."""
    with (
        patch.object(DatabaseWrapper, "_start_transaction_under_autocommit", lambda self: None),
        patch.object(DatabaseWrapper, "_savepoint_allowed", lambda self: False),
    ):
        yield


@contextmanager
def without_constraint(model: type[models.Model], *names: str) -> Iterator[None]:
    """The table without these unique constraints. Only in a database that goes with the control: they do not come
    back, and SQLite, which remakes the table, loses its triggers."""
    gone = [constraint for constraint in model._meta.constraints if constraint.name in names]
    assert len(gone) == len(names)
    whole = model._meta.constraints
    with patch.object(model._meta, "constraints", [each for each in whole if each not in gone]):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:  # triggers of other tables speak of this one
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (trigger,) in cursor.fetchall():
                    cursor.execute(f'DROP TRIGGER "{trigger}"')
            with connection.schema_editor() as editor:
                editor._remake_table(model)
        else:
            with connection.schema_editor() as editor:
                for constraint in gone:
                    editor.remove_constraint(model, constraint)
        yield
