"""A person's events in the calendar of a phone: the page that makes the secret link, and what it answers."""

from __future__ import annotations

import hashlib

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SignedInRequest
from events.models import CalendarLink
from events.queries.calendars import entries_of, feed
from events.services.calendars import end_calendar_link, make_calendar_link, owner_of
from portal.kernel import clock


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def my_calendar(request: SignedInRequest) -> HttpResponse:
    """Making the link shows it, once; a page that is loaded again shows only that there is one."""
    address = ""
    if request.method == "POST":
        secret = make_calendar_link(request.user, now=clock.now())
        address = request.build_absolute_uri(reverse("calendar_feed", args=[secret]))
    link = CalendarLink.objects.filter(person=request.user).first()
    context = {"tab": "events", "link": link, "address": address}
    return render(request, "home/calendar.html", context)


@login_required
@require_POST
def my_calendar_end(request: SignedInRequest) -> HttpResponse:
    end_calendar_link(request.user, now=clock.now())
    return redirect("my_calendar")


@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """For whoever knows the link; a calendar that has the same already is told so."""
    person = owner_of(secret)
    if person is None:
        raise Http404
    body = feed(entries_of(person, now=clock.now()), name=_("Family education"))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    patch_cache_control(response, private=True, no_cache=True)
    return get_conditional_response(request, etag=etag, response=response) or response
