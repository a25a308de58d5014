"""What signing in by SMS must not tell: by its time, by its logs, by what it queues (security rows 29, 66, 67)."""

from __future__ import annotations

import gc
import logging
import random
import time
from statistics import median

import pytest

from accounts.services import sms_codes
from accounts.services.sms_codes import request_code
from accounts.sign_in import work
from portal.kernel.logs import OneLineFormatter
from portal.kernel.sms import SmsDown, local
from portal.kernel.sms.local import OUTBOX
from tests.accounts.test_sms_sign_in import CODE, DOOR, ask, newest, wrong
from tests.queries import asked
from tests.world import NOW

KNOWN, UNKNOWN = "13800000000", "13999999999"


@pytest.fixture(autouse=True)
def quick(monkeypatch, settings):
    settings.LANGUAGE_CODE = "en"
    OUTBOX.clear()
    monkeypatch.setattr(work, "BITS", 4)


@pytest.fixture
def unlimited(monkeypatch):
    monkeypatch.setattr(sms_codes, "_check_limits", lambda row, now: None)
    monkeypatch.setattr(sms_codes, "_check_budget", lambda now: None)


def test_row_29_known_and_unknown_numbers_take_the_same_time(world, unlimited):
    """200 pairs in random order, asked of the service: the page around it does not know the number's people either, as
    the next test shows. The medians may differ by 5 ms; on a busy machine the fastest quarter decides."""
    taken: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    order = [KNOWN, UNKNOWN] * 200
    random.Random(29).shuffle(order)
    gc.collect()
    for number in order:
        began = time.perf_counter()
        request_code(number, secret="s", address="192.0.2.1", proof=None, now=NOW)
        taken[number].append(time.perf_counter() - began)
    fastest = [median(sorted(each)[: len(each) // 4]) for each in taken.values()]
    assert {len(each) for each in taken.values()} == {200}
    assert abs(fastest[0] - fastest[1]) < 0.005


def test_row_29_asking_for_a_code_looks_nobody_up(world, client, unlimited):
    client.post(DOOR, {"phone": KNOWN})
    known, unknown = (asked(lambda n=number: client.post(DOOR, {"phone": n})) for number in (KNOWN, UNKNOWN))
    assert len(known) == len(unknown)
    assert not [sql for sql in known + unknown if "accounts_person" in sql]


def test_row_66_neither_number_nor_code_is_in_any_log(world, client, caplog, monkeypatch):
    """Everything that any logger says, at every level, from the number to the wrong and the right code."""
    with caplog.at_level(logging.DEBUG):
        for logger in ("django", "django.db.backends", "accounts", "portal", "allauth", "axes"):
            caplog.set_level(logging.DEBUG, logger=logger)
        ask(client, KNOWN)
        code = newest()
        client.post(CODE, {"code": wrong()})
        client.post(CODE, {"code": code})

        def fails(self, message):
            raise SmsDown("no answer in time", may_have_gone=True)

        monkeypatch.setattr(local.MemoryBackend, "deliver", fails)
        client.logout()
        ask(client, UNKNOWN)
    told = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "A message was not sent: unsure" in told
    for secret in (KNOWN, UNKNOWN, code):
        assert secret not in told


@pytest.mark.parametrize("reason", ["x\r\n2026 forged line", "\x1b[31mred", "a\u2028b"])
def test_row_67_what_a_gateway_answers_forges_no_line(reason):
    record = logging.LogRecord("sms", logging.WARNING, "", 0, "A message was not sent: %s", (reason,), None)
    line = OneLineFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_row_66_nothing_is_queued(world, client, monkeypatch):
    from celery.app.task import Task

    queued: list[object] = []
    monkeypatch.setattr(Task, "apply_async", lambda self, *args, **kwargs: queued.append((args, kwargs)))
    ask(client, KNOWN)
    client.post(CODE, {"code": newest()})
    assert len(OUTBOX) == 1
    assert queued == []
