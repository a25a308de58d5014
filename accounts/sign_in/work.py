"""A little work for the browser instead of a puzzle for the person.

The page carries a signed challenge; while the number is being typed, its script looks for a number that makes the
SHA-256 of both begin with `BITS` zero bits: part of a second on a phone, dear for whoever wants thousands of messages.
A challenge is good for an hour and, by a unique column, for one message. Without script nobody is refused: the wait
between two messages is longer.
"""

from __future__ import annotations

import hashlib
import secrets

from django.core import signing

BITS = 15
SECONDS = 3600
SALT = "accounts.sign_in.work"


def challenge() -> str:
    return signing.TimestampSigner(salt=SALT).sign(secrets.token_hex(16))


def solved(given: str, answer: str) -> str | None:
    """The name of a challenge of ours whose answer is right, and nothing otherwise."""
    if len(given) > 200 or not answer.isascii() or not answer.isdigit() or len(answer) > 12:
        return None
    try:
        name = signing.TimestampSigner(salt=SALT).unsign(given, max_age=SECONDS)
    except signing.BadSignature:
        return None
    found = hashlib.sha256(f"{given}:{answer}".encode()).digest()
    return name if int.from_bytes(found[:4], "big") >> (32 - BITS) == 0 else None
