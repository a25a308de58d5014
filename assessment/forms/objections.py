"""What comes in about objections: the parent's grounds, and the decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessment.enums import Remedy
from assessment.models import Objection
from assessment.services.objections import Decision

REFUSE = "refuse"
MOST = 1000


class GroundsForm(forms.Form):
    grounds = forms.CharField(
        label=_("What is wrong with this line?"),
        max_length=300,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say in a few words what is wrong.")},
    )


class DecisionForm(forms.Form):
    """`correction` says what correcting the record would do; empty where this person cannot correct it."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how you decide.")},
    )
    points = forms.IntegerField(
        label=_("Points"),
        required=False,
        min_value=-MOST,
        max_value=MOST,
        help_text=_("Only with points by hand; for example 2, or -2 to take points away."),
    )
    answer = forms.CharField(
        label=_("Answer to the parent"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The parent reads it. Name nobody else here."),
        error_messages={"required": _("Write the answer that the parent will read.")},
    )

    def __init__(self, *args: Any, objection: Objection, correction: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(Remedy.POINTS.value, _("Upheld: enter points by hand"))]
        if correction:
            choices.append((Remedy.RECORD.value, _("Upheld: %(what)s") % {"what": correction}))
        self.fields["outcome"].choices = [*choices, (REFUSE, _("Not upheld"))]
        self.fields["points"].initial = suggested(objection)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("outcome") == Remedy.POINTS and not given.get("points") and "points" not in self.errors:
            self.add_error("points", _("Enter how many points are given or taken."))
        elif given.get("outcome", Remedy.POINTS) != Remedy.POINTS and self.has_typed_points:
            self.add_error(
                "points", _("Points are entered only where you uphold with points by hand. Empty this field.")
            )
        return given

    @property
    def has_typed_points(self) -> bool:
        """Other than those that the form suggested."""
        return bool(self.cleaned_data.get("points")) and "points" in self.changed_data

    @property
    def decision(self) -> Decision:
        given = self.cleaned_data
        remedy = "" if given["outcome"] == REFUSE else given["outcome"]
        return Decision(given["answer"], remedy, given["points"] if remedy == Remedy.POINTS else None)


def suggested(objection: Objection) -> int | None:
    """What the line kept from the parent: points that were cut, or that were taken back."""
    entry = objection.entry
    return entry.cut or (-entry.points if entry.points < 0 else None)
