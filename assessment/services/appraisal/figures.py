"""Scores that the portal counts: unit metrics of one day against the bands of an indicator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Person
from assessment import rules_appraisal as rules
from assessment.engine.metrics import METRICS
from assessment.enums import AppraisalStatus, Scoring
from assessment.models import AppraisalScheme, Indicator, Mark, UnitMetric
from portal.kernel import audit

BATCH = 500


@dataclass(frozen=True)
class Computed:
    """The day of the metrics used (none: there are none in the year), how many marks got a score from them, and how
    many could not, for want of figures."""

    day: date | None
    scored: int
    without: int


@dataclass(frozen=True)
class Figure:
    value: int
    base: int | None


@transaction.atomic
def compute_marks(
    scheme: AppraisalScheme,
    *,
    year: int,
    actor: Person | None,
    now: datetime,
    day: date | None = None,
) -> Computed:
    """Score the counted indicators of all sheets of a year that are not settled, from the metrics of `day`, or of the
    last day of the year for which there are any."""
    done = compute(scheme, year, day)
    audit.record(
        "appraisal.compute",
        actor=actor,
        now=now,
        obj=scheme,
        path=scheme.unit.path,
        year=year,
        day=str(done.day or ""),
        scored=done.scored,
        without=done.without,
    )
    return done


def compute(
    scheme: AppraisalScheme, year: int, day: date | None = None, *, only_open: bool = False
) -> Computed:
    """As `compute_marks`, without its audit row; `only_open` leaves alone what is handed in."""
    indicators = {
        indicator.pk: indicator
        for indicator in Indicator.objects.filter(section__scheme=scheme).exclude(scoring=Scoring.MANUAL)
    }
    day = day or last_day_with_figures(scheme, year)
    stands = [AppraisalStatus.OPEN] if only_open else [AppraisalStatus.OPEN, AppraisalStatus.SELF_SCORED]
    marks = list(
        Mark.objects.filter(
            appraisal__scheme=scheme,
            appraisal__year=year,
            appraisal__status__in=stands,
            indicator__in=indicators,
        ).select_related("appraisal")
    )
    figures = figures_of({indicator.metric for indicator in indicators.values()}, day)
    changed = []
    for mark in marks:
        indicator = indicators[mark.indicator_id]
        before = (mark.computed_score, mark.computed_from)
        score(mark, indicator, figures.get((mark.appraisal.unit_id, indicator.metric)), day)
        if before != (mark.computed_score, mark.computed_from):
            changed.append(mark)
    Mark.objects.bulk_update(changed, ["computed_score", "computed_from"], batch_size=BATCH)
    scored = sum(mark.computed_score is not None for mark in marks)
    return Computed(day, scored, len(marks) - scored)


def last_day_with_figures(scheme: AppraisalScheme, year: int) -> date | None:
    days = rules.days_of(scheme.year_runs, year)
    within = UnitMetric.objects.filter(day__gte=days.begins_on, day__lt=days.ends_on)
    found: date | None = within.aggregate(last=Max("day"))["last"]
    return found


def figures_of(metrics: Iterable[str], day: date | None) -> dict[tuple[int, str], Figure]:
    """What the metrics of a day say, by unit and metric."""
    if day is None:
        return {}
    rows = UnitMetric.objects.filter(day=day, metric__in=list(metrics))
    return {
        (unit, metric): Figure(value, base)
        for unit, metric, value, base in rows.values_list("unit_id", "metric", "value", "base")
    }


def score(mark: Mark, indicator: Indicator, figure: Figure | None, day: date | None) -> None:
    """Set a mark's counted score with everything it stands on; without figures there is none, and it says so."""
    bands = rules.bands_of(indicator.bands)
    is_ratio = indicator.scoring == Scoring.RATIO_BANDS
    kept: dict[str, Any] = {
        "metric": indicator.metric,
        "scoring": indicator.scoring,
        "day": str(day or ""),
        "means": meaning(indicator.metric),
    }
    if figure is None or (is_ratio and not figure.base):
        mark.computed_score = None
        mark.computed_from = {**kept, "formula": words_without_figures(indicator.metric, day)}
        return
    band = (
        rules.band_of_ratio(figure.value, figure.base or 1, bands)
        if is_ratio
        else rules.band_of_count(figure.value, bands)
    )
    mark.computed_score = band.score if band else rules.NOTHING
    mark.computed_from = {
        **kept,
        "value": figure.value,
        "base": figure.base,
        "bands": indicator.bands,
        "band": [band.at_least, rules.plain(band.score)] if band else [],
        "formula": words(indicator, figure, band, day),
    }


# ── In words ─────────────────────────────────────────────────────────────────


def meaning(metric: str) -> str:
    """What is counted, in words."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(METRICS[metric].words)


def words_without_figures(metric: str, day: date | None) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        name = METRICS[metric].name
        if day is None:
            return _("There are no figures of this year yet (%(name)s).") % {"name": name}
        return _("On %(day)s there was nothing to count for “%(name)s”; please score by hand.") % {
            "day": date_format(day, "SHORT_DATE_FORMAT"),
            "name": name,
        }


def words(indicator: Indicator, figure: Figure, band: rules.Band | None, day: date | None) -> str:
    """Such as: 截至2027年8月31日，家长参训率=82.4%（412÷500），达到80%，得10分。"""
    is_ratio = indicator.scoring == Scoring.RATIO_BANDS
    with translation.override(settings.LANGUAGE_CODE):
        place = {
            "day": date_format(day, "SHORT_DATE_FORMAT") if day else "",
            "name": METRICS[indicator.metric].name,
            "value": figure.value,
            "base": figure.base,
            "percent": percent(figure) if is_ratio else "",
        }
        counted = (
            _("As of %(day)s, %(name)s = %(value)s ÷ %(base)s = %(percent)s") % place
            if is_ratio
            else _("As of %(day)s, %(name)s = %(value)s") % place
        )
        if band is None:
            return _("%(counted)s, below the lowest band: 0 points.") % {"counted": counted}
        return _("%(counted)s, at least %(limit)s: %(score)s points.") % {
            "counted": counted,
            "limit": limit_words(band.at_least, is_ratio=is_ratio),
            "score": rules.plain(band.score),
        }


def percent(figure: Figure) -> str:
    """Cut, not rounded, so that 79.96 % never reads as the 80 % that it does not reach."""
    per_mille = figure.value * 1000 // (figure.base or 1)
    return f"{per_mille // 10}.{per_mille % 10}%"


def limit_words(at_least: int, *, is_ratio: bool) -> str:
    if not is_ratio:
        return str(at_least)
    return f"{at_least // 10}%" if at_least % 10 == 0 else f"{at_least // 10}.{at_least % 10}%"
