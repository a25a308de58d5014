from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from events.models import Event, RecordKind
from parentschool.models import Child

FEW = 6
"""So many kinds are shown as big buttons, more as a list that opens."""


class RecordForm(forms.Form):
    """What is put down of one person. Kinds, children and events are those offered."""

    kind = forms.ChoiceField(
        label=_("what"), widget=forms.RadioSelect, error_messages={"required": _("Choose what it is.")}
    )
    quantity = forms.IntegerField(
        label=_("how much"), initial=1, widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1})
    )
    happened_on = forms.DateField(
        label=_("day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    event = forms.ChoiceField(label=_("at the event"), required=False)
    child = forms.ChoiceField(label=_("about the child"), required=False)
    note = forms.CharField(label=_("note"), max_length=200, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        kinds: Sequence[RecordKind],
        children: Sequence[Child],
        events: Sequence[Event],
        today: date,
    ) -> None:
        super().__init__(data, initial={"happened_on": today})
        self.kinds = {str(kind.pk): kind for kind in kinds}
        self.children = {str(child.pk): child for child in children}
        self.events = {str(event.pk): event for event in events}
        self.fields["kind"].choices = [
            (key, f"{kind}（{kind.get_measure_display()}）") for key, kind in self.kinds.items()
        ]
        if len(self.kinds) > FEW:
            choices = [("", _("choose")), *self.fields["kind"].choices]
            self.fields["kind"].widget = forms.Select(choices=choices)
        if len(self.kinds) == 1:
            self.initial["kind"] = next(iter(self.kinds))
        self.fields["event"].choices = [("", _("none"))] + [
            (key, f"{date_format(localtime(event.starts_at), 'SHORT_DATE_FORMAT')} {event}")
            for key, event in self.events.items()
        ]
        self.fields["child"].choices = [
            ("", _("the family")),
            *((key, str(child)) for key, child in self.children.items()),
        ]
        for name, offered in (("event", self.events), ("child", self.children)):
            if not offered:
                del self.fields[name]

    def told(self) -> dict[str, Any]:
        """As the service takes it."""
        given = self.cleaned_data
        return {
            "kind": self.kinds[given["kind"]],
            "quantity": given["quantity"],
            "happened_on": given["happened_on"],
            "event": self.events.get(given.get("event", "")),
            "child": self.children.get(given.get("child", "")),
            "note": given["note"],
        }
