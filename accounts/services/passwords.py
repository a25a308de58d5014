"""One-time and own passwords, and the second factor."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.services.authority import require_authority_over, sign_out_everywhere
from portal.kernel import audit
from portal.kernel.errors import PortalError

VALID_FOR = timedelta(hours=72)
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""What is read aloud and copied from paper without mistake: no l, o, 0, 1."""
GROUPS, GROUP_LENGTH = 4, 4


class PasswordRefused(PortalError):
    code = "password_refused"


def one_time_password() -> str:
    """Four groups of four: 80 bits."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _letter in range(GROUP_LENGTH)) for _group in range(GROUPS)
    )


@transaction.atomic
def issue_first_password(person: Person, *, actor: Person | None, now: datetime) -> str:
    """A random password for one sign-in within 72 hours, after which the person must choose an own one.

    It is shown once and kept nowhere; open sessions end. Raises PasswordRefused or NotYours.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    require_authority_over(person, permission="accounts.change_person", actor=actor, now=now)
    if not person.is_active:
        raise PasswordRefused(_("This person may not sign in. Let them in again first."))
    if not person.username and not person.phone_index:
        raise PasswordRefused(
            _("This person has neither a user name nor a phone to sign in with. Add one of them first.")
        )
    password = one_time_password()
    person.set_password(password)
    person.password_due_at = now + VALID_FOR
    sign_out_everywhere(person)
    person.save(update_fields=["password", "password_due_at", "session_generation", "updated_at"])
    audit.record(
        "password.issue",
        actor=actor,
        now=now,
        obj=person,
        path=person.path,
        until=str(person.password_due_at),
    )
    return password


@transaction.atomic
def change_own_password(person: Person, *, password: str, now: datetime) -> None:
    """The person chooses a password; every other session of theirs ends."""
    person.set_password(password)
    person.password_due_at, person.password_set_at = None, now
    person.save(update_fields=["password", "password_due_at", "password_set_at", "updated_at"])
    audit.record("password.change", actor=person, now=now, obj=person, path=person.path)


@transaction.atomic
def reset_second_factor(person: Person, *, reason: str, actor: Person | None, now: datetime) -> None:
    """Forget the authenticator app and the recovery codes of somebody who lost them: open sessions end, and the next
    sign-in asks to set up an app again. Raises NotYours."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    require_authority_over(person, permission="accounts.change_person", actor=actor, now=now)
    removed, _by_model = Authenticator.objects.filter(user=person).delete()
    sign_out_everywhere(person)
    person.save(update_fields=["session_generation", "updated_at"])
    audit.record(
        "second_factor.reset",
        actor=actor,
        now=now,
        obj=person,
        path=person.path,
        reason=reason,
        removed=removed,
    )
