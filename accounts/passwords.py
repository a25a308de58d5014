"""Which passwords are refused: common ones, and those made of the words around the account; and when one is old."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from accounts.models import Person

_WORDS = """
admin administrator guest manager root staff system test user welcome login changeme letmein default
password passwd passw0rd p@ssw0rd mima woaini iloveyou
qwertyuiop qwerty asdfghjkl asdfgh zxcvbnm zxcvbn 1qaz2wsx 1q2w3e4r 1q2w3e qazwsx
jiating jiaoyu jiazhang xuexiao jiaoshi laoshi xuesheng xiaoxue zhongxue youeryuan jiaoyuju fulian
family education parent parents school county portal teacher student
taoyuan pingluo changde hunan ningxia zhongguo china
家庭教育 家庭 教育 家长学校 家长 学校 老师 管理员 密码 中国
"""
CONTEXT_WORDS = tuple(_WORDS.split())
"""Words of the portal, of offices and of keyboards; what is left of a password without them must stand alone."""
RUNS = re.compile(r"(?:19|20)\d{2}|(.)\1{2,}")
SEQUENCES = ("01234567890", "09876543210", "abcdefghijklmnopqrstuvwxyz")
LEFT_OVER = 6
"""Characters that must remain besides known words, years, repetitions and sequences."""
LONGEST = 128


def password_is_old(person: Person, *, now: datetime) -> bool:
    """Whether somebody of the staff has had the password longer than the county lets it stand (GB/T 22239 asks for a
    regular change; 0 days switch it off)."""
    days: int = settings.STAFF_PASSWORD_DAYS
    if not days or not person.has_usable_password() or not person.is_staff:
        return False
    return now - (person.password_set_at or person.created_at) >= timedelta(days=days)


class ContextValidator:
    """Refuses a password of which little remains without the words that anybody would guess first."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(remainder(password, own_words(user))) < LEFT_OVER:
            raise ValidationError(
                _(
                    "Anybody would guess this: it is made of the portal's words, your own name or number, years or "
                    "keyboard rows. Take four words that have nothing to do with each other."
                ),
                code="password_of_context",
            )

    def get_help_text(self) -> str:
        return _("Not made of your name, your number, your county, years or keyboard rows.")


class LengthLimitValidator:
    """Long pass phrases are welcome; a megabyte to hash is not."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(
                ngettext(
                    "At most %(limit)d character, please.", "At most %(limit)d characters, please.", LONGEST
                )
                % {"limit": LONGEST},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return ""


def own_words(user: Any) -> list[str]:
    """The words of one account: its name, its user name, its number and the name of its unit."""
    if user is None:
        return []
    home = getattr(user, "home", None)
    number = getattr(user, "phone", "") or ""
    told = [
        getattr(user, "name", ""),
        getattr(user, "username", ""),
        number,
        number[-4:],
        getattr(home, "name", ""),
    ]
    return [word for text in told for word in re.split(r"[\s_.\-]+", plain(text or "")) if len(word) > 1]


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def remainder(password: str, words: list[str]) -> str:
    """What is left of a password without known words (longest first), years, repetitions and sequences."""
    rest = plain(password)
    for word in sorted({*words, *CONTEXT_WORDS}, key=len, reverse=True):
        rest = rest.replace(word, " ")
    rest = RUNS.sub(" ", rest)
    for length in range(8, 2, -1):
        for sequence in SEQUENCES:
            for start in range(len(sequence) - length + 1):
                rest = rest.replace(sequence[start : start + length], " ")
    return "".join(rest.split())
