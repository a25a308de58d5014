"""Codes by SMS: asked for within limits, sent, and taken once.

The limits are counted in the database while one row is held, so that requests at the same moment see each other; the
message goes out after that row is let go. A message that may have gone out counts, one that surely did not only costs
the minute. Nothing here knows whether anybody has the number, so that nothing can tell.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models.codes import COUNTED, SmsCode, SmsGate, SmsOutcome
from accounts.rules import free_at
from portal.kernel import audit, sms
from portal.kernel.crypto import blind_index
from portal.kernel.errors import PortalError
from portal.kernel.models import AuditEntry

DIGITS = 6
GOOD_FOR = timedelta(minutes=5)
TRIES = 5
TEMPLATE = "sign_in"
DAY = timedelta(days=1)
NUMBER_LIMITS = ((60, 1), (3600, 5), (24 * 3600, 10))
CLIENT_LIMITS = ((3600, 20),)
PROVED_GAP, UNPROVED_GAP = 60, 180
"""Seconds between two codes for one number, or to one address, with a solved challenge and without."""
PAUSE_AFTER, PAUSE = 3, timedelta(seconds=30)
"""After so many failures in a row within the pause nobody waits for the gateway until it is over."""

logger = logging.getLogger(__name__)


class CodeRefused(PortalError):
    """No code is sent. `details["free_at"]`, where there is one, says from when on."""

    code = "code_refused"


class TooOften(CodeRefused):
    code = "code_too_often"


class NoMessages(CodeRefused):
    code = "code_no_messages"


class CodeWrong(PortalError):
    """`details["left"]` is how often one may still try."""

    code = "code_wrong"


class CodeDead(PortalError):
    """Run out, used, or tried too often: a new one is needed."""

    code = "code_dead"


def request_code(
    number: str, *, secret: str, address: str, proof: str | None, now: datetime
) -> tuple[SmsCode, str]:
    """Send a new code to a normalised number for the browser that holds `secret`; the row, and the code itself.

    `proof` names a challenge that was solved. Raises TooOften or NoMessages.
    """
    if not sms.is_offered():
        raise NoMessages(_("Signing in by SMS is not set up here."))
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    row = _reserve(number, code, secret=secret, address=address, proof=proof, now=now)
    try:
        sms.send(sms.Message(number, TEMPLATE, {"code": code}))
    except sms.SmsFailed as failure:
        _note_failure(row, failure, now=now)
        raise _in_words(failure) from failure
    SmsCode.objects.filter(pk=row.pk).update(outcome=SmsOutcome.SENT)
    return row, code


def redeem_code(row_id: int, number: str, *, secret: str, code: str, now: datetime) -> None:
    """Take the code: right, in time, for this browser and number, once, within five tries. Raises CodeWrong or
    CodeDead."""
    alive = SmsCode.objects.filter(pk=row_id, used_at=None, expires_at__gt=now, tries__lt=TRIES)
    if not alive.update(tries=F("tries") + 1):
        raise CodeDead(_("This code is no longer good. Get a new one."))
    row = SmsCode.objects.get(pk=row_id)
    if not hmac.compare_digest(row.digest, _digest(code, secret, number)):
        if row.tries >= TRIES:
            raise CodeDead(_("Five wrong codes: this one is no longer good. Get a new one."))
        raise CodeWrong(
            _("This is not the code of the newest message. Please check it."), left=TRIES - row.tries
        )
    if not SmsCode.objects.filter(pk=row_id, used_at=None).update(used_at=now):
        raise CodeDead(_("This code is no longer good. Get a new one."))


def tidy_codes(*, now: datetime) -> int:
    """Remove the rows that no limit counts any more; how many."""
    return SmsCode.objects.filter(asked_at__lte=now - DAY).delete()[0]


def address_index(address: str) -> str:
    """The digest under which an address is counted; of IPv6 the network, since a household has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return blind_index(address, "address")
    if parsed.version == 6:
        parsed = ipaddress.ip_network((parsed, 64), strict=False).network_address
    return blind_index(str(parsed), "address")


# ── Counting ─────────────────────────────────────────────────────────────────


@contextmanager
def held_gate(now: datetime) -> Iterator[None]:
    """One at a time, on both databases: an UPDATE holds its row, or on SQLite the file, until the end."""
    with transaction.atomic():
        if not SmsGate.objects.filter(pk=1).update(passed_at=now):
            SmsGate.objects.bulk_create([SmsGate(pk=1, passed_at=now)], ignore_conflicts=True)
            SmsGate.objects.filter(pk=1).update(passed_at=now)
        yield


def _reserve(
    number: str, code: str, *, secret: str, address: str, proof: str | None, now: datetime
) -> SmsCode:
    row = SmsCode(
        number=phones.index(number),
        client=address_index(address),
        digest=_digest(code, secret, number),
        proof=proof,
        asked_at=now,
        expires_at=now + GOOD_FOR,
    )
    try:
        with held_gate(now):
            _check_gateway(now)
            _check_limits(row, now)
            _check_budget(now)
            row.save(force_insert=True)
    except IntegrityError:
        raise TooOften(_("Please ask for the code once more.")) from None
    return row


def _check_limits(row: SmsCode, now: datetime) -> None:
    gap = PROVED_GAP if row.proof else UNPROVED_GAP
    recent = SmsCode.objects.filter(asked_at__gt=now - DAY)
    of_number = list(recent.filter(number=row.number).values_list("asked_at", "outcome"))
    of_client = list(
        SmsCode.objects.filter(client=row.client, asked_at__gt=now - timedelta(hours=1)).values_list(
            "asked_at", flat=True
        )
    )
    counted = [at for at, outcome in of_number if outcome in COUNTED]
    free = max(
        free_at(counted, NUMBER_LIMITS, now),
        free_at([at for at, _outcome in of_number], [(gap, 1)], now),
        free_at(of_client, CLIENT_LIMITS if row.proof else (*CLIENT_LIMITS, (UNPROVED_GAP, 1)), now),
    )
    if free > now:
        soon = free - now <= timedelta(seconds=UNPROVED_GAP)
        words = _("A code was sent only just now.") if soon else _("Many codes were asked for already.")
        raise TooOften(words, free_at=free)


def _check_gateway(now: datetime) -> None:
    """While the gateway fails one after the other, nobody waits for it."""
    last = SmsCode.objects.filter(asked_at__gt=now - PAUSE).exclude(outcome=SmsOutcome.ASKED)
    outcomes = list(last.order_by("-pk").values_list("outcome", flat=True)[:PAUSE_AFTER])
    if len(outcomes) == PAUSE_AFTER and set(outcomes) <= {SmsOutcome.DOWN, SmsOutcome.UNSURE}:
        raise _no_messages()


def _check_budget(now: datetime) -> None:
    """An alarm when the day's messages pass the first mark, none at all from the second on."""
    alarm, stop = settings.SMS_DAILY_BUDGET
    sent = SmsCode.objects.filter(asked_at__gt=now - DAY, outcome__in=COUNTED).count()
    if sent >= stop:
        raise _no_messages()
    if sent == alarm:
        logger.error("The day's messages have passed the mark of %d; none are sent from %d on.", alarm, stop)
        audit.record("sms.budget", actor=None, now=now, sent=sent, stop=stop)


def _digest(code: str, secret: str, number: str) -> str:
    return blind_index(f"{code}\0{secret}\0{number}", "sms code")


# ── When it fails ────────────────────────────────────────────────────────────


def _note_failure(row: SmsCode, failure: sms.SmsFailed, *, now: datetime) -> None:
    outcome = SmsOutcome.REFUSED
    if isinstance(failure, sms.SmsDown):
        outcome = SmsOutcome.UNSURE if failure.may_have_gone else SmsOutcome.DOWN
    with transaction.atomic():
        SmsCode.objects.filter(pk=row.pk).update(outcome=outcome)
        audit.record(
            "sms.failed",
            actor=None,
            now=now,
            result=AuditEntry.Result.REFUSED,
            outcome=str(outcome),
            reason=failure.details["reason"],
        )
    logger.warning("A message was not sent: %s (%s)", outcome, failure.details["reason"])


def _in_words(failure: sms.SmsFailed) -> CodeRefused:
    if isinstance(failure, sms.SmsBusy):
        return TooOften(
            _("This number has had too many messages today. Try again tomorrow, or sign in another way.")
        )
    if isinstance(failure, sms.SmsRefused):
        return NoMessages(
            _("No message can be sent to this number. Please check it, or sign in another way.")
        )
    return _no_messages()


def _no_messages() -> NoMessages:
    return NoMessages(
        _("No messages can be sent just now. Try again in a few minutes, or sign in with a password.")
    )
