from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from accounts.scopes import Scope
from assessment.queries.figures import TREES, units_to_choose


class FiguresForm(forms.Form):
    """Which figures somebody with this reach wants to see."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("unit"), empty_label=None)
    day = forms.DateField(label=_("day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    as_of = forms.ChoiceField(label=_("units are counted"), choices=TREES.items, widget=forms.RadioSelect)

    def __init__(self, *args: Any, reach: Scope, **more: Any) -> None:
        super().__init__(*args, **more)
        units: Any = self.fields["unit"]
        units.queryset = units_to_choose(reach)
        units.label_from_instance = lambda unit: unit.name
