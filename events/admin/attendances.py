from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.exports import ExportingAdmin
from accounts.reasons import ask_reason
from events.models import Attendance
from events.resources import AttendanceResource
from events.services import revoke_attendances
from portal.kernel import clock


class StandingFilter(admin.SimpleListFilter):
    title = _("on the list")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("taken off the list"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(revoked_at__isnull=self.value() == "yes")
        return queryset


@admin.register(Attendance)
class AttendanceAdmin(ExportingAdmin):
    """Who came. Rolls are taken on the phone pages; here one looks, and takes off what is wrong with a reason."""

    resource_classes = [AttendanceResource]
    list_display = ("person", "event", "host", "method", "taken_at", "stands")
    list_filter = (StandingFilter, "method")
    list_select_related = ("person", "event__host")
    search_fields = ("person__name__startswith", "person__phone_tail__exact")
    search_help_text = _("The beginning of a name, or the last four digits of a phone")
    ordering = ("-pk",)
    empty_hint = _("Rolls are taken from an event: open it, then Roll call.")
    fields = readonly_fields = (
        "event",
        "person",
        "method",
        "taken_at",
        "taken_by",
        "revision",
        "revoked_at",
        "correction_reason",
    )
    actions = ("take_off",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        may_correct = obj is not None and request.user.has_perm("events.change_attendance", obj)
        return (*self.fields, "correction") if may_correct else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "correction")

    @admin.display(description=_("correction"))
    def correction(self, row: Attendance) -> str:
        words = _("Put back on the list") if row.revoked_at else _("Take off the list")
        return format_html('<a href="{}">{}</a>', reverse("attendance_correct", args=[row.pk]), words)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("person__phone")

    @admin.display(description=_("host"))
    def host(self, row: Attendance) -> str:
        return str(row.event.host)

    @admin.display(description=_("on the list"), boolean=True)
    def stands(self, row: Attendance) -> bool:
        return row.revoked_at is None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are taken off by the action, with a reason; none is edited."""
        return obj is None and super().has_change_permission(request)

    @admin.action(description=_("Take the chosen people off the list"), permissions=["change"])
    def take_off(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        title = _("Take the chosen people off the list")
        return ask_reason(self, request, queryset, title=title, act=self._take_off)

    def _take_off(self, request: HttpRequest, rows: list[Attendance], reason: str) -> None:
        n = revoke_attendances(rows, reason=reason, actor=request.user, now=clock.now())
        told = ngettext("%(n)s person is taken off the list.", "%(n)s people are taken off the list.", n)
        messages.success(request, told % {"n": n})
