"""Whether two people wrote the same name."""

from __future__ import annotations

import re
import unicodedata

BETWEEN = re.compile(r"[\s·•‧∙・.]")


def name_key(name: str) -> str:
    """What stays the same however a name is typed: no spaces, no dots between its parts, no full-width letters."""
    return BETWEEN.sub("", unicodedata.normalize("NFKC", name)).casefold()
