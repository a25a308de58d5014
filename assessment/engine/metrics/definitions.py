"""The registered metrics of units: one definition each, used by every page, export and indicator.

A definition says of leaf units either whom it counts (`unit_id`, `subject`: each once, at every level) or how much
(`unit_id`, `amount`: added up). Units above are rolled up from them. A new metric is one function and one line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from assessment.engine.metrics.ground import Ground

Count = Callable[[Ground], pl.DataFrame]
LARGEST_STAR = 5


@dataclass(frozen=True)
class Metric:
    """`words` is the formula as a person would say it; `base` the metric of which it is a part."""

    code: str
    name: str | Promise
    words: str | Promise
    count: Count
    base: str = ""


def members(ground: Ground) -> pl.DataFrame:
    return ground.learners.select("unit_id", subject="person_id")


def families(ground: Ground) -> pl.DataFrame:
    return ground.families.select("unit_id", subject="household")


def reached_families(ground: Ground) -> pl.DataFrame:
    return ground.families.join(ground.reached, on="household", how="semi").select(
        "unit_id", subject="household"
    )


def participants(ground: Ground) -> pl.DataFrame:
    return ground.attended.select("unit_id", subject="person_id")


def person_times(ground: Ground) -> pl.DataFrame:
    return ground.attended.select("unit_id", amount=pl.lit(1, pl.Int64))


def lectures_held(ground: Ground) -> pl.DataFrame:
    return ground.events.filter(pl.col("code") == "lecture").select("unit_id", amount=pl.lit(1, pl.Int64))


def events_held(ground: Ground) -> pl.DataFrame:
    return ground.events.select("unit_id", amount=pl.lit(1, pl.Int64))


def lesson_periods(ground: Ground) -> pl.DataFrame:
    return ground.events.select("unit_id", amount="lesson_periods")


def participation(ground: Ground) -> pl.DataFrame:
    return ground.learners.join(ground.attended, on="person_id", how="semi").select(
        "unit_id", subject="person_id"
    )


def home_visits_contact(ground: Ground) -> pl.DataFrame:
    return ground.contacts.select("unit_id", amount=pl.lit(1, pl.Int64))


def stars(level: int) -> Count:
    def count(ground: Ground) -> pl.DataFrame:
        return ground.stars.filter(pl.col("star") == level).select("unit_id", subject="person_id")

    return count


METRICS: dict[str, Metric] = {
    metric.code: metric
    for metric in (
        Metric(
            "members", _("learners"), _("people registered as learners this school year, each once"), members
        ),
        Metric(
            "families",
            _("families"),
            _(
                "families of the children here, or with a guardian who is a learner here; children who share a "
                "guardian are one family"
            ),
            families,
        ),
        Metric(
            "reached_families",
            _("families reached"),
            _("families of whom a guardian came to an event anywhere, or was met at home, this term"),
            reached_families,
        ),
        Metric(
            "reach",
            _("reach"),
            _("families reached this term ÷ all families"),
            reached_families,
            base="families",
        ),
        Metric(
            "participants",
            _("participants"),
            _("people who came to events held here this school year, each once"),
            participants,
        ),
        Metric(
            "person_times",
            _("person-times"),
            _("attendances at events held here this school year"),
            person_times,
        ),
        Metric("lectures_held", _("lectures held"), _("lectures held here this school year"), lectures_held),
        Metric(
            "events_held",
            _("events held"),
            _("events for families held here this school year, lectures included"),
            events_held,
        ),
        Metric(
            "lesson_periods",
            _("lesson periods"),
            _("whole periods of 45 minutes of the events for families held here this school year"),
            lesson_periods,
        ),
        Metric(
            "participation",
            _("participation"),
            _("learners who came to at least one event anywhere this school year ÷ all learners"),
            participation,
            base="members",
        ),
        Metric(
            "home_visits_contact",
            _("home visits that met the family"),
            _("home visits of this school year at which somebody was met"),
            home_visits_contact,
        ),
        *(
            Metric(
                f"star_{level}",
                format_lazy("{level} {stars}", level=level, stars=_("star parents")),
                format_lazy("{words} {level}", words=_("learners by the star they hold; star"), level=level),
                stars(level),
                base="members",
            )
            for level in range(1, LARGEST_STAR + 1)
        ),
    )
}
