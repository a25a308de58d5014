"""One spelling for what people type: pure functions, and the same on whole columns.

NFKC would be too much: it turns Chinese punctuation into ASCII and ① into 1. So only letters, digits and
spaces are made half-width, and the look-alikes that copies from a PDF bring (Kangxi radicals, compatibility
ideographs) become the characters they stand for. Rare characters such as 𠮷 stay whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_DOTS = "•・･‧∙⋅․．﹒"  # noqa: RUF001 (the look-alikes are the point)
_ZERO_WIDTH = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff"


def _replacements() -> dict[int, str]:
    wide = {0xFEE0 + code: chr(code) for code in range(0x30, 0x7B) if chr(code).isalnum()}
    lookalikes = {
        code: unicodedata.normalize("NFKC", chr(code))
        for start, end in ((0x2E80, 0x2FD6), (0xF900, 0xFB00), (0x2F800, 0x2FA20))
        for code in range(start, end)
    }
    spaces = dict.fromkeys((0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
    return {code: text for code, text in (wide | lookalikes | spaces).items() if text != chr(code)}


_REPLACEMENTS = _replacements()
_NOTHING = re.compile(f"[{_ZERO_WIDTH}{_CONTROL}]")
_LINE_ENDS = re.compile("\r\n?|\u0085|\u2028|\u2029")


def clean_cell(text: str) -> str:
    """What any cell means: half-width letters, digits and spaces, nothing invisible, no space at the ends."""
    text = _LINE_ENDS.sub("\n", text).translate(_REPLACEMENTS)
    return unicodedata.normalize("NFC", _NOTHING.sub("", text)).strip()


_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}])\\s+(?=[{_HAN}])")
_DOT = re.compile(f"\\s*[·{_DOTS}]\\s*")
_FULL_STOP_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}])\\s*\\.\\s*(?=[{_HAN}])")


def clean_name(text: str) -> str:
    """A person's or a school's name: 张　三 → 张三, 买买提•艾力 → 买买提·艾力; Latin words keep one space."""
    text = _DOT.sub("·", clean_cell(text))
    text = _FULL_STOP_BETWEEN_HAN.sub("·", text)
    return " ".join(_BETWEEN_HAN.sub("", text).split())


_FLOATED = re.compile(r"([0-9]+)\.0+")
_APOSTROPHE = re.compile(r"^['`‘’]+")  # noqa: RUF001


def clean_identifier(text: str) -> str:
    """A code or number that is a name, never a quantity: no spaces, no leading apostrophe, no “.0”."""
    without_spaces = "".join(unicodedata.normalize("NFKC", clean_cell(text)).split())
    text = _APOSTROPHE.sub("", unicodedata.normalize("NFC", without_spaces))
    floated = _FLOATED.fullmatch(text)
    return floated[1] if floated else text


_PHONE_MARKS = re.compile(r"[-‐-―−()（）.·]")  # noqa: RUF001
_COUNTRY = re.compile(r"(?:\+|00)?86(?=1[0-9]{10}$)")


def clean_phone(text: str) -> str:
    """+86 139-1234-5678 → 13912345678. Other numbers merely lose their spaces, hyphens and brackets."""
    return _COUNTRY.sub("", _PHONE_MARKS.sub("", clean_identifier(text)))


@dataclass(frozen=True, slots=True)
class Cleaner:
    """A cleaning function, and the pattern of texts that are known to need none (Rust's regex syntax)."""

    function: Callable[[str], str]
    plain: str

    def __call__(self, text: str) -> str:
        return self.function(text)

    def column(self, texts: pl.Series) -> pl.Series:
        """The same on a column: texts that match `plain` stay as they are; what comes out empty is null."""
        odd = texts.filter(~texts.str.contains(self.plain)).unique()
        if odd.is_empty():
            return texts
        old = odd.to_list()
        new = [self.function(text) or None for text in old]
        return texts.replace(pl.Series(old, dtype=pl.String), pl.Series(new, dtype=pl.String))


_WORD = r"\x21-\x7e\x{4e00}-\x{9fff}，。：；（）！？、“”—【】《》·"
CELL = Cleaner(clean_cell, f"^[{_WORD}](?:[ {_WORD}]*[{_WORD}])?$")
NAME = Cleaner(clean_name, r"^[\x{4e00}-\x{9fff}]+$")
IDENTIFIER = Cleaner(clean_identifier, r"^[0-9A-Za-z]+$")
PHONE = Cleaner(clean_phone, "^1[0-9]{10}$")
