from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import CAMPUS, NEIGHBOURHOOD, Kind
from assessment.models import Requirement
from events.models import EventKind


class RequirementForm(forms.ModelForm):
    """Kinds are ticked, not typed."""

    unit_kinds = forms.MultipleChoiceField(
        label=_("of which kinds of units"),
        choices=[(str(kind), Kind(kind).label) for kind in (*CAMPUS, *NEIGHBOURHOOD)],
        widget=forms.CheckboxSelectMultiple,
    )
    event_kinds = forms.MultipleChoiceField(
        label=_("which kinds of events count"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: every kind that is for families."),
    )

    class Meta:
        model = Requirement
        fields = (
            "unit",
            "code",
            "name",
            "source",
            "unit_kinds",
            "event_kinds",
            "at_least",
            "per",
            "valid_from",
            "valid_until",
        )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        offered: Any = self.fields["event_kinds"]
        offered.choices = list(EventKind.objects.order_by("order", "code").values_list("code", "name"))
