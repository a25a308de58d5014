"""What a second person's word on points by hand means for the objection that they were to make good.

Until then nothing is final: the parent reads that a second person is waited for. Approved, the objection is upheld;
not approved, it is open again for a decision, with the days of an answer before it. See docs/decisions/0049.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from accounts.models import Person
from assessment.enums import ObjectionStatus, Unfit
from assessment.models import Adjustment, Objection, PointEntry
from assessment.queries.objections import answer_days, involved_in
from assessment.rules_objections import unfit_because
from portal.kernel import audit, clock, notices, special_days
from portal.kernel.workdays import add_workdays


def answer_day(entry: PointEntry, now: datetime) -> date:
    """By when an objection is answered that is open from now on."""
    return add_workdays(clock.day_of(now), answer_days(entry), special_days.exceptions())


def unfit(adjustment: Adjustment, person: Person) -> Unfit | None:
    """Why this person may not be the second one for points that make an objection good; None for others."""
    objection = Objection.objects.select_related("entry").filter(adjustment=adjustment).first()
    return unfit_because(person.pk, involved_in(objection)) if objection is not None else None


def approved(adjustment: Adjustment, *, now: datetime) -> None:
    objection = Objection.objects.select_related("adjustment").filter(adjustment=adjustment).first()
    if objection is not None:
        tell(objection, now)


def refused(adjustment: Adjustment, *, actor: Person, now: datetime) -> None:
    objection = Objection.objects.select_related("entry__person").filter(adjustment=adjustment).first()
    if objection is None:
        return
    due_on = answer_day(objection.entry, now)
    Objection.objects.filter(pk=objection.pk).update(
        status=ObjectionStatus.OPEN,
        due_on=due_on,
        closed_at=None,
        decided_by=None,
        answer="",
        remedy="",
        adjustment=None,
        updated_at=now,
    )
    objection.refresh_from_db()
    record("objection.reopen", objection, actor, now, points=adjustment.points, due_on=str(due_on))
    _send(objection, "assessment.objection_reopened", now, f":reopened:{adjustment.pk}")


def tell(objection: Objection, now: datetime) -> None:
    """The parent how it was decided, or that a second person is waited for."""
    if objection.waits:
        _send(objection, "assessment.objection_waits", now, f":waits:{objection.adjustment_id}")
    elif objection.status == ObjectionStatus.UPHELD:
        _send(objection, "assessment.objection_upheld", now)
    else:
        _send(objection, "assessment.objection_refused", now)


def _send(objection: Objection, kind: str, now: datetime, cause: str = "") -> None:
    notices.send(
        [objection.person_id],
        kind,
        cause=f"objection:{objection.pk}{cause}",
        now=now,
        route="objection",
        key=objection.pk,
    )


def record(act: str, objection: Objection, actor: Person, now: datetime, **summary: Any) -> None:
    audit.record(
        act,
        actor=actor,
        now=now,
        obj=objection,
        path=objection.path,
        person=objection.person_id,
        line=objection.entry_id,
        **{name: value for name, value in summary.items() if value is not None},
    )
