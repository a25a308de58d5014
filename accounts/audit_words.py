"""The details of an act in the audit, as a reader of the trail is told them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Field
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.kernel import audit

WORDS: dict[str, str | Promise] = {
    "acting": _("acting"),
    "added": _("put on the list"),
    "answer": _("answer"),
    "appraisal": _("appraisal"),
    "asked": _("asked for"),
    "at": _("address of the page"),
    "attendances": _("attendances"),
    "basis": _("basis"),
    "before": _("before"),
    "by_duty": _("kept by statutory duty"),
    "changed": _("what changed"),
    "changes": _("changes"),
    "child": _("child"),
    "code": _("code"),
    "codes": _("codes"),
    "consent": _("consent"),
    "copied_from": _("copied from version"),
    "created": _("newly made"),
    "day": _("day"),
    "days": _("days"),
    "decisions": _("decisions"),
    "doubt": _("doubt"),
    "due_on": _("due on"),
    "duty": _("duty"),
    "effective_from": _("in force from"),
    "event": _("event"),
    "failures": _("failed attempts"),
    "fields": _("fields"),
    "file": _("file"),
    "filtered": _("filtered by"),
    "from_class": _("from class"),
    "gone": _("record that was joined to another"),
    "guardianship": _("guardianship"),
    "happened_on": _("happened on"),
    "home": _("home unit"),
    "indicator": _("indicator"),
    "joined": _("record joined with"),
    "kind": _("kind"),
    "lecturer": _("lecturer"),
    "lecturers": _("lecturers"),
    "line": _("line"),
    "lines": _("lines"),
    "lines_added": pgettext_lazy("lines of a table", "added"),
    "lines_changed": pgettext_lazy("lines of a table", "changed"),
    "lines_removed": pgettext_lazy("lines of a table", "removed"),
    "memberships": _("memberships ended"),
    "method": _("method"),
    "name": _("name"),
    "note": _("note"),
    "number": _("number"),
    "of_version": _("number of the version's row"),
    "on": pgettext_lazy("of an act", "day"),
    "opened": _("newly opened"),
    "other_units": _("units with the same file"),
    "outcome": _("outcome"),
    "page": _("page"),
    "parent": _("belongs to"),
    "people": _("people"),
    "person": _("person"),
    "phone": _("phone"),
    "points": _("points"),
    "posting": _("posting"),
    "purpose": _("purpose"),
    "quantity": _("quantity"),
    "real_change": _("with a new meaning"),
    "reason": _("reason"),
    "relation": _("relation"),
    "remedy": _("what follows"),
    "removed": _("removed"),
    "restored": _("put back on the list"),
    "result": _("result"),
    "revision": _("revision"),
    "revoked": _("taken off the list"),
    "role": _("role"),
    "rows": _("rows"),
    "scale": _("scale"),
    "scheme": _("scheme"),
    "score": pgettext_lazy("given to an indicator", "score"),
    "scored": _("counted"),
    "seats": _("seats"),
    "seed": _("seed"),
    "sent": _("sent"),
    "sessions": _("sign-ins ended"),
    "source": _("source"),
    "star": _("star"),
    "starts_at": _("starts at"),
    "status": _("status"),
    "step": _("step"),
    "stop": _("refused because"),
    "table": _("list"),
    "tier": _("tier"),
    "title": _("title"),
    "to_class": _("to class"),
    "total": _("total"),
    "unit": _("unit"),
    "units": _("units"),
    "until": _("until"),
    "valid_from": _("from"),
    "valid_until": _("until"),
    "vintage": _("of the year"),
    "visited_on": _("visited on"),
    "visits": _("home visits"),
    "was": _("state before"),
    "what": _("spent on"),
    "without": _("without figures"),
    "written": _("written"),
    "year": _("year"),
}
"""What the details are called; others stand as they are."""

DJANGOS: dict[str, str | Promise] = {
    "add": pgettext_lazy("act in the office", "added"),
    "change": pgettext_lazy("act in the office", "changed"),
    "delete": pgettext_lazy("act in the office", "deleted"),
}
"""The verbs of acts that the office writes by itself, app.verb_model."""

UNSAID = {"digest", "sha256"}
"""What only a machine compares."""

KEYS = {"line", "of_version", "person"}
"""Details that an act may keep by the number of a row."""

OLD_AND_NEW = {"name", "note", "parent", "phone", "relation", "score", "valid_until"}
"""Details that an act may keep as [before, after]."""


ISO_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def act_words(action: str) -> str:
    named = str(audit.act_name(action))
    verb = action.partition(".")[2].partition("_")[0]
    return str(DJANGOS.get(verb, named)) if named == action else named


def told(summary: dict[str, Any], about: str = "", *, of_row: bool = False) -> list[tuple[str, str]]:
    """Each detail with its name; those that say nothing are left out. `about`, the label of the model whose record it
    was, lends its words for fields and for what their codes mean. The history of a row (`of_row`) leaves out numbers
    of other rows."""
    fields = _fields_of(about)
    said = (
        (str(WORDS.get(key, key)), _said(key, _meant(key, value, fields)))
        for key, value in summary.items()
        if key not in UNSAID and not (of_row and key in KEYS and isinstance(value, int))
    )
    return [(name, value) for name, value in said if value]


def _fields_of(about: str) -> dict[str, Field[Any, Any]]:
    try:
        model = apps.get_model(about)
    except (LookupError, ValueError):
        return {}
    return {field.name: field for field in model._meta.get_fields() if isinstance(field, Field)}


def _meant(key: str, value: Any, fields: dict[str, Field[Any, Any]]) -> Any:
    if key == "fields" and isinstance(value, list):
        return [str(fields[name].verbose_name) if name in fields else str(name) for name in value]
    if key in fields and fields[key].choices and isinstance(value, str):
        return dict(fields[key].flatchoices).get(value, value)
    return value


def _said(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        return date_format(date.fromisoformat(value))
    if isinstance(value, dict):
        parts = {
            name: _change(*one) if key == "changes" and isinstance(one, list) else _said(name, one)
            for name, one in value.items()
        }
        return _list(f"{WORDS.get(name, name)} {part}" for name, part in parts.items() if part)
    if isinstance(value, list):
        return _change(*value) if _is_change(key, value) else _list(str(one) for one in value)
    return "" if value is None else str(value)


def _is_change(key: str, value: list[Any]) -> bool:
    return key in OLD_AND_NEW and len(value) == 2 and not any(isinstance(one, list | dict) for one in value)


def _change(before: Any, after: Any) -> str:
    """Nothing where nothing was said before or after."""
    if before in ("", None):
        return "" if after is None else str(after)
    now = pgettext("after a change", "nothing") if after in ("", None) else after
    return f"{before} → {now}"


def _list(parts: Any) -> str:
    return pgettext("between names", ", ").join(parts)
