"""The data map, read: each model with the people whom its rows are about, the use of each field, and what becomes of
a row when one of these people is erased. The map itself is datamap.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from accounts.models import Person
from portal.privacy.uses import USES, Use

MAP = Path(__file__).with_name("datamap.toml")
ABOUT_NOBODY = ("nobody", "unused")
_SAID = ("about", "open", "on_erasure", "blank")


@dataclass(frozen=True)
class Kept:
    """What is kept in one model. `about` are look-ups to people, `open` those that must be empty in the same row;
    `uses` names the use of each field."""

    label: str
    about: tuple[str, ...]
    open: tuple[str, ...]
    uses: dict[str, Use]
    blank: tuple[str, ...]
    is_deleted: bool

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    @property
    def shown(self) -> list[str]:
        """The fields that a copy holds, in the order of the map."""
        return [name for name, use in self.uses.items() if use.is_shown]

    def rows_about(self, person: Person) -> QuerySet[Any]:
        """The rows about the person, in the order they came; none where the model is about nobody."""
        rows = self.model._default_manager.order_by("pk")
        if not self.about:
            return rows.none()
        is_open = dict.fromkeys(self.open)
        about = Q()
        for look_up in self.about:
            about |= Q(**{look_up: person.pk}, **is_open)
        return rows.filter(pk__in=self.model._default_manager.filter(about).values("pk"))


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads(MAP.read_text())


@cache
def data_map() -> tuple[Kept, ...]:
    return tuple(_kept())


def _kept() -> Iterator[Kept]:
    for app, tables in _written().items():
        if app in ABOUT_NOBODY:
            continue
        for name, said in tables.items():
            yield Kept(
                label=f"{app}.{name}",
                about=tuple(said["about"]),
                open=tuple(said.get("open", ())),
                uses={each: USES[use] for use, fields in said.items() if use not in _SAID for each in fields},
                blank=tuple(said.get("blank", ())),
                is_deleted=said["on_erasure"] == "delete",
            )


def about_nobody() -> set[str]:
    """Labels of the models that are about nobody."""
    return {
        f"{app}.{name}" for kind in ABOUT_NOBODY for app, names in _written()[kind].items() for name in names
    }
