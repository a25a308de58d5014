"""Places inside a school, and the ways that lead from a place to parents; asked by `accounts`."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import Person, Unit
from accounts.reach import leads_to_people, offers_places
from accounts.scopes import Scope
from parentschool.models import Guardianship, SchoolClass


@offers_places
def classes_of(unit: Unit) -> Iterator[tuple[str, str]]:
    for school_class in SchoolClass.objects.filter(school=unit, closed_on=None):
        yield school_class.path, str(school_class)


@leads_to_people
def through_a_child(person: Person, scope: Scope) -> bool:
    return Guardianship.objects.within(scope).filter(guardian=person, ended_on=None).exists()
