"""Events in a list, one event, entering and changing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import SignedInRequest, allows, load_or_404, permission_required, scope_for, units_for
from accounts.enums import Level
from accounts.models import Person, Unit
from events import queries, rules
from events.forms import EventForm, ReasonForm
from events.models import Event
from events.queries.lists import with_count
from events.queries.seats import bookable, may_see_seats
from events.services import cancel_event, change_event, hold_lecture, schedule_event
from events.services.events import EnteredAlready
from portal.kernel import clock
from portal.kernel.errors import PortalError

LONGEST_KEY = 19
"""Digits; more than a key of the database has."""
MOST_HOSTS = 60
"""More units than this are not offered on a phone; then only the units that hold events for others are."""


@permission_required("events.view_event")
@require_GET
def event_list(request: SignedInRequest) -> HttpResponse:
    reach, now = scope_for(request.user, "events.view_event"), clock.now()
    after, before = _moment(request.GET.get("after")), _moment(request.GET.get("before"))
    behind, today = _key(request.GET.get("pk", "")), clock.midnight(clock.day_of(now))
    context = {
        "coming": queries.coming(reach, now=now, after=after, pk=behind) if before is None else None,
        "gone": queries.gone_by(reach, before=before or today, pk=behind) if after is None else None,
        "now": now,
        "to_book": bookable(scope_for(request.user, "events.book_reservation"), run_by=reach, now=now)
        if after is None and before is None
        else [],
        "may_enter": allows(request.user, "events.add_event"),
        "may_take_rolls": allows(request.user, "events.add_attendance"),
    }
    return render(request, "work/event_list.html", context)


@permission_required("events.add_event")
@require_http_methods(["GET", "POST"])
def event_new(request: SignedInRequest) -> HttpResponse:
    """The one-minute entry: what has begun is held, and its roll comes next; what lies ahead is planned."""
    now, hosts = clock.now(), hosts_of(request.user)
    if not hosts:
        raise Http404
    form = EventForm(request.POST or None, hosts=hosts, person=request.user, now=now)
    if request.method == "POST" and form.is_valid():
        plan = form.plan()
        enter = hold_lecture if rules.has_begun(plan.starts_at, now) else schedule_event
        try:
            event = enter(form.chosen_host, plan=plan, actor=request.user, now=now)
        except EnteredAlready as refusal:
            messages.info(request, _("This event had been entered already; here it is."))
            return redirect("event_detail", refusal.details["event"])
        except PortalError as refusal:
            form.refuse(refusal)
        else:
            return _after_entry(request, event)
    context = {"form": form, "places": queries.usual_places(hosts[0])}
    return render(request, "work/event_form.html", context)


@permission_required("events.view_event")
@require_GET
def event_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    rows = with_count(Event.objects.select_related("host", "kind", "entered_by"))
    event: Event = load_or_404(rows, pk, person=request.user, permission="events.view_event")
    now = clock.now()
    may_change = allows(request.user, "events.change_event", event)
    books = scope_for(request.user, "events.book_reservation")
    context = {
        "event": event,
        "now": now,
        "may_see_seats": event.needs_booking and (may_change or may_see_seats(event, books)),
        "bookings": event.bookings.select_related("lecturer__person", "lecturer__unit"),
        "classes": event.classes.all(),
        "has_begun": rules.has_begun(event.starts_at, now),
        "wall_is_open": rules.doors_are_open(event.starts_at, event.ends_at, now),
        "may_change": may_change,
        "may_take_roll": allows(request.user, "events.add_attendance", event),
        "doubts": queries.doubtful(event).select_related("person").defer("person__phone"),
        "corrections": event.attendances.exclude(correction_reason="")
        .select_related("person")
        .defer("person__phone")
        .order_by("-updated_at")[:10],
        "may_correct": allows(request.user, "events.change_attendance", event),
    }
    return render(request, "work/event_detail.html", context)


@permission_required("events.change_event")
@require_http_methods(["GET", "POST"])
def event_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    event: Event = load_or_404(
        Event.objects.select_related("host", "kind"),
        pk,
        person=request.user,
        permission="events.change_event",
    )
    now = clock.now()
    form = EventForm(request.POST or None, hosts=[event.host], person=request.user, now=now, event=event)
    if request.method == "POST" and form.is_valid():
        try:
            change_event(event, plan=form.plan(), actor=request.user, now=now)
        except PortalError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The change is saved."))
            return redirect("event_detail", event.pk)
    context = {"form": form, "event": event, "places": queries.usual_places(event.host)}
    return render(request, "work/event_form.html", context)


@permission_required("events.change_event")
@require_http_methods(["GET", "POST"])
def event_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    event: Event = load_or_404(
        with_count(Event.objects.select_related("host", "kind")),
        pk,
        person=request.user,
        permission="events.change_event",
    )
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        cancel_event(event, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
        messages.success(request, _("The event is called off."))
        return redirect("event_detail", event.pk)
    return render(request, "work/event_cancel.html", {"event": event, "form": form})


def hosts_of(person: Person) -> list[Unit]:
    """Units for which the person enters events on a phone, the highest first."""
    units = units_for(person, "events.add_event").filter(closed_on=None).order_by("path")
    offered = list(units[: MOST_HOSTS + 1])
    if len(offered) > MOST_HOSTS:
        offered = list(units.exclude(level=Level.SCHOOL)[:MOST_HOSTS])
    return offered


def _after_entry(request: SignedInRequest, event: Event) -> HttpResponse:
    if not event.is_held:
        messages.success(request, _("The event is planned. On its day, take the roll here or open the wall."))
        return redirect("event_detail", event.pk)
    messages.success(request, _("The event is entered. Now the roll: tap everybody who is there."))
    return redirect("roll_call", event.pk)


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < LONGEST_KEY else 0


def _moment(text: Any) -> datetime | None:
    """An aware moment from an address, or nothing."""
    try:
        moment = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
