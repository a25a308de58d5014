"""What the apps above tell about reach: the places inside a unit, and ways to a person other than the home unit.

A class teacher reaches one class, and its parents through their children; neither classes nor children are known
here. The app that keeps them registers one function for each when it is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from accounts.models import Person, Unit
from accounts.scopes import Scope

InnerPlaces = Callable[[Unit], Iterable[tuple[str, str]]]
WayToPerson = Callable[[Person, Scope], bool]

_inner: list[InnerPlaces] = []
_ways: list[WayToPerson] = []


def offers_places(find: InnerPlaces) -> InnerPlaces:
    """Register a function that names the places inside a unit as (path, name)."""
    _inner.append(find)
    return find


def leads_to_people(way: WayToPerson) -> WayToPerson:
    """Register a function that says whether a scope reaches a person."""
    _ways.append(way)
    return way


def places_inside(unit: Unit) -> dict[str, str]:
    """Names by path, in the order told."""
    return {path: name for find in _inner for path, name in find(unit)}


def reaches(scope: Scope, person: Person) -> bool:
    return bool(scope) and (scope.covers(person.path) or any(way(person, scope) for way in _ways))
