"""What comes in about units, people and roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.enums import LEVEL_OF, Kind
from accounts.models import Person, PurposeText, RoleAssignment, Unit
from accounts.reach import places_inside
from accounts.refusals import tell_refusal
from accounts.rules import above
from accounts.scopes import Scope
from accounts.services import units


class UnitForm(forms.ModelForm):
    """Opening a unit needs its place; afterwards place and name change only by dated acts."""

    parent = forms.ModelChoiceField(Unit.objects.none(), label=_("belongs to"), required=False)

    class Meta:
        model = Unit
        fields = ["code", "name", "kind", "stage", "region", "opened_on"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.instance.pk is None and not self.errors:
            try:
                units.check_parent(LEVEL_OF[Kind(given["kind"])], given.get("parent"), given["opened_on"])
                units.check_name(given["name"], given.get("parent"))
            except units.UnitRefused as refusal:
                tell_refusal(self, refusal)
        return given


class PlaceForm(forms.Form):
    """A dated change of a unit's place: a new name, another parent, or its end."""

    MOVE, RENAME, CLOSE = "move", "rename", "close"

    change = forms.ChoiceField(
        label=_("what changes"),
        choices=[(MOVE, _("put under another unit")), (RENAME, _("rename")), (CLOSE, _("close"))],
        widget=forms.RadioSelect,
    )
    to = forms.ModelChoiceField(Unit.objects.none(), label=_("new parent"), required=False)
    name = forms.CharField(label=_("new name"), max_length=100, required=False)
    on = forms.DateField(label=_("from which day on"), widget=AdminDateWidget)
    reason = forms.CharField(label=_("reason or document"), max_length=200)

    def __init__(self, *args: Any, unit: Unit, within: Scope, **kwargs: Any) -> None:
        """`within` is where units may be put."""
        super().__init__(*args, **kwargs)
        others = Unit.objects.within(within).filter(level__in=above(unit.level), closed_on=None)
        others = others.exclude(pk__in=[unit.pk, unit.parent_id])
        to: Any = self.fields["to"]
        to.queryset = others.order_by("path")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("change") == self.MOVE and not given.get("to"):
            self.add_error("to", _("Choose the unit it is to stand under."))
        if given.get("change") == self.RENAME and not given.get("name"):
            self.add_error("name", _("Write the new name."))
        return given


class SchoolImportForm(forms.Form):
    file = forms.FileField(
        label=_("school list"),
        help_text=_(
            "xlsx or csv with the headings 学校名称, 学校代码, 学段 and 乡镇; other columns do no harm."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    opened_on = forms.DateField(
        label=_("opened on"),
        help_text=_("The day from which the new schools stand in the tree."),
        widget=AdminDateWidget,
    )


class PersonForm(forms.ModelForm):
    """The number is never filled in again: an empty field leaves it alone."""

    number = forms.CharField(
        label=_("mobile number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    no_number = forms.BooleanField(label=_("this person has no number any more"), required=False)

    class Meta:
        model = Person
        fields = ["name", "username", "home"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "home" in self.fields:
            self.fields["home"].required = True
        if "username" in self.fields:
            self.fields["username"].help_text = _(
                "Only for people who sign in by a name. It begins with a letter: small letters, digits, dots, hyphens."
            )
        if "number" in self.fields and self.instance.pk and self.instance.phone:
            self.fields["number"].help_text = _("Now %(number)s. Leave empty to keep it.") % {
                "number": self.instance.masked_phone
            }

    def clean_number(self) -> str:
        try:
            return phones.normalise(self.cleaned_data["number"])
        except phones.BadPhone as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def new_number(self) -> str | None:
        """What is to stand in the place of the old number; None where nothing is to change."""
        if self.cleaned_data.get("no_number"):
            return ""
        return self.cleaned_data["number"] or None


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        min_length=4,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("In a few words, for example: calling about tomorrow's home visit."),
    )


class AppointmentForm(forms.ModelForm):
    """Only roles that the giver may give are offered; the place inside the unit once the unit is known."""

    place = forms.ChoiceField(label=_("class"), required=False)

    class Meta:
        model = RoleAssignment
        fields = ["person", "role", "unit", "valid_from", "valid_until", "is_acting"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "place" in self.fields:
            unit = self.chosen_unit()
            inside = places_inside(unit) if unit else {}
            self.fields["place"].choices = [("", _("– the whole unit –")), *inside.items()]
            self.fields["place"].help_text = _(
                "Only for class teachers. The classes appear once the unit is chosen."
            )

    def chosen_unit(self) -> Unit | None:
        chosen = self["unit"].value() if "unit" in self.fields else None
        offered = self.fields["unit"].queryset if "unit" in self.fields else Unit.objects.none()
        try:
            return offered.filter(pk=chosen).first() if chosen else None
        except (TypeError, ValueError):
            return None


class EndForm(forms.Form):
    on = forms.DateField(
        label=_("ends on"), widget=AdminDateWidget, help_text=_("The last day is the day before.")
    )
    reason = forms.CharField(label=_("reason or document"), max_length=200)


class DecisionsForm(forms.Form):
    """Agree or not, for each purpose by itself. Nothing is chosen beforehand where the purpose is required; what is
    optional is off. `shown` names the texts that stood on the page."""

    YES, NO = "yes", "no"
    CHOICES = [(YES, _("I agree")), (NO, _("I do not agree"))]

    shown = forms.TypedMultipleChoiceField(coerce=int, widget=forms.MultipleHiddenInput)

    def __init__(
        self, data: Any = None, *, texts: Sequence[PurposeText], agreed: dict[str, bool] | None = None
    ) -> None:
        super().__init__(data)
        self.texts = list(texts)
        self.fields["shown"].choices = [(text.pk, "") for text in self.texts]
        self.initial["shown"] = [text.pk for text in self.texts]
        for text in self.texts:
            purpose = text.purpose
            self.fields[purpose.code] = forms.ChoiceField(
                label=text.title,
                choices=self.CHOICES,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose one of the two.")},
            )
            known = (agreed or {}).get(purpose.code, None if purpose.is_required else False)
            self.initial[purpose.code] = None if known is None else self.YES if known else self.NO

    @property
    def asked(self) -> list[tuple[PurposeText, forms.BoundField]]:
        """Each text with the field that decides upon it."""
        return [(text, self[text.purpose.code]) for text in self.texts]

    @property
    def agreed(self) -> dict[str, bool]:
        return {text.purpose.code: self.cleaned_data[text.purpose.code] == self.YES for text in self.texts}

    @property
    def refuses_required(self) -> bool:
        return any(text.purpose.is_required and not self.agreed[text.purpose.code] for text in self.texts)
