"""What hangs on a person, relation by relation, and what becomes of it when two records of one human are joined.

The composition knows every app, so it declares them (`portal.belongings`); a test walks all relations of `Person` and
fails where one is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from accounts.models import Person

Settle = Callable[[Person, Person, datetime], set[int]]
"""(gone, kept, now): where both records have a row that may exist only once, makes one of the two and says which rows
stay behind."""


class How(Enum):
    MOVES = "moves"
    """The rows go to the record that stays."""
    STAYS = "stays"
    """History, or rebuilt by itself: the rows stay where they are."""
    HOLDS = "holds"
    """A way to sign in, or an office: who has such rows is the record that stays."""
    LEDGER = "ledger"
    """Rows that only grow: who has them stays if possible; otherwise the night follows the facts."""


@dataclass(frozen=True)
class Belonging:
    label: str
    field: str
    how: How
    settle: Settle | None = None


_declared: dict[tuple[str, str], Belonging] = {}


def declare(label: str, field: str, how: How, settle: Settle | None = None) -> None:
    _declared[label.lower(), field] = Belonging(label, field, how, settle)


def belongings() -> list[Belonging]:
    """What was declared, and every column that says who did something: such rows go along."""
    done_by = (Belonging(*where, How.MOVES) for where in sorted(relations()) if _says_who(where[1]))
    return [*_declared.values(), *(each for each in done_by if (each.label, each.field) not in _declared)]


def _says_who(column: str) -> bool:
    return column.endswith("_by")


def is_doer(belonging: Belonging) -> bool:
    """Whether its rows are not the person's own, but name the person as who did something."""
    return _says_who(belonging.field)


def rows_of(belonging: Belonging, person: Person) -> QuerySet[Any]:
    return apps.get_model(belonging.label)._base_manager.filter(**{belonging.field: person})


def relations() -> set[tuple[str, str]]:
    """Every column that points at a person, hidden ones too."""
    found = set()
    for relation in Person._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            found.add((relation.related_model._meta.label_lower, relation.field.name))  # type: ignore[union-attr]
    return found


def undeclared() -> set[tuple[str, str]]:
    return {where for where in relations() if where not in _declared and not _says_who(where[1])}
