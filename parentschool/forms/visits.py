from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from parentschool.enums import VisitOutcome
from parentschool.models import Guardianship

NOBODY_NAMED = ""


class VisitForm(forms.Form):
    """A visit to one child: the result, who was met, a note."""

    outcome = forms.ChoiceField(
        label=_("result"),
        choices=[(VisitOutcome.CONTACT, _("met somebody")), (VisitOutcome.ATTEMPT, _("met nobody"))],
        initial=VisitOutcome.CONTACT,
        widget=forms.RadioSelect,
    )
    visited_on = forms.DateField(
        label=_("day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    note = forms.CharField(
        label=_("note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self, data: Any = None, *, guardianships: Sequence[Guardianship], today: date, **more: Any
    ) -> None:
        super().__init__(data, initial={"visited_on": today, "met": NOBODY_NAMED}, **more)
        self.guardians: dict[str, Person] = {str(row.guardian_id): row.guardian for row in guardianships}
        named = [
            (str(row.guardian_id), f"{row.guardian} · {row.get_relation_display()}") for row in guardianships
        ]
        self.fields["met"] = forms.ChoiceField(
            label=_("whom"),
            required=False,
            widget=forms.RadioSelect,
            choices=[*named, (NOBODY_NAMED, _("somebody else of the family"))],
        )
        self.order_fields(("outcome", "met", "visited_on", "note"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("outcome") == VisitOutcome.ATTEMPT:
            given["met"] = NOBODY_NAMED  # the choice of a guardian says nothing where nobody was met
        return given

    @property
    def met_person(self) -> Person | None:
        return self.guardians.get(self.cleaned_data["met"])


class VisitRevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a few words why.")},
    )
