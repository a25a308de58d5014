"""What a rule gives in a few plain cases, counted by the engine itself on made-up facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessment.engine.lines import expected_lines
from assessment.enums import Cap, Effect, Holder, Per
from assessment.rules import Rule, RuleBook, Version
from assessment.sources import FACTS, MORE_FACTS
from assessment.wording import kept_back
from portal.kernel.calendar import SchoolYear, week_of

USUAL_MINUTES = 90
LESSONS = 2
"""A made-up event lasts 90 minutes, two lesson periods."""


@dataclass(frozen=True)
class Example:
    """`worth` is what it would give without limits; `cuts` are the limits (`Cap`) and what each kept back."""

    words: str | Promise
    points: int
    worth: int
    cuts: tuple[tuple[str, int], ...] = ()

    @property
    def loss(self) -> str:
        if not self.cuts:
            return ""
        told = gettext(", ").join(kept_back(cut, cap) for cap, cut in self.cuts)
        return gettext("without limits %(worth)s points: %(cuts)s") % {"worth": self.worth, "cuts": told}


@dataclass(frozen=True)
class Case:
    """Days on which something happens, as often as they stand there; each with this quantity, for so many people."""

    words: str | Promise
    days: tuple[date, ...]
    quantity: int = 1
    people: int = 1
    same_event: bool = False


def examples(rule: Rule, version: Version) -> list[Example]:
    """The rule alone, with the limits of its version that it shares with others."""
    begins = _first_day(rule, version)
    alone = replace(version, effective_from=begins.replace(day=1) - timedelta(days=1), rules=(rule,))
    if rule.effect == Effect.VOID:
        return [_voided(rule, alone, begins)]
    return [_counted(case, rule, alone) for case in _cases(rule, begins)]


def _first_day(rule: Rule, version: Version) -> date:
    """A Monday early in a school year, when version and rule hold; for a rule of a few days one within them."""
    since = max(version.effective_from, rule.begins_on or version.effective_from)
    year = SchoolYear.of(since).period
    start = year.begins_on if since <= year.begins_on + timedelta(days=30) else year.ends_on
    mondays = [week_of(day + timedelta(days=6)).begins_on for day in (max(since, start), since)]
    return next((day for day in mondays if rule.ends_on is None or day < rule.ends_on), since)


def _cases(rule: Rule, begins: date) -> Iterator[Case]:
    weeks = [begins + timedelta(weeks=n) for n in range(40)]
    twice = [(day, day + timedelta(days=2)) for day in weeks]
    yield Case(_("once"), (begins,))
    if rule.per in (Per.QUANTITY, Per.HOUR):
        yield Case(_("once, with 3 recorded"), (begins,), quantity=3)
        yield Case(_("three times at one event, with 1 each"), (begins,) * 3, same_event=True)
    yield Case(_("5 times on one day"), (begins,) * 5)
    yield Case(_("once on each day of a week"), tuple(begins + timedelta(days=n) for n in range(7)))
    yield Case(_("twice a week through a term of 16 weeks"), tuple(d for pair in twice[:16] for d in pair))
    yield Case(_("twice a week through 40 weeks of a school year"), tuple(d for pair in twice for d in pair))
    if Holder.FAMILY in (rule.shared, rule.once, rule.counted_for):
        yield Case(
            _("two of a family, each twice a week through a term of 16 weeks"),
            tuple(d for pair in twice[:16] for d in pair),
            people=2,
        )


def _facts(case: Case, rule: Rule) -> pl.DataFrame:
    rows = [
        {
            "person_id": person,
            "unit_id": 1,
            "kind_id": min(rule.kinds, default=None),
            "happened_on": day,
            "quantity": case.quantity * (LESSONS if rule.source == "attendance" else 1),
            "source": rule.source,
            "source_id": number * case.people + person,
            "event_id": 1 if case.same_event else number + 2,
            "item_id": min(rule.items, default=None),
            "minutes": max(rule.min_minutes, _minutes(case, rule)),
            "child_id": None,
            "unit_kind": min(rule.unit_kinds, default=None),
            "role": min(rule.roles, default=None),
            "family_id": 1,
        }
        for number, day in enumerate(case.days)
        for person in range(1, case.people + 1)
    ]
    return pl.DataFrame(rows, schema={**FACTS, **MORE_FACTS})


def _minutes(case: Case, rule: Rule) -> int:
    return 60 * case.quantity if rule.per == Per.HOUR else USUAL_MINUTES


def _counted(case: Case, rule: Rule, version: Version) -> Example:
    lines = expected_lines(_facts(case, rule), RuleBook((version,)))
    cuts = lines.filter(pl.col("cut") > 0).group_by("cut_by").agg(pl.col("cut").sum())
    by_name: dict[str, int] = dict(cuts.select(pl.col("cut_by").cast(pl.String), "cut").iter_rows())
    points, cut = int(lines["points"].sum()), int(lines["cut"].sum())
    return Example(
        case.words,
        points,
        points + cut,
        tuple((cap.value, by_name[cap.value]) for cap in Cap if cap.value in by_name),
    )


def _voided(rule: Rule, version: Version, begins: date) -> Example:
    """Two points earned at an event, then what voids them, which by itself earns nothing."""
    earning = Rule(0, "\0", "attendance", 2, kinds=frozenset({0}))
    both = replace(version, rules=(earning, rule))
    case = Case(_("2 points earned at an event, then this is put down for it"), (begins,), same_event=True)
    facts = pl.concat(
        [_facts(case, earning), _facts(case, rule).with_columns(source_id=pl.lit(99, pl.Int64))]
    )
    lines = expected_lines(facts, RuleBook((both,)))
    cut = int(lines["cut"].sum())
    return Example(
        case.words,
        int(lines["points"].sum()),
        int(lines["points"].sum()) + cut,
        ((Cap.VOID.value, cut),) if cut else (),
    )
