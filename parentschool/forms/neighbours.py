from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import units_for
from accounts.enums import NEIGHBOURHOOD
from accounts.models import Person, Unit
from parentschool.models.families import HOUSEHOLD_LENGTH
from parentschool.services.learners import LONGEST_NAME


class NeighbourForm(forms.Form):
    """Somebody of a village or community in reach."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("village or community"), empty_label=None)
    name = forms.CharField(label=pgettext_lazy("of a person", "name"), max_length=LONGEST_NAME)
    phone = forms.CharField(
        label=_("phone"),
        required=False,
        max_length=20,
        help_text=_("Leave it empty where there is none."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    household = forms.CharField(
        label=_("household"),
        required=False,
        max_length=HOUSEHOLD_LENGTH,
        help_text=_("Its number or its head; it tells people of one name apart."),
    )
    is_another = forms.BooleanField(
        label=_("This is somebody else than the person on record"), required=False
    )

    def __init__(self, *args: Any, person: Person, **more: Any) -> None:
        super().__init__(*args, **more)
        units = units_for(person, "parentschool.add_membership").filter(closed_on=None)
        units = units.filter(kind__in=NEIGHBOURHOOD).order_by("path")
        self.fields["unit"].queryset = units
        first = list(units[:2])
        if len(first) == 1:
            self.fields["unit"].widget = forms.HiddenInput()
            self.initial["unit"] = first[0].pk
