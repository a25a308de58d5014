"""The rules of a county as plain values: what a fact is worth, which points count, what a star takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cached_property

from assessment.enums import SPANS, Cap, Counting, Effect, Holder, Per, SpendingPace, StarBasis, Validity
from portal.kernel.calendar import (
    Period,
    SchoolYear,
    calendar_year_of,
    month_of,
    quarter_of,
    term_of,
)

CAPS_OF_A_RULE = (Cap.EVENT, *SPANS)
LESSON_MINUTES = 45
HOUR_MINUTES = 60


@dataclass(frozen=True)
class Rule:
    """`kinds` are ids of event kinds and `items` of kinds of record; where a rule names none, facts of every kind of
    its source earn. So it is with `unit_kinds` and `roles`. A fact earns from `begins_on` up to but not including
    `ends_on`.

    A fact is worth `points` × quantity. The quantity is counted by `per`; where there are `steps` (at least so many,
    this much; ascending), it is what the table gives. With `per` occurrence the steps speak of the number of times
    within `span`, and each time gives what it adds to the table's sum. `every` lets only each so-many-th time
    within `span` earn. Times are counted for `counted_for`, caps are shared by `shared`.
    """

    id: int
    code: str
    source: str
    points: int
    kinds: frozenset[int] = frozenset()
    per: str = Per.OCCURRENCE
    once: str = ""
    cap_day: int | None = None
    cap_month: int | None = None
    cap_term: int | None = None
    cap_year: int | None = None
    order: int = 100
    effect: str = Effect.EARN
    items: frozenset[int] = frozenset()
    unit_kinds: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    min_minutes: int = 0
    begins_on: date | None = None
    ends_on: date | None = None
    steps: tuple[tuple[int, int], ...] = ()
    every: int = 1
    span: str = Cap.EVER
    counted_for: str = Holder.PERSON
    shared: str = Holder.PERSON
    cap_event: int | None = None
    cap_week: int | None = None
    cap_calendar: int | None = None
    cap_ever: int | None = None
    group: str = ""
    validity: str = ""
    valid_months: int = 0

    def cap(self, cap: Cap) -> int | None:
        found: int | None = getattr(self, f"cap_{cap}")
        return found

    @property
    def measured_by(self) -> Per:
        """A rule that voids takes the quantity of the complaint: 1 while it is open, 0 once it is settled."""
        return Per.QUANTITY if self.effect == Effect.VOID else Per(self.per)

    @property
    def counts_times(self) -> bool:
        return self.every > 1 or (bool(self.steps) and self.per == Per.OCCURRENCE)

    def step(self, number: int) -> int:
        """What the table gives for so many; 0 below its first step."""
        return max((gives for least, gives in self.steps if least <= number), default=0)

    def asks(self) -> Iterator[str]:
        """Columns of `sources.MORE_FACTS` without which the rule cannot be counted."""
        holders = {self.once, self.counted_for if self.counts_times else "", self.shared}
        asked = {
            "item_id": self.items,
            "event_id": self.effect == Effect.VOID or self.cap_event is not None,
            "minutes": self.min_minutes or self.per in (Per.LESSON, Per.HOUR),
            "unit_kind": self.unit_kinds,
            "role": self.roles,
            "child_id": Holder.CHILD in holders,
            "family_id": holders & {Holder.CHILD, Holder.FAMILY},
        }
        return (name for name, is_asked in asked.items() if is_asked)


@dataclass(frozen=True)
class Group:
    """Rules that share caps."""

    code: str
    shared: str = Holder.PERSON
    cap_day: int | None = None
    cap_week: int | None = None
    cap_month: int | None = None
    cap_term: int | None = None
    cap_year: int | None = None
    cap_calendar: int | None = None
    cap_ever: int | None = None

    def cap(self, cap: Cap) -> int | None:
        found: int | None = getattr(self, f"cap_{cap}")
        return found


@dataclass(frozen=True)
class Star:
    """One way to a star; a level may have several. `keeps`: for how many further counting periods the star stays,
    once reached."""

    level: int
    basis: str
    threshold: int
    also_kind: int | None = None
    also_times: int = 0
    also_rule: str = ""
    also_rule_times: int = 0
    no_complaint: bool = False
    keeps: int = 0


@dataclass(frozen=True)
class Version:
    """`keeps_stars`: what people had reached under the version before stays to the end of the counting period in
    which this one begins."""

    id: int
    effective_from: date
    counting: str = Counting.SCHOOL_YEAR
    cap_day: int | None = None
    rules: tuple[Rule, ...] = ()
    stars: tuple[Star, ...] = ()
    groups: tuple[Group, ...] = ()
    keeps_stars: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides points and stars."""
        return _digest(_said(self))


@dataclass(frozen=True)
class RuleBook:
    """A county's published versions, the earliest first. A version holds until the next one begins."""

    versions: tuple[Version, ...] = ()

    def on(self, day: date) -> Version | None:
        begun = [version for version in self.versions if version.effective_from <= day]
        return begun[-1] if begun else None

    def only(self, ids: Collection[int]) -> RuleBook:
        return RuleBook(tuple(version for version in self.versions if version.id in ids))

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for version in self.versions for rule in version.rules)

    @cached_property
    def asks(self) -> frozenset[str]:
        """Columns of `sources.MORE_FACTS` that the rules need."""
        of_groups = {
            name
            for version in self.versions
            for group in version.groups
            for name in {Holder.CHILD: ("child_id", "family_id"), Holder.FAMILY: ("family_id",)}.get(
                Holder(group.shared), ()
            )
        }
        return frozenset(name for rule in self.rules for name in rule.asks()) | of_groups

    @property
    def is_shared(self) -> bool:
        """Whether one person's facts may change what another of the family earns."""
        return "family_id" in self.asks

    @cached_property
    def looks_back(self) -> bool:
        """Whether a fact may change what earlier ones earn."""
        return any(rule.effect == Effect.VOID for rule in self.rules)

    def may_expire(self, since: date, until: date) -> bool:
        """Whether points may expire after `since` and not after `until`."""
        kinds = {rule.validity for rule in self.rules}
        years = {
            Validity.SCHOOL_YEAR: SchoolYear.of(since) != SchoolYear.of(until),
            Validity.CALENDAR_YEAR: since.year != until.year,
            Validity.MONTHS: since != until,
        }
        return any(turns for kind, turns in years.items() if kind in kinds)

    @cached_property
    def digest(self) -> str:
        return _digest([version.digest for version in self.versions])


def _said(value: object) -> object:
    """What differs from the defaults, so that a new kind of rule leaves the digests of older versions alone."""
    if isinstance(value, Version | Rule | Group | Star):
        said = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
        return {name: _said(given) for name, (given, default) in said.items() if given != default}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_said(part) for part in value] if isinstance(value, tuple) else value


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


# ── Which points count ───────────────────────────────────────────────────────


def counting_period(counting: str, day: date) -> Period | None:
    """The days whose points count on `day`; None where all days do."""
    if counting == Counting.SCHOOL_YEAR:
        return SchoolYear.of(day).period
    if counting == Counting.CALENDAR_YEAR:
        return calendar_year_of(day)
    return None


def spending_period(pace: str, day: date) -> Period | None:
    """The days in which a person may hand in points once; None where any time."""
    if pace == SpendingPace.MONTH:
        return month_of(day)
    if pace == SpendingPace.QUARTER:
        return quarter_of(day)
    if pace == SpendingPace.TERM:
        return term_of(day)
    return SchoolYear.of(day).period if pace == SpendingPace.YEAR else None


def expires_on(rule: Rule, happened_on: date) -> date | None:
    """The first day on which points of that day no longer count; None where they never expire. The 31st of a month
    and 29 February expire on the first of the next month where the month of expiry has no such day."""
    if rule.validity == Validity.SCHOOL_YEAR:
        return SchoolYear.of(happened_on).period.ends_on
    if rule.validity == Validity.CALENDAR_YEAR:
        return calendar_year_of(happened_on).ends_on
    if rule.validity == Validity.MONTHS:
        months = happened_on.year * 12 + happened_on.month - 1 + rule.valid_months
        first = date(months // 12, months % 12 + 1, 1)
        same = first + timedelta(days=happened_on.day - 1)
        return same if same.month == first.month else same.replace(day=1)
    return None


# ── Stars ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Earned:
    """What stars ask of one person in the counting period: points, hours of service, number of facts, how often at
    each kind of event and under each rule, and complaints that are not settled."""

    points: int = 0
    hours: int = 0
    count: int = 0
    times: tuple[tuple[int, int], ...] = ()
    by_rule: tuple[tuple[str, int], ...] = ()
    complaints: int = 0

    def of(self, basis: str) -> int:
        return {StarBasis.POINTS: self.points, StarBasis.HOURS: self.hours}.get(StarBasis(basis), self.count)

    def at(self, kind: int | None) -> int:
        return dict(self.times).get(kind, 0) if kind is not None else 0


def reaches(star: Star, earned: Earned) -> bool:
    return (
        earned.of(star.basis) >= star.threshold
        and (star.also_kind is None or earned.at(star.also_kind) >= star.also_times)
        and (not star.also_rule or dict(earned.by_rule).get(star.also_rule, 0) >= star.also_rule_times)
        and not (star.no_complaint and earned.complaints)
    )


def star_of(version: Version, earned: Earned) -> int:
    """The highest star to which one way is open; 0 for none."""
    return max((star.level for star in version.stars if reaches(star, earned)), default=0)
