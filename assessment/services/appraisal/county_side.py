from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from assessment import rules_appraisal as rules
from assessment.enums import AppraisalStep, Side
from assessment.models import Appraisal, Mark
from assessment.services.appraisal.sheet import (
    AppraisalRefused,
    FourEyes,
    lock,
    marks_of,
    move,
    record_score,
    sentence_on,
)
from portal.kernel import audit


@dataclass(frozen=True)
class CountyScore:
    """A score, and why points were taken off."""

    score: Decimal | None
    note: str = ""


@transaction.atomic
def give_county_scores(
    appraisal: Appraisal,
    *,
    scores: Mapping[int, CountyScore],
    actor: Person,
    now: datetime,
    settle: bool = False,
) -> int:
    """The county's scores of some marks of a sheet, by their ids, all or none; how many changed. With `settle` the
    sheet is closed as well and must then be complete. Raises WrongStep, FourEyes, AppraisalRefused."""
    appraisal = lock(appraisal, Side.COUNTY)
    refuse_own_unit(appraisal, actor)
    marks = list(marks_of(appraisal))
    given = {mark.pk: scores[mark.pk] for mark in marks if mark.pk in scores}
    faults = {mark.pk: fault for mark in marks if (fault := fault_of(mark, given.get(mark.pk)))}
    if faults:
        raise AppraisalRefused(_("Nothing is saved yet. Please mend the marked rows."), marks=faults)
    changed = []
    for mark in marks:
        before = (mark.county_score, mark.deduction_note)
        after = (given[mark.pk].score, given[mark.pk].note) if mark.pk in given else before
        if before == after:
            continue
        mark.county_score, mark.deduction_note = after
        mark.county_by, mark.updated_at = actor, now
        changed.append(mark)
        record_score("appraisal.county_score", appraisal, mark, before, after, actor=actor, now=now)
    Mark.objects.bulk_update(changed, ["county_score", "deduction_note", "county_by", "updated_at"])
    if settle:
        close(appraisal, marks, actor=actor, now=now)
    return len(changed)


def fault_of(mark: Mark, given: CountyScore | None) -> str:
    """What is wrong with a mark's county score as given, in words; empty where nothing is."""
    if given is None or given.score is None:
        return ""
    known = rules.Given(
        full=mark.indicator.max_points,
        computed=mark.computed_score,
        self_score=mark.self_score,
        self_note=mark.self_note,
    )
    if fault := sentence_on(given.score, mark.indicator):
        return fault
    if not given.note.strip() and rules.needs_reason(given.score, known):
        return str(_("Points are taken off here. Say why."))
    return ""


def refuse_own_unit(appraisal: Appraisal, actor: Person) -> None:
    """Raises FourEyes where the actor scored for the unit."""
    own = appraisal.filled_by_id == actor.pk or marks_of(appraisal).filter(self_by=actor).exists()
    if own:
        raise FourEyes(_("You scored this unit for itself. Somebody else has to score it for the county."))


def close(appraisal: Appraisal, marks: list[Mark], *, actor: Person, now: datetime) -> None:
    missing = [mark.indicator.number for mark in marks if mark.county_score is None]
    if missing:
        raise AppraisalRefused(
            _("These have no county score yet: %(numbers)s.") % {"numbers": "、".join(missing)},
            missing=missing,
        )
    move(appraisal, AppraisalStep.SETTLE, reviewed_by=actor, reviewed_at=now, updated_at=now)
    audit.record(
        "appraisal.settle",
        actor=actor,
        now=now,
        obj=appraisal,
        path=appraisal.unit.path,
        total=rules.plain(rules.total(mark.county_score for mark in marks)),
    )


@transaction.atomic
def send_back(appraisal: Appraisal, *, reason: str, actor: Person, now: datetime) -> None:
    """Give a handed-in sheet back to the unit, which sees the reason. Raises WrongStep, AppraisalRefused."""
    appraisal = lock(appraisal, Side.COUNTY)
    refuse_empty(reason)
    move(appraisal, AppraisalStep.SEND_BACK, return_reason=reason, updated_at=now)
    audit.record(
        "appraisal.send_back", actor=actor, now=now, obj=appraisal, path=appraisal.unit.path, reason=reason
    )


@transaction.atomic
def reopen(appraisal: Appraisal, *, reason: str, actor: Person, now: datetime) -> None:
    """Let a settled sheet be scored once more, for a reason. Raises WrongStep, FourEyes, AppraisalRefused."""
    appraisal = lock(appraisal, None)
    refuse_own_unit(appraisal, actor)
    refuse_empty(reason)
    move(appraisal, AppraisalStep.REOPEN, reviewed_by=None, reviewed_at=None, updated_at=now)
    audit.record(
        "appraisal.reopen", actor=actor, now=now, obj=appraisal, path=appraisal.unit.path, reason=reason
    )


def refuse_empty(reason: str) -> None:
    if not reason.strip():
        raise AppraisalRefused(_("Say why, so that the unit understands it."), field="reason")
