"""Wrong bindings: said by either side, and undone with all that came of them.

Nobody takes another guardian away: a guardian says that something is wrong, and the school decides. What one was bound
to by mistake oneself one may undo at once. Points follow the facts by the next night.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from parentschool.enums import CLAIM_BOUND, ClaimStatus, ReportStatus
from parentschool.models import BindingReport, Claim, Guardianship, HomeVisit, Membership
from portal.kernel import audit, clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError


class BindingRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "binding_refused"


@transaction.atomic
def report_binding(bond: Guardianship, *, reason: str, actor: Person, now: datetime) -> BindingReport | None:
    """A guardian says of an own binding or of another guardian's that it is wrong. The own one ends at once and there
    is no report left to decide; another's is put before the school. Raises BindingRefused."""
    reason = _checked_reason(reason)
    if bond.guardian_id == actor.pk:
        undo_binding(bond, reason=reason, actor=actor, now=now)
        return None
    report, is_new = BindingReport.objects.get_or_create(
        guardianship=bond,
        reported_by=actor,
        status=ReportStatus.OPEN,
        defaults={"reason": reason, "reported_at": now},
    )
    if is_new:
        audit.record(
            "binding.report", actor=actor, now=now, obj=report, path=bond.child.path, guardianship=bond.pk
        )
    return report


@transaction.atomic
def undo_binding(bond: Guardianship, *, reason: str, actor: Person, now: datetime) -> None:
    """The person never was this child's guardian: the guardianship ends, the membership that stood on it alone with
    it, and home visits keep that somebody was met but not this person. A second call changes nothing.

    Raises BindingRefused.
    """
    reason = _checked_reason(reason)
    today = clock.day_of(now)
    if not Guardianship.objects.filter(pk=bond.pk, ended_on=None).update(ended_on=today, updated_at=now):
        return
    left = _leave_school(bond, now)
    visits = HomeVisit.objects.filter(child=bond.child_id, met=bond.guardian_id).update(
        met=None, revision=F("revision") + 1, updated_at=now
    )
    Claim.objects.filter(guardianship=bond, status__in=CLAIM_BOUND).update(
        status=ClaimStatus.UNDONE, reason=reason, updated_at=now
    )
    BindingReport.objects.filter(guardianship=bond, status=ReportStatus.OPEN).update(
        status=ReportStatus.UNDONE, decided_by=actor, decided_at=now, updated_at=now
    )
    audit.record(
        "binding.undo",
        actor=actor,
        now=now,
        obj=bond,
        path=bond.child.path,
        reason=reason,
        person=bond.guardian_id,
        child=bond.child_id,
        memberships=left,
        visits=visits,
    )


@transaction.atomic
def keep_binding(report: BindingReport, *, actor: Person, now: datetime) -> None:
    """The school has looked: the binding is right. A second call changes nothing."""
    waiting = BindingReport.objects.filter(pk=report.pk, status=ReportStatus.OPEN)
    if waiting.update(status=ReportStatus.KEPT, decided_by=actor, decided_at=now, updated_at=now):
        path = report.guardianship.child.path
        audit.record("binding.keep", actor=actor, now=now, obj=report, path=path)


def _leave_school(bond: Guardianship, now: datetime) -> int:
    """End the membership of this school year, as if it had not been, where no other child binds the person there."""
    school = bond.child.school_class.school_id
    still = Guardianship.objects.filter(
        guardian=bond.guardian_id, ended_on=None, child__left_on=None, child__school_class__school=school
    )
    if still.exists():
        return 0
    year = SchoolYear.of(clock.day_of(now)).year
    held = Membership.objects.filter(person=bond.guardian_id, school=school, school_year=year, left_on=None)
    return held.update(left_on=F("joined_on"), updated_at=now)


def _checked_reason(reason: str) -> str:
    if not reason.strip():
        raise BindingRefused(_("Say in a few words what is wrong."), field="reason")
    return reason.strip()
