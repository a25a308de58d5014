from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Person
from events import rules
from events.models import Reservation
from events.queries.near import Relative


class SeatsForm(forms.Form):
    """Who of a household comes. Only the household is offered, so nobody else can be booked for."""

    people = forms.MultipleChoiceField(
        label=_("Who comes?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one adult who comes.")},
    )
    children = forms.TypedChoiceField(label=_("How many children come along?"), coerce=int)

    def __init__(
        self,
        data: Any = None,
        *,
        person: Person,
        others: Sequence[Relative],
        held: Reservation | None = None,
        by_staff: bool = False,
        **more: Any,
    ) -> None:
        booked = [place.person_id for place in held.places.all()] if held else [person.pk]
        initial = {"people": [str(key) for key in booked], "children": held.children if held else 0}
        super().__init__(data, initial=initial, **more)
        me = person.name if by_staff else _("%(name)s (myself)") % {"name": person.name}
        offered = [(str(person.pk), me)]
        offered += [(str(other.pk), f"{other.name} · {other.relation}") for other in others]
        self.fields["people"].choices = offered
        self.fields["children"].choices = [(n, _children(n)) for n in range(rules.MOST_CHILDREN + 1)]

    @property
    def keys(self) -> list[int]:
        return [int(key) for key in self.cleaned_data["people"]]


def _children(number: int) -> str:
    if not number:
        return str(_("no child"))
    return ngettext("%(n)s child", "%(n)s children", number) % {"n": number}
