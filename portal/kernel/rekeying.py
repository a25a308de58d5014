"""After a new key was put in front of FIELD_KEYS: every token sealed anew, the old key no longer needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction

from portal.kernel import audit
from portal.kernel.fields import EncryptedTextField

CHUNK = 1000

SealAnew = Callable[[], int]
_elsewhere: dict[str, SealAnew] = {}


def also_sealed(name: str) -> Callable[[SealAnew], SealAnew]:
    """Register how tokens are sealed anew that stand in other places than encrypted fields."""

    def register(seal: SealAnew) -> SealAnew:
        _elsewhere[name] = seal
        return seal

    return register


def encrypted_fields() -> list[EncryptedTextField]:
    return [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def seal_anew(field: EncryptedTextField) -> int:
    """Rewrite the field's tokens under the newest key, a chunk to a transaction; the number of rows read.

    A killed run is simply run again. Raises crypto.Undecipherable where a row's key is not on the ring.
    """
    model: Any = field.model
    rows, last = 0, 0
    while True:
        with transaction.atomic():
            chunk = list(_sealed(model, field, last).select_for_update()[:CHUNK])
            if not chunk:
                return rows
            model._base_manager.bulk_update(chunk, [field.name])
        rows, last = rows + len(chunk), chunk[-1].pk


def _sealed(model: Any, field: EncryptedTextField, after: int) -> models.QuerySet[Any]:
    held: models.QuerySet[Any] = model._base_manager.filter(pk__gt=after, **{f"{field.name}__isnull": False})
    return held.only("pk", field.name).order_by("pk")


def rekey(*, now: datetime) -> dict[str, int]:
    """Everything encrypted in the portal; the number of rows sealed anew by field."""
    rows = {field.context: seal_anew(field) for field in encrypted_fields()}
    rows |= {name: seal() for name, seal in _elsewhere.items()}
    audit.record("keys.rotated", actor=None, now=now, rows=rows)
    return rows
