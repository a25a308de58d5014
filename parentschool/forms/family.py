"""Registering, claiming a child, deciding on it: what comes in from a phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Person
from parentschool.enums import Relation
from parentschool.models import Child, Membership, SchoolClass

NAME_LENGTH = 60
NOT_LISTED = "0"


def full_name(label: Any, *, refusal: Any, autocomplete: str = "off") -> forms.CharField:
    """A name of at least two characters; words are lazy translations."""
    return forms.CharField(
        label=label,
        max_length=NAME_LENGTH,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
        error_messages={"required": refusal, "min_length": refusal},
    )


def relation_to_child(label: Any, *, refusal: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=Relation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": refusal},
    )


class SelfForm(forms.Form):
    """Who registers: the own name, and what one is to the child."""

    name = full_name(
        _("My name"), refusal=_("Write your full name, at least two characters."), autocomplete="name"
    )
    relation = relation_to_child(_("I am the child's"), refusal=_("Choose what you are to the child."))


class ChildClaimForm(forms.Form):
    """The class, where one knows it, and the child's name; nothing of the class list is shown."""

    school_class = forms.ChoiceField(
        label=_("Class"), error_messages={"required": _("Choose the child's class.")}
    )
    child_name = full_name(
        _("The child's full name"), refusal=_("Write the child's full name, at least two characters.")
    )
    relation = relation_to_child(_("I am the child's"), refusal=_("Choose what you are to the child."))

    def __init__(
        self, data: Any = None, *, classes: Sequence[SchoolClass], with_relation: bool, **more: Any
    ) -> None:
        super().__init__(data, **more)
        self.classes = {str(each.pk): each for each in classes}
        offered = [(key, str(each)) for key, each in self.classes.items()]
        self.fields["school_class"].choices = [
            ("", _("– choose –")),
            *offered,
            (NOT_LISTED, _("I do not know the class")),
        ]
        if not with_relation:
            del self.fields["relation"]

    @property
    def chosen_class(self) -> SchoolClass | None:
        return self.classes.get(self.cleaned_data["school_class"])


class NeighbourClaimForm(forms.Form):
    """In a village nobody is asked for a child; the household tells people of one name apart."""

    household = forms.CharField(
        label=_("Head of the household (may be left empty)"),
        max_length=NAME_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The name that the village knows your family by."),
    )

    @property
    def chosen_class(self) -> None:
        return None


class NeighbourDecisionForm(forms.Form):
    """The village's decision: whether the claimant is one of those whom it keeps without a phone."""

    record = forms.ChoiceField(
        label=_("Is it one of these people?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who it is.")},
    )
    reason = forms.CharField(
        label=_("If it does not fit: a sentence to the parent"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, records: Sequence[Membership], deciding: bool) -> None:
        super().__init__(data)
        self.records = {str(row.person_id): row.person for row in records}
        if records:
            named = [(str(row.person_id), _named(row)) for row in records]
            self.fields["record"].choices = [*named, (NOT_LISTED, _("none of them: take in anew"))]
            self.fields["record"].required = deciding
        else:
            del self.fields["record"]

    @property
    def chosen_record(self) -> Person | None:
        return self.records.get(self.cleaned_data.get("record") or "")


def _named(row: Membership) -> str:
    household = (
        _("household of %(name)s") % {"name": row.household} if row.household else _("no household noted")
    )
    return f"{row.person.name} · {household}"


class SentenceForm(forms.Form):
    """A reason, in a few words."""

    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a few words what is wrong.")},
    )


class ClaimForm(forms.Form):
    """The school's decision on a claim that is not plain: which child it is, or into which class it comes."""

    child = forms.ChoiceField(label=_("Which child is it?"), widget=forms.RadioSelect, required=False)
    school_class = forms.ChoiceField(label=_("Class"), required=False)
    reason = forms.CharField(
        label=_("If it does not fit: a sentence to the parent"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, data: Any = None, *, children: Sequence[Child], classes: Sequence[SchoolClass]
    ) -> None:
        super().__init__(data)
        self.children = {str(each.pk): each for each in children}
        self.classes = {str(each.pk): each for each in classes}
        if len(self.children) > 1:
            self.fields["child"].choices = [
                (key, f"{each} · {each.school_class}") for key, each in self.children.items()
            ]
        else:
            del self.fields["child"]
        if self.classes:
            self.fields["school_class"].choices = [
                ("", _("– choose –")),
                *((key, str(each)) for key, each in self.classes.items()),
            ]
        else:
            del self.fields["school_class"]

    @property
    def chosen_child(self) -> Child | None:
        return self.children.get(self.cleaned_data.get("child") or "")

    @property
    def chosen_class(self) -> SchoolClass | None:
        return self.classes.get(self.cleaned_data.get("school_class") or "")


class ManagedForm(forms.Form):
    """A guardian without a phone: the name and what they are to the child."""

    name = full_name(
        pgettext_lazy("of a person", "name"), refusal=_("Type the full name, at least two characters.")
    )
    relation = relation_to_child(_("relation"), refusal=_("Choose what this person is to the child."))
