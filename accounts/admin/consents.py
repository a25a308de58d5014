"""What people are told about their personal information, what they decided, and who answers for it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.access import SignedInRequest
from accounts.models import Consent, PersonInCharge, PurposeText
from accounts.scoped_admin import ReadOnlyAdmin, ScopedModelAdmin
from accounts.services.consents import publish_text
from portal.kernel import clock


@admin.register(PurposeText)
class PurposeTextAdmin(ScopedModelAdmin):
    """A text is never changed: a new version is published beside it."""

    list_display = ("title", "purpose_basis", "is_required", "number", "is_real_change", "published_at")
    list_select_related = ("purpose",)
    fields = ("purpose", "title", "text", "is_real_change")
    readonly_fields = ("number", "sha256", "published_at", "published_by")
    ordering = ("purpose__order", "-number")

    @admin.display(description=_("legal basis"), ordering="purpose__basis")
    def purpose_basis(self, text: PurposeText) -> str:
        return text.purpose.get_basis_display()

    @admin.display(description=_("required"), boolean=True, ordering="purpose__is_required")
    def is_required(self, text: PurposeText) -> bool:
        return text.purpose.is_required

    def get_fields(self, request: HttpRequest, obj: PurposeText | None = None) -> tuple[str, ...]:
        return (*self.fields, *(self.readonly_fields if obj else ()))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: SignedInRequest, obj: PurposeText, form: ModelForm, change: bool) -> None:
        made = publish_text(
            obj.purpose,
            title=obj.title,
            text=obj.text,
            is_real_change=obj.is_real_change,
            actor=request.user,
            now=clock.now(),
        )
        obj.__dict__.update(made.__dict__)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("at", "person", "text", "decision", "asked")
    list_filter = ("decision", "asked")
    list_select_related = ("person", "text")
    search_fields = ("person__name__startswith",)
    search_help_text = _("The beginning of a person's name")
    ordering = ("-pk",)


@admin.register(PersonInCharge)
class PersonInChargeAdmin(ScopedModelAdmin):
    list_display = ("name", "office", "phone", "unit")
    list_select_related = ("unit",)
    fields = ("unit", "name", "office", "phone")
    autocomplete_fields = ("unit",)
