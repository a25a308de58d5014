"""Events for parents: what is near, what there is to know, seats for the household. Nothing here needs a script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import Refused, SignedInRequest
from accounts.models import Person
from accounts.refusals import tell_refusal
from events.forms.family import SeatsForm
from events.models import Event, Reservation
from events.queries import near
from events.services import change_seats, give_back, reserve_seats
from portal.kernel import clock
from portal.kernel.calendar import Period, month_of
from portal.kernel.errors import PortalError
from portal.kernel.special_days import exceptions
from portal.kernel.workdays import ONE_DAY, SATURDAY

TAB = {"tab": "events"}
BOOKED = "booked"


@dataclass(frozen=True)
class Day:
    """A day of the month's sheet. `mark` is "off" or "work" where it is not what its weekday says."""

    day: date
    events: list[Event]
    is_today: bool
    is_outside: bool
    mark: str


@login_required
@require_GET
def my_events(request: SignedInRequest) -> HttpResponse:
    now, place, day = clock.now(), request.GET.get("at", ""), _day(request.GET.get("day"))
    events = near.events_for(request.user, now=now)
    shown = near.booked(events) if place == BOOKED else near.at(events, place)
    if day:
        context = {"day": day, "coming": near.in_days(events, Period(day, day + ONE_DAY))}
    else:
        context = {"at": place, "coming": near.coming(shown, now=now), "past": near.past(shown, now=now)}
    return render(request, "home/events.html", {**TAB, "now": now, **context})


@login_required
@require_GET
def my_month(request: SignedInRequest) -> HttpResponse:
    """A month as a sheet, with the days off and the days worked instead; the same events stand below as a list."""
    now = clock.now()
    today = clock.day_of(now)
    month = month_of(_day(f"{request.GET.get('m', '')}-01") or today)
    events = near.in_days(near.events_for(request.user, now=now), month)
    on, special = near.by_day(events), exceptions()
    weeks = [
        [Day(day, on.get(day, []), day == today, day not in month, _mark(day, special)) for day in week]
        for week in near.weeks_of(month)
    ]
    context = {
        "month": month.begins_on,
        "before": (month.begins_on - ONE_DAY).strftime("%Y-%m"),
        "after": month.ends_on.strftime("%Y-%m"),
        "weeks": weeks,
        "events": events,
    }
    return render(request, "home/month.html", {**TAB, **context})


@login_required
@require_GET
def family_event(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, _event(request, pk))


@login_required
@require_POST
def family_seats(request: SignedInRequest, pk: int) -> HttpResponse:
    """Book for the chosen people, or change what is booked; pressing twice books once."""
    event, now = _event(request, pk), clock.now()
    family = _family(request.user, event)
    form = SeatsForm(request.POST, person=request.user, others=family.free, held=family.own)
    if not form.is_valid():
        return _page(request, event, form)
    people = list(Person.objects.filter(pk__in=form.keys).defer("phone"))
    wanted = {"people": people, "children": form.cleaned_data["children"]}
    try:
        if family.own:
            held = change_seats(family.own, **wanted, actor=request.user, now=now)
        else:
            held = reserve_seats(event, **wanted, actor=request.user, now=now)
    except PortalError as refusal:
        tell_refusal(form, refusal)
        return _page(request, _event(request, pk), form)
    messages.success(request, _told(held))
    return redirect("family_event", pk)


@login_required
@require_POST
def family_back(request: SignedInRequest, pk: int) -> HttpResponse:
    event = _event(request, pk)
    own = _family(request.user, event).own
    if own is not None:
        try:
            give_back(own, actor=request.user, now=clock.now())
        except PortalError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Your booking is cancelled. Thank you for making room."))
    return redirect("family_event", pk)


@dataclass(frozen=True)
class Family:
    """What a household holds at an event: the reservation that the reader may change, those of others in it, and
    who has none yet."""

    own: Reservation | None
    others: list[Reservation]
    free: list[near.Relative]


def _family(person: Person, event: Event) -> Family:
    kin = near.relatives(person, event)
    held = near.standing_reservations(event, [person.pk, *(one.pk for one in kin)])
    own = next((r for r in held if _may_change(r, person)), None)
    others = [r for r in held if r is not own]
    taken = {place.person_id for r in others for place in r.places.all()}
    return Family(own, others, [one for one in kin if one.pk not in taken])


def _may_change(reservation: Reservation, person: Person) -> bool:
    return reservation.made_by_id == person.pk or any(
        place.person_id == person.pk for place in reservation.places.all()
    )


def _event(request: SignedInRequest, pk: int) -> Event:
    event = near.events_for(request.user, now=clock.now()).filter(pk=pk).first()
    if event is None:
        raise Refused
    return event


def _page(request: SignedInRequest, event: Event, form: SeatsForm | None = None) -> HttpResponse:
    now = clock.now()
    family = _family(request.user, event)
    is_open = event.needs_booking and now < min(event.booking_ends_at, event.starts_at)
    context: dict[str, Any] = {
        "event": event,
        "speakers": near.speakers(event),
        "family": family,
        "ahead": near.ahead_of(family.own) if family.own and family.own.is_waiting else 0,
        "form": form or SeatsForm(person=request.user, others=family.free, held=family.own),
        "is_open": is_open and not event.is_cancelled and not event.is_held,
        "has_begun": now >= event.starts_at,
    }
    return render(request, "home/event.html", {**TAB, **context})


def _told(held: Reservation) -> str:
    if held.is_waiting:
        return _("All seats are taken at the moment. You are on the waiting list and will be told here.")
    return ngettext("Booked: %(n)s seat.", "Booked: %(n)s seats.", held.seats) % {"n": held.seats}


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None


def _mark(day: date, special: dict[date, bool]) -> str:
    works = special.get(day)
    if works is None or works == (day.weekday() < SATURDAY):
        return ""
    return "work" if works else "off"
