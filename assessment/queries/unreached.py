"""Families whom nobody has reached yet, one by one: the children and guardians that may be seen, and what was tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from accounts.models import Person
from accounts.scopes import Scope
from parentschool.enums import VisitOutcome
from parentschool.models import Child, Guardianship, HomeVisit, Membership
from portal.kernel.calendar import Period, SchoolYear

KEYS = ["household", "child_id", "person_id"]


@dataclass
class Family:
    """`guardians` pairs people with the word for what they are to the children; `learners` learn here while their
    children are elsewhere. `tried_on` is the last visit that met nobody."""

    children: list[Child] = field(default_factory=list)
    guardians: dict[Person, str] = field(default_factory=dict)
    learners: list[Membership] = field(default_factory=list)
    tried_on: date | None = None

    @property
    def school(self) -> str:
        first = self.children[0].school_class.school if self.children else self.learners[0].school
        return str(first)

    @property
    def names(self) -> str:
        """Of the children; where they are elsewhere, of those who learn here."""
        return "、".join(str(one.name) for one in self.children) or "、".join(
            str(one.person.name) for one in self.learners
        )


def in_order(unreached: pl.DataFrame) -> list[list[tuple[int | None, int | None]]]:
    """The (child, learner) pairs of each family; families in the order of the tree, then by their oldest row."""
    if unreached.is_empty():
        return []
    children = dict(Child.objects.filter(pk__in=_keys(unreached, "child_id")).values_list("pk", "path"))
    learners = dict(Person.objects.filter(pk__in=_keys(unreached, "person_id")).values_list("pk", "path"))
    families: dict[int, list[tuple[int | None, int | None]]] = {}
    for household, child, person in unreached.select(KEYS).sort(KEYS, nulls_last=True).iter_rows():
        families.setdefault(household, []).append((child, person))

    def place(item: tuple[int, list[tuple[int | None, int | None]]]) -> tuple[str, int]:
        household, pairs = item
        return min(children[child] if child else learners[person or 0] for child, person in pairs), household

    return [pairs for _household, pairs in sorted(families.items(), key=place)]


def _keys(frame: pl.DataFrame, column: str) -> list[int]:
    return frame[column].drop_nulls().unique().to_list()


def named(
    families: Sequence[Iterable[tuple[int | None, int | None]]], *, day: date, since: Period, reach: Scope
) -> list[Family]:
    """The families in the order given, in four queries; only what lies within reach is named."""
    pairs = [list(family) for family in families]
    child_ids = {child for family in pairs for child, _person in family if child}
    person_ids = {person for family in pairs for _child, person in family if person}
    children = {
        child.pk: child
        for child in Child.objects.within(reach)
        .filter(pk__in=child_ids)
        .select_related("school_class__school")
    }
    guardians: dict[int, list[Guardianship]] = {}
    for guardianship in (
        Guardianship.objects.within(reach)
        .filter(child__in=child_ids, ended_on=None)
        .select_related("guardian")
        .order_by("pk")
    ):
        guardians.setdefault(guardianship.child_id, []).append(guardianship)
    learners = {
        learner.person_id: learner
        for learner in Membership.objects.within(reach)
        .filter(person__in=person_ids, school_year=SchoolYear.of(day).year)
        .select_related("person", "school")
    }
    tried = dict(
        HomeVisit.objects.within(reach)
        .filter(child__in=child_ids, revoked_at=None, outcome=VisitOutcome.ATTEMPT)
        .filter(visited_on__gte=since.begins_on, visited_on__lte=day)
        .order_by("visited_on")
        .values_list("child", "visited_on")
    )
    found = []
    for family in pairs:
        one = Family()
        for child, person in family:
            if child in children:
                one.children.append(children[child])
                one.guardians |= {held.guardian: held.relation_name for held in guardians.get(child, [])}
            if person in learners:
                one.learners.append(learners[person])
        for learner in one.learners:
            one.guardians.setdefault(learner.person, "")
        days = [tried[child.pk] for child in one.children if child.pk in tried]
        one.tried_on = max(days, default=None)
        found.append(one)
    return found
