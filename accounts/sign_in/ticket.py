"""What a browser remembers between asking for a code and typing it: in the session, the number sealed."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest

from portal.kernel import crypto

KEPT = "sms_ticket"
CONTEXT = "sign_in.sms_ticket"


@dataclass(frozen=True)
class Ticket:
    """`secret` binds a code to this browser. `shown` is the code itself, in the demo alone."""

    row_id: int
    number: str
    secret: str
    asked_at: datetime
    shown: str = ""


def new_secret() -> str:
    return secrets.token_urlsafe(24)


def keep(request: HttpRequest, ticket: Ticket) -> None:
    request.session[KEPT] = {
        "row": ticket.row_id,
        "number": base64.b64encode(crypto.encrypt(ticket.number, CONTEXT)).decode(),
        "secret": ticket.secret,
        "at": int(ticket.asked_at.timestamp()),
        **({"shown": ticket.shown} if ticket.shown else {}),
    }


def kept(request: HttpRequest) -> Ticket | None:
    found = request.session.get(KEPT)
    if not found:
        return None
    try:
        number = crypto.decrypt(base64.b64decode(found["number"]), CONTEXT)
    except (crypto.Undecipherable, binascii.Error):
        return None
    asked_at = datetime.fromtimestamp(found["at"], UTC)
    return Ticket(found["row"], number, found["secret"], asked_at, found.get("shown", ""))


def drop(request: HttpRequest) -> None:
    request.session.pop(KEPT, None)
