"""A number that somebody has proved to hold, by a code sent to it, before anybody has signed in.

The proof lies in the session, sealed like every number at rest, and is good for half an hour: long enough to
register, to be taken for one of several people, or to claim a record; too short to be found on a borrowed phone.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta

from django.http import HttpRequest

from portal.kernel import crypto

GOOD_FOR = timedelta(minutes=30)
KEPT = "proved_phone"
CONTEXT = "sign_in.proved_phone"


def remember_phone(request: HttpRequest, phone: str, *, now: datetime) -> None:
    """Note in the session that a normalised number was proved; whoever calls has checked the code."""
    sealed = base64.b64encode(crypto.encrypt(phone, CONTEXT)).decode()
    request.session[KEPT] = {"phone": sealed, "at": int(now.timestamp())}


def verified_phone(request: HttpRequest, *, now: datetime) -> str | None:
    """The normalised number proved in this session within the last half hour, if there is one."""
    kept = request.session.get(KEPT)
    if not kept or now.timestamp() - kept["at"] >= GOOD_FOR.total_seconds():
        return None
    try:
        return crypto.decrypt(base64.b64decode(kept["phone"]), CONTEXT)
    except (crypto.Undecipherable, binascii.Error):
        return None  # sealed under a key that is no longer on the ring: as good as run out


def forget_phone(request: HttpRequest) -> None:
    request.session.pop(KEPT, None)
