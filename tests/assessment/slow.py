"""The engine once more, slow and obvious: one fact after the other, room counted anew each time.

Written against the sentences of the rules, not against the engine; it shares nothing with it but the calendar and the
values that a rule book is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assessment.rules import Rule, RuleBook, Version
from portal.kernel.calendar import SchoolYear, calendar_year_of, month_of, term_of, week_of

PERIODS = ("day", "week", "month", "term", "year", "calendar", "ever")


@dataclass(frozen=True)
class Fact:
    person: int
    source: str
    source_id: int
    kind: int | None
    on: date
    quantity: int = 1
    unit: int = 1
    minutes: int = 0
    item: int | None = None
    event: int | None = None
    unit_kind: str | None = None
    role: str | None = None
    child: int | None = None
    family: int | None = None


@dataclass(frozen=True)
class Line:
    fact: Fact
    rule: Rule
    version: Version
    quantity: int
    points: int
    cut: int
    cut_by: str
    is_void: bool


def period(name: str, day: date):
    return {
        "day": day,
        "week": week_of(day),
        "month": month_of(day),
        "term": term_of(day),
        "year": SchoolYear.of(day),
        "calendar": calendar_year_of(day),
        "ever": None,
    }[name]


def holder(name: str, fact: Fact):
    family = ("alone", fact.person) if fact.family is None else ("family", fact.family)
    if name == "person":
        return fact.person
    if name == "family":
        return family
    return family if fact.child is None else ("child", fact.child)


def matches(rule: Rule, fact: Fact) -> bool:
    return (
        rule.source == fact.source
        and (not rule.kinds or fact.kind in rule.kinds)
        and (not rule.items or fact.item in rule.items)
        and (not rule.unit_kinds or fact.unit_kind in rule.unit_kinds)
        and (not rule.roles or fact.role in rule.roles)
        and fact.minutes >= rule.min_minutes
        and (rule.begins_on is None or fact.on >= rule.begins_on)
        and (rule.ends_on is None or fact.on < rule.ends_on)
    )


def table(rule: Rule, number: int) -> int:
    gives = 0
    for least, points in sorted(rule.steps):
        if number >= least:
            gives = points
    return gives


def is_void(fact: Fact, rule: Rule, facts: list[Fact], book: RuleBook) -> bool:
    if rule.effect != "earn" or fact.event is None:
        return False
    same = [other for other in facts if (other.person, other.event) == (fact.person, fact.event)]
    return any(
        r.effect == "void" and matches(r, other)
        for other in same
        if (version := book.on(other.on)) is not None
        for r in version.rules
    )


def quantity_of(fact: Fact, rule: Rule, before: list[Line]) -> int:
    measured = {
        "occurrence": 1,
        "lesson": fact.minutes // 45,
        "hour": fact.minutes // 60,
        "quantity": fact.quantity,
    }["quantity" if rule.effect == "void" else rule.per]
    same = [
        line
        for line in before
        if line.rule.code == rule.code
        and not line.is_void
        and holder(rule.counted_for, line.fact) == holder(rule.counted_for, fact)
        and period(rule.span, line.fact.on) == period(rule.span, fact.on)
    ]
    times = len(same) + 1
    if rule.steps and rule.per == "occurrence":
        measured = table(rule, times) - table(rule, times - 1)
    elif rule.steps:
        measured = table(rule, measured)
    return measured if times % rule.every == 0 or rule.every == 1 else 0


def lines(facts: list[Fact], book: RuleBook) -> list[Line]:
    posted: list[Line] = []
    for fact in sorted(facts, key=lambda f: (f.on, f.source, f.source_id, f.person)):
        version = book.on(fact.on)
        if version is None:
            continue
        for rule in sorted(version.rules, key=lambda r: (r.order, r.code)):
            if not matches(rule, fact):
                continue
            void = is_void(fact, rule, facts, book)
            quantity = quantity_of(fact, rule, posted)
            worth = rule.points * quantity
            rooms = list(rooms_for(fact, rule, version, posted, void))
            room = min((room for room, _ in rooms), default=worth)
            points = worth if worth <= 0 else min(worth, room)
            by = next((name for left, name in rooms if left == room), "") if points < worth else ""
            posted.append(Line(fact, rule, version, quantity, points, worth - points, by, void))
    return posted


def rooms_for(fact: Fact, rule: Rule, version: Version, posted: list[Line], void: bool):
    """What is left under each cap, the caps in the order in which equal ones are named."""
    if void:
        yield 0, "void"
    earned = [line for line in posted if line.points > 0]
    same = [line for line in earned if line.rule.code == rule.code]
    if rule.once and any(holder(rule.once, line.fact) == holder(rule.once, fact) for line in same):
        yield 0, "once"
    held = [line for line in same if holder(rule.shared, line.fact) == holder(rule.shared, fact)]
    if rule.cap_event is not None:
        used = sum(line.points for line in held if fact.event is not None and line.fact.event == fact.event)
        yield max(0, rule.cap_event - used), "event"
    for name in PERIODS:
        cap = getattr(rule, f"cap_{name}")
        if cap is not None:
            used = sum(line.points for line in held if period(name, line.fact.on) == period(name, fact.on))
            yield max(0, cap - used), name
    group = next((group for group in version.groups if rule.group and group.code == rule.group), None)
    for name in PERIODS if group else ():
        cap = getattr(group, f"cap_{name}")
        if cap is not None:
            used = sum(
                line.points
                for line in earned
                if line.rule.group == group.code
                and holder(group.shared, line.fact) == holder(group.shared, fact)
                and period(name, line.fact.on) == period(name, fact.on)
            )
            yield max(0, cap - used), "group"
    if version.cap_day is not None:
        used = sum(
            line.points for line in earned if line.fact.person == fact.person and line.fact.on == fact.on
        )
        yield max(0, version.cap_day - used), "total"
