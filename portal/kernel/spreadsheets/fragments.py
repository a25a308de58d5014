"""Large XML parts in bounded pieces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

from portal.kernel.spreadsheets.errors import SpreadsheetRefused
from portal.kernel.spreadsheets.limits import MIB

CHUNK = MIB
_LONGEST_ELEMENT = 32 * MIB


def whole_elements(part: IO[bytes], name: str, *, chunk: int = CHUNK) -> Iterator[bytes]:
    """The part in pieces that end behind a closing tag `name`, and then what is left.

    Comments, CDATA and declarations are refused: no spreadsheet program writes them there.
    """
    closing = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?%b\s*>" % name.encode())
    held = b""
    while block := part.read(chunk):
        held += block
        end = _last_end(closing, held)
        if end:
            yield _plain(held[:end])
            held = held[end:]
        elif len(held) > _LONGEST_ELEMENT:
            raise SpreadsheetRefused("bomb")
    yield _plain(held)


def _last_end(closing: re.Pattern[bytes], held: bytes) -> int:
    """Where the last closing tag ends; looked for from the back, where it nearly always is."""
    window = 4096
    while True:
        start = max(0, len(held) - window)
        end = max((found.end() for found in closing.finditer(held, start)), default=0)
        if end or start == 0:
            return end
        window *= 16


def _plain(xml: bytes) -> bytes:
    if b"<!" in xml:
        raise SpreadsheetRefused("unsafe")
    return xml


def parse_fragment(
    xml: bytes,
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None],
    end: Callable[[str], None],
) -> None:
    """Walk elements that have no root of their own, names without prefix. Broken XML is an ExpatError."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    parser.CharacterDataHandler = text
    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.Parse(b"<fragment>", False)
    parser.Parse(xml, False)
    parser.Parse(b"</fragment>", True)
