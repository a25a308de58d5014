from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import scope_for
from accounts.exports import ExportingAdmin
from accounts.reasons import ask_reason
from accounts.scoped_admin import ScopedInline, ScopedModelAdmin
from events.forms.office import EventOfficeForm
from events.models import Event, EventKind, EventLecturer
from events.queries import bookable_lecturers
from events.queries.lists import with_count
from events.resources import EventResource
from events.services import cancel_event, change_event, schedule_event
from portal.kernel import clock
from training.models import Lecturer


@admin.register(EventKind)
class EventKindAdmin(ScopedModelAdmin):
    """Kinds are data: renamed, added to, taken out of use; one that is taken out stays on its events."""

    list_display = ("name", "code", "default_minutes", "for_families", "order", "is_active")
    list_filter = ("is_active", "for_families")
    search_fields = ("name__startswith", "code__startswith")
    search_help_text = _("Search by the beginning of the name or the code")
    fields = ("name", "code", "default_minutes", "for_families", "order", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: EventKind | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


class BookingInline(ScopedInline):
    """Who is booked and when; booking itself is the form's, so that one act writes all of it."""

    model = EventLecturer
    fields = readonly_fields = ("lecturer", "begins", "ends")
    verbose_name_plural = _("booked lecturers")

    @admin.display(description=_("begins"))
    def begins(self, booking: EventLecturer) -> datetime:
        return booking.starts_at

    @admin.display(description=_("ends"))
    def ends(self, booking: EventLecturer) -> datetime:
        return booking.ends_at

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Whoever sees an event sees who is booked for it."""
        reach = scope_for(request.user, "events.view_event")
        return EventLecturer.objects.within(reach).select_related("lecturer__person", "event")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("events.view_event")


@admin.register(Event)
class EventAdmin(ExportingAdmin):
    """Events of the own area: planned here, changed here, called off with a reason, never deleted."""

    form = EventOfficeForm
    resource_classes = [EventResource]
    list_display = ("title", "kind", "host", "starts_at", "place", "came", "status")
    list_filter = ("status", "kind")
    list_select_related = ("host", "kind")
    search_fields = ("title__startswith",)
    search_help_text = _("The beginning of the title")
    ordering = ("-starts_at", "-pk")
    autocomplete_fields = ("host",)
    inlines = (BookingInline,)
    actions = ("call_off",)

    @admin.display(description=_("on the list"), ordering=None)
    def came(self, event: Any) -> int:
        return int(event.came)

    @admin.display(description=_("on the day"))
    def pages(self, event: Event) -> str:
        seats = [("event_seats", _("Bookings"))] if event.needs_booking else []
        links = (
            *seats,
            ("roll_call", _("Roll call")),
            ("wall", _("Wall for signing in")),
            ("sign_in_sheet", _("Paper sheet")),
        )
        return format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            ((reverse(name, args=[event.pk]), words) for name, words in links),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_count(super().get_queryset(request))

    def get_inlines(self, request: HttpRequest, obj: Event | None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> list[str]:
        plan = ["kind", "title", "starts_at", "ends_at", "place", "speaker", "capacity"]
        plan += ["needs_booking", "book_until", "audience"]
        if obj is None:
            return ["host", *plan]
        if not self.has_change_permission(request, obj):
            return ["host", *plan, "classes", "status", "cancel_reason"]
        pages = ["pages"] if request.user.has_perm("events.add_attendance", obj) else []
        return ["host", *plan, "classes", "speakers", "status", "cancel_reason", *pages]

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> tuple[str, ...]:
        return ("host", "status", "cancel_reason", "pages") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, with choices of the event's own host."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None and "classes" in form.base_fields:
            form.base_fields["classes"].queryset = obj.host.classes.filter(closed_on=None)
        if obj is not None and "speakers" in form.base_fields:
            offered = bookable_lecturers(obj.host, clock.day_of(obj.starts_at))
            keys = {*offered.values_list("pk", flat=True), *obj.lecturers.values_list("pk", flat=True)}
            form.base_fields["speakers"].queryset = Lecturer.objects.filter(pk__in=keys).select_related(
                "person"
            )
        return form

    def save_model(self, request: HttpRequest, obj: Event, form: ModelForm, change: bool) -> None:
        now = clock.now()
        if change:
            saved = change_event(Event.objects.get(pk=obj.pk), plan=form.plan(), actor=request.user, now=now)
        else:
            saved = schedule_event(form.cleaned_data["host"], plan=form.plan(), actor=request.user, now=now)
        obj.__dict__.update(saved.__dict__)

    @admin.action(description=_("Call off the chosen events"), permissions=["change"])
    def call_off(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return ask_reason(self, request, queryset, title=_("Call off the chosen events"), act=self._call_off)

    def _call_off(self, request: HttpRequest, rows: list[Event], reason: str) -> None:
        for event in rows:
            cancel_event(event, reason=reason, actor=request.user, now=clock.now())
        told = ngettext("%(n)s event is called off.", "%(n)s events are called off.", len(rows))
        messages.success(request, told % {"n": len(rows)})
