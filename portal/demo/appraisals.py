"""The demo county's appraisal of the year: opened for every parent school, half of it handed in, of which the
inspector has settled every third."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal

from accounts.models import Person, RoleAssignment
from assessment.models import Appraisal, AppraisalScheme, Mark
from assessment.services.appraisal import (
    CountyScore,
    give_county_scores,
    give_self_score,
    hand_in_self_score,
    open_appraisals,
)

HALF = Decimal("0.5")


def build_appraisals(*, year: int, draw: random.Random, now: datetime) -> int:
    """How many sheets were handed in; nothing where the year is opened already."""
    scheme = AppraisalScheme.objects.order_by("pk").first()
    if scheme is None or Appraisal.objects.filter(scheme=scheme, year=year).exists():
        return 0
    admin = Person.objects.get(username="admin")
    open_appraisals(scheme, year=year, actor=admin, now=now)
    leads = {
        held.unit_id: held.person
        for held in RoleAssignment.objects.filter(role="school_lead").select_related("person").order_by("pk")
    }
    sheets = Appraisal.objects.filter(scheme=scheme, year=year, unit__in=leads).order_by("unit__path")
    handed_in = list(sheets)[1::2]
    for sheet in handed_in:
        lead = leads[sheet.unit_id]
        for mark in Mark.objects.filter(appraisal=sheet, computed_score=None).select_related("indicator"):
            off = HALF * draw.choice([0, 0, 0, 1, 2])
            score = max(Decimal(0), mark.indicator.max_points - off)
            note = "材料还在补" if off else "材料齐全"
            give_self_score(mark, score=score, note=note, actor=lead, now=now)
        hand_in_self_score(sheet, actor=lead, now=now)
    inspector = Person.objects.get(username="inspector")
    for sheet in handed_in[::3]:
        settle(sheet, inspector, draw, now)
    return len(handed_in)


def settle(sheet: Appraisal, inspector: Person, draw: random.Random, now: datetime) -> None:
    scores = {}
    for mark in Mark.objects.filter(appraisal=sheet).order_by("pk"):
        claimed = mark.self_score or Decimal(0)
        off = Decimal(1) if claimed >= 2 and draw.random() < 0.15 else Decimal(0)
        scores[mark.pk] = CountyScore(claimed - off, "现场核查未见原始记录" if off else "")
    give_county_scores(sheet, scores=scores, actor=inspector, now=now, settle=True)
