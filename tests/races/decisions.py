"""Races for a decision: what is decided is decided once, and what is closed stays as it was closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from accounts.services.consents import load_purposes
from assessment.enums import AdjustmentStatus, AppraisalStatus, ObjectionStatus, Remedy
from assessment.models import Adjustment, Appraisal, Mark, Objection, PointEntry, PointScheme
from assessment.services import appraisal, by_hand, objections
from assessment.services.appraisal import county_side, unit_side
from assessment.services.appraisal.sheet import WrongStep
from assessment.services.by_hand import AdjustmentRefused, approve_adjustment, refuse_adjustment
from assessment.services.objections import (
    Decision,
    ObjectionRefused,
    decide_objection,
    file_objection,
    withdraw_objection,
)
from parentschool.enums import ClaimStatus
from parentschool.models import Child, Claim, Guardianship
from parentschool.services import claims
from parentschool.services.claims import approve_claim, claim_child, refuse_claim, withdraw_claim
from portal.kernel.models import AuditEntry, Notice
from tests.agreeing import agree
from tests.assessment.facts import scheme
from tests.assessment.sheets import Sheets, build_sheets
from tests.parentschool.newcomers import claimed
from tests.races.arena import Race, Round, Rounds
from tests.races.controls import slowly, without_transactions
from tests.world import NOW, World, person


def acts_on(row: Any) -> Counter[str]:
    """What the trail says was done to it."""
    of_row = AuditEntry.objects.filter(object_type=row._meta.label_lower, object_id=str(row.pk))
    return Counter(of_row.values_list("action", flat=True))


# ── A claim ──────────────────────────────────────────────────────────────────


def one_claim_many_deciders(world: World, clients: int) -> Rounds:
    """The lead agrees, the class teacher refuses, the parent withdraws, on several screens each."""
    load_purposes(actor=None, now=NOW)
    lead, teacher = world.as_("school_lead:0"), world.as_("class_teacher:0")

    def one_round(number: int) -> Round:
        parent = person(f"Claimant {number}", home=world.schools[1], phone=f"1370000{number:04}")
        agree(parent)
        said = claimed(world, child_name=f"New pupil {number}", token=f"claim {number}")
        claim = claim_child(parent, said, actor=parent, now=NOW)
        kinds = [
            lambda: approve_claim(claim, actor=lead, now=NOW),
            lambda: withdraw_claim(claim, actor=parent, now=NOW),
            lambda: refuse_claim(claim, reason="Nobody of this name", actor=teacher, now=NOW),
        ]

        def wrong(answers: list[Any]) -> Iterator[str]:
            done = acts_on(claim) - Counter(["claim.make"])
            status = Claim.objects.get(pk=claim.pk).status
            verb = {
                ClaimStatus.APPROVED: "claim.approve",
                ClaimStatus.WITHDRAWN: "claim.withdraw",
                ClaimStatus.REFUSED: "claim.refuse",
            }[ClaimStatus(status)]
            if done != Counter([verb]):
                yield f"the claim is {status}, the trail says {dict(done)}"
            if {each.status for each in answers if isinstance(each, Claim)} != {status}:
                yield "not everybody was told the same"
            bound = Guardianship.objects.filter(guardian=parent, ended_on=None).count()
            pupils = Child.objects.filter(name=said.child_name).count()
            if (bound, pupils) != ((1, 1) if status == ClaimStatus.APPROVED else (0, 0)):
                yield f"the claim is {status} with {bound} bonds to {pupils} children"

        return Round([kinds[n % 3] for n in range(clients)], wrong)

    return one_round


@contextmanager
def claims_looked_at_and_then_taken() -> Iterator[None]:
    def look_then_take(claim: Claim, status: str, actor: Any, now: Any, reason: str = "") -> bool:
        if slowly(Claim.objects.get)(pk=claim.pk).status != ClaimStatus.PENDING:
            return False
        columns = {"status": status, "decided_by": actor, "decided_at": now, "reason": reason}
        return bool(Claim.objects.filter(pk=claim.pk).update(**columns))

    with without_transactions(), patch.object(claims, "_take", look_then_take):
        yield


# ── An objection ─────────────────────────────────────────────────────────────


def one_objection_many_deciders(world: World, clients: int) -> Rounds:
    """Some uphold it with points, some refuse it, the parent withdraws it."""
    scheme(world, {"code": "lecture"})
    PointScheme.objects.update(approve_above=50)
    clerk = world.as_("county_staff")
    deciders = [world.as_(name) for name in ("county_admin", "inspector", "station_lead:0")]

    def one_round(number: int) -> Round:
        parent = person(f"Objector {number}", home=world.schools[0])
        by_hand.adjust(parent, points=1, reason="Helped", actor=clerk, now=NOW)
        entry = PointEntry.objects.get(person=parent)
        objection = file_objection(entry, grounds="It was two hours", actor=parent, now=NOW)
        yes, no = Decision("So it was", Remedy.POINTS, 1), Decision("The sheet says one")

        def decide(n: int) -> Objection:
            own = Objection.objects.get(pk=objection.pk)
            return decide_objection(own, yes if n % 2 else no, actor=deciders[n % 3], now=NOW)

        def withdraw() -> Objection:
            return withdraw_objection(Objection.objects.get(pk=objection.pk), actor=parent, now=NOW)

        acts = [withdraw if n % 4 == 0 else lambda n=n: decide(n) for n in range(clients)]

        def wrong(answers: list[Any]) -> Iterator[str]:
            status = Objection.objects.get(pk=objection.pk).status
            done = acts_on(objection) - Counter(["objection.file"])
            verb = {
                ObjectionStatus.UPHELD: "objection.uphold",
                ObjectionStatus.WITHDRAWN: "objection.withdraw",
                ObjectionStatus.REFUSED: "objection.refuse",
            }[ObjectionStatus(status)]
            if done != Counter([verb]):
                yield f"the objection is {status}, the trail says {dict(done)}"
            given = Adjustment.objects.filter(about=entry).count()
            lines = PointEntry.objects.filter(person=parent).count()
            if (given, lines) != ((1, 2) if status == ObjectionStatus.UPHELD else (0, 1)):
                yield f"the objection is {status} with {given} adjustments and {lines} lines"
            told = Notice.objects.filter(person=parent, cause=f"objection:{objection.pk}").count()
            if told != (status != ObjectionStatus.WITHDRAWN):
                yield f"the objection is {status}, and the parent was told {told} times"

        return Round(acts, wrong)

    return one_round


@contextmanager
def objections_looked_at_and_then_closed() -> Iterator[None]:
    def look_then_close(objection: Objection, **columns: Any) -> None:
        if slowly(Objection.objects.get)(pk=objection.pk).status != ObjectionStatus.OPEN:
            raise ObjectionRefused("ended", code="ended")
        Objection.objects.filter(pk=objection.pk).update(**columns)
        objection.refresh_from_db()

    with without_transactions(), patch.object(objections, "_close", look_then_close):
        yield


# ── Points that wait for a second person ─────────────────────────────────────


def one_adjustment_many_deciders(world: World, clients: int) -> Rounds:
    """Two approve what a third asked for, and one refuses it."""
    scheme(world, {"code": "lecture"})
    clerk = world.as_("county_staff")
    first, second, third = (world.as_(name) for name in ("county_admin", "inspector", "station_lead:0"))

    def one_round(number: int) -> Round:
        who = person(f"Helper {number}", home=world.schools[0])
        asked = by_hand.adjust(who, points=30, reason="A year of help", actor=clerk, now=NOW)

        def own() -> Adjustment:
            return Adjustment.objects.select_related("person").get(pk=asked.pk)

        kinds = [
            lambda: approve_adjustment(own(), actor=first, now=NOW),
            lambda: approve_adjustment(own(), actor=second, now=NOW),
            lambda: refuse_adjustment(own(), reason="Half of it", actor=third, now=NOW),
        ]

        def wrong(answers: list[Any]) -> Iterator[str]:
            status = Adjustment.objects.get(pk=asked.pk).status
            is_posted = status == AdjustmentStatus.POSTED
            done = acts_on(asked) - Counter(["adjustment.ask"])
            if done != Counter(["adjustment.approve" if is_posted else "adjustment.refuse"]):
                yield f"the adjustment is {status}, the trail says {dict(done)}"
            points = list(PointEntry.objects.filter(person=who).values_list("points", flat=True))
            if points != ([30] if is_posted else []):
                yield f"the adjustment is {status}, the ledger says {points}"

        return Round([kinds[n % 3] for n in range(clients)], wrong)

    return one_round


@contextmanager
def adjustments_looked_at_and_then_settled() -> Iterator[None]:
    def look_then_settle(adjustment: Adjustment, status: str, **decided: Any) -> None:
        if slowly(Adjustment.objects.get)(pk=adjustment.pk).status != AdjustmentStatus.PENDING:
            raise AdjustmentRefused("decided", code="decided")
        Adjustment.objects.filter(pk=adjustment.pk).update(status=status, **decided)
        adjustment.refresh_from_db()

    with without_transactions(), patch.object(by_hand, "_settle", look_then_settle):
        yield


# ── An appraisal sheet ───────────────────────────────────────────────────────


def opened_again(sheets: Sheets) -> None:
    """The sheet of School 0 as on its first day, its marks scored by the unit."""
    Appraisal.objects.filter(pk=sheets.own.pk).update(status=AppraisalStatus.OPEN, filled_by=None)
    Mark.objects.filter(appraisal=sheets.own).update(self_by=sheets.by("school_lead:0"))


def scored_while_handed_in(world: World, clients: int) -> Rounds:
    """The school's people score an indicator while two of them hand the sheet in: what was handed in is what stands."""
    sheets = build_sheets(world)
    sheets.hand_in()
    lead, mark = sheets.by("school_lead:0"), sheets.mark("1")

    def one_round(number: int) -> Round:
        opened_again(sheets)
        before = AuditEntry.objects.filter(action="appraisal.hand_in").count()

        def score(n: int) -> None:
            half = Decimal((n + number) % 12) / 2
            unit_side.give_self_score(mark, score=half, note=f"n{n}", actor=lead, now=NOW)

        def hand_in() -> None:
            unit_side.hand_in_self_score(sheets.own, actor=lead, now=NOW)

        def wrong(answers: list[Any]) -> Iterator[str]:
            handed_in = AuditEntry.objects.filter(action="appraisal.hand_in").order_by("pk")
            if handed_in.count() != before + 1:
                yield f"handed in {handed_in.count() - before} times"
            total = sum(Mark.objects.filter(appraisal=sheets.own).values_list("self_score", flat=True))
            said = Decimal(handed_in.last().summary["total"])
            if total != said:
                yield f"handed in with {said} points, and {total} stand there"
            if sheets.own.status != AppraisalStatus.SELF_SCORED:
                yield f"the sheet is {sheets.own.status}"

        acts = [hand_in, hand_in, *(lambda n=n: score(n) for n in range(clients - 2))]
        return Round(acts, wrong)

    return one_round


@contextmanager
def without_holding_the_sheet_of_the_unit() -> Iterator[None]:
    with _without_holding_the_sheet(unit_side):
        yield


def scored_while_settled(world: World, clients: int) -> Rounds:
    """Two of the county score an indicator while others settle the sheet, and one sends it back."""
    sheets = build_sheets(world)
    sheets.hand_in()
    marks = [sheets.mark(number).pk for number in ("1", "2", "3", "4")]
    deciders = [sheets.by(name) for name in ("inspector", "county_admin")]
    full = {key: appraisal.CountyScore(Decimal(0), "Nothing is there") for key in marks}
    county_side.give_county_scores(sheets.own, scores=full, actor=deciders[0], now=NOW)

    def one_round(number: int) -> Round:
        Appraisal.objects.filter(pk=sheets.own.pk).update(
            status=AppraisalStatus.SELF_SCORED, reviewed_by=None, reviewed_at=None
        )
        ended = AuditEntry.objects.filter(action__in=["appraisal.settle", "appraisal.send_back"])
        before = ended.count()

        def score(n: int) -> None:
            given = {marks[0]: appraisal.CountyScore(Decimal((n + number) % 12) / 2, f"n{n}")}
            county_side.give_county_scores(sheets.own, scores=given, actor=deciders[n % 2], now=NOW)

        def settle(n: int) -> None:
            county_side.give_county_scores(sheets.own, scores={}, actor=deciders[n % 2], now=NOW, settle=True)

        def send_back() -> None:
            county_side.send_back(sheets.own, reason="Look again", actor=deciders[0], now=NOW)

        def wrong(answers: list[Any]) -> Iterator[str]:
            if ended.count() != before + 1:
                yield f"settled or sent back {ended.count() - before} times"
            last = ended.order_by("pk").last()
            total = sum(Mark.objects.filter(pk__in=marks).values_list("county_score", flat=True))
            if last.action == "appraisal.settle" and total != Decimal(last.summary["total"]):
                yield f"settled with {last.summary['total']} points, and {total} stand there"
            later = AuditEntry.objects.filter(action="appraisal.county_score", pk__gt=last.pk).count()
            if later:
                yield f"{later} scores were given after {last.action}"

        acts = [lambda: settle(0), lambda: settle(1), send_back]
        return Round([*acts, *(lambda n=n: score(n) for n in range(clients - 3))], wrong)

    return one_round


@contextmanager
def without_holding_the_sheet_of_the_county() -> Iterator[None]:
    with _without_holding_the_sheet(county_side):
        yield


@contextmanager
def _without_holding_the_sheet(side: Any) -> Iterator[None]:
    with (
        without_transactions(),
        patch.object(Appraisal.objects, "select_for_update", lambda **how: Appraisal.objects.all()),
        patch.object(side, "sentence_on", slowly(side.sentence_on)),
    ):
        yield


RACES = [
    Race("one claim", one_claim_many_deciders, claims_looked_at_and_then_taken),
    Race(
        "one objection",
        one_objection_many_deciders,
        objections_looked_at_and_then_closed,
        (ObjectionRefused,),
    ),
    Race(
        "one adjustment",
        one_adjustment_many_deciders,
        adjustments_looked_at_and_then_settled,
        (AdjustmentRefused,),
    ),
    Race(
        "scored while handed in",
        scored_while_handed_in,
        without_holding_the_sheet_of_the_unit,
        (WrongStep,),
    ),
    Race(
        "scored while settled",
        scored_while_settled,
        without_holding_the_sheet_of_the_county,
        (WrongStep,),
    ),
]
