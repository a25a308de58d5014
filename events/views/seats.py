"""The booked seats of an event: who comes, who waits, and booking for families without a phone.

Who runs the event sees every household. Who reaches families for whom others hold an event, a school lead at an event
of the county, sees and books those alone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import Refused, SignedInRequest, scope_for
from accounts.models import Person
from accounts.refusals import tell_refusal
from events.forms.family import SeatsForm
from events.models import Event, Reservation
from events.queries import near, people_within, search_people
from events.queries.seats import holders, open_to, seats_of, within_reach
from events.services import give_back_for_family, reserve_for_family
from events.views.roll import reach_of
from portal.kernel import clock
from portal.kernel.errors import PortalError

RUN, BOOK = "events.change_event", "events.book_reservation"


@login_required
@require_GET
def event_seats(request: SignedInRequest, pk: int) -> HttpResponse:
    event, runs = _event(request, pk)
    reach = reach_of(request.user)
    context = {
        "event": event,
        "runs": runs,
        "list": seats_of(event, reach, only_own=not runs),
        "may_book": _may_book(event) and bool(reach.families or reach.members),
        "has_begun": clock.now() >= event.starts_at,
    }
    return render(request, "work/seats.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def event_seats_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """A family without a phone: whom, and who of the household comes. What is typed is posted, so that names do not
    stand in addresses."""
    event, _runs = _event(request, pk)
    if not _may_book(event):
        return redirect("event_seats", pk)
    if "person" in request.POST:
        return _book(request, event, _person_in_reach(request))
    typed = request.POST.get("q", "").strip()
    found = search_people(typed, event, reach_of(request.user))
    held = holders(event, [row.person_id for row in found]) if found else {}
    context = {"event": event, "typed": typed, "found": [(row, held.get(row.person_id)) for row in found]}
    return render(request, "work/seats_new.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def event_seats_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give back what a family holds, after a look at what will change."""
    held = _reservation(request, pk)
    names = [place.person.name for place in held.places.select_related("person").defer("person__phone")]
    if request.method == "POST":
        try:
            give_back_for_family(held, actor=request.user, now=clock.now())
        except PortalError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("The booking is cancelled. Who waits has moved up as far as there is room.")
            )
        return redirect("event_seats", held.event_id)
    context = {"event": held.event, "held": held, "names": names}
    return render(request, "work/seats_back.html", context)


def _book(request: SignedInRequest, event: Event, person: Person) -> HttpResponse:
    kin = near.relatives(person, event)
    taken = holders(event, [person.pk, *(one.pk for one in kin)])
    if person.pk in taken:
        messages.info(request, _("%(name)s has booked already.") % {"name": person.name})
        return redirect("event_seats", event.pk)
    sent: Any = request.POST if "book" in request.POST else None
    free = [one for one in kin if one.pk not in taken]
    form = SeatsForm(sent, person=person, others=free, by_staff=True)
    if form.is_bound and form.is_valid():
        people = list(Person.objects.filter(pk__in=form.keys).defer("phone"))
        try:
            held = reserve_for_family(
                event,
                people=people,
                children=form.cleaned_data["children"],
                actor=request.user,
                now=clock.now(),
            )
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            messages.success(request, _told(held, person))
            return redirect("event_seats", event.pk)
    return render(request, "work/seats_household.html", {"event": event, "person": person, "form": form})


def _event(request: SignedInRequest, pk: int) -> tuple[Event, bool]:
    """The event, and whether the reader runs it."""
    rows = Event.objects.select_related("host", "kind").filter(pk=pk)
    run = rows.within(scope_for(request.user, RUN)).first()
    reach = scope_for(request.user, BOOK)
    event = run or (rows.filter(open_to(reach)).first() if reach else None)
    if event is None:
        raise Refused
    return event, run is not None


def _reservation(request: SignedInRequest, pk: int) -> Reservation:
    rows = Reservation.objects.select_related("event__host").filter(pk=pk)
    held = rows.within(scope_for(request.user, RUN)).first()
    reach = scope_for(request.user, BOOK)
    if held is None and reach:
        own = within_reach(rows, reach_of(request.user))
        held = own.filter(event__in=Event.objects.filter(open_to(reach)).values("pk")).first()
    if held is None:
        raise Refused
    return held


def _may_book(event: Event) -> bool:
    return event.needs_booking and not event.is_cancelled and clock.now() < event.starts_at


def _person_in_reach(request: SignedInRequest) -> Person:
    key = request.POST.get("person", "")
    people = people_within(reach_of(request.user)).defer("phone")
    person = people.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if person is None:
        raise Refused
    return person


def _told(held: Reservation, person: Person) -> str:
    if held.is_waiting:
        words = _("All seats are taken at the moment. %(name)s is on the waiting list.")
        return words % {"name": person.name}
    words = ngettext("%(n)s seat is booked for %(name)s.", "%(n)s seats are booked for %(name)s.", held.seats)
    return words % {"n": held.seats, "name": person.name}
