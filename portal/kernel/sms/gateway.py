"""The HTTP gateway: one signed request a message, as 阿里云短信服务 wants it (SendSms, version 2017-05-25, with the
signature ACS3-HMAC-SHA256), which county offices can buy and which other gateways imitate.

The signature covers the method, the path, the sorted query, the named headers and the body's digest; a timestamp and a
number used once keep a copied request from being played again. The time for an answer is short, because somebody waits.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from portal.kernel import clock
from portal.kernel.sms import Message, SmsBusy, SmsDown, SmsRefused

ALGORITHM = "ACS3-HMAC-SHA256"
ACTION, VERSION = "SendSms", "2017-05-25"
EMPTY_BODY = hashlib.sha256(b"").hexdigest()
LONGEST_ANSWER = 64 * 1024
TAKEN = "OK"
OWN_LIMITS = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL"})
THROTTLED = "Throttling"
"""Beginning of the gateway's codes for too many requests of ours at once."""


@dataclass(frozen=True)
class Account:
    """`url` is the gateway's address, `sign_name` the registered signature that opens each message."""

    url: str
    key_id: str
    key_secret: str
    sign_name: str
    timeout: float

    @classmethod
    def from_settings(cls) -> Account:
        return cls(**settings.SMS_GATEWAY)


class GatewayBackend:
    def deliver(self, message: Message) -> None:
        """Raises SmsDown, SmsRefused or SmsBusy."""
        account = Account.from_settings()
        query = canonical_query(
            {
                "PhoneNumbers": message.number,
                "SignName": account.sign_name,
                "TemplateCode": settings.SMS_TEMPLATES[message.template],
                "TemplateParam": json.dumps(message.values),
            }
        )
        headers = signed_headers(account, query, at=clock.now(), nonce=secrets.token_hex(16))
        answered(*ask(account, query, headers))


def canonical_query(parameters: dict[str, str]) -> str:
    """Sorted by name, percent-encoded as RFC 3986 says: what is signed is what is sent."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items())
    )


def signed_headers(account: Account, query: str, *, at: datetime, nonce: str) -> dict[str, str]:
    headers = {
        "host": urlsplit(account.url).netloc,
        "x-acs-action": ACTION,
        "x-acs-content-sha256": EMPTY_BODY,
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": VERSION,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    asked = "\n".join(["POST", urlsplit(account.url).path or "/", query, lines, names, EMPTY_BODY])
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    signature = hmac.new(account.key_secret.encode(), to_sign.encode(), "sha256").hexdigest()
    headers["authorization"] = (
        f"{ALGORITHM} Credential={account.key_id},SignedHeaders={names},Signature={signature}"
    )
    return headers


def ask(account: Account, query: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """The gateway's status and answer. Raises SmsDown, which says whether the request had left."""
    place = urlsplit(account.url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=account.timeout)
    try:
        connection.connect()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise SmsDown(type(error).__name__) from None
    try:
        connection.request("POST", f"{place.path or '/'}?{query}", body=b"", headers=headers)
        with connection.getresponse() as answer:
            return answer.status, read_in_time(answer, account.timeout)
    except TimeoutError:
        raise SmsDown("no answer in time", may_have_gone=True) from None
    except (OSError, http.client.HTTPException) as error:
        raise SmsDown(type(error).__name__, may_have_gone=True) from None
    finally:
        connection.close()


def read_in_time(answer: http.client.HTTPResponse, seconds: float) -> bytes:
    """The body, unless it dribbles on past the time or grows past all sense: then TimeoutError."""
    body, until = b"", time.monotonic() + seconds
    while part := answer.read1(4096):
        body += part
        if time.monotonic() > until or len(body) > LONGEST_ANSWER:
            raise TimeoutError
    return body


def answered(status: int, body: bytes) -> None:
    """What the gateway's answer means. Raises SmsDown, SmsRefused or SmsBusy."""
    try:
        told: Any = json.loads(body)
        code = str(told["Code"])[:60]
    except (ValueError, TypeError, KeyError):
        raise SmsDown(f"answer {status} that is not understood", may_have_gone=status == 200) from None
    if status == 200 and code == TAKEN:
        return
    if code in OWN_LIMITS:
        raise SmsBusy(code)
    if status >= 500 or code.startswith(THROTTLED):
        raise SmsDown(code)
    raise SmsRefused(code)
