"""The details of an act in the audit, as a reader of the trail is told them."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.kernel import audit

WORDS: dict[str, str | Promise] = {
    "acting": _("acting"),
    "appraisal": _("appraisal"),
    "by_duty": _("kept by statutory duty"),
    "changes": _("changes"),
    "child": _("child"),
    "code": _("code"),
    "day": _("day"),
    "due_on": _("due on"),
    "duty": _("duty"),
    "effective_from": _("in force from"),
    "event": _("event"),
    "fields": _("fields"),
    "file": _("file"),
    "filtered": _("filtered by"),
    "happened_on": _("happened on"),
    "home": _("home unit"),
    "indicator": _("indicator"),
    "kind": _("kind"),
    "line": _("line"),
    "lines": _("lines"),
    "method": _("method"),
    "name": _("name"),
    "note": _("note"),
    "number": _("number"),
    "on": pgettext_lazy("of an act", "day"),
    "outcome": _("outcome"),
    "page": _("page"),
    "parent": _("belongs to"),
    "people": _("people"),
    "person": _("person"),
    "phone": _("phone"),
    "points": _("points"),
    "posting": _("posting"),
    "quantity": _("quantity"),
    "reason": _("reason"),
    "relation": _("relation"),
    "remedy": _("what follows"),
    "role": _("role"),
    "rows": _("rows"),
    "scheme": _("scheme"),
    "score": pgettext_lazy("given to an indicator", "score"),
    "seats": _("seats"),
    "star": _("star"),
    "starts_at": _("starts at"),
    "status": _("status"),
    "step": _("step"),
    "table": _("list"),
    "title": _("title"),
    "total": _("total"),
    "unit": _("unit"),
    "units": _("units"),
    "until": _("until"),
    "valid_from": _("from"),
    "valid_until": _("until"),
    "visited_on": _("visited on"),
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

OLD_AND_NEW = {"name", "note", "parent", "phone", "relation", "score", "valid_until"}
"""Details that an act may keep as [before, after]."""


def act_words(action: str) -> str:
    named = str(audit.act_name(action))
    verb = action.partition(".")[2].partition("_")[0]
    return str(DJANGOS.get(verb, named)) if named == action else named


def told(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Each detail with its name; those that say nothing are left out."""
    said = (
        (str(WORDS.get(key, key)), _said(key, value)) for key, value in summary.items() if key not in UNSAID
    )
    return [(name, value) for name, value in said if value]


def _said(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
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
