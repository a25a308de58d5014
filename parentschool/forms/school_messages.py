from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from parentschool.models import SchoolClass
from parentschool.models.messages import LONGEST
from portal.kernel.choosing import RowsField


class MessageForm(forms.Form):
    """What is told, and to whom. `places` are the units all of whose parents the sender may reach; of the others only
    the offered classes."""

    unit = forms.ModelChoiceField(label=_("parent school"), queryset=Unit.objects.none(), empty_label=None)
    classes = RowsField(
        label=_("To the parents of"),
        queryset=SchoolClass.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    title = forms.CharField(
        label=_("What is it about?"),
        max_length=40,
        error_messages={"required": _("Say in a few words what it is about.")},
    )
    text = forms.CharField(
        label=_("message"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "Plain words. No children's names, no phone numbers, no marks: every parent there reads the same."
        ),
        error_messages={"required": _("Write what the parents should know.")},
    )
    token = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(
        self, data: Any = None, *, units: Any, classes: Any, may_reach_all: bool, **more: Any
    ) -> None:
        super().__init__(data, initial={"token": secrets.token_hex(16)}, **more)
        self.fields["unit"].queryset = units
        self.fields["classes"].queryset = classes
        self.fields["classes"].required = not may_reach_all
        offered = list(units[:2])
        if len(offered) == 1:
            self.fields["unit"].initial = offered[0].pk
            self.fields["unit"].widget = forms.HiddenInput()
        if may_reach_all:
            self.fields["classes"].help_text = _("Tick none to write to all parents of the school.")
        elif len(classes) == 1:
            self.fields["classes"].initial = [classes[0].pk]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        unit = given.get("unit")
        if unit and any(each.school_id != unit.pk for each in given.get("classes", ())):
            self.add_error("classes", _("Choose classes of this parent school."))
        return given
