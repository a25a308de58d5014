"""A version of a point scheme with its shared limits and stars: slips are told at the field, in the user's words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import BLANK_CHOICE_DASH
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.refusals import tell_refusal
from assessment.models import PointScheme, SchemeVersion
from assessment.services.schemes import SchemeRefused, check_day, next_number, out_of_order


class VersionForm(forms.ModelForm):
    class Meta:
        model = SchemeVersion
        fields = ["scheme", "number", "effective_from", "counting", "cap_day", "keeps_stars", "reason"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        scheme: PointScheme | None = given.get("scheme")
        if scheme is None:
            return given
        number, begins = given.get("number"), given.get("effective_from")
        if number is not None and scheme.versions.filter(number=number).exclude(pk=self.instance.pk).exists():
            self.add_error(
                "number",
                _("This scheme has a version %(number)s already; the next free number is %(free)s.")
                % {"number": number, "free": next_number(scheme)},
            )
        if begins:
            try:
                check_day(scheme, begins)
            except SchemeRefused as refusal:
                tell_refusal(self, refusal)
        return given


class OnceFormSet(forms.BaseInlineFormSet):
    """No two rows that say the same `once`; the second is told so at its field `at`."""

    once: tuple[str, ...]
    at: str
    twice: Any

    def validate_unique(self) -> None:
        seen = set()
        for form in self._kept():
            values = tuple(form.cleaned_data.get(name) for name in self.once)
            if values in seen:
                form.add_error(self.at, self.twice)
            seen.add(values)

    def _kept(self) -> list[forms.ModelForm]:
        """Rows that are filled in rightly and stay."""
        gone = self.deleted_forms
        return [form for form in self.forms if form.is_valid() and form.cleaned_data and form not in gone]


class GroupFormSet(OnceFormSet):
    once, at = ("code",), "code"
    twice = _("This code is taken in this version; choose another.")


class StarFormSet(OnceFormSet):
    once, at = ("level", "route"), "route"
    twice = _("This star has this way already; give the second one another number.")

    @cached_property
    def rules(self) -> dict[str, str]:
        """The names of the version's rules by their codes."""
        return dict(self.instance.rules.values_list("code", "name")) if self.instance.pk else {}

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """A rule is chosen by its name; one that is gone stays there to be seen until another is chosen."""
        super().add_fields(form, index)
        if "also_rule" in form.fields:
            given = str(form["also_rule"].value() or "")
            gone = {given: given} if given and given not in self.rules else {}
            choices = [*BLANK_CHOICE_DASH, *self.rules.items(), *gone.items()]
            form.fields["also_rule"].widget = forms.Select(choices=choices)

    def clean(self) -> None:
        super().clean()
        self._check_order()
        for form in self._kept():
            asked = form.cleaned_data.get("also_rule")
            if asked and asked not in self.rules:
                form.add_error("also_rule", unknown_rule(asked, self.rules))

    def _check_order(self) -> None:
        stars = {
            (form.cleaned_data["level"], form.cleaned_data["route"]): form
            for form in self._kept()
            if form.cleaned_data.get("threshold") is not None
        }
        asked = [
            (*star, form.cleaned_data["basis"], form.cleaned_data["threshold"])
            for star, form in stars.items()
        ]
        for star, least in out_of_order(asked).items():
            stars[star].add_error(
                "threshold",
                _("A lower star takes %(least)s already; a higher one must not take less.")
                % {"least": least},
            )


class StarForm(forms.ModelForm):
    """A further condition needs both halves: of what, and how many times."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for what, times in (("also_kind", "also_times"), ("also_rule", "also_rule_times")):
            if what in self.errors or times in self.errors:
                continue
            if given.get(what) and not given.get(times):
                self.add_error(times, _("At least how many times?"))
            if given.get(times) and not given.get(what):
                self.add_error(what, _("Times of what? Fill this in, or put 0 for the times."))
        return given


def unknown_rule(code: str, rules: dict[str, str]) -> Any:
    if not rules:
        return _("This version has no rules yet. Save it, add its rules, then name one of them here.")
    known = pgettext("between names", ", ").join(f"{one} ({name})" for one, name in rules.items())
    return _("No rule of this version has the code “%(code)s”. There are: %(rules)s.") % {
        "code": code,
        "rules": known,
    }
