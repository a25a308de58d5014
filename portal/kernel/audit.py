"""The audit's pen. Services call it inside their transaction; bulk work writes one row a batch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.functional import Promise

from portal.kernel.models import AuditEntry
from portal.kernel.tracing import current_trace

Words = str | Promise
GROUPS: list[tuple[Words, dict[str, Words]]] = []
"""What each act is called, in groups as a reader of the trail looks for them."""


def name_acts(group: Words, acts: dict[str, Words]) -> None:
    GROUPS.append((group, acts))


def act_name(action: str) -> Words:
    """The words for an act; an act of Django's spelling (app.verb_model) that nobody named stays as it is."""
    return next((acts[action] for _group, acts in GROUPS if action in acts), action)


def record(
    action: str,
    *,
    actor: Any,
    now: datetime,
    obj: models.Model | None = None,
    path: str = "",
    result: str = AuditEntry.Result.DONE,
    **summary: Any,
) -> AuditEntry:
    """Write one act. `summary` holds plain values, with phones masked by the caller."""
    trace = current_trace()
    return AuditEntry.objects.create(
        at=now,
        actor=actor if getattr(actor, "pk", None) else None,
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        path=path,
        summary=summary,
        result=result,
        origin=trace.origin,
        request_id=trace.request_id,
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    """The fields that differ, as [old, new] texts."""
    return {
        name: [str(before.get(name, "")), str(value)]
        for name, value in after.items()
        if before.get(name) != value
    }
