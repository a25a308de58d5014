from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.access import units_for
from accounts.enums import CAMPUS, NEIGHBOURHOOD, Level
from accounts.models import Person, Unit
from parentschool.rules.classes import BadClassName, read_class
from portal.kernel.calendar import SchoolYear


class RosterForm(forms.Form):
    """A class list, or a village's list of people, for a unit in reach. Only such units are offered, and no other is
    accepted."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("for which parent school"), empty_label=None)
    file = forms.FileField(
        label=_("roster file"),
        help_text=_("xlsx or csv. Other columns do no harm and are not stored."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    class_text = forms.CharField(
        label=_("class, if the list has no column for it"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"placeholder": "三年级2班"}),
    )
    school_year = forms.TypedChoiceField(label=_("school year"), coerce=int)
    by_duty = forms.BooleanField(
        label=_("This list is kept by statutory duty (Family Education Promotion Law, articles 38 to 40)."),
        help_text=_("This is recorded with your name. Put in only what the work of the parent school needs."),
        error_messages={
            "required": _(
                "Confirm that this list is kept by statutory duty. Without that nothing is written."
            )
        },
    )

    def __init__(self, *args: Any, person: Person, year: SchoolYear, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year
        reach = units_for(person, "parentschool.import_roster").filter(closed_on=None)
        lists = reach.filter(level__in=(Level.COUNTY, Level.STATION, Level.SCHOOL))
        self.fields["unit"].queryset = lists.order_by("path")
        kinds = set(lists.order_by().values_list("kind", flat=True).distinct())
        self.with_people = not kinds <= set(CAMPUS)
        self.with_classes = not kinds or not kinds <= set(NEIGHBOURHOOD)
        if not self.with_classes:
            del self.fields["class_text"]
        years = [year, SchoolYear(year.year + 1)]
        self.fields["school_year"].choices = [(y.year, str(y)) for y in years]
        self.initial.setdefault("school_year", year.year)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        unit, text = given.get("unit"), given.get("class_text", "").strip()
        if text and unit and unit.kind in NEIGHBOURHOOD:
            self.add_error("class_text", _("A village or community has no classes. Leave this empty."))
        if text and unit and unit.is_campus:
            try:
                read_class(
                    text, school_stage=unit.stage, year=SchoolYear(given.get("school_year", self.year.year))
                )
            except BadClassName as refusal:
                self.add_error("class_text", str(refusal))
        return given
