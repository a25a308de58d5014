"""Races for what there is only so much of: codes by SMS, messages of a school, points to hand in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.db.models import Sum

from accounts.models import SmsCode, Unit
from accounts.services import sms_codes
from accounts.services.sms_codes import TooOften, request_code
from assessment.models import PointEntry, PointScheme, Spending, Standing
from assessment.services import by_hand
from assessment.services.by_hand import SpendingRefused
from parentschool.models import SchoolMessage
from parentschool.services import school_messages
from parentschool.services.school_messages import MOST_A_DAY, MessageRefused, send_message
from portal.kernel import clock
from portal.kernel.sms.local import OUTBOX
from tests.assessment.facts import scheme
from tests.races.arena import Race, Round, Rounds
from tests.races.controls import slowly, without_transactions
from tests.world import NOW, World, person


def one_code_a_minute(world: World, clients: int) -> Rounds:
    """Many browsers, from many addresses, ask for a code to one number."""

    def one_round(number: int) -> Round:
        day = NOW + timedelta(days=2 * number)
        OUTBOX.clear()

        def ask(n: int) -> Any:
            proof, address = f"{number:016}{n:016}", f"192.0.2.{n + 1}"
            return request_code("13800000000", secret=str(n), address=address, proof=proof, now=day)

        def wrong(answers: list[Any]) -> Iterator[str]:
            kept = SmsCode.objects.filter(asked_at=day).count()
            if (len(OUTBOX), kept) != (1, 1):
                yield f"{len(OUTBOX)} messages left within a moment, {kept} were counted"

        return Round([lambda n=n: ask(n) for n in range(clients)], wrong)

    return one_round


@contextmanager
def without_the_gate() -> Iterator[None]:
    with (
        patch.object(sms_codes, "held_gate", lambda now: nullcontext()),
        patch.object(sms_codes, "_check_limits", slowly(sms_codes._check_limits)),
    ):
        yield


def so_many_messages_a_day(world: World, clients: int) -> Rounds:
    """A school's staff press "send" together, for more messages than a school may send on one day."""
    school, lead = world.schools[0], world.as_("school_lead:0")

    def one_round(number: int) -> Round:
        now = NOW + timedelta(days=number)

        def send(n: int) -> Any:
            words = {"title": f"Picnic {n}", "text": "On Friday at nine.", "token": f"{number}-{n}"}
            return send_message(school, classes=(), actor=lead, now=now, **words)

        def wrong(answers: list[Any]) -> Iterator[str]:
            sent = SchoolMessage.objects.filter(
                unit=school, sent_at__gte=clock.midnight(clock.day_of(now))
            ).count()
            if sent != min(clients, MOST_A_DAY):
                yield f"{sent} messages on one day, {MOST_A_DAY} are allowed"

        return Round([lambda n=n: send(n) for n in range(clients)], wrong)

    return one_round


@contextmanager
def without_holding_the_school() -> Iterator[None]:
    with (
        without_transactions(),
        patch.object(Unit.objects, "select_for_update", Unit.objects.all),
        patch.object(school_messages, "_ask_limit", slowly(school_messages._ask_limit)),
    ):
        yield


def points_are_handed_in_once(world: World, clients: int) -> Rounds:
    """A person has points for three things, and all counters of the county hand one out."""
    scheme(world, {"code": "lecture"})
    PointScheme.objects.update(spending="any", approve_above=50)
    clerk = world.as_("county_staff")

    def one_round(number: int) -> Round:
        who = person(f"Thrifty {number}", home=world.schools[0])
        by_hand.adjust(who, points=7, reason="Helped", actor=clerk, now=NOW)

        def spend() -> Spending:
            return by_hand.spend(who, points=2, what="a cup", actor=clerk, now=NOW)

        def wrong(answers: list[Any]) -> Iterator[str]:
            spent = Spending.objects.filter(person=who).count()
            left = PointEntry.objects.filter(person=who).aggregate(n=Sum("points"))["n"]
            available = Standing.objects.get(person=who).available
            if (spent, left, available) != (3, 1, 1):
                yield f"of 7 points {spent} times 2 were handed in; lines {left}, available {available}"

        return Round([spend] * clients, wrong)

    return one_round


@contextmanager
def without_one_counter_after_the_other() -> Iterator[None]:
    with (
        without_transactions(),
        patch.object(by_hand, "_hold", lambda person: None),
        patch.object(by_hand, "available_of", slowly(by_hand.available_of)),
    ):
        yield


RACES = [
    Race("one code a minute", one_code_a_minute, without_the_gate, (TooOften,)),
    Race("messages of a day", so_many_messages_a_day, without_holding_the_school, (MessageRefused,)),
    Race(
        "points handed in",
        points_are_handed_in_once,
        without_one_counter_after_the_other,
        (SpendingRefused,),
    ),
]
