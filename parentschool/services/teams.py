"""The "1+3" of a class: who holds which duty; the class teacher's rights come and go with it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, RoleAssignment
from accounts.services.appointments import appoint, end_assignment
from parentschool.enums import TeamDuty
from parentschool.models import ClassTeamMember, SchoolClass
from portal.kernel import audit
from portal.kernel.errors import PortalError

ROLE = "class_teacher"


class TeamRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "team_refused"


@transaction.atomic
def join_class_team(
    school_class: SchoolClass,
    person: Person,
    *,
    duty: TeamDuty,
    valid_from: date,
    actor: Person | None,
    now: datetime,
) -> ClassTeamMember:
    """A duty in the class from a day on. The class teacher is appointed for this class, unless appointed already.

    Raises TeamRefused, and what `appoint` raises.
    """
    if school_class.team.filter(duty=duty, valid_until=None).exists():
        raise TeamRefused(_("Somebody holds this duty in the class already; end theirs first."), field="duty")
    assignment = None
    if duty == TeamDuty.HEAD:
        assignment = _held(school_class, person) or appoint(
            person,
            role=ROLE,
            unit=school_class.school,
            path=school_class.path,
            valid_from=valid_from,
            actor=actor,
            now=now,
        )
    member = ClassTeamMember.objects.create(
        school_class=school_class, person=person, duty=duty, valid_from=valid_from, assignment=assignment
    )
    audit.record(
        "team.join", actor=actor, now=now, obj=member, path=school_class.path, person=person.pk, duty=duty
    )
    return member


@transaction.atomic
def leave_class_team(member: ClassTeamMember, *, on: date, actor: Person | None, now: datetime) -> None:
    """The duty ends on a day, and the class teacher's role with it. A second call changes nothing.

    Raises TeamRefused, and what `end_assignment` raises.
    """
    if member.valid_until is not None:
        return
    if on < member.valid_from:
        raise TeamRefused(_("The end must not lie before the beginning."), field="valid_until")
    member.valid_until = on
    member.save(update_fields=["valid_until", "updated_at"])
    if member.assignment is not None and member.assignment.valid_until is None:
        end_assignment(
            member.assignment, on=on, reason=gettext("The class duty ended."), actor=actor, now=now
        )
    audit.record(
        "team.leave",
        actor=actor,
        now=now,
        obj=member,
        path=member.school_class.path,
        person=member.person_id,
        on=str(on),
    )


def _held(school_class: SchoolClass, person: Person) -> RoleAssignment | None:
    """The role without an end that the person holds for this class, and no other duty leans on."""
    return RoleAssignment.objects.filter(
        person=person, role=ROLE, path=school_class.path, valid_until=None, class_duty=None
    ).first()
