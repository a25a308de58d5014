"""The secrets of authenticator apps and recovery codes, sealed like every encrypted field."""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from portal.kernel import crypto
from portal.kernel.rekeying import also_sealed

CONTEXT = "mfa.authenticator.data"
SEALED = ("secret", "seed")
"""Keys of an authenticator's data that hold sealed text: of the app, and of the recovery codes."""


def seal(text: str) -> str:
    return base64.b64encode(crypto.encrypt(text, CONTEXT)).decode()


def unseal(sealed: str) -> str:
    return crypto.decrypt(base64.b64decode(sealed), CONTEXT)


@also_sealed(CONTEXT)
def seal_anew() -> int:
    """All of them under the newest key; how many there are. Raises crypto.Undecipherable."""
    with transaction.atomic():
        kept = list(Authenticator.objects.select_for_update())
        for authenticator in kept:
            authenticator.data = {name: _anew(name, value) for name, value in authenticator.data.items()}
        Authenticator.objects.bulk_update(kept, ["data"], batch_size=500)
    return len(kept)


def _anew(name: str, value: Any) -> Any:
    return seal(unseal(value)) if name in SEALED else value
