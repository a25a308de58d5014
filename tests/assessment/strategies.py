"""Random facts and rules, dense enough that limits bind, around the days on which periods end."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import strategies as st

from assessment.enums import SPANS, Effect, Holder, Per
from assessment.rules import CAPS_OF_A_RULE, Group, Rule, RuleBook, Version
from assessment.sources import FACTS, MORE_FACTS
from tests.assessment.slow import Fact

EDGES = [
    date(2024, 2, 29),
    date(2024, 8, 31),
    date(2024, 9, 1),
    date(2024, 12, 31),
    date(2025, 1, 31),
    date(2025, 2, 1),
    date(2025, 2, 28),
    date(2025, 8, 31),
    date(2025, 9, 1),
    date(2026, 1, 1),
]
days = st.builds(lambda edge, shift: edge + timedelta(days=shift), st.sampled_from(EDGES), st.integers(-1, 1))
sources = st.sampled_from(["attendance", "home_visit", "record"])
caps = st.none() | st.integers(0, 6)
rarely = st.sampled_from([False, False, False, True])
holders = st.sampled_from([*[Holder.PERSON] * 4, Holder.CHILD, Holder.FAMILY])
unit_kinds = st.sampled_from(["school", "village"])
roles = st.sampled_from(["parent", "grandparent"])

FAMILIES = {1: 1, 2: 1, 3: 3, 4: None}
CHILDREN = {1: (11, 12), 2: (11,), 3: (13,), 4: ()}
"""Persons 1 and 2 care for a child together; 3 has a family of one; 4 has none."""


@st.composite
def one_fact(draw) -> Fact:
    person = draw(st.integers(1, 4))
    source = draw(sources)
    return Fact(
        person=person,
        source=source,
        source_id=draw(st.integers(1, 40)),
        kind=draw(st.none() | st.integers(1, 3)),
        on=draw(days),
        quantity=draw(st.integers(0, 4)),
        unit=draw(st.integers(1, 2)),
        minutes=draw(st.sampled_from([0, 44, 45, 59, 60, 90, 180])),
        item=draw(st.integers(1, 3)) if source == "record" else None,
        event=draw(st.none() | st.integers(1, 5)),
        unit_kind=draw(st.none() | unit_kinds),
        role=draw(st.none() | roles),
        child=draw(st.sampled_from([None, *CHILDREN[person]])),
        family=FAMILIES[person],
    )


@st.composite
def facts(draw, most: int = 24) -> list[Fact]:
    made = draw(
        st.lists(one_fact(), max_size=most, unique_by=lambda fact: (fact.person, fact.source, fact.source_id))
    )
    return made


def some(draw, names, values) -> dict:
    """Values for a few of the names, so that limits meet in every combination and yet bind."""
    chosen = draw(st.sets(st.sampled_from(sorted(names)), max_size=4))
    return {name: draw(values) for name in sorted(chosen)}


steps = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 6)), min_size=1, max_size=3).map(
    lambda pairs: tuple(zip(sorted(p[0] for p in pairs), sorted(p[1] for p in pairs), strict=True))
)


@st.composite
def one_rule(draw, number: int, code: str) -> Rule:
    source = draw(sources)
    rule = Rule(
        id=number,
        code=code,
        source=source,
        points=draw(st.integers(-1, 3)),
        kinds=frozenset(draw(st.sets(st.integers(1, 3), max_size=2))) if source != "record" else frozenset(),
        items=frozenset(draw(st.sets(st.integers(1, 3), max_size=2))) if source == "record" else frozenset(),
        per=draw(st.sampled_from(list(Per))),
        order=draw(st.integers(1, 2)),
        effect=draw(st.sampled_from([*[Effect.EARN] * 5, Effect.VOID, Effect.SPEND])),
        group=draw(st.sampled_from(["", "", "g", "h"])),
        shared=draw(holders),
        **some(draw, [f"cap_{cap}" for cap in CAPS_OF_A_RULE], st.integers(0, 6)),
    )
    if draw(rarely):
        rule = Rule(**{**vars(rule), "once": draw(holders)})
    if draw(rarely):
        counting = {"every": draw(st.integers(1, 3)), "span": draw(st.sampled_from(SPANS))}
        rule = Rule(**{**vars(rule), **counting, "counted_for": draw(holders)})
    if draw(rarely):
        rule = Rule(**{**vars(rule), "steps": draw(steps), "span": draw(st.sampled_from(SPANS))})
    if draw(rarely):
        conditions = {
            "unit_kinds": frozenset(draw(st.sets(unit_kinds, max_size=1))),
            "roles": frozenset(draw(st.sets(roles, max_size=1))),
            "min_minutes": draw(st.sampled_from([0, 45, 60])),
            "begins_on": draw(st.none() | days),
            "ends_on": draw(st.none() | days),
        }
        rule = Rule(**{**vars(rule), **conditions})
    return rule


@st.composite
def rules(draw, first_id: int) -> tuple[Rule, ...]:
    codes = draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=4))
    return tuple(draw(one_rule(first_id + number, code)) for number, code in enumerate(codes))


@st.composite
def groups(draw) -> tuple[Group, ...]:
    return tuple(
        Group(code, draw(holders), **some(draw, [f"cap_{span}" for span in SPANS], st.integers(0, 6)))
        for code in "gh"
    )


@st.composite
def books(draw) -> RuleBook:
    begins = sorted(draw(st.lists(days, unique=True, min_size=1, max_size=3)))
    return RuleBook(
        tuple(
            Version(
                id=number,
                effective_from=min(begun, EDGES[0]) if number == 0 else begun,
                cap_day=draw(caps),
                rules=draw(rules(first_id=number * 10 + 1)),
                groups=draw(groups()),
            )
            for number, begun in enumerate(begins)
        )
    )


def frame(made: list[Fact]) -> pl.DataFrame:
    rows = [
        (
            *(fact.person, fact.unit, fact.kind, fact.on, fact.quantity, fact.source, fact.source_id),
            *(fact.event, fact.item, fact.minutes, fact.child, fact.unit_kind, fact.role, fact.family),
        )
        for fact in made
    ]
    return pl.DataFrame(rows, schema={**FACTS, **MORE_FACTS}, orient="row")
