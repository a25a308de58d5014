"""Model fields that more than one app uses."""

from __future__ import annotations

from typing import Any

from django.db import models

from portal.kernel import crypto


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text at rest only as a token of `portal.kernel.crypto`; empty text is stored as NULL.

    Not searchable: keep a blind index beside it. The context is `app.model.field`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        kwargs["null"] = True
        super().__init__(*args, **kwargs)

    @property
    def context(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def get_prep_value(self, value: Any) -> bytes | None:
        if value in (None, ""):
            return None
        return value if isinstance(value, bytes) else crypto.encrypt(value, self.context)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(self.get_prep_value(value), connection, prepared=True)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:
        return "" if value is None else crypto.decrypt(bytes(value), self.context)

    def to_python(self, value: Any) -> str:
        return "" if value is None else value

    def value_to_string(self, obj: models.Model) -> str:
        return self.value_from_object(obj) or ""


class PathField(models.CharField):  # type: ignore[type-arg]
    """The place of a row in the organisation tree: four digits a level, no separator.

    A subtree is the half-open range [path, next number of the same width). When a unit moves, every
    PathField of every model is rewritten, so that a filter never joins the tree.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        kwargs.setdefault("db_index", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)
