"""How allauth is told our rules."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.services.passwords import change_own_password
from accounts.sign_in.devices import device_words
from accounts.sign_in.sealing import seal, unseal
from portal.kernel import clock
from portal.kernel.middleware import client_address


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _(
            "This name or number and this password do not belong together. Whoever gave you your account can give "
            "you a new one-time password."
        ),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by staff and by claiming a record, never by signing up."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by axes, per name and address, so that nobody can lock another out."""

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:
        """Who has just typed the password need not type it again to set up the second factor."""
        methods = {record["method"] for record in get_authentication_records(request, user)}
        if "password" in methods and not is_mfa_enabled(user):
            reauthenticate_by_password(request)
        return super().post_login(request, user, **kwargs)

    def reauthenticate(self, user: Person, password: str) -> bool:
        name = user.username or str(user.pk)
        return authenticate(self.request, username=name, password=password, person=user) == user

    def set_password(self, user: Person, password: str) -> None:
        change_own_password(user, password=password, now=clock.now())

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def is_mfa_enabled(self, user: Person, types: list[str] | None = None) -> bool:
        """A passkey is a way in of its own. As a second step after another way only the app is asked for: a passkey
        does not work inside WeChat, where parents are."""
        if types is not None and Authenticator.Type.TOTP in types:
            types = [Authenticator.Type.TOTP]
        return bool(super().is_mfa_enabled(user, types))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": str(settings.APP_NAME)}

    def generate_authenticator_name(self, user: Person, type: str) -> str:  # noqa: A002 - allauth's name for it
        return device_words(context.request.headers.get("User-Agent", ""))

    def get_totp_label(self, user: Person) -> str:
        return user.username or user.name
