from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class EraseForm(forms.Form):
    """The own name, typed, says that nobody pressed a button by mistake."""

    name = forms.CharField(
        label=_("Type your name to confirm"), max_length=60, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_name = name

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"].strip()
        if typed != self.own_name:
            raise forms.ValidationError(_("This is not the name on your account."))
        return typed
