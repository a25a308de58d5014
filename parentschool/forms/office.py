"""Forms of the office's pages of families."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from parentschool.models import Child, ClassTeamMember, Guardianship, HomeVisit, SchoolClass
from parentschool.services.families import NO_BASIS


class RuleAtField(forms.ModelForm):
    """What a constraint of the model says stands at `rule_field`, not above the form."""

    rule_field: ClassVar[str]

    def _update_errors(self, errors: ValidationError) -> None:
        said: dict[str, list[Any]] = errors.update_error_dict({})
        if self.rule_field in self.fields and NON_FIELD_ERRORS in said:
            said.setdefault(self.rule_field, []).extend(said.pop(NON_FIELD_ERRORS))
        super()._update_errors(ValidationError(said))  # type: ignore[misc]  # not in the stubs


class SchoolClassForm(RuleAtField):
    rule_field = "number"

    class Meta:
        model = SchoolClass
        fields = ("school", "stage", "entry_year", "number", "closed_on")


class ChildForm(RuleAtField):
    """A child in the office. A new record says on which legal basis it is kept."""

    rule_field = "name"

    by_duty = forms.BooleanField(
        label=_("The school keeps this child's record by its statutory duty"),
        help_text=_("Family Education Promotion Law, article 40. This is recorded with your name."),
        error_messages={"required": NO_BASIS},
    )

    class Meta:
        model = Child
        fields = ("name", "school_class", "gender", "left_on")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.instance.pk:
            self.fields.pop("by_duty", None)


class ClassTeamForm(RuleAtField):
    rule_field = "duty"
    refusal_fields = {"role": "person", "path": "school_class", "unit": "school_class", "on": "valid_until"}

    class Meta:
        model = ClassTeamMember
        fields = ("school_class", "person", "duty", "valid_from", "valid_until")


class GuardianForm(forms.ModelForm):
    """A line of a child's guardians; who it is about is said once, when the line is new."""

    class Meta:
        model = Guardianship
        fields = ("guardian", "relation", "relation_word", "ended_on")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["guardian"].disabled = self.instance.pk is not None


class HomeVisitForm(forms.ModelForm):
    """A correction: what came of the visit and who was met, with the reason."""

    reason = forms.CharField(
        label=_("reason of the correction"),
        max_length=200,
        error_messages={"required": _("Say in a few words what was wrong.")},
    )

    class Meta:
        model = HomeVisit
        fields = ("outcome", "met", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if "met" in self.fields:
            guardians = Person.objects.filter(guardianships__child=self.instance.child_id)
            met: Any = self.fields["met"]
            met.queryset = guardians.filter(guardianships__ended_on=None).distinct().defer("phone")
