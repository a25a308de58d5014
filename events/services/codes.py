"""Signed codes: what the wall shows, what a scan leaves in a browser, what a person shows to the host.

Each is signed for one purpose and says when it was made or until when it is good; none is kept in the database. The
wall's code names event and moment. Scanning it gives the browser a claim: this browser, by its mark, saw the wall of
this event at this moment. Who scanned in time is let in although signing in to the portal took longer than the code
lived; a photograph of the wall, a forwarded link or a copied claim is worth nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from events import rules
from events.engine.check_in import Pass
from events.models import Event
from portal.kernel.errors import PortalError

WALL, CLAIM, PERSONAL = "wall", "claim", "personal"
SEPARATOR, BETWEEN = ".", "-"
HOST_CODE_DIGITS = 6
HALF = 10_000
"""A personal code in digits is two halves of four; each round of the shuffle mixes one into the other."""
ROUNDS = 4


class CodeExpired(PortalError):
    code = "code_expired"


@dataclass(frozen=True)
class Scan:
    """That a browser saw the wall of an event at a moment. `device` is its digest for this event."""

    event_id: int
    scanned_at: datetime
    device: str = ""


@dataclass(frozen=True)
class WallCode:
    token: str
    host_code: str
    renewed_at: datetime


# ── The wall ─────────────────────────────────────────────────────────────────


def wall_code(event: Event, now: datetime) -> WallCode:
    """What the wall shows at a moment; the same for the whole of a span of `rules.CODE_LIFE`."""
    period = rules.code_period(now)
    begins = datetime.fromtimestamp(period * rules.CODE_LIFE.total_seconds(), tz=UTC)
    return WallCode(
        token=_sign(WALL, event.pk, _seconds(begins)),
        host_code=host_code(event, period),
        renewed_at=begins + rules.CODE_LIFE,
    )


def host_code(event: Event, period: int) -> str:
    digest = salted_hmac("events.host_code", f"{event.pk}:{period}", algorithm="sha256").digest()
    return f"{int.from_bytes(digest, 'big') % 10**HOST_CODE_DIGITS:0{HOST_CODE_DIGITS}d}"


def shows(event: Event, typed: str, now: datetime) -> bool:
    """Whether the event's wall shows these digits, or did a moment ago."""
    period = rules.code_period(now)
    return any(constant_time_compare(typed, host_code(event, p)) for p in (period, period - 1))


def read_wall_code(token: str, now: datetime) -> Scan:
    """Raises CodeExpired, also for what never was a code."""
    event_id, shown_at, _none = _open(WALL, token)
    if not timedelta(0) <= now - _moment(shown_at) < 2 * rules.CODE_LIFE:
        raise CodeExpired(
            _(
                "This code was shown a while ago, or somebody sent you its link. Codes change every few seconds: "
                "scan the one on the wall now."
            )
        )
    return Scan(event_id, now)


def event_of_code(token: str) -> int:
    """Of which event a code is or was. Raises CodeExpired for what never was a code."""
    return _open(WALL, token)[0]


# ── The claim of a browser ───────────────────────────────────────────────────


def new_mark() -> str:
    """What tells one browser from another for a day."""
    return secrets.token_urlsafe(16)


def device_of(mark: str, event_id: int) -> str:
    """The browser's digest for one event; digests of two events have nothing to do with each other."""
    return salted_hmac("events.device", f"{event_id}:{mark}", algorithm="sha256").hexdigest()[:16]


def claim_of(token: str, now: datetime, *, mark: str) -> str:
    """The claim of a browser that scans a wall code now. Raises CodeExpired."""
    event_id = read_wall_code(token, now).event_id
    return sign_claim(Scan(event_id, now, device_of(mark, event_id)))


def sign_claim(scan: Scan, own: Pass | None = None, *, session_key: str = "") -> str:
    """With a pass the claim also says to whom the portal showed the button, in which session."""
    words = [scan.device]
    if own is not None:
        words += [
            int_to_base36(own.person_id),
            int_to_base36(own.generation),
            own.fingerprint,
            _of_session(session_key),
        ]
    return _sign(CLAIM, scan.event_id, _seconds(scan.scanned_at), BETWEEN.join(words))


def read_claim(claim: str, now: datetime, *, mark: str) -> Scan:
    """Raises CodeExpired, also for what never was a claim and for the claim of another browser."""
    return _read_claim(claim, now, mark)[0]


def read_pass(claim: str, now: datetime, *, mark: str, session_key: str) -> tuple[Scan, Pass]:
    """The claim's scan and pass. Raises CodeExpired as `read_claim` does, or if no pass is of this session."""
    scan, words = _read_claim(claim, now, mark)
    if len(words) != 4 or not constant_time_compare(words[3], _of_session(session_key)):
        raise CodeExpired(_("This is not a valid code. Please scan it again."))
    return scan, Pass(base36_to_int(words[0]), base36_to_int(words[1]), _salt(), words[2])


def pass_of(person: Person) -> Pass:
    fingerprint = sha256((_salt() + person.password).encode()).hexdigest()
    return Pass(person.pk, person.session_generation, _salt(), fingerprint)


def _read_claim(claim: str, now: datetime, mark: str) -> tuple[Scan, list[str]]:
    event_id, scanned_at, told = _open(CLAIM, claim, with_word=True)
    device, *words = told.split(BETWEEN)
    if not timedelta(0) <= now - _moment(scanned_at) < rules.CLAIM_LIFE:
        raise CodeExpired(
            _("More than ten minutes have gone since you scanned. Scan the code on the wall again.")
        )
    if not mark or not constant_time_compare(device, device_of(mark, event_id)):
        raise CodeExpired(_("The code was scanned with another phone or browser. Scan it with this one."))
    return Scan(event_id, _moment(scanned_at), device), words


def _of_session(key: str) -> str:
    return salted_hmac("events.session", key, algorithm="sha256").hexdigest()[:16]


@cache
def _salt() -> str:
    """What keeps a fingerprint from saying anything of the password's hash."""
    return salted_hmac("events.pass", "", algorithm="sha256").hexdigest()


# ── A person's own code ──────────────────────────────────────────────────────


@dataclass(frozen=True)
class PersonalCode:
    """`token` is for scanning, `digits` for typing; both are good through `last_day`, the digits today alone."""

    token: str
    digits: str
    last_day: date


def personal_code(person_id: int, *, today: date, last_day: date | None = None) -> PersonalCode:
    until = last_day or today
    return PersonalCode(
        token=_sign(PERSONAL, person_id, until.toordinal()),
        digits=_shuffled(person_id, today),
        last_day=until,
    )


def read_personal_code(token: str, today: date) -> int:
    """The key of the person whose code was scanned. Raises CodeExpired."""
    person_id, last_day, _none = _open(PERSONAL, token)
    if today.toordinal() > last_day:
        raise CodeExpired(_("This sign-in code has run out. Ask for the one of today."))
    return person_id


def read_digits(typed: str, today: date) -> int | None:
    """The key that eight digits mean today, whether or not somebody has it; None for anything else."""
    digits = "".join(typed.split())
    return _unshuffled(digits, today) if len(digits) == 8 and digits.isdecimal() else None


def _shuffled(number: int, day: date) -> str:
    """A Feistel network over eight digits, keyed by the day: each number has one code, and neighbours look apart."""
    left, right = divmod(number, HALF)
    for turn in range(ROUNDS):
        left, right = right, (left + _mixed(right, turn, day)) % HALF
    return f"{left:04d}{right:04d}"


def _unshuffled(digits: str, day: date) -> int:
    left, right = int(digits[:4]), int(digits[4:])
    for turn in reversed(range(ROUNDS)):
        left, right = (right - _mixed(left, turn, day)) % HALF, left
    return left * HALF + right


def _mixed(half: int, turn: int, day: date) -> int:
    told = f"{day.toordinal()}:{turn}:{half}"
    return int.from_bytes(salted_hmac("events.personal", told, algorithm="sha256").digest()[:8], "big")


# ── Signing ──────────────────────────────────────────────────────────────────


def _signer(purpose: str) -> signing.Signer:
    """As Django's TimestampSigner, but told the time instead of reading the clock."""
    return signing.Signer(salt=f"events.check_in.{purpose}", sep=SEPARATOR)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _sign(purpose: str, *told: int | str) -> str:
    words = (int_to_base36(word) if isinstance(word, int) else word for word in told)
    return _signer(purpose).sign(SEPARATOR.join(words))


def _open(purpose: str, token: str, *, with_word: bool = False) -> tuple[int, int, str]:
    """Two numbers and, where one was signed with them, a word. Raises CodeExpired for what was not signed for this."""
    try:
        told = _signer(purpose).unsign(token) + ("" if with_word else SEPARATOR)
        first, second, word = told.split(SEPARATOR)
        return base36_to_int(first), base36_to_int(second), word
    except (signing.BadSignature, ValueError):
        raise CodeExpired(_("This is not a valid code. Please scan it again.")) from None
