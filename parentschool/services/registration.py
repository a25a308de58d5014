"""Registering oneself: a proved number, what one agrees to, and a child to claim; one transaction for all three."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.enums import Asked
from accounts.models import Person
from accounts.services.consents import check_required, record_decisions
from parentschool.models import Claim
from parentschool.rules.names import name_key
from parentschool.services.claims import LONGEST_NAME, Claimed, ClaimRefused, claim_child
from portal.kernel import audit


@dataclass(frozen=True)
class Newcomer:
    """Who registers. `phone` was proved by a code; `agreed` answers the texts that were `shown`, at `agreed_at`."""

    phone: str
    name: str
    agreed: Mapping[str, bool]
    shown: Collection[int]
    agreed_at: datetime


def register_parent(newcomer: Newcomer, claimed: Claimed, *, now: datetime) -> Claim:
    """The claim of the new person, bound at once or waiting. The same form sent twice registers one person.

    Raises ConsentRefused, ClaimRefused, BadPhone.
    """
    try:
        with transaction.atomic():
            return _register(newcomer, claimed, now)
    except IntegrityError:
        made = _made_by(claimed.token)
        if made is None:
            raise
        return made


def _register(newcomer: Newcomer, claimed: Claimed, now: datetime) -> Claim:
    made = _made_by(claimed.token)
    if made is not None:
        return made
    check_required(newcomer.agreed, newcomer.shown)
    person = _person_of(newcomer, claimed, now)
    record_decisions(
        person,
        agreed=newcomer.agreed,
        shown=newcomer.shown,
        asked=Asked.REGISTRATION,
        actor=person,
        now=newcomer.agreed_at,
    )
    claim = claim_child(person, claimed, actor=person, now=now)
    if claim.claimant_id != person.pk:
        raise IntegrityError("another request registered this form first")
    return claim


def _made_by(token: str) -> Claim | None:
    return Claim.objects.filter(token=token).select_related("claimant").first()


def _person_of(newcomer: Newcomer, claimed: Claimed, now: datetime) -> Person:
    """A new person; or the one of this number and name, whose record came in while the form was being filled in."""
    number, name = phones.normalise(newcomer.phone), " ".join(newcomer.name.split())
    if not 2 <= len(name) <= LONGEST_NAME:
        raise ClaimRefused(_("Write your full name, at least two characters."), field="name")
    for known in Person.objects.filter(phone_index=phones.index(number), is_active=True).order_by("pk"):
        if name_key(known.name) == name_key(name) and not known.is_staff:
            return known
    person = Person(name=name, home=claimed.school, path=claimed.school.path, **phones.columns(number))
    person.set_unusable_password()
    person.save()
    audit.record(
        "person.register",
        actor=person,
        now=now,
        obj=person,
        path=person.path,
        home=claimed.school.pk,
        phone=phones.mask(number),
    )
    return person
