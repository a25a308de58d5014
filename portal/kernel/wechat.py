"""WeChat's web page authorisation (网页授权, scope snsapi_base): who has opened a page inside WeChat, as an openid and
nothing else. Off unless the settings name an official account.

The browser goes to WeChat and comes back with a code; the portal asks WeChat's interface, over a second way, whose code
it is. The interface answers 200 with `errcode` where it refuses.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from portal.kernel.errors import PortalError
from portal.kernel.sms.gateway import read_in_time

TAKEN_ALREADY = frozenset({40029, 40163, 41008, 42003})
"""Codes of WeChat for a code that is wrong, missing, used or too old: the visitor begins anew."""
LONGEST_OPENID = 64


class WeChatRefused(PortalError):
    """The code opens nothing: begin anew."""

    code = "wechat_refused"


class WeChatDown(PortalError):
    """No answer, or none that is understood. `details["reason"]` is for the log, without code or secret."""

    code = "wechat_down"


@dataclass(frozen=True)
class Account:
    """`page_url` is where the browser goes, `api_url` the interface that the portal asks."""

    app_id: str
    secret: str
    page_url: str
    api_url: str
    timeout: float

    @classmethod
    def from_settings(cls) -> Account:
        return cls(**settings.WECHAT)


def is_offered() -> bool:
    return bool(settings.WECHAT["app_id"])


def page_to_ask(back: str, state: str) -> str:
    """The address to which the browser is sent; the order of the parameters is WeChat's."""
    account = Account.from_settings()
    query = urlencode(
        {
            "appid": account.app_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
    )
    return f"{account.page_url}?{query}#wechat_redirect"


def openid_of(code: str) -> str:
    """Whose code it is. Raises WeChatRefused, WeChatDown."""
    account = Account.from_settings()
    query = urlencode(
        {"appid": account.app_id, "secret": account.secret, "code": code, "grant_type": "authorization_code"}
    )
    return _read(_ask(account, query))


def _ask(account: Account, query: str) -> bytes:
    place = urlsplit(account.api_url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=account.timeout)
    try:
        connection.request("GET", f"{place.path}?{query}")
        with connection.getresponse() as answer:
            if answer.status != http.HTTPStatus.OK:
                raise WeChatDown("WeChat does not answer.", reason=f"answer {answer.status}")
            return read_in_time(answer, account.timeout)
    except (OSError, http.client.HTTPException) as error:
        raise WeChatDown("WeChat does not answer.", reason=type(error).__name__) from None
    finally:
        connection.close()


def _read(body: bytes) -> str:
    try:
        told: Any = json.loads(body)
        refused, openid = int(told.get("errcode", 0)), told.get("openid", "")
    except (ValueError, TypeError, AttributeError):
        raise WeChatDown("WeChat does not answer.", reason="answer that is not understood") from None
    if refused in TAKEN_ALREADY:
        raise WeChatRefused("WeChat does not know this code.", reason=refused)
    if refused or not isinstance(openid, str) or not 1 <= len(openid) <= LONGEST_OPENID:
        raise WeChatDown("WeChat does not answer.", reason=f"errcode {refused}")
    return openid
