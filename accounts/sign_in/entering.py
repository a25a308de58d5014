"""Signing in whoever has proved a number: through allauth's stages, so that a second factor is asked for where one
is set up, the session's key is renewed and what was shown is recorded."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse

from accounts import phones
from accounts.backends import may_enter
from accounts.models import Person
from accounts.sign_in import ticket
from accounts.sign_in.verified import forget_phone
from portal.kernel.errors import PortalError

BACKEND = "accounts.backends.PhoneOrUsernameBackend"
BY_CODE = "sms"
"""The method under which a session remembers that a code by SMS opened it."""
BY_WECHAT = "wechat"


class NotByCode(PortalError):
    """Staff sign in with a second factor; a code by SMS alone is none."""

    code = "not_by_code"


def people_of(number: str) -> list[Person]:
    """Everybody who has this number and may sign in, oldest record first."""
    held = Person.objects.filter(phone_index=phones.index(number)).order_by("pk") if number else []
    return [person for person in held if may_enter(person)]


def is_known(number: str) -> bool:
    """Whether the number is anybody's, also somebody's who was let in no more."""
    return Person.objects.filter(phone_index=phones.index(number)).exists()


def enter_by_phone(request: HttpRequest, person: Person, *, next_url: str = "") -> HttpResponse:
    """Sign in a person whose number was proved in this session, and go to `next_url`, an address of our own.

    Raises NotByCode for staff without an authenticator app.
    """
    return _enter(request, person, BY_CODE, next_url)


def enter_by_wechat(request: HttpRequest, person: Person, *, next_url: str = "") -> HttpResponse:
    """Sign in the person to whom the WeChat account that is here was bound. Raises as `enter_by_phone` does."""
    return _enter(request, person, BY_WECHAT, next_url)


def _enter(request: HttpRequest, person: Person, method: str, next_url: str) -> HttpResponse:
    if person.is_staff and not is_mfa_enabled(person, [Authenticator.Type.TOTP]):
        raise NotByCode("Staff sign in with their password and a second factor.")
    person.backend = BACKEND
    ticket.drop(request)
    forget_phone(request)
    record_authentication(request, person, method, reauthenticated=True)
    return perform_login(request, Login(user=person, redirect_url=next_url or None))
