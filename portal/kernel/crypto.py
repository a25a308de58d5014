"""Encryption of single fields, and the keyed index that finds them.

A token is `version byte | 12-byte nonce | ciphertext and tag`. The version names a key of the ring in
FIELD_KEYS (newest first), whose algorithm is AES-256-GCM, or SM4-GCM where a county's assessment asks for it.
The context (model and field) is authenticated, so that a token moved to another column does not open.
"""

from __future__ import annotations

import base64
import hmac
import os
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_LENGTH = 12
TAG_LENGTH = 16


class Undecipherable(Exception):
    """The token was changed, moved to another column, or its key is no longer on the ring."""


@dataclass(frozen=True)
class FieldKey:
    version: int
    algorithm: str
    key: bytes

    @cached_property
    def _aes(self) -> AESGCM:
        return AESGCM(self.key)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        nonce = os.urandom(NONCE_LENGTH)
        if self.algorithm == "aes":
            return nonce + self._aes.encrypt(nonce, plain, context)
        encryptor = Cipher(SM4(self.key[:16]), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(context)
        return nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        nonce, rest = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
        try:
            if self.algorithm == "aes":
                return self._aes.decrypt(nonce, rest, context)
            body, tag = rest[:-TAG_LENGTH], rest[-TAG_LENGTH:]
            decryptor = Cipher(SM4(self.key[:16]), modes.GCM(nonce, tag)).decryptor()
            decryptor.authenticate_additional_data(context)
            return decryptor.update(body) + decryptor.finalize()
        except InvalidTag as error:
            raise Undecipherable from error


@lru_cache(maxsize=4)
def parse_keyring(text: str) -> dict[int, FieldKey]:
    """The ring, newest first, from `version:algorithm:base64[,…]`."""
    ring: dict[int, FieldKey] = {}
    for part in text.split(","):
        try:
            version, algorithm, encoded = part.strip().split(":")
            key = FieldKey(int(version), algorithm, base64.b64decode(encoded, validate=True))
        except ValueError as error:
            raise ImproperlyConfigured("FIELD_KEYS must read version:aes|sm4:BASE64[,…]") from error
        if algorithm not in {"aes", "sm4"} or len(key.key) != 32 or not 0 < key.version < 256:
            raise ImproperlyConfigured("FIELD_KEYS: 32-byte keys, aes or sm4, versions 1 to 255")
        ring[key.version] = key
    return ring


def encrypt(plain: str, context: str) -> bytes:
    key = next(iter(parse_keyring(settings.FIELD_KEYS).values()))
    return bytes([key.version]) + key.seal(plain.encode(), context.encode())


def decrypt(token: bytes, context: str) -> str:
    """The text of a token. Raises Undecipherable."""
    key = parse_keyring(settings.FIELD_KEYS).get(token[0]) if token else None
    if key is None:
        raise Undecipherable
    return key.unseal(token[1:], context.encode()).decode()


@lru_cache(maxsize=4)
def _index_key(text: str) -> bytes:
    return base64.b64decode(text)


def blind_index(value: str, purpose: str) -> str:
    """32 hex digits of HMAC-SHA256 over a normalised value: finds equals, tells nothing else."""
    return hmac.digest(_index_key(settings.INDEX_KEY), f"{purpose}\0{value}".encode(), "sha256").hex()[:32]
