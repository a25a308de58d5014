"""A point rule as the county writes it: choices in words, the table as lines of text, never JSON."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import Kind
from assessment.enums import Effect, Per, PersonRole, Validity
from assessment.forms.schemes import NARROW
from assessment.models import CapGroup, PointRule, SchemeVersion
from assessment.rules import CAPS_OF_A_RULE
from assessment.sources import SOURCES
from portal.kernel.choosing import KEY

_STEP = re.compile(r"\D*(\d{1,6})\D+(\d{1,6})\D*")
CAPS = tuple(f"cap_{cap}" for cap in CAPS_OF_A_RULE)


def many(label: Any, choices: list[tuple[Any, Any]], **more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, **more
    )


class RuleForm(forms.ModelForm):
    """Steps are written “2 5”, one a line, for “from 2 on, 5 points”."""

    source = forms.ChoiceField(
        label=_("source of facts"), choices=[(source.code, source.name) for source in SOURCES.values()]
    )
    unit_kinds = many(
        _("only at"),
        [(kind, kind.label) for kind in Kind],
        help_text=_("None ticked: everywhere."),
    )
    roles = many(
        _("only for"), [(role, role.label) for role in PersonRole], help_text=_("None ticked: everybody.")
    )
    step_lines = forms.CharField(
        label=_("by table"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 24}),
        help_text=_("One a line, such as “2 5”: from 2 on 5 points in all. Points above do not count then."),
    )

    class Meta:
        model = PointRule
        fields = [
            *("version", "code", "name", "order", "source_item"),
            *("source", "kinds", "items", "unit_kinds", "roles", "min_minutes", "begins_on", "ends_on"),
            *("effect", "points", "per", "every", "span", "counted_for", "once"),
            *("shared", *CAPS, "group", "validity", "valid_months"),
        ]
        widgets: Any = {
            "version": forms.HiddenInput,
            "kinds": forms.CheckboxSelectMultiple,
            "items": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["step_lines"] = "\n".join(f"{least} {gives}" for least, gives in self.instance.steps)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = _("May stay empty: a number is given then.")
        for name in ("kinds", "items", "group"):
            widget = self.fields[name].widget if name in self.fields else None
            for tool in ("can_add_related", "can_change_related", "can_view_related", "can_delete_related"):
                if hasattr(widget, tool):
                    setattr(widget, tool, False)
        if "group" in self.fields:
            self.fields["group"].queryset = CapGroup.objects.filter(version=self._version_id())

    def _version_id(self) -> int | None:
        given = self.data.get("version") if self.is_bound else self.initial.get("version")
        found = self.instance.version_id or getattr(given, "pk", given)
        return int(found) if KEY.fullmatch(str(found or "")) else None

    def clean_step_lines(self) -> list[list[int]]:
        lines = [
            line for line in self.cleaned_data["step_lines"].translate(NARROW).splitlines() if line.strip()
        ]
        steps = []
        for line in lines:
            found = _STEP.fullmatch(line)
            if found is None:
                raise forms.ValidationError(
                    _("“%(line)s” is not understood. Write two numbers, such as “2 5”."),
                    params={"line": line},
                )
            steps.append([int(found[1]), int(found[2])])
        if steps != sorted(steps) or [gives for _n, gives in steps] != sorted(gives for _n, gives in steps):
            raise forms.ValidationError(_("Write the smaller numbers first; more must not give less."))
        if len({least for least, _gives in steps}) < len(steps):
            raise forms.ValidationError(_("One number stands twice in the table."))
        return steps

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._clean_source(given)
        self._clean_points(given)
        self._clean_times(given)
        self.instance.steps = given.get("step_lines") or []
        self._clean_code(given)
        return given

    def _clean_code(self, given: dict[str, Any]) -> None:
        """A free one where none is typed; one that another rule of the version has is refused at its field."""
        version = given.get("version")
        if version is None or "code" in self.errors:
            return
        given["code"] = given.get("code") or self.instance.code or free_code(version)
        others = PointRule.objects.filter(version=version, code=given["code"]).exclude(pk=self.instance.pk)
        if "code" in self.fields and others.exists():
            self.add_error("code", _("This code is taken in this version; choose another."))

    def _clean_source(self, given: dict[str, Any]) -> None:
        """A source has kinds of event or kinds of record; the others are dropped."""
        if given.get("source") != "record":
            given["items"] = PointRule.items.field.remote_field.model.objects.none()
        else:
            given["kinds"] = PointRule.kinds.field.remote_field.model.objects.none()
            if "items" not in self.errors and not given.get("items"):
                self.add_error("items", _("Choose what is put down."))
        is_void = given.get("source") == "attendance" and given.get("effect") == Effect.VOID
        if is_void and "kinds" not in self.errors and not given.get("kinds"):
            self.add_error(
                "kinds",
                _("Tick the kinds of event. With none ticked the points of all events would be void."),
            )

    def _clean_points(self, given: dict[str, Any]) -> None:
        effect, points = given.get("effect"), given.get("points")
        if points is None or effect is None:
            return
        if effect == Effect.EARN and points < 0:
            self.add_error("points", _("To take points away, choose “takes points away” above."))
        if effect == Effect.VOID:
            given["points"] = 0
        if effect in (Effect.DEDUCT, Effect.SPEND):
            given["points"] = -abs(points)
        if given.get("step_lines"):
            given["points"] = 1 if effect == Effect.EARN else given["points"]
            if effect != Effect.EARN:
                self.add_error("step_lines", _("Only a rule that gives points may have a table."))
        limited = next((name for name in CAPS if given.get(name) is not None), None)
        if effect != Effect.EARN and limited:
            self.add_error(limited, _("Limits are for rules that give points."))

    def _clean_times(self, given: dict[str, Any]) -> None:
        if given.get("every") is not None and given["every"] < 1:
            self.add_error("every", _("Enter a whole number from 1 on; 1 means every time."))
        if given.get("every", 1) and (given.get("every") or 1) > 1 and given.get("step_lines"):
            self.add_error("step_lines", _("Either a table or every so-many-th time, not both."))
        begins, ends = given.get("begins_on"), given.get("ends_on")
        if begins and ends and ends <= begins:
            self.add_error("ends_on", _("The end must lie after the beginning."))
        if given.get("validity") == Validity.MONTHS and not given.get("valid_months"):
            self.add_error("valid_months", _("For how many months?"))
        for name in ("min_minutes", "valid_months"):
            given[name] = given.get(name) or 0
        if given.get("per") == Per.OCCURRENCE or not given.get("step_lines"):
            return
        if given.get("span") and given["span"] != "ever":
            given["span"] = "ever"


def free_code(version: SchemeVersion) -> str:
    """rule-7: the first number that no rule of the scheme has used."""
    used = set(PointRule.objects.filter(version__scheme=version.scheme_id).values_list("code", flat=True))
    return next(code for number in range(1, len(used) + 2) if (code := f"rule-{number}") not in used)
