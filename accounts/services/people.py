"""Keeping people: their names, their numbers, whether they may sign in."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.access import scope_for
from accounts.models import Person, Unit
from accounts.reach import reaches
from accounts.services.authority import NotYours, require_authority_over, sign_out_everywhere
from portal.kernel import audit
from portal.kernel.errors import PortalError

USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,59}")
REASON_LENGTH = 4


class PersonRefused(PortalError):
    """`details["field"]` names the field that is at fault."""

    code = "person_refused"


@transaction.atomic
def register_person(
    *,
    name: str,
    home: Unit,
    username: str = "",
    phone: str = "",
    actor: Person | None,
    now: datetime,
    is_demo: bool = False,
) -> Person:
    """A new person at a unit, without a password. Raises PersonRefused, BadPhone or NotYours."""
    if actor is not None and not scope_for(actor, "accounts.add_person").covers(home.path):
        raise NotYours(_("This unit is not in your area."), field="home")
    number = phones.normalise(phone)
    _check_twin(name, number, home)
    person = Person(
        name=_checked_name(name),
        username=_checked_username(username),
        home=home,
        path=home.path,
        is_demo=is_demo,
        **phones.columns(number),
    )
    person.set_unusable_password()
    person.save()
    audit.record(
        "person.register",
        actor=actor,
        now=now,
        obj=person,
        path=person.path,
        home=home.pk,
        phone=phones.mask(number),
    )
    return person


@transaction.atomic
def change_person(
    person: Person,
    *,
    name: str,
    username: str,
    home: Unit,
    phone: str | None = None,
    actor: Person | None,
    now: datetime,
) -> Person:
    """Correct what is known of a person; `phone` None leaves the number alone.

    Raises PersonRefused, BadPhone or NotYours.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    require_authority_over(person, permission="accounts.change_person", actor=actor, now=now)
    if actor is not None and not scope_for(actor, "accounts.change_person").covers(home.path):
        raise NotYours(_("This unit is not in your area."), field="home")
    before = _shown(person)
    person.name, person.home, person.path = _checked_name(name), home, home.path
    person.username = _checked_username(username, but=person)
    person.save(update_fields=["name", "username", "home", "path", "updated_at"])
    changed = audit.changes(before, _shown(person))
    if changed:
        told = {what: [_masked(value) for value in pair] for what, pair in changed.items() if what != "home"}
        told |= {"home": changed["home"]} if "home" in changed else {}
        audit.record("person.change", actor=actor, now=now, obj=person, path=person.path, changes=told)
    if phone is not None:
        return change_phone(person, phone=phone, actor=actor, now=now)
    return person


@transaction.atomic
def change_phone(person: Person, *, phone: str, actor: Person | None, now: datetime) -> Person:
    """Put another number, or none, in the place of the old one. The number is a way to sign in, so it changes only
    by the hand of who has authority over the account. Raises BadPhone or NotYours."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    require_authority_over(person, permission="accounts.change_person", actor=actor, now=now)
    number = phones.normalise(phone)
    if number != person.phone:
        put_number(person, number, actor=actor, now=now)
    return person


def put_number(person: Person, number: str, *, actor: Person | None, now: datetime) -> None:
    """Write a normalised number of a person whose row the caller holds, and who may have it."""
    before = person.phone
    for column, value in phones.columns(number).items():
        setattr(person, column, value)
    person.save(update_fields=["phone", "phone_index", "phone_tail", "updated_at"])
    audit.record(
        "phone.change",
        actor=actor,
        now=now,
        obj=person,
        path=person.path,
        phone=[phones.mask(before), phones.mask(number)],
    )


@transaction.atomic
def unmask_phone(person: Person, *, reason: str, actor: Person, now: datetime) -> str:
    """One person's whole number, for a stated reason. Raises PersonRefused or NotYours."""
    if not reaches(scope_for(actor, "accounts.unmask_person"), person):
        raise NotYours(_("This person is not in your area."))
    reason = reason.strip()
    if len(reason) < REASON_LENGTH:
        raise PersonRefused(
            _("Say in a few words why you need the number; it is kept in the audit trail."), field="reason"
        )
    audit.record(
        "phone.unmask",
        actor=actor,
        now=now,
        obj=person,
        path=person.path,
        reason=reason,
        phone=person.masked_phone,
    )
    number: str = person.phone
    return number


@transaction.atomic
def deactivate_person(person: Person, *, reason: str, actor: Person | None, now: datetime) -> None:
    """Let a person in no more: open sessions and tokens end with the next request. Raises NotYours."""
    _set_active(person, False, "person.deactivate", reason=reason, actor=actor, now=now)


@transaction.atomic
def reactivate_person(person: Person, *, reason: str, actor: Person | None, now: datetime) -> None:
    """Let a person in again, with the password and the roles that were left. Raises NotYours."""
    _set_active(person, True, "person.reactivate", reason=reason, actor=actor, now=now)


def _set_active(
    person: Person, active: bool, action: str, *, reason: str, actor: Person | None, now: datetime
) -> None:
    person = Person.objects.select_for_update().get(pk=person.pk)
    require_authority_over(person, permission="accounts.change_person", actor=actor, now=now)
    if person.is_active == active:
        return
    person.is_active = active
    sign_out_everywhere(person)
    person.save(update_fields=["is_active", "session_generation", "updated_at"])
    audit.record(action, actor=actor, now=now, obj=person, path=person.path, reason=reason)


def _checked_name(name: str) -> str:
    kept = " ".join(name.split())
    if not kept:
        raise PersonRefused(_("Write the person's name."), field="name")
    return kept


def _checked_username(username: str, *, but: Person | None = None) -> str | None:
    """Lower case, beginning with a letter, so that no user name looks like a phone number."""
    kept = username.strip().lower()
    if not kept:
        return None
    if not USERNAME.fullmatch(kept):
        raise PersonRefused(
            _(
                "A user name begins with a letter and has 3 to 60 small letters, digits, dots, hyphens or "
                "underscores."
            ),
            field="username",
        )
    if Person.objects.filter(username=kept).exclude(pk=but.pk if but else 0).exists():
        raise PersonRefused(_("Somebody uses this user name already. Choose another."), field="username")
    return kept


def _check_twin(name: str, number: str, home: Unit) -> None:
    """The same name with the same number at the same unit is the same person."""
    if (
        number
        and Person.objects.filter(phone_index=phones.index(number), name=name.strip(), home=home).exists()
    ):
        raise PersonRefused(
            _("%(name)s with this number is there already. Search for them instead.") % {"name": name},
            field="phone",
        )


def _masked(name: str) -> str:
    """Enough to tell names apart in the trail, which outlives the people in it."""
    return f"{name[:1]}**" if name else ""


def _shown(person: Person) -> dict[str, Any]:
    return {"name": person.name, "username": person.username or "", "home": person.home_id}
