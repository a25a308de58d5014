"""How often a code is sent: to a number, to an address, in all; and while the gateway fails (row 18, R-12).
Many who ask for one number at the same moment: tests/races/quotas.py."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import OperationalError

from accounts.models import SmsCode
from accounts.models.codes import SmsOutcome
from accounts.rules import free_at
from accounts.services import sms_codes
from accounts.services.sms_codes import NoMessages, TooOften, address_index, request_code, tidy_codes
from accounts.sign_in import work
from portal.kernel.models import AuditEntry
from portal.kernel.sms import SmsBusy, SmsDown, SmsRefused, local
from portal.kernel.sms.local import OUTBOX
from tests.accounts.test_sms_sign_in import answer, ask
from tests.threads import at_once
from tests.world import NOW

NUMBER = "13800000000"
WIDE = "".join(chr(ord(digit) + 0xFEE0) for digit in NUMBER)
SPELLINGS = [
    NUMBER,
    "138 0000 0000",
    "138-0000-0000",
    "+86 13800000000",
    "0086 138 0000 0000",
    "8613800000000",
    "\u200b13800000000\u200b",
    WIDE,
    "（+86）138·0000·0000",
]


@pytest.fixture(autouse=True)
def empty(monkeypatch, settings):
    settings.LANGUAGE_CODE = "en"
    OUTBOX.clear()
    monkeypatch.setattr(work, "BITS", 4)


PROOF = iter(f"{n:032}" for n in range(10**9))


def send(number=NUMBER, *, at=NOW, address="192.0.2.1", proved=True):
    proof = next(PROOF) if proved else None
    return request_code(number, secret="s", address=address, proof=proof, now=at)


def sent_within(seconds: int, **how) -> list[int]:
    """The seconds at which a number is sent a code that asks whenever the refusal says it may, and a second sooner."""
    gone, second = [], 0
    while second < seconds:
        send(at=NOW + timedelta(seconds=second), **how)
        gone.append(second)
        with pytest.raises(TooOften) as refusal:
            send(at=NOW + timedelta(seconds=second), **how)
        second = round((refusal.value.details["free_at"] - NOW).total_seconds())
        with pytest.raises(TooOften):
            send(at=NOW + timedelta(seconds=second - 1), **how)
    return gone


# ── The rule ─────────────────────────────────────────────────────────────────


def test_windows_slide():
    ago = [NOW - timedelta(seconds=s) for s in (10, 100, 1000)]
    assert free_at([], [(60, 1)], NOW) == NOW
    assert free_at(ago, [(60, 1)], NOW) == NOW + timedelta(seconds=50)
    assert free_at(ago, [(60, 1), (600, 2)], NOW) == NOW + timedelta(seconds=500)
    assert free_at(ago, [(5, 1), (3600, 4)], NOW) == NOW
    assert free_at([NOW - timedelta(seconds=60)], [(60, 1)], NOW) == NOW


# ── Numbers and addresses ────────────────────────────────────────────────────


def test_row_18_one_a_minute_five_an_hour_ten_a_day(db):
    hour, day = 3600, 24 * 3600
    first = [0, 60, 120, 180, 240]
    assert sent_within(day + 2) == [*first, *(hour + second for second in first), day]


def test_row_18_nine_spellings_are_one_number(db, client, time_machine):
    time_machine.move_to(NOW, tick=False)
    for spelling in SPELLINGS:
        ask(client, spelling)
    assert [message.number for message in OUTBOX] == [NUMBER]


def test_row_18_twenty_an_hour_for_one_address(db):
    for n in range(20):
        send(f"1390000{n:04}")
    with pytest.raises(TooOften) as refusal:
        send("13900009999")
    assert refusal.value.details["free_at"] == NOW + timedelta(hours=1)
    send("13900009999", address="192.0.2.2")
    send("13900009998", at=NOW + timedelta(hours=1))
    assert len(OUTBOX) == 22


def test_row_18_a_forged_address_is_not_believed(db, client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    for n in range(25):
        ask(client, f"1390000{n:04}", headers={"X-Forwarded-For": f"198.51.100.{n}"})
    assert len(OUTBOX) == 20


def test_an_ipv6_household_is_one_address():
    assert address_index("2001:db8:1:2::7") == address_index("2001:db8:1:2:ffff::9")
    assert address_index("2001:db8:1:2::7") != address_index("2001:db8:1:3::7")
    assert address_index("192.0.2.1") != address_index("192.0.2.2")


# ── The invisible challenge ──────────────────────────────────────────────────


def test_the_first_code_needs_no_work_the_second_does_or_a_longer_wait(db):
    assert sent_within(500, proved=False) == [0, 180, 360]


def test_without_work_other_numbers_from_the_same_address_wait_too(db):
    send(proved=False)
    with pytest.raises(TooOften):
        send("13900000001", proved=False, at=NOW + timedelta(seconds=100))
    send("13900000001", at=NOW + timedelta(seconds=100))
    send("13900000002", proved=False, at=NOW + timedelta(seconds=100), address="192.0.2.2")


def test_a_solution_is_taken_once(db):
    proof = next(PROOF)
    request_code(NUMBER, secret="s", address="192.0.2.1", proof=proof, now=NOW)
    with pytest.raises(TooOften):
        request_code("13900000001", secret="s", address="192.0.2.1", proof=proof, now=NOW)
    assert len(OUTBOX) == SmsCode.objects.count() == 1


def test_only_an_honest_answer_to_a_fresh_challenge_of_ours_counts(time_machine):
    time_machine.move_to(NOW, tick=False)
    given = work.challenge()
    right = answer(given)
    name = given.partition(":")[0]
    assert work.solved(given, right) == name
    wrong = next(str(n) for n in range(1000) if not work.solved(given, str(n)))
    forged = given[:-1] + ("A" if given[-1] != "A" else "B")
    for challenge, found in [(given, wrong), (given, ""), (given, "-1"), (given, "１"), (given, "9" * 40),
                             (forged, right), ("", right), ("x" * 9999, right)]:  # fmt: skip
        assert work.solved(challenge, found) is None
    time_machine.move_to(NOW + timedelta(seconds=work.SECONDS + 1), tick=False)
    assert work.solved(given, right) is None


# ── At the same moment ───────────────────────────────────────────────────────


def test_row_16_one_code_given_twelve_times_at_once_is_taken_once(shared_database):
    row, code = send()

    def take():
        sms_codes.redeem_code(row.pk, NUMBER, secret="s", code=code, now=NOW)
        return "in"

    results = at_once([take] * 12, expected=sms_codes.CodeDead)
    assert results.count("in") == 1


# ── The day's budget ─────────────────────────────────────────────────────────


def test_row_18_the_budget_rings_and_then_stops(db, settings, caplog):
    settings.SMS_DAILY_BUDGET = (3, 5)
    with caplog.at_level(logging.ERROR):
        for n in range(5):
            send(f"1390000{n:04}")
        with pytest.raises(NoMessages):
            send("13900009999")
    assert len(OUTBOX) == 5
    assert len(caplog.records) == 1
    assert AuditEntry.objects.get(action="sms.budget").summary == {"sent": 3, "stop": 5}
    send("13900009999", at=NOW + timedelta(days=1))


# ── When the gateway fails ───────────────────────────────────────────────────


@pytest.fixture
def gateway(monkeypatch):
    """A gateway that fails as told: `gateway["fails"] = SmsDown("x")`."""
    told = {"fails": None, "asked": 0}

    def deliver(self, message):
        told["asked"] += 1
        if told["fails"]:
            raise told["fails"]

    monkeypatch.setattr(local.MemoryBackend, "deliver", deliver)
    return told


@pytest.mark.parametrize(
    ("fails", "outcome", "refusal"),
    [
        (SmsDown("x"), SmsOutcome.DOWN, NoMessages),
        (SmsDown("x", may_have_gone=True), SmsOutcome.UNSURE, NoMessages),
        (SmsRefused("x"), SmsOutcome.REFUSED, NoMessages),
        (SmsBusy("x"), SmsOutcome.REFUSED, TooOften),
    ],
)
def test_a_failed_message_is_said_and_noted(db, gateway, fails, outcome, refusal):
    gateway["fails"] = fails
    with pytest.raises(refusal):
        send()
    assert SmsCode.objects.get().outcome == outcome
    entry = AuditEntry.objects.get(action="sms.failed")
    assert (entry.result, entry.summary) == ("refused", {"outcome": outcome.value, "reason": "x"})


def test_row_12_while_messages_fail_the_page_says_so_and_offers_the_password(
    db, client, gateway, time_machine
):
    time_machine.move_to(NOW, tick=False)
    gateway["fails"] = SmsDown("x")
    page = ask(client).content.decode()
    assert "No messages can be sent just now" in page
    assert "?way=password" in page
    assert NUMBER in page, "what was typed stays"
    assert "sms_ticket" not in client.session


def test_a_message_that_never_left_costs_the_minute_but_not_the_hour(db, gateway):
    for n in range(8):
        gateway["fails"] = SmsDown("x") if n < 6 else None
        at = NOW + timedelta(minutes=n)
        if n < 6:
            with pytest.raises(NoMessages):
                send(at=at)
        else:
            send(at=at)
    with pytest.raises(TooOften):
        send(at=NOW + timedelta(minutes=7, seconds=30))


def test_one_that_may_have_left_counts(db, gateway):
    gateway["fails"] = SmsDown("x", may_have_gone=True)
    for n in range(5):
        with pytest.raises(NoMessages):
            send(at=NOW + timedelta(minutes=n))
    gateway["fails"] = None
    with pytest.raises(TooOften):
        send(at=NOW + timedelta(minutes=6))


def test_row_12_after_three_failures_nobody_waits_for_the_gateway_for_a_while(db, gateway):
    gateway["fails"] = SmsDown("x")
    for n in range(6):
        with pytest.raises(NoMessages):
            send(f"1390000{n:04}", at=NOW + timedelta(seconds=n))
    assert gateway["asked"] == 3
    gateway["fails"] = None
    send(at=NOW + timedelta(seconds=33))
    assert gateway["asked"] == 4


def test_row_69_without_the_count_nothing_is_sent(db, monkeypatch):
    def broken(row, now):
        raise OperationalError("the database is away")

    monkeypatch.setattr(sms_codes, "_check_limits", broken)
    with pytest.raises(OperationalError):
        send()
    assert OUTBOX == []


def test_row_69_the_limits_need_no_cache(db, client, settings, time_machine):
    """Redis is away: the code comes, and the second within the minute does not."""
    time_machine.move_to(NOW, tick=False)
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert ask(client).status_code == 302
    assert ask(client).status_code == 200
    assert len(OUTBOX) == 1


# ── Tidying ──────────────────────────────────────────────────────────────────


def test_row_30_rows_go_when_no_limit_counts_them(db):
    send()
    send("13900000001", at=NOW + timedelta(hours=1))
    assert tidy_codes(now=NOW + timedelta(hours=24)) == 1
    assert SmsCode.objects.count() == 1
    assert tidy_codes(now=NOW + timedelta(hours=25)) == 1


# ── Known and unknown ────────────────────────────────────────────────────────


def test_known_and_unknown_numbers_are_answered_alike(world, client, time_machine):
    time_machine.move_to(NOW, tick=False)
    answers = []
    for number in (NUMBER, "13999999999"):
        sent = ask(client, number)
        again = ask(client, number)
        answers.append((sent.status_code, sent.url, again.status_code, again.content.count(b"note-bad")))
        client.cookies.clear()
    assert answers[0] == answers[1]
    assert [message.number for message in OUTBOX] == [NUMBER, "13999999999"]
