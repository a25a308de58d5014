"""Mobile numbers of mainland China: normalised, masked, and turned into the three columns of a person."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from portal.kernel.crypto import blind_index
from portal.kernel.errors import PortalError

MOBILE = re.compile(r"1[3-9]\d{9}")
NOISE = re.compile(r"[\s\-()​﻿·.]")


class BadPhone(PortalError):
    code = "bad_phone"


def normalise(text: str) -> str:
    """Eleven digits from what people type: full-width digits, spaces, dashes, +86 or 0086 in front.

    Empty stays empty. Raises BadPhone.
    """
    digits = NOISE.sub("", unicodedata.normalize("NFKC", text))
    for prefix in ("+86", "0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            digits = digits.removeprefix(prefix)
    if digits and not MOBILE.fullmatch(digits):
        raise BadPhone(_("A mobile number has 11 digits and begins with 1; please check it."), field="phone")
    return digits


def mask(number: str) -> str:
    """138****0001; nothing for nothing."""
    return f"{number[:3]}****{number[-4:]}" if number else ""


def index(number: str) -> str:
    """The blind index of a normalised number; nothing for nothing."""
    return blind_index(number, "phone") if number else ""


def columns(number: str) -> dict[str, str]:
    """The columns of a person that hold a normalised number."""
    return {"phone": number, "phone_index": index(number), "phone_tail": number[-4:]}
