"""The list of an event as one person may see it: who is expected, whose children they care for, who is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Person
from accounts.scopes import Scope
from events.enums import BY_STAFF
from events.models import Attendance, Event
from events.queries.people import expected_people, guardianships_on, present
from parentschool.enums import Relation
from parentschool.models import Guardianship, Membership, SchoolClass
from portal.kernel import clock

LONGEST_ROLL = 1000
"""A longer list does not fit a phone; it is taken class by class."""


@dataclass(frozen=True)
class Reach:
    """How far a person sees families: guardianships of children, memberships, people."""

    families: Scope
    members: Scope
    people: Scope


@dataclass(frozen=True)
class Kin:
    relation: str
    child: str
    class_id: int
    class_name: str
    path: str


@dataclass
class RollRow:
    person_id: int
    name: str
    tail: str
    kin: tuple[Kin, ...] = ()
    attendance: Attendance | None = None
    is_expected: bool = True
    ticked: bool = False

    @property
    def is_here(self) -> bool:
        return self.attendance is not None and self.attendance.revoked_at is None

    @property
    def is_fixed(self) -> bool:
        """Signed in alone: not unticked in a roll but corrected with a reason."""
        return self.is_here and self.attendance is not None and self.attendance.method not in BY_STAFF

    @property
    def class_ids(self) -> str:
        return " ".join(sorted({str(kin.class_id) for kin in self.kin}))


@dataclass(frozen=True)
class ClassOnRoll:
    pk: int
    name: str
    people: int


@dataclass
class Roll:
    """`rows` is empty where the list `is_too_long`. `came` counts the whole event, seen or not."""

    rows: list[RollRow]
    classes: list[ClassOnRoll]
    expected: int
    came: int
    is_too_long: bool = False
    chosen: int | None = None
    keys: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = {row.person_id for row in self.rows}


def roll_of(event: Event, reach: Reach, *, class_id: int | None = None) -> Roll:
    """The list of the event, of all classes or of one. The number of queries does not depend on its length."""
    expected = _seen(expected_people(event), event, reach)
    classes = _classes(event, reach, expected)
    if class_id is not None:
        expected = expected.filter(pk__in=_children(event, reach, class_id).values("guardian"))
    people = list(expected.values_list("pk", "name", "phone_tail")[: LONGEST_ROLL + 1])
    is_too_long = len(people) > LONGEST_ROLL
    rows = [] if is_too_long else _rows(event, reach, people, alone=class_id is not None)
    return Roll(
        rows=rows,
        classes=classes,
        expected=len(people) if not is_too_long else expected.count(),
        came=present(event).count(),
        is_too_long=is_too_long,
        chosen=class_id,
    )


def kin_of(people: Collection[int], event: Event, reach: Reach) -> dict[int, tuple[Kin, ...]]:
    """The children, at the host and in reach, of each of these people."""
    rows = (
        _children(event, reach)
        .filter(guardian__in=people)
        .select_related("child__school_class")
        .order_by("child__path", "child__name", "child_id")
    )
    found: dict[int, list[Kin]] = defaultdict(list)
    names: dict[int, str] = {}
    for row in rows:
        school_class = row.child.school_class
        name = names.setdefault(school_class.pk, str(school_class))
        relation = str(Relation(row.relation).label)
        found[row.guardian_id].append(Kin(relation, row.child.name, school_class.pk, name, school_class.path))
    return {person: tuple(kin) for person, kin in found.items()}


def search_people(
    typed: str, event: Event, reach: Reach, *, person_id: int | None = None, limit: int = 20
) -> list[RollRow]:
    """People in reach by the beginning of the name, by the last four digits of the phone, or the one whose code was
    typed."""
    typed = typed.strip()
    if not typed:
        return []
    is_tail = len(typed) == 4 and typed.isdecimal()
    named = Q(phone_tail=typed) if is_tail else Q(name__startswith=typed)
    if person_id is not None:
        named = Q(pk=person_id)
    people = people_within(reach).filter(named).order_by("name", "pk")
    return _rows(event, reach, list(people.values_list("pk", "name", "phone_tail")[:limit]), alone=True)


def people_within(reach: Reach) -> QuerySet[Person]:
    """People at home in reach, guardians of children in reach, and learners in reach."""
    seen = Q(Exists(Guardianship.objects.within(reach.families).filter(guardian=OuterRef("pk"))))
    seen |= Q(Exists(Membership.objects.within(reach.members).filter(person=OuterRef("pk"))))
    if reach.people:
        seen |= reach.people.q("path")
    people: QuerySet[Person] = Person.objects.filter(seen)
    return people


def _seen(people: QuerySet[Person], event: Event, reach: Reach) -> QuerySet[Person]:
    """All of the host's people for those who see its memberships; else those whose children are in reach."""
    if reach.members.covers(event.host.served_path):
        return people
    return people.filter(pk__in=_children(event, reach).values("guardian"))


def _children(event: Event, reach: Reach, class_id: int | None = None) -> QuerySet[Any]:
    """Guardianships of children at the host or below it that are in reach."""
    day = clock.day_of(event.starts_at)
    found = guardianships_on(day).within(Scope.of(event.host.served_path)).within(reach.families)
    return found.filter(child__school_class=class_id) if class_id is not None else found


def _classes(event: Event, reach: Reach, expected: QuerySet[Person]) -> list[ClassOnRoll]:
    counted = (
        _children(event, reach)
        .filter(guardian__in=expected.values("pk"))
        .order_by()
        .values("child__school_class")
        .annotate(people=Count("guardian", distinct=True))
    )
    people = {row["child__school_class"]: row["people"] for row in counted}
    classes = SchoolClass.objects.filter(pk__in=people).order_by("path") if people else []
    return [ClassOnRoll(item.pk, str(item), people[item.pk]) for item in classes]


def _rows(event: Event, reach: Reach, people: list[tuple[int, str, str]], *, alone: bool) -> list[RollRow]:
    """Rows of these people, and unless they stand `alone` of everybody else on the list whom the reader may see."""
    keys = {key for key, _, _ in people}
    on_list = Attendance.objects.filter(event=event)
    if alone or not reach.members.covers(event.host.served_path):
        others = Person.objects.none() if alone else _children(event, reach).values("guardian")
        on_list = on_list.filter(Q(person__in=keys) | Q(person__in=others))
    attendances = {row.person_id: row for row in on_list}
    guests = {key for key, row in attendances.items() if key not in keys and row.revoked_at is None}
    rows = [RollRow(key, name, tail) for key, name, tail in people]
    if guests:
        named = Person.objects.filter(pk__in=guests).values_list("pk", "name", "phone_tail")
        rows += [RollRow(key, name, tail, is_expected=False) for key, name, tail in named]
    kin = kin_of(keys | guests, event, reach)
    for row in rows:
        row.attendance = attendances.get(row.person_id)
        row.kin = kin.get(row.person_id, ())
        row.ticked = row.is_here
    return sorted(rows, key=_order)


def _order(row: RollRow) -> tuple[Any, ...]:
    """Guests last; the others by class and child, those without a child here after them."""
    first = row.kin[0] if row.kin else None
    return (
        not row.is_expected,
        first is None,
        first.path if first else "",
        first.child if first else "",
        row.name,
        row.person_id,
    )
