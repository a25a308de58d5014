"""Rows that a form offers to tick."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

KEY = re.compile(r"[0-9]{1,18}")
"""The number of a row, as a browser sends it, if any database can hold it."""


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Django's, for rows with numbers as keys: what is no number of a key is an invalid choice, however long, where the
    database would be asked for a number that it cannot hold."""

    def clean(self, value: Any) -> Any:
        for key in value or ():
            if not KEY.fullmatch(str(getattr(key, "pk", key))):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": key}
                )
        return super().clean(value)
