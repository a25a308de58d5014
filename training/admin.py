from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scoped_admin import ScopedModelAdmin, visible
from portal.kernel import clock
from training.enums import Tier
from training.forms import LecturerForm
from training.models import Lecturer
from training.services import admit_lecturer, change_lecturer


@admin.register(Lecturer)
class LecturerAdmin(ScopedModelAdmin):
    """The pool: who may be asked to speak, for what, from when until when."""

    form = LecturerForm
    list_display = ("person", "unit", "tier", "specialities", "valid_from", "valid_until")
    list_filter = ("tier",)
    list_select_related = ("person", "unit")
    search_fields = ("person__name__startswith", "specialities__startswith")
    search_help_text = _("The beginning of a name or of the specialities")
    ordering = ("-pk",)
    autocomplete_fields = ("unit",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("person__phone")

    def get_fields(self, request: HttpRequest, obj: Lecturer | None = None) -> list[str]:
        if obj is None:
            return ["name", "tail", "unit", "tier", "specialities", "valid_from"]
        return ["person", "unit", "tier", "specialities", "valid_from", "valid_until"]

    def get_readonly_fields(self, request: HttpRequest, obj: Lecturer | None = None) -> tuple[str, ...]:
        return ("person", "unit", "valid_from") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.people = visible(Person, request.user).defer("phone")
        return form

    def save_model(self, request: HttpRequest, obj: Lecturer, form: ModelForm, change: bool) -> None:
        given, actor, now = form.cleaned_data, request.user, clock.now()
        tier = Tier(given["tier"])
        if change:
            saved = change_lecturer(
                obj,
                tier=tier,
                specialities=given["specialities"],
                valid_until=given["valid_until"],
                actor=actor,
                now=now,
            )
        else:
            saved = admit_lecturer(
                given["person"],
                unit=given["unit"],
                tier=tier,
                valid_from=given["valid_from"],
                specialities=given["specialities"],
                actor=actor,
                now=now,
            )
        obj.__dict__.update(saved.__dict__)
