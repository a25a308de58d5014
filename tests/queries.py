"""A page must not ask more of the database because it shows more rows; a failure prints what was asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def asked(act: Callable[[], Any]) -> list[str]:
    """The statements that `act` sends, without those that only open and close transactions."""
    with CaptureQueriesContext(connection) as captured:
        act()
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not re.match(r"(SAVEPOINT|RELEASE|BEGIN|COMMIT)", sql)]


def listing(statements: list[str]) -> str:
    return "\n".join(f"{n:3}. {sql[:300]}" for n, sql in enumerate(statements, 1))


def assert_same_queries(
    act: Callable[[], Any], more_rows: Callable[[], Any], *, at_most: int | None = None
) -> None:
    """`act` asks as much after `more_rows` as before, and at most so much. Set up one row, add two more."""
    act()  # caches that live as long as the process are filled once
    few = asked(act)
    more_rows()
    many = asked(act)
    assert len(many) == len(few), (
        f"{len(few)} queries at few rows:\n{listing(few)}\n{len(many)} at more:\n{listing(many)}"
    )
    assert at_most is None or len(many) <= at_most, (
        f"{len(many)} queries, at most {at_most}:\n{listing(many)}"
    )
