from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class TryForm(forms.Form):
    effective_from = forms.DateField(
        label=_("in force from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "What happened from this day on is counted by the new rules. Choose a day that lies back "
            "to count anew what has already been counted."
        ),
    )


class PublishForm(forms.Form):
    reason = forms.CharField(
        label=_("reason of the change"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Everybody reads it beside the rules."),
        error_messages={"required": _("Say why the rules change. Everybody reads it beside them.")},
    )
    seen = forms.BooleanField(
        label=_("I have looked at what changes, and for whom."),
        error_messages={"required": _("Look at what changes first, then tick this.")},
    )

    def __init__(self, *args: Any, says_who: bool, **kwargs: Any) -> None:
        """Nobody is made to say that they saw for whom, where so few are touched that it is not shown."""
        super().__init__(*args, **kwargs)
        if not says_who:
            self.fields["seen"].label = _("I have looked at what changes.")
