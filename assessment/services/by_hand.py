"""Lines that people post: points adjusted for a reason, and points handed in for something.

Both are posted at once into the county's own chain and show in the person's standing at once; the night leaves them
alone. Above the limit that the county's schemes set, an adjustment waits for a second person.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import polars as pl
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Abs
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from assessment import ledger
from assessment.engine.reconcile import ADJUSTMENT, SPENDING
from assessment.enums import AdjustmentStatus, EntryReason, Posting, SpendingPace, VersionStatus
from assessment.models import Adjustment, Batch, PointEntry, PointScheme, Spending
from assessment.queries.shards import county_of
from assessment.rules import spending_period
from assessment.services import second_person
from assessment.services.posting import renew_standing
from assessment.services.spending import available_of, only_available
from portal.kernel import audit, clock
from portal.kernel.calendar import month_of
from portal.kernel.errors import PortalError

OWN_POINTS = _("These are your own points. Somebody else decides on them.")


class AdjustmentRefused(PortalError):
    code = "adjustment_refused"


class SpendingRefused(PortalError):
    code = "spending_refused"


def limit_without_approval(county: Unit) -> int:
    """Up to how many points are given to or taken from a person in a calendar month by one person alone: the least that
    a scheme of the county says; 0 without."""
    limits = PointScheme.objects.filter(unit=county).values_list("approve_above", flat=True)
    return min(limits, default=0)


def decided_alone(person: Person, day: date) -> int:
    """The points given to and taken from a person by hand in the month of a day, on which no second person decided."""
    month = month_of(day)
    alone = Adjustment.objects.filter(
        person=person,
        status=AdjustmentStatus.POSTED,
        decided_by=None,
        asked_at__gte=clock.midnight(month.begins_on),
        asked_at__lt=clock.midnight(month.ends_on),
    )
    found: int | None = alone.aggregate(points=Sum(Abs("points")))["points"]
    return found or 0


@transaction.atomic
def adjust(
    person: Person,
    *,
    points: int,
    reason: str,
    note: str = "",
    about: PointEntry | None = None,
    counts_on: date | None = None,
    token: UUID | None = None,
    actor: Person,
    now: datetime,
) -> Adjustment:
    """Give or take points by hand. Up to the limit of the month they are posted at once, above it they wait for
    approval: so no sum is given in small parts by one person alone.

    `about` is the line that this makes good: the points then count for that line's day. `token` names the asking;
    the same one again changes nothing. Raises AdjustmentRefused.
    """
    asked = Adjustment.objects.filter(token=token).first() if token else None
    if asked is not None:
        return asked
    if not points:
        raise AdjustmentRefused(_("Enter how many points are given or taken."), field="points")
    if not reason.strip():
        raise AdjustmentRefused(_("Say why. The person reads this reason beside the points."), field="reason")
    if about is not None and about.person_id != person.pk:
        raise AdjustmentRefused(_("This line belongs to somebody else."), field="about", code="not_theirs")
    if person.pk == actor.pk:
        raise AdjustmentRefused(OWN_POINTS, field="person", code="own_points")
    adjustment = Adjustment.objects.create(
        token=token or uuid4(),
        person=person,
        points=points,
        reason=reason.strip(),
        note=note.strip(),
        about=about,
        counts_on=counts_on or (about.happened_on if about else clock.day_of(now)),
        asked_by=actor,
        asked_at=now,
    )
    _record("adjustment.ask", adjustment, actor, now, points=points, reason=adjustment.reason)
    _hold(person)
    alone = decided_alone(person, clock.day_of(now))
    if abs(points) + alone <= limit_without_approval(county_of(person)):
        _settle(adjustment, AdjustmentStatus.POSTED)
        _post(adjustment, now)
    return adjustment


@transaction.atomic
def approve_adjustment(adjustment: Adjustment, *, actor: Person, now: datetime) -> Adjustment:
    """Let the points be posted. The approver is neither the asker nor the person, nor stands near to an objection that
    they make good. Raises AdjustmentRefused."""
    check_decider(adjustment, actor)
    _settle(adjustment, AdjustmentStatus.POSTED, decided_by=actor, decided_at=now)
    _post(adjustment, now)
    _record("adjustment.approve", adjustment, actor, now, points=adjustment.points)
    second_person.approved(adjustment, now=now)
    return adjustment


@transaction.atomic
def refuse_adjustment(adjustment: Adjustment, *, reason: str, actor: Person, now: datetime) -> Adjustment:
    """Let nothing be posted, and say why; an objection that it was to make good is open again. Raises
    AdjustmentRefused."""
    check_decider(adjustment, actor)
    if not reason.strip():
        raise AdjustmentRefused(_("Say why it is refused."), field="reason")
    decided = {"decided_by": actor, "decided_at": now, "decision": reason.strip()}
    _settle(adjustment, AdjustmentStatus.REFUSED, **decided)
    _record("adjustment.refuse", adjustment, actor, now, points=adjustment.points, reason=reason.strip())
    second_person.refused(adjustment, actor=actor, now=now)
    return adjustment


def check_decider(adjustment: Adjustment, actor: Person) -> None:
    """Raises AdjustmentRefused for whoever asked, gets the points, or stands near to the objection behind them."""
    if adjustment.asked_by_id == actor.pk:
        raise AdjustmentRefused(
            _("Whoever asked for an adjustment does not decide on it. Ask a colleague."),
            code="own_adjustment",
        )
    if adjustment.person_id == actor.pk:
        raise AdjustmentRefused(OWN_POINTS, code="own_points")
    if (unfit := second_person.unfit(adjustment, actor)) is not None:
        raise AdjustmentRefused(unfit.label, code=unfit.value)


def _settle(adjustment: Adjustment, status: str, **decided: object) -> None:
    """Only one decision is let through, whoever else decides at the same moment."""
    waiting = Adjustment.objects.filter(pk=adjustment.pk, status=AdjustmentStatus.PENDING)
    if not waiting.update(status=status, **decided):
        raise AdjustmentRefused(_("This adjustment is decided already."), code="decided")
    adjustment.refresh_from_db()


def _post(adjustment: Adjustment, now: datetime) -> Batch:
    return _post_line(
        adjustment.person,
        points=adjustment.points,
        source=ADJUSTMENT,
        source_id=adjustment.pk,
        happened_on=adjustment.counts_on,
        reason=EntryReason.ADJUSTMENT,
        note=adjustment.reason,
        now=now,
    )


def _post_line(
    person: Person,
    *,
    points: int,
    source: str,
    source_id: int,
    happened_on: date,
    reason: str,
    note: str,
    now: datetime,
) -> Batch:
    row = {
        "key": f"{source}:{source_id}",
        "person_id": person.pk,
        "points": points,
        "source": source,
        "source_id": source_id,
        "happened_on": happened_on,
        "reason": str(reason),
        "note": note,
        "reverses_id": None,
    }
    county, today = county_of(person), clock.day_of(now)
    lines = pl.DataFrame([row], schema=ledger.BY_HAND)
    batch = ledger.post_by_hand(lines, county=county, posted_on=today, cause=ledger.Cause(Posting.HAND))
    renew_standing(person, county, today)
    return batch


def _record(act: str, adjustment: Adjustment, actor: Person, now: datetime, **summary: Any) -> None:
    audit.record(
        act,
        actor=actor,
        now=now,
        obj=adjustment,
        path=adjustment.person.path,
        person=adjustment.person_id,
        status=adjustment.status,
        **summary,
    )


# ── Points handed in ─────────────────────────────────────────────────────────


def pace_of(county: Unit, day: date) -> tuple[PointScheme | None, str]:
    """The scheme in force that day and how often it lets a person hand in points."""
    in_force = (
        PointScheme.objects.filter(
            unit=county, versions__status=VersionStatus.PUBLISHED, versions__effective_from__lte=day
        )
        .order_by("-versions__effective_from", "-versions__pk")
        .first()
    )
    return in_force, in_force.spending if in_force else SpendingPace.NEVER


def _hold(person: Person) -> None:
    """One after the other gives and takes this person's points by hand, and after who puts down a record."""
    Person.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)


@transaction.atomic
def spend(
    person: Person, *, points: int, what: str, token: UUID | None = None, actor: Person, now: datetime
) -> Spending:
    """Hand in points for something. What counts for a star stays; what is available lessens. The same token again
    changes nothing. Raises SpendingRefused."""
    spent = Spending.objects.filter(token=token).first() if token else None
    if spent is not None:
        return spent
    county, today = county_of(person), clock.day_of(now)
    scheme, pace = pace_of(county, today)
    if scheme is None or pace == SpendingPace.NEVER:
        raise SpendingRefused(_("In this county points are not handed in for anything."), code="no_spending")
    if points <= 0:
        raise SpendingRefused(_("Enter how many points are handed in."), field="points")
    if not what.strip():
        raise SpendingRefused(_("Say what the points are handed in for."), field="what")
    _hold(person)
    period = spending_period(pace, today)
    slot = f"{scheme.pk}:{person.pk}:{period.begins_on}" if period else None
    if slot and Spending.objects.filter(slot=slot).exists():
        raise SpendingRefused(
            _("Points were handed in already in this period (%(pace)s).")
            % {"pace": SpendingPace(pace).label},
            code="spent_already",
        )
    available = max(available_of(person, county, today), 0)
    if points > available:
        raise SpendingRefused(only_available(available), field="points")
    spending = Spending.objects.create(
        token=token or uuid4(),
        person=person,
        points=points,
        what=what.strip(),
        slot=slot,
        spent_on=today,
        entered_by=actor,
    )
    _post_line(
        person,
        points=-points,
        source=SPENDING,
        source_id=spending.pk,
        happened_on=today,
        reason=EntryReason.SPENT,
        note=spending.what,
        now=now,
    )
    audit.record(
        "points.spend",
        actor=actor,
        now=now,
        obj=spending,
        path=person.path,
        person=person.pk,
        points=points,
        what=spending.what,
    )
    return spending
