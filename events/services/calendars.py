"""The secret link of a person's calendar: shown once, kept only as a digest, and dead as soon as another is made."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from accounts.models import Person
from events.models import CalendarLink
from portal.kernel import audit

SECRET_BYTES = 24


def digest_of(secret: str) -> str:
    """A secret of 24 random bytes needs no slow hash: it cannot be guessed from its digest."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_calendar_link(person: Person, *, now: datetime) -> str:
    """A new secret; the old link answers no longer. Nobody can show it a second time."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    CalendarLink.objects.update_or_create(
        person=person, defaults={"digest": digest_of(secret), "made_at": now}
    )
    audit.record("calendar_link.make", actor=person, now=now, path=person.path)
    return secret


@transaction.atomic
def end_calendar_link(person: Person, *, now: datetime) -> None:
    """The link answers no longer. A second call changes nothing."""
    if CalendarLink.objects.filter(person=person).delete()[0]:
        audit.record("calendar_link.end", actor=person, now=now, path=person.path)


def owner_of(secret: str) -> Person | None:
    """Whose calendar a link shows; nobody's, where the person may no longer sign in."""
    link = CalendarLink.objects.filter(digest=digest_of(secret), person__is_active=True)
    found = link.select_related("person").defer("person__phone").first()
    return found.person if found else None
