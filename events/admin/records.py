"""Kinds of record, which are data, and the records themselves: put down on the work pages, seen here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.reasons import ask_reason
from accounts.scoped_admin import ScopedModelAdmin
from events.models import Record, RecordKind
from events.services.records import take_back_record
from portal.kernel import clock


@admin.register(RecordKind)
class RecordKindAdmin(ScopedModelAdmin):
    """What a kind counts in stays once it is made: points rest on it."""

    list_display = ("name", "measure", "most", "entered_by", "once_in", "is_complaint", "is_active")
    list_filter = ("is_active", "entered_by")
    search_fields = ("name__startswith", "code__startswith")
    search_help_text = _("Search by the beginning of the name or the code")
    fields = (
        "name",
        "code",
        "measure",
        "most",
        "entered_by",
        "once_in",
        "needs_event",
        "is_complaint",
        "hint",
        "order",
        "is_active",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: RecordKind | None = None) -> tuple[str, ...]:
        return ("code", "measure", "is_complaint") if obj else ()


@admin.register(Record)
class RecordAdmin(ScopedModelAdmin):
    list_display = ("person", "kind", "happened_on", "quantity", "unit", "entered_by", "stands")
    list_filter = ("kind",)
    list_select_related = ("person", "kind", "unit", "entered_by")
    search_fields = ("person__name__startswith",)
    search_help_text = _("The beginning of a name")
    empty_hint = _("Service and other things that earn points are put down here, person by person.")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "kind",
        "person",
        "unit",
        "happened_on",
        "quantity",
        "child",
        "event",
        "note",
        "entered_by",
        "revision",
        "settled_on",
        "settled_note",
        "revoked_at",
        "revoked_reason",
    )
    actions = ("take_back",)
    change_list_template = "admin/events/record/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("person__phone", "entered_by__phone")

    @admin.display(description=_("counts"), boolean=True)
    def stands(self, row: Record) -> bool:
        return row.revoked_at is None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are taken back by the action, with a reason; none is edited."""
        return obj is None and super().has_change_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_put_down = request.user.has_perm("events.add_record")
        return super().changelist_view(request, {**(extra_context or {}), "may_put_down": may_put_down})

    @admin.action(description=_("Take the chosen records back"), permissions=["change"])
    def take_back(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return ask_reason(
            self, request, queryset, title=_("Take the chosen records back"), act=self._take_back
        )

    def _take_back(self, request: HttpRequest, rows: list[Record], reason: str) -> None:
        for row in rows:
            take_back_record(row, reason=reason, actor=request.user, now=clock.now())
        messages.success(request, _("%(n)s records are taken back.") % {"n": len(rows)})
