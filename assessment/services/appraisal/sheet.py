"""What every act on a sheet shares: it is locked, it must stand where the act belongs, and it leaves a trace."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from assessment import rules_appraisal as rules
from assessment.enums import AppraisalStatus, AppraisalStep, Side
from assessment.models import Appraisal, Indicator, Mark
from assessment.rules_appraisal import ScoreFault
from portal.kernel import audit
from portal.kernel.errors import PortalError

IN_ORDER = ("indicator__section__order", "indicator__order")


class AppraisalRefused(PortalError):
    """`details["marks"]` says by mark what is wrong there, `details["field"]` at which field."""

    code = "appraisal_refused"


class WrongStep(PortalError):
    """The sheet stands where this cannot be done."""

    code = "appraisal_wrong_step"


class FourEyes(PortalError):
    """The one who scored for the unit would be scoring for the county."""

    code = "appraisal_four_eyes"


STANDS: dict[str, Promise | str] = {
    AppraisalStatus.OPEN: _("The unit has not handed in its self score yet."),
    AppraisalStatus.SELF_SCORED: _("The self score has been handed in and can no longer be changed."),
    AppraisalStatus.COUNTY_SCORED: _("This sheet is settled and can no longer be changed."),
}


def lock(appraisal: Appraisal, side: Side | None) -> Appraisal:
    """The sheet, held until the transaction ends, if that side is at work on it (none: if it is settled).
    Raises WrongStep."""
    held = (
        Appraisal.objects.select_for_update(of=("self",))
        .select_related("unit", "scheme")
        .get(pk=appraisal.pk)
    )
    if rules.at_work(held.status) != side:
        raise WrongStep(STANDS[held.status] if side else _("Only a settled sheet can be scored again."))
    return held


def marks_of(appraisal: Appraisal) -> QuerySet[Mark]:
    return Mark.objects.filter(appraisal=appraisal).select_related("indicator").order_by(*IN_ORDER)


def move(appraisal: Appraisal, step: AppraisalStep, **columns: Any) -> None:
    """Take a step from where the sheet stands; of two who take it at once, one does. Raises WrongStep."""
    status = rules.status_after(appraisal.status, step)
    moved = status and Appraisal.objects.filter(pk=appraisal.pk, status=appraisal.status).update(
        status=status, **columns
    )
    if not moved:
        raise WrongStep(STANDS[appraisal.status])


FAULTS: dict[ScoreFault, Promise | str] = {
    ScoreFault.NEGATIVE: _("A score is not below 0."),
    ScoreFault.TOO_HIGH: _("At most %(full)s points can be given here."),
    ScoreFault.BETWEEN_STEPS: _("Scores go by half points, such as 3 or 3.5."),
}


def sentence_on(score: Decimal | None, indicator: Indicator) -> str:
    """What is wrong with the score, in words; empty where nothing is."""
    fault = rules.fault_of(score, indicator.max_points) if score is not None else None
    return str(FAULTS[fault]) % {"full": rules.plain(indicator.max_points)} if fault else ""


def record_score(
    action: str,
    appraisal: Appraisal,
    mark: Mark,
    before: tuple[Decimal | None, str],
    after: tuple[Decimal | None, str],
    *,
    actor: Person,
    now: datetime,
) -> None:
    audit.record(
        action,
        actor=actor,
        now=now,
        obj=mark,
        path=appraisal.unit.path,
        appraisal=appraisal.pk,
        indicator=mark.indicator.number,
        score=[_text(before[0]), _text(after[0])],
        note=[before[1], after[1]],
    )


def _text(score: Decimal | None) -> str:
    return "" if score is None else rules.plain(score)
