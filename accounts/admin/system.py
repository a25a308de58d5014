"""To look at only: the audit, and sign-ins that failed. To be kept: the work calendar."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import SignedInRequest
from accounts.audit_words import act_words, told
from accounts.scoped_admin import ReadOnlyAdmin, ScopedModelAdmin
from accounts.services.attempts import forget_attempts
from accounts.sign_in.attempts import person_meant
from portal.kernel import audit, clock
from portal.kernel.models import AuditEntry, SpecialDay
from portal.kernel.workdays import is_workday

OF_AXES = (_("access attempt"), _("access attempts"))
"""What axes calls its rows, so that our catalogue has words for it: its own has no Chinese."""


class ActFilter(admin.SimpleListFilter):
    """Groups of acts by name: never a scan for what occurs."""

    title = _("kind of act")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(number), group) for number, (group, _acts) in enumerate(audit.GROUPS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value() or ""
        if not chosen.isdecimal() or int(chosen) >= len(audit.GROUPS):
            return queryset
        return queryset.filter(action__in=list(audit.GROUPS[int(chosen)][1]))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "shown_action", "shown_object", "shown_summary", "result", "origin")
    list_filter = (ActFilter, "result")
    list_select_related = ("actor",)
    search_fields = ("actor__name__startswith", "object_id__exact", "action__startswith", "request_id__exact")
    search_help_text = _("The beginning of a person's name, the number of a record, or an act")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "at",
        "actor",
        "shown_action",
        "shown_object",
        "path",
        "shown_summary",
        "result",
        "origin",
        "request_id",
    )

    @admin.display(description=_("what"), ordering="action")
    def shown_action(self, entry: AuditEntry) -> Any:
        return act_words(entry.action)

    @admin.display(description=_("record"))
    def shown_object(self, entry: AuditEntry) -> str:
        if not entry.object_type:
            return "–"
        try:
            kind = apps.get_model(entry.object_type)._meta.verbose_name
        except LookupError:
            kind = entry.object_type
        return f"{kind} {entry.object_id}"

    @admin.display(description=_("details"))
    def shown_summary(self, entry: AuditEntry) -> Any:
        return (
            format_html_join(gettext("; "), gettext("{}: {}"), told(entry.summary, entry.object_type)) or "–"
        )


class SpecialDayForm(forms.ModelForm):
    class Meta:
        model = SpecialDay
        fields = ["day", "is_worked", "name"]

    def clean(self) -> dict[str, Any]:
        """A day is entered for what its weekday does not say by itself."""
        given = super().clean() or {}
        day = given.get("day")
        if day and given.get("is_worked") and is_workday(day, {}):
            self.add_error(
                "is_worked",
                _("This is a weekday, which is worked anyway. Only weekend days are entered as worked."),
            )
        return given


class YearFilter(admin.SimpleListFilter):
    title, parameter_name = _("year"), "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (str(day.year), str(day.year)) for day in SpecialDay.objects.dates("day", "year", order="DESC")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        year = self.value() or ""
        return queryset.filter(day__year=int(year)) if len(year) == 4 and year.isdecimal() else queryset


@admin.register(SpecialDay)
class SpecialDayAdmin(ScopedModelAdmin):
    """Terms of answer are counted by these days, so a row that is wrong may go."""

    form = SpecialDayForm
    list_display = ("day", "weekday", "name", "says")
    list_filter = (YearFilter, "is_worked")
    ordering = ("-day",)
    fields = ("day", "name", "is_worked")
    actions = None

    @admin.display(description=_("weekday"))
    def weekday(self, row: SpecialDay) -> str:
        return date_format(row.day, "l")

    @admin.display(description=_("that day"))
    def says(self, row: SpecialDay) -> Any:
        return _("worked") if row.is_worked else _("off work")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: SpecialDay) -> None:
        self.note_deleted(request, obj, day=str(obj.day))
        super().delete_model(request, obj)


@admin.register(AccessAttempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Sign-ins that failed, by name and address. Ten lock the two together for a quarter of an hour."""

    list_display = ("attempt_time", "shown_people", "ip_address", "failures_since_start")
    ordering = ("-attempt_time",)
    empty_hint = _("Nobody has failed to sign in lately.")
    actions = ("unlock",)
    fields = readonly_fields = ("attempt_time", "shown_people", "ip_address", "failures_since_start")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(person_meant=person_meant())

    @admin.display(description=_("meant for"))
    def shown_people(self, attempt: AccessAttempt) -> Any:
        return getattr(attempt, "person_meant", None) or _("nobody known here")

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("axes.unlock_accessattempt")

    @admin.action(description=_("Let them try again now"), permissions=["unlock"])
    def unlock(self, request: SignedInRequest, queryset: QuerySet) -> None:
        forget_attempts(queryset, actor=request.user, now=clock.now())
        messages.success(request, _("They may try again now."))
