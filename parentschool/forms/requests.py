from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from parentschool.enums import Wish
from parentschool.models import Child


class AskForm(forms.Form):
    """What somebody asks about the own data."""

    kind = forms.ChoiceField(label=_("What would you like?"), choices=Wish.choices, widget=forms.RadioSelect)
    child = forms.ModelChoiceField(
        label=_("Which child is it about?"),
        queryset=Child.objects.none(),
        required=False,
        empty_label=_("it is about myself"),
    )
    words = forms.CharField(
        label=_("In your own words"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, children: QuerySet[Child], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["child"].queryset = children


class AnswerForm(forms.Form):
    """The answer in writing."""

    decision = forms.ChoiceField(
        label=_("decision"),
        choices=[("grant", _("done as asked")), ("refuse", _("cannot be done"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("What was done, or why it cannot be done"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what was done, or why it cannot be done.")},
    )
