"""A person's own data, to look at and to take away: everything that the data map says is about them.

A copy names other people no further than the record itself does; secrets and counters stay inside.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Person
from portal.kernel import audit, clock
from portal.kernel.spreadsheets import Column, TableWriter
from portal.privacy.datamap import Kept, data_map
from portal.privacy.words import PARTS


@dataclass(frozen=True)
class Part:
    """The rows of one model about a person; each row a list of (field, words, value)."""

    label: str
    words: str
    rows: list[list[tuple[str, str, str]]]


def own_data(person: Person) -> list[Part]:
    """The parts in the order of the data map, empty ones left out."""
    parts = (_part(kept, person) for kept in data_map() if kept.about and kept.shown)
    return [part for part in parts if part.rows]


def _part(kept: Kept, person: Person) -> Part:
    named = [name for name in kept.shown if kept.model._meta.get_field(name).is_relation]
    rows = kept.rows_about(person).select_related(*named)
    words = str(PARTS.get(kept.label, kept.model._meta.verbose_name_plural))
    return Part(kept.label, words, [_row(row, kept.shown) for row in rows])


def _row(row: models.Model, names: list[str]) -> list[tuple[str, str, str]]:
    fields = [row._meta.get_field(name) for name in names]
    return [
        (field.name, str(getattr(field, "verbose_name", field.name)), _value(row, field))
        for field in fields
        if field.name not in {"path", "phone_index"}
    ]


def _value(row: models.Model, field: Any) -> str:
    if getattr(field, "choices", None):
        return str(getattr(row, f"get_{field.name}_display")())
    value = getattr(row, field.name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def copy_of(person: Person, *, kind: str, now: datetime) -> bytes:
    """A copy as "json" or "xlsx", noted in the trail."""
    made = as_json(person, now=now) if kind == "json" else as_workbook(person)
    audit.record("data.copy", actor=person, now=now, obj=person, path=person.path, kind=kind)
    return made


def as_json(person: Person, *, now: datetime) -> bytes:
    """{"made_at", "person", "parts": {label: {"words", "rows": [{field: value}]}}}, for programs."""
    parts = {
        part.label: {
            "words": part.words,
            "rows": [{name: value for name, _words, value in row} for row in part.rows],
        }
        for part in own_data(person)
    }
    made = {"made_at": now.isoformat(), "person": person.pk, "parts": parts}
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


def as_workbook(person: Person) -> bytes:
    """One sheet, a line for each value, for people: what, which of them, which field, what it says."""
    made = io.BytesIO()
    _write(made, _lines(own_data(person)))
    return made.getvalue()


def _write(target: IO[bytes], lines: Iterator[tuple[str, str, str, str]]) -> None:
    columns = [Column(_("record")), Column(_("number")), Column(_("field")), Column(_("content"))]
    with TableWriter(target, columns, sheet_name=_("My data")) as table:
        table.write_rows(lines)


def _lines(parts: list[Part]) -> Iterator[tuple[str, str, str, str]]:
    for part in parts:
        for number, row in enumerate(part.rows, 1):
            for _name, words, value in row:
                yield part.words, str(number), words, value
