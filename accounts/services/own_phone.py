"""The own number, changed by the person it belongs to."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import phones
from accounts.models import Person
from accounts.services.people import put_number
from portal.kernel import notices


@transaction.atomic
def change_own_phone(person: Person, *, number: str, now: datetime) -> Person:
    """Put a normalised number, to which a code was sent and taken just now, in the place of the old one.

    Both stand in the trail and in a notice, masked, so that whoever finds it without having done it knows. The number
    that stands already changes nothing.
    """
    held = Person.objects.select_for_update().get(pk=person.pk)
    before = held.phone
    if number == before:
        return held
    put_number(held, number, actor=held, now=now)
    notices.send(
        [held.pk],
        "accounts.phone_changed",
        cause=f"phone:{held.pk}:{now.isoformat()}",
        now=now,
        route="account_own",
        before=phones.mask(before) or "—",
        after=phones.mask(number),
    )
    return held
