"""What comes in about lines by hand: an adjustment, points handed in, the reason of a decision."""

from __future__ import annotations

from operator import attrgetter
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from assessment.models import Adjustment, Spending


class AskedOnceForm(forms.ModelForm):
    """Carries a name of the asking, so that the same form sent twice asks once."""

    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid4
        if "person" in self.fields:
            self.fields["person"].label_from_instance = attrgetter("told_apart")

    def validate_unique(self) -> None:
        """The service knows an asking that came before, and answers as it did then."""


class AdjustmentForm(AskedOnceForm):
    class Meta:
        model = Adjustment
        fields = ("person", "points", "reason", "note", "about")
        help_texts = {
            "points": _("For example 2, or -2 to take points away."),
            "reason": _("The person reads it beside the points. Name nobody else here."),
            "note": _("Only the office reads it."),
        }
        widgets = {"about": forms.HiddenInput}

    def clean_points(self) -> int:
        return something(self.cleaned_data["points"], _("Enter how many points are given or taken."))


class SpendingForm(AskedOnceForm):
    class Meta:
        model = Spending
        fields = ("person", "points", "what")

    def clean_points(self) -> int:
        return something(self.cleaned_data["points"], _("Enter how many points are handed in."))


def something(points: int, refusal: Any) -> int:
    """Said at the field, before the constraint of the table would say it of the whole form."""
    if not points:
        raise forms.ValidationError(refusal)
    return points


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the posting is taken back.")},
    )
