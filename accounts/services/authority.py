"""Who may give which role where, and who may act upon whose account.

A role is given by somebody who holds, on that day, a role that names it, in a place that covers all of its reach;
an account is in the hands of those who could have given every role its person holds. So no one can make, or take
over, an account that reaches further than the own one.
"""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import Token

from accounts.access import scope_for
from accounts.models import Person, RoleAssignment, Unit
from accounts.paths import covers
from accounts.queries import assignments_on
from accounts.reach import reaches
from accounts.roles import ROLES, Role, may_give
from portal.kernel import clock
from portal.kernel.errors import PortalError


class NotYours(PortalError):
    code = "not_yours"


def may_appoint(actor: Person, role: Role, *, unit: Unit, path: str, acting: bool, day: date) -> bool:
    """Whether one of the actor's assignments of that day names the role and covers where it would reach."""
    reach = unit.path if role.in_unit else path
    return any(
        may_give(held.definition, role, acting=acting) and covers(held.path, reach)
        for held in assignments_on(actor, day)
    )


def roles_to_give(actor: Person, day: date) -> list[Role]:
    """The roles that the actor may give somewhere, as an acting duty at least."""
    own = [held.definition for held in assignments_on(actor, day)]
    return [role for role in ROLES.values() if any(may_give(giver, role, acting=True) for giver in own)]


def require_authority_over(person: Person, *, permission: str, actor: Person | None, now: datetime) -> None:
    """Raise NotYours unless the actor holds the permission where the person is, is somebody else, and could have
    given each role that the person holds or will hold. `actor` None is the command line."""
    if actor is None:
        return
    if actor.pk == person.pk:
        raise NotYours(_("You cannot do this to your own account. Ask somebody above you."))
    if not reaches(scope_for(actor, permission), person):
        raise NotYours(_("This person is not in your area."))
    day = clock.day_of(now)
    for held in RoleAssignment.objects.filter(person=person).exclude(valid_until__lte=day):
        if not _could_have_given(actor, held, day):
            raise NotYours(
                _("%(name)s also holds a role that reaches further than yours. Ask somebody above you.")
                % {"name": person.name}
            )


def _could_have_given(actor: Person, held: RoleAssignment, day: date) -> bool:
    return may_appoint(actor, held.definition, unit=held.unit, path=held.path, acting=held.is_acting, day=day)


def sign_out_everywhere(person: Person) -> None:
    """End every open session with its next request, and every token; the caller saves `session_generation`."""
    person.session_generation += 1
    Token.objects.filter(user=person).delete()
