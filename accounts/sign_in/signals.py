"""The audit of signing in and out.

Everywhere else a service writes the audit in its own transaction. Here there is no service to call: Django, allauth
and axes sign people in and out, and signals are the one thing they tell. So this module, and no other, listens.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import Person
from accounts.sign_in.attempts import attempt_name, people_meant
from accounts.sign_in.sessions import begin
from portal.kernel import audit, clock
from portal.kernel.models import AuditEntry

REFUSED = AuditEntry.Result.REFUSED


def note(action: str, person: Person | None, *, actor: Person | None = None, **summary: Any) -> None:
    audit.record(
        action, actor=actor, now=clock.now(), obj=person, path=person.path if person else "", **summary
    )


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest | None, user: Person, **kwargs: Any) -> None:
    note("sign_in.done", user, actor=user)
    if request is not None:
        begin(request, user)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest | None, user: Person | None, **kwargs: Any) -> None:
    if user is not None:
        note("sign_out", user, actor=user)


@receiver(user_login_failed)
def sign_in_failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Whom the attempt was meant for, if anybody; what was typed might be a number or a password, and is not kept."""
    meant = people_meant(attempt_name(request, credentials))
    note("sign_in.failed", meant[0] if len(meant) == 1 else None, result=REFUSED, known=len(meant))


@receiver(user_locked_out)
def locked_out(sender: Any, request: HttpRequest, username: str, ip_address: str, **kwargs: Any) -> None:
    meant = people_meant(username or "")
    note("sign_in.locked", meant[0] if len(meant) == 1 else None, result=REFUSED, known=len(meant))


@receiver(authentication_failed)
def code_failed(sender: Any, user: Person, **kwargs: Any) -> None:
    note("second_factor.failed", user, actor=user, result=REFUSED)


@receiver(authenticator_added)
def factor_added(
    sender: Any, request: HttpRequest, user: Person, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Who has just shown a code of the new app has used the second factor in this session."""
    note("second_factor.added", user, actor=user, kind=str(authenticator.type))
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(request, user, "mfa", type="totp", reauthenticated=True)


@receiver(authenticator_reset)
def codes_renewed(sender: Any, user: Person, authenticator: Authenticator, **kwargs: Any) -> None:
    note("second_factor.renewed", user, actor=user, kind=str(authenticator.type))


@receiver(authenticator_removed)
def factor_removed(
    sender: Any, request: HttpRequest, user: Person, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Without the app the session counts as one by password alone, until another is set up."""
    note("second_factor.removed", user, actor=user, kind=str(authenticator.type))
    records = request.session.get("account_authentication_methods", [])
    request.session["account_authentication_methods"] = [r for r in records if r.get("method") != "mfa"]


@receiver(password_changed)
def password_given(sender: Any, request: HttpRequest, user: Person, **kwargs: Any) -> None:
    """The next step, setting up the app, need not ask for the password again."""
    reauthenticate_by_password(request)
