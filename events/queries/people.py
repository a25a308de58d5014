"""Who is expected at an event, who may sign in, who came."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import Person, RoleAssignment
from accounts.scopes import Scope, ScopedQuerySet
from events.enums import Audience
from events.models import Attendance, Event
from parentschool.models import Guardianship, Membership
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear


def learners_of(event: Event) -> QuerySet[Membership]:
    """Memberships of the event's school year at the host or below it, or of all whom a department serves, of those who
    have not left by that day."""
    day = clock.day_of(event.starts_at)
    return (
        Membership.objects.within(Scope.of(event.host.served_path))
        .filter(school_year=SchoolYear.of(day).year)
        .filter(Q(left_on=None) | Q(left_on__gt=day))
    )


def guardianships_on(day: date) -> ScopedQuerySet[Guardianship]:
    """Guardianships that hold on the day, of children who have not left."""
    return Guardianship.objects.filter(Q(ended_on=None) | Q(ended_on__gt=day)).filter(
        Q(child__left_on=None) | Q(child__left_on__gt=day)
    )


def expected_people(event: Event) -> QuerySet[Person]:
    """Who is on the list before anybody comes: the host's learners of the school year, or the guardians of the chosen
    classes' children; nobody where people come by invitation, or where the kind of event is not for families."""
    people: QuerySet[Person] = Person.objects.none()
    if not event.kind.for_families:
        return people
    if event.audience == Audience.CLASSES:
        of_classes = guardianships_on(clock.day_of(event.starts_at)).filter(
            child__school_class__in=event.classes.values("pk")
        )
        people = Person.objects.filter(pk__in=of_classes.values("guardian"))
    elif event.audience == Audience.SCHOOL:
        people = Person.objects.filter(pk__in=learners_of(event).values("person"))
    return people


def belongs(person: Person, event: Event) -> bool:
    """Whether the person may sign in alone: a learner, a guardian or a staff member at the host or below it."""
    day = clock.day_of(event.starts_at)
    below = Scope.of(event.host.served_path)
    return bool(
        learners_of(event).filter(person=person).exists()
        or guardianships_on(day).within(below).filter(guardian=person).exists()
        or RoleAssignment.objects.within(below)
        .filter(person=person, valid_from__lte=day)
        .filter(Q(valid_until=None) | Q(valid_until__gt=day))
        .exists()
    )


def same_device(row: Attendance) -> QuerySet[Attendance]:
    """Who else signed in at the event on the phone of this row."""
    if not row.device:
        return Attendance.objects.none()
    return Attendance.objects.filter(event=row.event_id, device=row.device).exclude(pk=row.pk).order_by("pk")


def doubtful(event: Event) -> QuerySet[Attendance]:
    """Odd sign-ins of which staff have not yet said whether they count."""
    return Attendance.objects.filter(event=event, doubt_settled_at=None).exclude(doubt="").order_by("pk")


def present(event: Event) -> QuerySet[Attendance]:
    return Attendance.objects.filter(event=event, revoked_at=None)


@dataclass(frozen=True)
class Kinsman:
    """Somebody who cares for the same child: key, name, how they are called, and for which children."""

    pk: int
    name: str
    relation: str
    children: tuple[int, ...]


@dataclass(frozen=True)
class Household:
    """A person's children at a host, by key and name, and who else cares for them."""

    children: dict[int, str]
    others: tuple[Kinsman, ...]


def household(person: Person, event: Event) -> Household:
    """Whom a person may sign in at an event: everybody who cares for a child of theirs at the host or below it."""
    held = guardianships_on(clock.day_of(event.starts_at)).within(Scope.of(event.host.served_path))
    own = held.filter(guardian=person)
    rows = list(
        held.filter(child__in=own.values("child"))
        .select_related("guardian", "child")
        .defer("guardian__phone")
        .order_by("child__name", "child_id", "pk")
    )
    children = {row.child_id: row.child.name for row in rows}
    kin: dict[int, list[Guardianship]] = defaultdict(list)
    for row in rows:
        if row.guardian_id != person.pk:
            kin[row.guardian_id].append(row)
    others = (
        Kinsman(key, of[0].guardian.name, str(of[0].relation_name), tuple(row.child_id for row in of))
        for key, of in kin.items()
    )
    return Household(children, tuple(others))
