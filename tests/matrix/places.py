"""Where each row belongs, said by hand: the oracle that the portal's own scoping is held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models

from accounts.models import Consent, Person, PersonInCharge, RoleAssignment, Unit, UnitPlacement
from accounts.roles import ROLES
from assessment.models import (
    Adjustment,
    Appraisal,
    AppraisalScheme,
    Batch,
    CapGroup,
    Certificate,
    Evidence,
    Indicator,
    Mark,
    Objection,
    PointEntry,
    PointRule,
    PointScheme,
    Requirement,
    RuleTrial,
    SchemeVersion,
    Section,
    Spending,
    Standing,
    StarLevel,
    UnitMetric,
)
from events.models import Attendance, Event, EventLecturer, Record, Reservation
from parentschool.models import (
    BindingReport,
    Child,
    Claim,
    ClassTeamMember,
    DataRequest,
    Guardianship,
    HomeVisit,
    Membership,
    SchoolClass,
    SchoolMessage,
)
from portal.kernel.models import Run
from training.models import Lecturer

PLACE: dict[type[models.Model], Callable[[Any], str]] = {
    Unit: lambda row: row.path,
    UnitPlacement: lambda row: row.unit.path,
    Person: lambda row: row.home.path if row.home else "",
    RoleAssignment: lambda row: row.path,
    Consent: lambda row: row.person.home.path,
    PersonInCharge: lambda row: row.unit.path,
    SchoolClass: lambda row: row.path,
    ClassTeamMember: lambda row: row.school_class.path,
    Child: lambda row: row.school_class.path,
    Guardianship: lambda row: row.child.school_class.path,
    Membership: lambda row: row.school.path,
    DataRequest: lambda row: row.unit.path,
    Claim: lambda row: row.school_class.path if row.school_class else row.school.path,
    BindingReport: lambda row: row.guardianship.child.school_class.path,
    SchoolMessage: lambda row: row.school_class.path if row.school_class else row.unit.path,
    HomeVisit: lambda row: row.child.school_class.path,
    Lecturer: lambda row: row.unit.path,
    Event: lambda row: row.host.path,
    EventLecturer: lambda row: row.event.host.path,
    Reservation: lambda row: row.event.host.path,
    Record: lambda row: row.unit.path,
    CapGroup: lambda row: row.version.scheme.unit.path,
    Attendance: lambda row: row.event.host.path,
    PointScheme: lambda row: row.unit.path,
    Requirement: lambda row: row.unit.path,
    RuleTrial: lambda row: row.version.scheme.unit.path,
    SchemeVersion: lambda row: row.scheme.unit.path,
    PointRule: lambda row: row.version.scheme.unit.path,
    StarLevel: lambda row: row.version.scheme.unit.path,
    PointEntry: lambda row: row.person.home.path,
    Certificate: lambda row: row.person.home.path,
    Standing: lambda row: row.person.home.path,
    Adjustment: lambda row: row.person.home.path,
    Spending: lambda row: row.person.home.path,
    Batch: lambda row: row.unit.path if row.unit else "",
    Objection: lambda row: row.path,
    UnitMetric: lambda row: row.unit.path,
    AppraisalScheme: lambda row: row.unit.path,
    Section: lambda row: row.scheme.unit.path,
    Indicator: lambda row: row.section.scheme.unit.path,
    Appraisal: lambda row: row.unit.path,
    Mark: lambda row: row.appraisal.unit.path,
    Evidence: lambda row: row.mark.appraisal.unit.path,
    Run: lambda row: row.shard,
}


def reach(person: Person | None, permission: str) -> list[str]:
    """The places in which the person may do this, from the rows of role assignments alone."""
    if person is None:
        return []
    places = []
    for assignment in RoleAssignment.objects.filter(person=person).select_related("unit"):
        role = ROLES[assignment.role]
        if permission in role.here:
            places.append(assignment.path)
        if permission in role.in_unit:
            places.append(assignment.unit.path)
    return places


def holds(person: Person | None, *permissions: str) -> bool:
    return any(reach(person, permission) for permission in permissions)


def nowhere_else(row: Any) -> list[str]:
    return []


def rows_in_reach(
    person: Person | None,
    model: type[models.Model],
    *permissions: str,
    also_at: Callable[[Any], list[str]] = nowhere_else,
) -> set[Any]:
    """The keys of a model's rows in which the person holds one of the permissions."""
    places = [place for permission in permissions for place in reach(person, permission)]
    if model not in PLACE:
        return set(model._default_manager.values_list("pk", flat=True)) if places else set()
    found = set()
    for row in model._default_manager.all():
        stands_at = [where for where in (PLACE[model](row), *also_at(row)) if where]
        if any(where.startswith(place) for where in stands_at for place in places):
            found.add(row.pk)
    return found


def meant_for(person: Person | None, event: Event) -> bool:
    """A learner of the host or of a parent school below it, or of any where a department is the host; or who has come,
    or holds a seat."""
    if person is None:
        return False
    served = event.host.parent.path if event.host.kind == "department" else event.host.path
    came = Attendance.objects.filter(event=event, person=person).exists()
    learns = Membership.objects.filter(person=person, school__path__startswith=served).exists()
    return came or learns
