from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.enums import Audience
from events.models import Event
from events.services import EventPlan
from portal.kernel.choosing import RowsField
from training.models import Lecturer


class EventOfficeForm(forms.ModelForm):
    """An event in the office, with several lecturers."""

    refusal_fields = {"lecturer": "speakers"}

    speakers = RowsField(
        label=_("lecturers"),
        queryset=Lecturer.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Event
        fields = (
            "host",
            "kind",
            "title",
            "starts_at",
            "ends_at",
            "place",
            "speaker",
            "capacity",
            "needs_booking",
            "book_until",
            "audience",
            "classes",
        )
        widgets = {"classes": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "speakers" in self.fields:
            self.initial["speakers"] = list(self.instance.lecturers.values_list("pk", flat=True))
        if not self.instance.pk and "audience" in self.fields:
            chosen = [choice for choice in Audience.choices if choice[0] != Audience.CLASSES]
            self.fields["audience"].choices = chosen  # classes are chosen once the host is known

    def _save_m2m(self) -> None:
        """The service writes the classes with everything else."""

    def plan(self) -> EventPlan:
        given = self.cleaned_data
        return EventPlan(
            **{name: given[name] for name in EventPlan.plain()},
            classes=tuple(given.get("classes", ())) if given["audience"] == Audience.CLASSES else (),
            lecturers=tuple(given.get("speakers", ())),
        )
