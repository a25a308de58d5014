"""Signed-in clients, with the second factor shown in the session or not."""

from __future__ import annotations

import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from portal.kernel.models import AuditEntry
from tests.world import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def enter(client: Client, person: Person, *, second_factor: bool = True) -> Client:
    """The session that signing in leaves behind."""
    client.force_login(person, backend="accounts.backends.PhoneOrUsernameBackend")
    if second_factor:
        give_app(person)
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
        session["account_authentication_methods_user"] = str(person.pk)
        session.save()
    return client


def give_app(person: Person) -> Authenticator:
    """The person has set up an authenticator app with SECRET."""
    return TOTP.activate(person, SECRET).instance


def code_now(secret: str = SECRET) -> str:
    """What the app shows now: the code of this half minute, which the next half minute still takes."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))


def sign_in(client: Client, name: str, password: str = PASSWORD) -> HttpResponse:
    """What the form of the sign-in page sends."""
    return client.post(reverse("account_login"), {"login": name, "password": password})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def enrol(client: Client) -> HttpResponse:
    """Set up the app as the page asks: read the secret, send the code it shows now. Needs real transactions, since
    the session learns of it on commit."""
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    return client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})


def acts(*names: str) -> list[tuple[str, str]]:
    """The audit's acts of these names with their results, oldest first."""
    return list(AuditEntry.objects.filter(action__in=names).order_by("pk").values_list("action", "result"))
