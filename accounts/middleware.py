"""The door, asked before every page: is the session still in time, is the password one's own, was the second factor
shown in this session, has a parent agreed to what the portal cannot do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.access import Refused
from accounts.models import Person
from accounts.passwords import password_is_old
from accounts.queries import lacks_consent
from accounts.refusals import note_refusal
from accounts.sign_in.entering import BY_CODE
from accounts.sign_in.sessions import is_over
from accounts.sign_in.step_up import needs_fresh_sign_in, way_to_prove
from portal.kernel import clock

OPEN = frozenset({"healthz", "set_language", "text_size", "jsi18n", "account_logout"})
"""Pages that show nothing of anybody."""
FOR_NEW_PASSWORD = OPEN | {"account_change_password"}
FOR_SECOND_FACTOR = OPEN | {"mfa_activate_totp", "account_reauthenticate", "mfa_reauthenticate"}
CONSENTS = "consents"
"""In the session once nothing that is required is lacking; a text that changed is asked about at the next sign-in."""
WITHOUT_CONSENT = OPEN | {"consent_ask", "own_consents", "privacy", "privacy_text", "account_change_password"}
UNMOVED = frozenset({"job_progress"})
"""Pages that ask by themselves; they do not count as somebody at work."""
LEAVES_NOTHING = '"cache", "storage"'
"""What a browser is told to forget when somebody has left. Cookies stay: that of the session is gone, and the others
hold the language and the size of the text."""


class DoorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_in = isinstance(request.user, Person)
        response = self.get_response(request)
        if was_in and not request.user.is_authenticated:
            response["Clear-Site-Data"] = LEAVES_NOTHING
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        person = request.user
        if not isinstance(person, Person) or request.resolver_match is None:
            return None
        page = request.resolver_match.view_name
        if is_over(request, person, at_work=page not in UNMOVED):
            return sign_out(request, _("You were signed out because nothing happened for a while."))
        if person.password_due_at and not came_by_code(request, person):
            if person.password_due_at <= clock.now():
                return sign_out(request, _("Your one-time password has run out. Ask for a new one."))
            return None if page in FOR_NEW_PASSWORD else redirect("account_change_password")
        if page not in FOR_NEW_PASSWORD and password_is_old(person, now=clock.now()):
            return redirect(f"{reverse('account_change_password')}?{urlencode({'why': 'age'})}")
        if needs_fresh_sign_in(request, person, page):
            return redirect(f"{reverse(way_to_prove(person))}?{urlencode({'next': request.get_full_path()})}")
        if not settings.STAFF_SECOND_FACTOR or page in FOR_SECOND_FACTOR:
            return None
        if not person.is_staff or used_second_factor(request, person):
            return None
        if came_by_code(request, person):
            return sign_out(request, _("You work for the portal now: please sign in with your password."))
        if is_mfa_enabled(person, [Authenticator.Type.TOTP]):
            return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
        return redirect("mfa_activate_totp")

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A refusal leaves its row after the view's own transaction was taken back."""
        if isinstance(exception, (Refused, PermissionDenied)) and request.user.is_authenticated:
            note_refusal(request)


class ConsentMiddleware:
    """Nothing of a parent is shown or kept before they agreed to what the portal cannot do without. Staff work by
    their office and are not asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        person, page = request.user, request.resolver_match
        if not isinstance(person, Person) or page is None or page.view_name in WITHOUT_CONSENT:
            return None
        if request.session.get(CONSENTS) or person.is_staff:
            return None
        if not lacks_consent(person):
            request.session[CONSENTS] = True
            return None
        back = request.get_full_path() if request.method == "GET" else "/"
        return redirect(f"{reverse('consent_ask')}?{urlencode({'next': back})}")


def used_second_factor(request: HttpRequest, person: Person) -> bool:
    return any(record["method"] == "mfa" for record in get_authentication_records(request, person))


def came_by_code(request: HttpRequest, person: Person) -> bool:
    """Whether a code by SMS opened this session, and no password."""
    methods = {record["method"] for record in get_authentication_records(request, person)}
    return BY_CODE in methods and "password" not in methods


def sign_out(request: HttpRequest, why: Any) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" else "/"
    logout(request)
    messages.info(request, why)
    door = redirect_to_login(back)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": door["Location"]})
    return door
