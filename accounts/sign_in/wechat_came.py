"""Which WeChat account came back from WeChat without being known: it waits in the session, sealed, to be bound."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta

from django.http import HttpRequest

from portal.kernel import clock, crypto

CAME = "wechat_came"
CONTEXT = "sign_in.wechat"
GOOD_FOR = timedelta(minutes=30)


def keep(request: HttpRequest, openid: str) -> None:
    sealed = base64.b64encode(crypto.encrypt(openid, CONTEXT)).decode()
    request.session[CAME] = {"openid": sealed, "at": int(clock.now().timestamp())}


def waiting(request: HttpRequest) -> str | None:
    """The openid that came back in this session within the last half hour, if one did."""
    kept = request.session.get(CAME)
    if not kept or clock.now().timestamp() - kept["at"] >= GOOD_FOR.total_seconds():
        return None
    try:
        return crypto.decrypt(base64.b64decode(kept["openid"]), CONTEXT)
    except (crypto.Undecipherable, binascii.Error):
        return None


def forget(request: HttpRequest) -> None:
    request.session.pop(CAME, None)
