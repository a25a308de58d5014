from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.enums import Level
from accounts.scoped_admin import ScopedModelAdmin
from assessment.forms.requirements import RequirementForm
from assessment.models import Requirement


@admin.register(Requirement)
class RequirementAdmin(ScopedModelAdmin):
    """What the law asks of every parent school; a change is a new row from its day on, the old one ends."""

    form = RequirementForm
    list_display = ("name", "at_least", "per", "source", "valid_from", "valid_until")
    search_fields = ("name__startswith", "code__startswith")
    search_help_text = _("Search by the beginning of the name or the code")
    ordering = ("code", "-valid_from")
    fields = RequirementForm.Meta.fields

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "unit":
            field.queryset = field.queryset.filter(level=Level.COUNTY)
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Requirement | None = None) -> tuple[str, ...]:
        return ("unit", "code") if obj else ()
