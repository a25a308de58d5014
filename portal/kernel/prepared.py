"""Statements of a fixed shape, compiled once: for the few pages that everybody opens.

Django builds the SQL of a queryset anew each time, which costs more than the database needs for one person's rows.
Here a queryset is compiled for a stand-in, and each later call puts the real values where the stand-in's stood. Rows
come back exactly as the queryset would give them; nothing of an answer is kept. See docs/decisions/0069.

    rows("waiting", lambda: Notice.objects.filter(person=STAND_IN, read_at=None), {STAND_IN: person.pk})

The key names everything else that the queryset was built from, such as a day. What is fetched beside the statement
itself (prefetch_related) is not fetched here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import QuerySet

R = TypeVar("R")
STAND_IN = 8_765_432_109_876_543
"""A key that nobody has, where a person's will stand."""
MOST = 200
"""Statements that a connection keeps; then it begins anew."""


class Prepared:
    """One compiled statement, and at which of its places which value goes."""

    def __init__(self, queryset: QuerySet[Any, Any], stand_ins: list[Any]) -> None:
        query: Any = queryset.query
        self.compiler = query.get_compiler(using=queryset.db)
        self.sql, self.given = self.compiler.as_sql()
        known = {_adapted(value): value for value in stand_ins}
        self.places = {n: known[given] for n, given in enumerate(self.given) if _is_among(given, known)}
        query.get_compiler = lambda *args, **options: self.compiler
        self.queryset = queryset

    def rows(self, values: Mapping[Any, Any]) -> list[Any]:
        given = list(self.given)
        for n, stand_in in self.places.items():
            given[n] = _adapted(values[stand_in])
        self.compiler.as_sql = lambda *args, **options: (self.sql, tuple(given))
        iterable: Any = self.queryset._iterable_class
        return list(iterable(self.queryset))


def kept_by_this_connection() -> dict[Hashable, tuple[Prepared, list[Any]]]:
    """A compiled statement holds its connection, and a connection belongs to one thread."""
    kept: dict[Hashable, tuple[Prepared, list[Any]]] = connections[DEFAULT_DB_ALIAS].__dict__.setdefault(
        "prepared", {}
    )
    return kept


def rows(key: Hashable, build: Callable[[], QuerySet[Any, R]], values: Mapping[Any, Any]) -> list[R]:
    """What the queryset of `build` gives, with `values` in the places of the stand-ins they are listed under."""
    kept = kept_by_this_connection()
    if key not in kept:
        if len(kept) >= MOST:
            kept.clear()
        kept[key] = Prepared(build(), list(values)), list(values)
    prepared, stand_ins = kept[key]
    return prepared.rows(dict(zip(stand_ins, values.values(), strict=True)))


def _adapted(value: Any) -> Any:
    """As the database takes it: SQLite has times as text."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _is_among(given: Any, known: Mapping[Any, Any]) -> bool:
    return isinstance(given, Hashable) and given in known
