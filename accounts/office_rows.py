"""The rows of an office list, by columns: what is the same for a whole column is asked once a list, not once a cell.

Django's own tag asks everything anew for each cell, which costs more than all queries of the page. The cells look the
same; what our lists never have is left out (forms in rows, several link columns, an empty value of a column's own).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

Show = Callable[[Any], Any]
"""What a row shows in a column: text to be escaped, or safe HTML."""

CHECKBOX = "action_checkbox"


def said_of(empty: str) -> dict[bool | None, str]:
    """Yes and no in words: a red cross beside "acting: no" would look like a fault."""
    return {True: _("yes"), False: _("no"), None: empty}


def rows_of(cl: ChangeList) -> SafeString:
    """The `<tr>` of every row of the page."""
    columns = [(_mark(cl, name), _column(cl, name)) for name in cl.list_display]
    wanted = cl.list_display_links and cl.list_display_links[0]
    linked = next(
        (
            at
            for at, name in enumerate(cl.list_display)
            if name == wanted or (not wanted and name != CHECKBOX)
        ),
        None,
    )
    link = _link(cl) if cl.list_display_links is not None else None
    lines = []
    for row in cl.result_list:
        shown = [conditional_escape(show(row)) for _mark_, show in columns]
        cells = [f"<td{mark}>{value}</td>" for (mark, _show), value in zip(columns, shown, strict=True)]
        if link is not None and linked is not None:
            cells[linked] = f"<th{columns[linked][0]}>{link(row, shown[linked])}</th>"
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return mark_safe("".join(lines))  # every value is escaped above


def _link(cl: ChangeList) -> Callable[[models.Model, str], str]:
    """A link to the row's page, which knows this very list for the way back; in a pop-up it hands over the row."""
    kept: dict[str, Any] = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
    key = cl.to_field or cl.pk_attname
    back = add_preserved_filters(kept, "")

    def link(row: models.Model, words: str) -> str:
        opener = f' data-popup-opener="{escape(row.serializable_value(key))}"' if cl.is_popup else ""
        return f'<a href="{escape(cl.url_for_result(row) + back)}"{opener}>{words}</a>'

    return link


def _mark(cl: ChangeList, name: Any) -> str:
    if name == CHECKBOX:
        return ' class="action-checkbox"'
    field = _field(cl, name)
    narrow = isinstance(field, models.DateField | models.TimeField | models.ForeignKey) or bool(
        field is not None and field.flatchoices
    )
    return f' class="field-{getattr(name, "__name__", name)}{" nowrap" if narrow else ""}"'


def _field(cl: ChangeList, name: Any) -> models.Field[Any, Any] | None:
    try:
        field = cl.lookup_opts.get_field(name) if isinstance(name, str) else None
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _column(cl: ChangeList, name: Any) -> Show:
    empty = cl.model_admin.get_empty_value_display()
    field = _field(cl, name)
    return _told(cl, name, empty) if field is None else _kept(field, empty)


def _kept(field: models.Field[Any, Any], empty: str) -> Show:
    """A field of the model."""
    name = str(field.name)
    if isinstance(field, models.ForeignKey):
        return lambda row: empty if (value := getattr(row, name)) is None else str(value)
    if field.flatchoices:
        words = {value: str(word) for value, word in field.flatchoices}
        return lambda row: words.get(getattr(row, name), empty)
    if isinstance(field, models.BooleanField):
        said = said_of(empty)
        return lambda row: said[getattr(row, name)]
    return lambda row: display_for_field(getattr(row, name), field, empty, avoid_link=True)


def _told(cl: ChangeList, name: Any, empty: str) -> Show:
    """A method of the admin class or of the model, a property, or a function."""
    admin = cl.model_admin
    if callable(name):
        said, value_of = name, name
    elif name != "__str__" and hasattr(admin, name):
        said = value_of = getattr(admin, name)
    else:
        said = getattr(cl.model, name)
        said = said.fget if isinstance(said, property) else said

        def value_of(row: Any) -> Any:
            value = getattr(row, name)
            return value() if callable(value) else value

    if getattr(said, "boolean", False):
        answers = said_of(empty)
        return lambda row: answers[value_of(row)]

    def show(row: Any) -> object:
        value = value_of(row)
        if isinstance(value, str):
            return value if value.strip() else empty
        shown = display_for_value(value, empty)
        is_moment = isinstance(value, date | time)
        return mark_safe(f'<span class="nowrap">{escape(shown)}</span>') if is_moment else shown

    return show
