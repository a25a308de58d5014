"""A person's own code: shown on the phone or printed, and scanned by whoever takes the roll.

The code says who somebody is and no more; that they came is said by the one who scans it, at an event that is under
way in their own reach. It needs no network on the side of the person who shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import Refused, SignedInRequest, permission_required, scope_for
from accounts.models import Person
from events import rules
from events.enums import Method
from events.models import Event
from events.queries import open_for_signing_in
from events.services import take_roll
from events.services.codes import personal_code, read_personal_code
from events.views.wall import qr_drawing
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError


@never_cache
@login_required
@require_GET
def my_code(request: SignedInRequest) -> HttpResponse:
    """Good for today; once it is open it needs no network."""
    return render(request, "events/my_code.html", _shown(request, last_day=clock.today()))


@never_cache
@login_required
@require_GET
def my_card(request: SignedInRequest) -> HttpResponse:
    """To be printed for somebody without a phone at hand; good until the school year ends."""
    last_day = SchoolYear.of(clock.today()).period.last_day
    return render(request, "events/my_card.html", _shown(request, last_day=last_day))


@never_cache
@permission_required("events.add_attendance")
@require_http_methods(["GET", "POST"])
def person_by_code(request: SignedInRequest, token: str) -> HttpResponse:
    """What the scan of a personal code opens for whoever takes rolls; for others it is not there."""
    now = clock.now()
    context: dict[str, Any] = {"events": _under_way(request)}
    try:
        person_id = read_personal_code(token, clock.today())
        if context["events"]:
            context["person"] = Person.objects.filter(pk=person_id).defer("phone").first()
        if request.method == "POST":
            event = _chosen(request, context["events"])
            present = [context["person"].pk]
            taken = take_roll(
                event, present=present, actor=request.user, now=now, method=Method.PERSONAL_CODE
            )
            context |= {"done": event, "is_new": bool(taken.added)}
    except PortalError as refusal:
        context["refusal"] = refusal
    return render(request, "work/person_by_code.html", context, status=409 if "refusal" in context else 200)


def _shown(request: HttpRequest, *, last_day: date) -> dict[str, Any]:
    code = personal_code(request.user.pk, today=clock.today(), last_day=last_day)
    address = request.build_absolute_uri(reverse("person_by_code", args=[code.token]))
    return {
        "digits": f"{code.digits[:4]} {code.digits[4:]}",
        "last_day": code.last_day,
        **qr_drawing(address),
    }


def _under_way(request: SignedInRequest) -> list[Event]:
    now = clock.now()
    events = open_for_signing_in(lead=now + rules.DOORS_OPEN, lag=now - rules.DOORS_OPEN)
    return list(
        events.within(scope_for(request.user, "events.add_attendance")).order_by("starts_at", "pk")[:10]
    )


def _chosen(request: SignedInRequest, events: list[Event]) -> Event:
    event = next((one for one in events if str(one.pk) == request.POST.get("event")), None)
    if event is None:
        raise Refused
    return event
