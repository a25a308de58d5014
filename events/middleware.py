"""The short way of a tap on "I am here": four hundred parents tap within a minute.

The page with the button was given by the ordinary way, with everything that it asks; it left a pass in the claim of the
browser. The tap is then answered here, in one statement that asks again whatever may have changed since: that the
session stands, the account, the password, the generation, that no role is held, the event, its doors, whether the
person belongs. The token of the form is checked as everywhere. This way only ever says yes: whatever it does not let in
takes the ordinary way from the beginning, which refuses, explains and records as if this one did not exist.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import reverse
from django.utils.http import int_to_base36

from events.services.codes import CodeExpired, read_pass
from events.services.wall import check_in_by_pass
from events.views.check_in import check_in_scan
from portal.kernel import clock

PREFIX = "/c/"
HEADERS = {
    "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Vary": "Cookie",
}


class ShortWayMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.csrf = CsrfViewMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.path_info.startswith(PREFIX):
            event_id = self.let_in(request)
            if event_id is not None:
                return HttpResponseRedirect(reverse("check_in_done", args=[event_id]), headers=HEADERS)
        return self.get_response(request)

    def let_in(self, request: HttpRequest) -> int | None:
        """The event at whose list the person now stands; None for the ordinary way."""
        cookies, now = request.COOKIES, clock.now()
        session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        try:
            scan, own = read_pass(
                cookies.get(settings.CHECK_IN_COOKIE_NAME, ""),
                now,
                mark=cookies.get(settings.CHECK_IN_MARK_COOKIE_NAME, ""),
                session_key=session_key,
            )
            request.get_host()
        except (CodeExpired, DisallowedHost):
            return None
        if not request.path_info.startswith(f"{PREFIX}{int_to_base36(scan.event_id)}."):
            return None  # the address is that of another event
        if self.csrf.process_view(request, check_in_scan, (), {}) is not None or not _alone(
            request, own.person_id
        ):
            return None
        # No question beforehand whether the connection lives: a broken one takes the ordinary way, which mends it.
        connection.health_check_done = True  # type: ignore[attr-defined]
        try:
            return scan.event_id if check_in_by_pass(scan, own, session_key=session_key, now=now) else None
        except Error:
            connection.close()
            return None


def _alone(request: HttpRequest, person_id: int) -> bool:
    """Whether the form says no more than "I am here"."""
    if request.POST.get("child"):
        return False
    return "family" not in request.POST or request.POST.getlist("who") == [str(person_id)]
