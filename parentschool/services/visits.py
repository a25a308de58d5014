"""Recording home visits: who went to which child, and whether anybody was met.

One visit of a visitor to a child on a day is one row. A visit met nobody in the morning and the family in the evening
becomes a contact; a contact does not turn back into an attempt but is revoked, with a reason.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from parentschool.enums import VisitOutcome
from parentschool.models import Child, HomeVisit
from parentschool.services.families import require_basis
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError

LATEST_ENTRY = timedelta(days=366)


class VisitRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "visit_refused"


@transaction.atomic
def record_home_visit(
    child: Child,
    *,
    visited_on: date,
    outcome: VisitOutcome,
    visitor: Person,
    met: Person | None = None,
    note: str = "",
    actor: Person | None,
    now: datetime,
) -> HomeVisit:
    """The visit of the day, recorded, completed or, after a revocation, recorded anew. The same again changes
    nothing. Raises VisitRefused, and FamilyRefused where the child's record has lost its legal basis."""
    require_basis(child)
    _check(child, visited_on, outcome, met, now)
    told: dict[str, object] = {"outcome": outcome, "met": met, "note": note.strip()}
    visit, is_new = HomeVisit.objects.get_or_create(
        child=child, visited_on=visited_on, visitor=visitor, defaults=told
    )
    visit = HomeVisit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    if not is_new:
        if visit.revoked_at is None and _same(visit, told):
            return visit
        if visit.revoked_at is None and visit.outcome == VisitOutcome.CONTACT:
            raise VisitRefused(
                _("You have recorded a visit to this child on this day already."), field="visited_on"
            )
        _rewrite(visit, told)
    audit.record(
        "visit.record",
        actor=actor,
        now=now,
        obj=visit,
        path=child.path,
        child=child.pk,
        visited_on=visited_on.isoformat(),
        outcome=outcome,
        revision=visit.revision,
    )
    return visit


@transaction.atomic
def correct_home_visit(
    visit: HomeVisit,
    *,
    outcome: VisitOutcome,
    met: Person | None,
    note: str,
    reason: str,
    actor: Person | None,
    now: datetime,
) -> HomeVisit:
    """What was recorded, as it should have been; the day, the child and the visitor stay. The same again changes
    nothing. Raises VisitRefused."""
    held = HomeVisit.objects.select_for_update(of=("self",)).select_related("child").get(pk=visit.pk)
    told: dict[str, object] = {"outcome": outcome, "met": met, "note": note.strip()}
    if held.revoked_at is not None:
        raise VisitRefused(_("This visit is taken back; record it anew instead."))
    if _same(held, told):
        return held
    if not reason.strip():
        raise VisitRefused(_("Say in a few words what was wrong."), field="reason")
    _check_met(held.child, outcome, met)
    before = {"outcome": held.outcome, "met": held.met_id}
    _rewrite(held, told)
    audit.record(
        "visit.correct",
        actor=actor,
        now=now,
        obj=held,
        path=held.child.path,
        child=held.child_id,
        reason=reason.strip(),
        changes=audit.changes(before, {"outcome": held.outcome, "met": held.met_id}),
    )
    return held


@transaction.atomic
def revoke_home_visit(visit: HomeVisit, *, reason: str, actor: Person | None, now: datetime) -> HomeVisit:
    """The visit did not take place as recorded; it counts for nothing. A second call changes nothing.
    Raises VisitRefused without a reason."""
    if not reason.strip():
        raise VisitRefused(_("Say in a few words what was wrong."), field="reason")
    held = HomeVisit.objects.select_for_update(of=("self",)).select_related("child").get(pk=visit.pk)
    if held.revoked_at is not None:
        return held
    held.revoked_at, held.revoked_reason = now, reason.strip()
    held.revision += 1
    held.save(update_fields=["revoked_at", "revoked_reason", "revision", "updated_at"])
    audit.record(
        "visit.revoke",
        actor=actor,
        now=now,
        obj=held,
        path=held.child.path,
        child=held.child_id,
        reason=held.revoked_reason,
    )
    return held


def _check(child: Child, visited_on: date, outcome: VisitOutcome, met: Person | None, now: datetime) -> None:
    today = clock.day_of(now)
    if visited_on > today:
        raise VisitRefused(_("The day of the visit lies in the future."), field="visited_on")
    if today - visited_on > LATEST_ENTRY:
        raise VisitRefused(_("The visit lies more than a year back; check the day."), field="visited_on")
    if child.left_on and visited_on >= child.left_on:
        raise VisitRefused(_("The child had left by this day."), field="visited_on")
    _check_met(child, outcome, met)


def _check_met(child: Child, outcome: VisitOutcome, met: Person | None) -> None:
    if met is None:
        return
    if outcome == VisitOutcome.ATTEMPT:
        raise VisitRefused(_("You chose “met nobody” and somebody you met; choose one."), field="met")
    if not child.guardianships.filter(guardian=met, ended_on=None).exists():
        raise VisitRefused(_("Choose one of the child's guardians."), field="met")


def _same(visit: HomeVisit, told: dict[str, object]) -> bool:
    return all(getattr(visit, name) == value for name, value in told.items())


def _rewrite(visit: HomeVisit, told: dict[str, object]) -> None:
    for name, value in told.items():
        setattr(visit, name, value)
    visit.revoked_at, visit.revoked_reason = None, ""
    visit.revision += 1
    visit.save()
