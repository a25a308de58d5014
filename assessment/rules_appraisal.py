"""How an appraisal is scored, as pure functions on values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from assessment.enums import AppraisalStatus, AppraisalStep, AppraisalYear, Side
from portal.kernel.calendar import Period, SchoolYear, calendar_year_of

STEP = Decimal("0.5")
"""Scores go by half points: counties' sheets give 1.5 or 0.5 for things half done."""
NOTHING = Decimal(0)


# ── Scores ───────────────────────────────────────────────────────────────────


class ScoreFault(Enum):
    NEGATIVE = "negative"
    TOO_HIGH = "too_high"
    BETWEEN_STEPS = "between_steps"


def fault_of(score: Decimal, full: Decimal) -> ScoreFault | None:
    """What is wrong with a score out of `full`; the full score itself is always right."""
    if score < 0:
        return ScoreFault.NEGATIVE
    if score > full:
        return ScoreFault.TOO_HIGH
    if score != full and score % STEP:
        return ScoreFault.BETWEEN_STEPS
    return None


def possible_scores(full: Decimal) -> list[Decimal]:
    """Every score out of `full`, the highest first."""
    steps = [STEP * n for n in range(int(full // STEP) + 1)]
    return sorted({*steps, full}, reverse=True)


def plain(score: Decimal) -> str:
    """6 for 6.0, 1.5 for 1.5."""
    return f"{score.normalize():f}"


def total(scores: Iterable[Decimal | None]) -> Decimal:
    return sum((score for score in scores if score is not None), NOTHING)


@dataclass(frozen=True)
class Given:
    """What is known of a mark when the county's score is looked at."""

    full: Decimal
    computed: Decimal | None = None
    self_score: Decimal | None = None
    self_note: str = ""


def needs_reason(score: Decimal, given: Given) -> bool:
    """Whether a county score needs its own words. Points taken off always have a reason on the sheet: the count, where
    the score is the counted one; the unit's own note, where the unit took them off itself; else the county's."""
    if score >= given.full or score == given.computed:
        return False
    return not (score == given.self_score and given.self_note.strip())


# ── Bands ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Band:
    """From `at_least` on (a count, or a ratio in per mille), this score."""

    at_least: int
    score: Decimal


class BandFault(Enum):
    NONE = "none"
    SHAPE = "shape"
    ORDER = "order"
    SCORE = "score"


def bands_of(stored: Iterable[Sequence[Any]]) -> tuple[Band, ...]:
    """Stored pairs as bands, the highest first."""
    bands = (Band(int(at_least), Decimal(str(score))) for at_least, score in stored)
    return tuple(sorted(bands, key=lambda band: -band.at_least))


def fault_of_bands(stored: Any, full: Decimal, *, ratio: bool) -> BandFault | None:
    """What is wrong with stored bands: no band, odd shape, equal or impossible limits, scores that do not fall from
    the highest band to the lowest or are none out of `full`."""
    if not stored:
        return BandFault.NONE
    try:
        bands = bands_of(stored)
    except (TypeError, ValueError, ArithmeticError):
        return BandFault.SHAPE
    limits = [band.at_least for band in bands]
    if len(set(limits)) < len(limits) or min(limits) < 0 or (ratio and max(limits) > 1000):
        return BandFault.ORDER
    scores = [band.score for band in bands]
    if any(fault_of(score, full) for score in scores) or scores != sorted(scores, reverse=True):
        return BandFault.SCORE
    return None


def band_of_count(count: int, bands: Sequence[Band]) -> Band | None:
    """The highest band reached; None below all."""
    return next((band for band in bands if count >= band.at_least), None)


def band_of_ratio(value: int, base: int, bands: Sequence[Band]) -> Band | None:
    """As `band_of_count`, without rounding: 799 of 1000 is below 80 %. `base` is above 0."""
    return next((band for band in bands if value * 1000 >= band.at_least * base), None)


# ── The course of an appraisal ───────────────────────────────────────────────

_COURSE = {
    (AppraisalStatus.OPEN, AppraisalStep.HAND_IN): AppraisalStatus.SELF_SCORED,
    (AppraisalStatus.SELF_SCORED, AppraisalStep.SEND_BACK): AppraisalStatus.OPEN,
    (AppraisalStatus.SELF_SCORED, AppraisalStep.SETTLE): AppraisalStatus.COUNTY_SCORED,
    (AppraisalStatus.COUNTY_SCORED, AppraisalStep.REOPEN): AppraisalStatus.SELF_SCORED,
}
SIDE_AT_WORK = {AppraisalStatus.OPEN: Side.UNIT, AppraisalStatus.SELF_SCORED: Side.COUNTY}
"""Who may write into a sheet; into a settled one, nobody."""


def status_after(status: str, step: str) -> AppraisalStatus | None:
    """None: this step cannot be taken from there."""
    return _COURSE.get((AppraisalStatus(status), AppraisalStep(step)))


def at_work(status: str) -> Side | None:
    return SIDE_AT_WORK.get(AppraisalStatus(status))


# ── Years ────────────────────────────────────────────────────────────────────


def days_of(year_runs: str, year: int) -> Period:
    if year_runs == AppraisalYear.SCHOOL:
        return SchoolYear(year).period
    return calendar_year_of(date(year, 1, 1))


# ── Names of sheets ──────────────────────────────────────────────────────────

LONGEST_SHEET_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]")
_RESERVED = {"history"}


def length_in_excel(text: str) -> int:
    """Characters as spreadsheets count them: a rare character outside the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, longest: int) -> str:
    while length_in_excel(text) > longest:
        text = text[:-1]
    return text


def sheet_names(names: Sequence[str], *, taken: Iterable[str] = ()) -> list[str]:
    """A valid name for each sheet, different from one another whatever their case; equal names are numbered."""
    used = {name.casefold() for name in taken} | _RESERVED
    found = []
    for name in names:
        stem = _FORBIDDEN.sub(" ", name).encode("utf-8", "ignore").decode().strip("' \t\u3000") or "—"
        candidate, number = cut(stem, LONGEST_SHEET_NAME).strip("' "), 1
        while candidate.casefold() in used:
            number += 1
            suffix = f"({number})"
            candidate = cut(stem, LONGEST_SHEET_NAME - len(suffix)).strip("' ") + suffix
        used.add(candidate.casefold())
        found.append(candidate)
    return found
