"""A person's own sessions: listed, ended one by one or all at once, and tidied when they are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import Person
from accounts.services.authority import sign_out_everywhere
from accounts.sign_in.devices import device_words
from accounts.sign_in.sessions import SessionStore
from portal.kernel import audit
from portal.kernel.errors import PortalError


class NoSuchSession(PortalError):
    code = "no_such_session"


@dataclass(frozen=True)
class OwnSession:
    """The place is left out on purpose: an address names no place that a person would recognise."""

    pk: int
    device: str
    began_at: datetime
    seen_at: datetime
    is_current: bool


def open_sessions(person: Person, *, current_key: str | None) -> list[OwnSession]:
    """The person's open sessions, the present one first, then the latest seen."""
    noted = {each.session_key: each for each in UserSession.objects.filter(user=person)}
    found = []
    for row in Session.objects.filter(session_key__in=noted):
        held, note = row.get_decoded(), noted[row.session_key]
        if str(held.get("_auth_user_id")) == str(person.pk) and _is_valid(held, person):
            seen_at = held.get("seen_at")
            found.append(
                OwnSession(
                    pk=note.pk,
                    device=device_words(note.user_agent),
                    began_at=note.created_at,
                    seen_at=datetime.fromtimestamp(seen_at, UTC) if seen_at else note.created_at,
                    is_current=row.session_key == current_key,
                )
            )
    return sorted(found, key=lambda each: (not each.is_current, -each.seen_at.timestamp()))


@transaction.atomic
def end_session(person: Person, session_id: int, *, now: datetime) -> None:
    """End one session of one's own. Raises NoSuchSession."""
    note = UserSession.objects.filter(user=person, pk=session_id).first()
    if note is None:
        raise NoSuchSession("This session is not yours, or is over.")
    SessionStore().delete(note.session_key)
    note.delete()
    audit.record("session.end", actor=person, now=now, obj=person, path=person.path)


@transaction.atomic
def end_all_sessions(person: Person, *, now: datetime) -> None:
    """End every session, the present one too, and every token for programs."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    sign_out_everywhere(person)
    person.save(update_fields=["session_generation", "updated_at"])
    keys = list(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=person).delete()
    audit.record("session.end_all", actor=person, now=now, obj=person, path=person.path, sessions=len(keys))


def tidy_sessions(*, now: datetime) -> int:
    """Remove the rows of sessions that are over, and the notes of those that are gone; how many rows."""
    removed, _by_model = Session.objects.filter(expire_date__lte=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return removed


def _is_valid(held: dict[str, object], person: Person) -> bool:
    """Whether the session was begun under the password and the generation that hold now."""
    return held.get("_auth_user_hash") == person.get_session_auth_hash()
