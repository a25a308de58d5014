from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from assessment import rules_appraisal as rules
from assessment.enums import AppraisalStep, Side
from assessment.models import Appraisal, Mark
from assessment.services.appraisal.evidence import Upload, attach, take
from assessment.services.appraisal.sheet import (
    AppraisalRefused,
    lock,
    marks_of,
    move,
    record_score,
    sentence_on,
)
from portal.kernel import audit


@transaction.atomic
def give_self_score(
    mark: Mark,
    *,
    score: Decimal | None,
    note: str,
    actor: Person,
    now: datetime,
    files: Sequence[Upload] = (),
) -> None:
    """The unit's own score of one indicator, with a note and files that back it; a score that differs from the
    counted one says why. Raises WrongStep, AppraisalRefused, EvidenceRefused."""
    appraisal = lock(mark.appraisal, Side.UNIT)
    mark = marks_of(appraisal).get(pk=mark.pk)
    if fault := sentence_on(score, mark.indicator):
        raise AppraisalRefused(fault, field="score")
    counted = mark.computed_score
    if score is not None and counted is not None and score != counted and not note.strip():
        raise AppraisalRefused(
            _("The portal counted %(counted)s. Say in the note why your score differs.")
            % {"counted": rules.plain(counted)},
            field="note",
        )
    taken = [take(file) for file in files]
    before = (mark.self_score, mark.self_note)
    if before != (score, note):
        mark.self_score, mark.self_note, mark.self_by = score, note, actor
        mark.save(update_fields=["self_score", "self_note", "self_by", "updated_at"])
        record_score("appraisal.self_score", appraisal, mark, before, (score, note), actor=actor, now=now)
    for each in taken:
        attach(each, mark, appraisal, side=Side.UNIT, actor=actor, now=now)


@transaction.atomic
def hand_in_self_score(appraisal: Appraisal, *, actor: Person, now: datetime) -> None:
    """Close the unit's side; counted indicators that the unit left alone take the counted score. Raises WrongStep
    and, naming what is still missing, AppraisalRefused."""
    appraisal = lock(appraisal, Side.UNIT)
    marks = list(marks_of(appraisal))
    counted = [mark for mark in marks if mark.self_score is None and mark.computed_score is not None]
    for mark in counted:
        mark.self_score, mark.self_by, mark.updated_at = mark.computed_score, actor, now
    missing = [mark.indicator.number for mark in marks if mark.self_score is None]
    if missing:
        raise AppraisalRefused(
            _("These have no score yet: %(numbers)s. Score them first, then hand in.")
            % {"numbers": "、".join(missing)},
            missing=missing,
        )
    faults = [mark.indicator.number for mark in marks if sentence_on(mark.self_score, mark.indicator)]
    if faults:
        raise AppraisalRefused(
            _("The full score of these was changed meanwhile: %(numbers)s. Please score them again.")
            % {"numbers": "、".join(faults)},
            missing=faults,
        )
    Mark.objects.bulk_update(counted, ["self_score", "self_by", "updated_at"])
    move(appraisal, AppraisalStep.HAND_IN, filled_by=actor, filled_at=now, return_reason="", updated_at=now)
    audit.record(
        "appraisal.hand_in",
        actor=actor,
        now=now,
        obj=appraisal,
        path=appraisal.unit.path,
        total=rules.plain(rules.total(mark.self_score for mark in marks)),
    )
