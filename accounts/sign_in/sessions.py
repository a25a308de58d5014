"""Sessions in the database that say themselves when they are over, so that the row can go soon after.

Django keeps a row as long as its cookie may live; a parent's would lie there for thirty days after seven days of rest
had ended it. Here the door notes `ends_at` in the session, and the row may be removed half a day later: long enough to
tell a returning visitor why. Somebody who has not signed in is remembered for a day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from accounts.models import Person
from portal.kernel import clock

GRACE = timedelta(hours=12)
STRANGER = timedelta(days=1)
MINUTE = 60


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        row = super().create_model_instance(data)
        if "ends_at" in data:
            row.expire_date = datetime.fromtimestamp(data["ends_at"], UTC) + GRACE
        elif SESSION_KEY not in data:
            row.expire_date = clock.now() + STRANGER
        return row


def limits_of(person: Person) -> tuple[int, int]:
    """Seconds of rest, and in all, after which a session of this person ends."""
    idle, in_all = settings.SESSION_LIMITS["staff" if person.is_staff else "others"]
    return idle, in_all


def begin(request: HttpRequest, person: Person) -> None:
    """The session of somebody who has just signed in starts to count."""
    now, session = int(clock.now().timestamp()), request.session
    session["began_at"] = session["seen_at"] = now
    if not session.get_expire_at_browser_close():
        session.set_expiry(limits_of(person)[1])
    _note_end(request, person)


def is_over(request: HttpRequest, person: Person, *, at_work: bool) -> bool:
    """Whether the session has ended; notes, to the minute, that the person is at work."""
    session = request.session
    if "began_at" not in session:
        begin(request, person)
        return False
    idle, in_all = limits_of(person)
    now = int(clock.now().timestamp())
    if now - session["seen_at"] >= idle or now - session["began_at"] >= in_all:
        return True
    if now - session["seen_at"] >= MINUTE and at_work:
        session["seen_at"] = now
        _note_end(request, person)
    return False


def _note_end(request: HttpRequest, person: Person) -> None:
    idle, in_all = limits_of(person)
    request.session["ends_at"] = min(request.session["seen_at"] + idle, request.session["began_at"] + in_all)
