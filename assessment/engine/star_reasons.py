"""Why a person holds this star and not the next: each way to each star, with what it asks and what the person has.

The values are those by which the night judged, from the same lines by the same function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Person
from assessment.engine.standings import earned_on
from assessment.enums import StarBasis
from assessment.models import PointRule, StarLevel
from assessment.queries import entries
from assessment.queries.own import Own
from assessment.queries.rulebook import rule_book
from assessment.queries.shards import county_of
from assessment.wording import star_sentence


@dataclass(frozen=True)
class Condition:
    """`needs` is how much it takes at least; None where there must be none at all (complaints)."""

    words: str
    has: int
    needs: int | None

    @property
    def is_met(self) -> bool:
        return not self.has if self.needs is None else self.has >= self.needs


@dataclass(frozen=True)
class Way:
    level: int
    sentence: str
    conditions: tuple[Condition, ...]

    @property
    def is_open(self) -> bool:
        return all(condition.is_met for condition in self.conditions)


@dataclass(frozen=True)
class StarReasons:
    """`is_kept`: the star held was reached before, and the present values alone would not give it."""

    ways: list[Way]
    is_kept: bool


def star_reasons(person: Person, own: Own) -> StarReasons:
    """By the rules of the standing, as of its night. Without values where these rules have been withdrawn since."""
    names = dict(PointRule.objects.filter(version=own.version_id).values_list("code", "name"))
    has = _values(person, own)
    ways = [
        Way(
            level.level,
            star_sentence(level, names),
            tuple(_conditions(level, has, names)) if has is not None else (),
        )
        for level in own.levels
    ]
    reached = max((way.level for way in ways if way.is_open), default=0) if has is not None else own.star
    return StarReasons(ways, is_kept=own.star > reached)


def _values(person: Person, own: Own) -> Mapping[str, int] | None:
    book = rule_book(county_of(person))
    version = next((known for known in book.versions if known.id == own.version_id), None)
    if version is None:
        return None
    lines = entries.lines_of(Person.objects.filter(pk=person.pk))
    rows = earned_on(lines, book, version, own.day).drop("person_id").to_dicts()
    return rows[0] if rows else {}


def _conditions(level: StarLevel, has: Mapping[str, int], names: Mapping[str, str]) -> Iterator[Condition]:
    basis = {
        StarBasis.POINTS: _("points"),
        StarBasis.HOURS: _("hours of service"),
        StarBasis.COUNT: _("times counted"),
    }[StarBasis(level.basis)]
    yield Condition(basis, has.get(str(level.basis), 0), level.threshold)
    if level.also_kind is not None and level.also_times:
        yield Condition(level.also_kind.name, has.get(f"kind_{level.also_kind_id}", 0), level.also_times)
    if level.also_rule and level.also_rule_times:
        name = names.get(level.also_rule, level.also_rule)
        yield Condition(name, has.get(f"rule_{level.also_rule}", 0), level.also_rule_times)
    if level.no_complaint:
        yield Condition(_("complaints not settled"), has.get("complaints", 0), None)
