"""Giving and ending roles."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import reach
from accounts.models import Person, RoleAssignment, Unit
from accounts.paths import covers
from accounts.queries import assignments_on
from accounts.roles import ACTING_DAYS, ROLES, Role
from accounts.services.authority import NotYours, may_appoint
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError


class AppointmentRefused(PortalError):
    """`details["field"]` names the field that is at fault."""

    code = "appointment_refused"


@transaction.atomic
def appoint(
    person: Person,
    *,
    role: str,
    unit: Unit,
    valid_from: date,
    valid_until: date | None = None,
    path: str = "",
    acting: bool = False,
    actor: Person | None,
    now: datetime,
) -> RoleAssignment:
    """Give a person a role at a unit from a day until (not including) another.

    `path` is the place inside the unit, for roles held inside; else the unit's own. `actor` None is the command
    line, which may give any role but no acting duty. Raises AppointmentRefused or NotYours.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    definition = ROLES[role]
    place = _place(definition, unit, path)
    _check_unit(definition, unit, valid_from)
    _check_days(valid_from, valid_until, acting=acting)
    _check_person(person, actor)
    _check_giver(definition, unit=unit, path=place, acting=acting, actor=actor, day=clock.day_of(now))
    _check_free(person, role, place, valid_from, valid_until)
    made = RoleAssignment.objects.create(
        person=person,
        role=role,
        unit=unit,
        path=place,
        valid_from=valid_from,
        valid_until=valid_until,
        is_acting=acting,
        given_by=actor,
    )
    audit.record(
        "role.give",
        actor=actor,
        now=now,
        obj=made,
        path=place,
        person=person.pk,
        role=role,
        valid_from=str(valid_from),
        valid_until=str(valid_until or ""),
        acting=acting,
    )
    return made


@transaction.atomic
def end_assignment(
    assignment: RoleAssignment, *, on: date, reason: str, actor: Person | None, now: datetime
) -> None:
    """End a role: from that day on it gives nothing, in sessions that are open too. An assignment that has not
    begun yet is ended on its first day. Raises AppointmentRefused or NotYours."""
    assignment = (
        RoleAssignment.objects.select_for_update().select_related("person", "unit").get(pk=assignment.pk)
    )
    if assignment.valid_until is not None and assignment.valid_until <= clock.day_of(now):
        raise AppointmentRefused(_("This role has ended already."), field="on")
    if on < assignment.valid_from:
        raise AppointmentRefused(_("The end must not lie before the beginning."), field="on")
    if assignment.valid_until is not None and on > assignment.valid_until:
        raise AppointmentRefused(
            _("The role ends before that day anyway. Give it anew to make it longer."), field="on"
        )
    if actor is not None and actor.pk == assignment.person_id:
        raise NotYours(_("You cannot end your own role. Ask somebody above you."))
    _check_giver(
        assignment.definition,
        unit=assignment.unit,
        path=assignment.path,
        acting=assignment.is_acting,
        actor=actor,
        day=clock.day_of(now),
    )
    before = assignment.valid_until
    assignment.valid_until = on
    assignment.save(update_fields=["valid_until", "updated_at"])
    audit.record(
        "role.end",
        actor=actor,
        now=now,
        obj=assignment,
        path=assignment.path,
        person=assignment.person_id,
        role=assignment.role,
        valid_until=[str(before or ""), str(on)],
        reason=reason,
    )


def _place(role: Role, unit: Unit, path: str) -> str:
    if not role.inside:
        if path and path != unit.path:
            raise AppointmentRefused(_("This role is held for the whole unit."), field="path")
        return str(unit.path)
    if path == unit.path or not covers(unit.path, path):
        raise AppointmentRefused(_("Choose the class: this role is held for one class."), field="path")
    if path not in reach.places_inside(unit):
        raise AppointmentRefused(_("This unit has no such class. Choose one of its classes."), field="path")
    return path


def _check_unit(role: Role, unit: Unit, valid_from: date) -> None:
    if unit.level not in role.levels:
        raise AppointmentRefused(
            _("%(role)s is not a role at this kind of unit. Choose another unit or another role.")
            % {"role": role.name},
            field="unit",
        )
    if unit.closed_on is not None and unit.closed_on <= valid_from:
        raise AppointmentRefused(_("The unit is closed by that day. Choose another one."), field="unit")


def _check_days(valid_from: date, valid_until: date | None, *, acting: bool) -> None:
    if valid_until is not None and valid_until <= valid_from:
        raise AppointmentRefused(_("The end must lie after the beginning."), field="valid_until")
    if acting and (valid_until is None or valid_until > valid_from + timedelta(days=ACTING_DAYS)):
        raise AppointmentRefused(
            _("An acting duty needs an end, at most %(days)d days after its beginning.")
            % {"days": ACTING_DAYS},
            field="valid_until",
        )


def _check_person(person: Person, actor: Person | None) -> None:
    if actor is not None and actor.pk == person.pk:
        raise NotYours(_("Nobody gives a role to themselves. Ask somebody above you."), field="person")
    if not person.is_active:
        raise AppointmentRefused(_("This person may not sign in. Let them in again first."), field="person")


def _check_giver(role: Role, *, unit: Unit, path: str, acting: bool, actor: Person | None, day: date) -> None:
    if actor is None:
        if acting:
            raise AppointmentRefused(_("An acting duty needs somebody who gives it."), field="is_acting")
        return
    if may_appoint(actor, role, unit=unit, path=path, acting=acting, day=day):
        return
    if any(held.role == role.code for held in assignments_on(actor, day)) and not acting:
        raise NotYours(
            _("You may hand on your own role as an acting duty only. Ask somebody above you to appoint."),
            field="role",
        )
    raise NotYours(
        _(
            "You cannot give or end this role here: it lies outside your area or reaches further than your own."
        ),
        field="role",
    )


def _check_free(person: Person, role: str, path: str, valid_from: date, valid_until: date | None) -> None:
    """The same role at the same place is held once at a time; two half-open periods overlap when each begins
    before the other ends."""
    same = RoleAssignment.objects.filter(person=person, role=role, path=path)
    overlapping = same.filter(Q(valid_until=None) | Q(valid_until__gt=valid_from))
    if valid_until is not None:
        overlapping = overlapping.filter(valid_from__lt=valid_until)
    if overlapping.exists():
        raise AppointmentRefused(
            _("%(name)s holds this role here already in that time.") % {"name": person.name}, field="role"
        )
