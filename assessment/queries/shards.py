"""How the night is split: the people of each station (and department), and the county's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.enums import Level
from accounts.models import Person, Unit
from accounts.paths import WIDTH
from accounts.scopes import Scope


@dataclass(frozen=True)
class Shard:
    """The people whose home lies below `path`. The county's own shard holds everybody whom no other shard of the
    county holds; that of the first county also those without a home."""

    path: str
    county: Unit
    leaves_out: tuple[str, ...] = ()
    takes_homeless: bool = False

    def people(self) -> QuerySet[Person]:
        return people_of([self])


def people_of(together: Sequence[Shard]) -> QuerySet[Person]:
    return Person.objects.filter(lie_in(together))


def lie_in(together: Sequence[Shard], path: str = "path") -> Q:
    """That the `path` is of several shards, in as few ranges as they make."""
    paths = {shard.path for shard in together}
    inside = Scope.of(*paths).q(path)
    if left_out := {left for shard in together for left in shard.leaves_out} - paths:
        inside &= ~Scope.of(*left_out).q(path)
    if any(shard.takes_homeless for shard in together):
        inside |= Q(**{path: ""})
    return inside


def parts(alike: Sequence[Shard], most: int) -> Iterator[list[Shard]]:
    """The shards, in order, so many at once that they have at most so many people, or one alone that has more."""
    part: list[Shard] = []
    people = 0
    for shard in alike:
        number = shard.people().count()
        if part and people + number > most:
            yield part
            part, people = [], 0
        part.append(shard)
        people += number
    if part:
        yield part


def counties() -> list[Unit]:
    return list(Unit.objects.filter(level=Level.COUNTY).order_by("path"))


def shards() -> list[Shard]:
    """In the order of their paths, each county's own shard first. Closed units keep theirs."""
    paths = sorted(path for path in Unit.objects.values_list("path", flat=True) if len(path) == 2 * WIDTH)
    found = []
    for number, county in enumerate(counties()):
        below = tuple(path for path in paths if path.startswith(county.path))
        found.append(Shard(county.path, county, leaves_out=below, takes_homeless=number == 0))
        found += [Shard(path, county) for path in below]
    return found


def shard_at(path: str) -> Shard:
    """The shard of this path; raises LookupError where there is none."""
    for shard in shards():
        if shard.path == path:
            return shard
    raise LookupError(path)


def shard_of(person: Person) -> Shard:
    """The shard that holds this person, by the path that they have in hand."""
    found = shards()
    holding = [shard for shard in found if person.path and person.path.startswith(shard.path)]
    return holding[-1] if holding else found[0]


def county_of(person: Person) -> Unit:
    """The county whose night counts this person."""
    own = [county for county in counties() if person.path and person.path.startswith(county.path)]
    return own[0] if own else counties()[0]
