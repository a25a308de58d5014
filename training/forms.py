from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from training.models import Lecturer


class LecturerForm(forms.ModelForm):
    """A lecturer is a person of the own area, found by the whole name and, among namesakes, the last four digits."""

    people: QuerySet[Person] = Person.objects.none()
    refusal_fields = {"person": "name", "on": "valid_until"}

    name = forms.CharField(label=_("full name"), max_length=60)
    tail = forms.CharField(
        label=_("last four digits of the phone"),
        max_length=4,
        required=False,
        help_text=_("Only where several people have this name."),
    )

    class Meta:
        model = Lecturer
        fields = ("unit", "tier", "specialities", "valid_from", "valid_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields.pop("name", None)
            self.fields.pop("tail", None)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "name" in self.fields and given.get("name"):
            self._find(given["name"].strip(), given.get("tail", "").strip())
        return given

    def _find(self, name: str, tail: str) -> None:
        found = self.people.filter(name=name)
        if tail:
            found = found.filter(phone_tail=tail)
        people = list(found[:2])
        if len(people) == 1:
            self.cleaned_data["person"] = people[0]
        elif people:
            self.add_error("tail", _("Several people have this name; type the last four digits."))
        else:
            self.add_error("name", _("Nobody of this name is known in your area; enter the person first."))
