"""Sections and indicators as the county writes them: bands and parts are lines of text, never JSON."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.enums import Kind
from assessment import rules_appraisal as rules
from assessment.engine.metrics import METRICS
from assessment.enums import Scoring
from assessment.models import AppraisalScheme, Indicator
from assessment.services.appraisal.definition import SCORED_KINDS

_BAND = re.compile(r"(\d+(?:\.\d)?)\s*(%?)(?:\s*[:=，,]\s*|\s+|(?<=%))(\d+(?:\.\d+)?)\s*分?")
_PART = re.compile(r"(.+?)[\s:]*?(\d+(?:\.\d+)?)\s*分?")
# full-width signs, as Chinese keyboards type them
NARROW = {0xFF00 + n: 0x20 + n for n in range(1, 0x5F)}


def lines_field(**more: Any) -> forms.CharField:
    return forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3, "cols": 22}), **more)


class SchemeForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(
        label=_("kinds of unit it is for"),
        choices=[(kind, Kind(kind).label) for kind in SCORED_KINDS],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = AppraisalScheme
        fields = ["code", "name", "title", "unit", "kinds", "year_runs", "source", "remark"]


class IndicatorForm(forms.ModelForm):
    """Bands are written “80% 10”, one a line, for “from 80 % on, 10 points”; parts “分工明确 3”."""

    metric = forms.ChoiceField(label=_("what is counted"), required=False)
    band_lines = lines_field(
        label=_("bands"), help_text=_("One a line, such as “80% 10”, or “8 6” for a number.")
    )
    part_lines = lines_field(label=_("made of"), help_text=_("One a line, such as “roster 3”."))

    class Meta:
        model = Indicator
        fields = [
            "order",
            "number",
            "text",
            "max_points",
            "rule_text",
            "evidence_hint",
            "scoring",
            "metric",
            "remark",
        ]
        widgets = {
            name: forms.Textarea(attrs={"rows": 3, "cols": 30})
            for name in ("text", "rule_text", "evidence_hint", "remark")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["metric"].choices = [
            ("", "–"),
            *((code, metric.name) for code, metric in METRICS.items()),
        ]
        self.initial["band_lines"] = said_bands(self.instance)
        self.initial["part_lines"] = said_parts(self.instance)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        is_ratio = given.get("scoring") == Scoring.RATIO_BANDS
        counted = given.get("scoring") != Scoring.MANUAL
        if counted and not given.get("metric"):
            self.add_error("metric", _("Choose what is counted."))
        elif is_ratio and not METRICS[given["metric"]].base:
            self.add_error("metric", _("This is a number, no ratio. Score it by bands of a count."))
        self.instance.bands = self.lines("band_lines", lambda line: band_of(line, is_ratio=is_ratio))
        self.instance.parts = self.lines("part_lines", part_of)
        self.check_sums(given, is_ratio=is_ratio, counted=counted)
        return given

    def check_sums(self, given: dict[str, Any], *, is_ratio: bool, counted: bool) -> None:
        full = given.get("max_points")
        if full is None or self.errors:
            return
        parts = self.instance.parts
        if parts and rules.total(Decimal(str(points)) for _text, points in parts) != full:
            self.add_error("part_lines", _("These do not add up to the full score."))
        if counted and rules.fault_of_bands(self.instance.bands, full, ratio=is_ratio):
            self.add_error(
                "band_lines",
                _("Write at least one band; higher bands give more, none more than the full score."),
            )

    def lines(self, name: str, read: Any) -> list[Any]:
        found = []
        for line in filter(str.strip, self.cleaned_data.get(name, "").splitlines()):
            try:
                found.append(read(line.strip().translate(NARROW)))
            except ValueError:
                self.add_error(name, _("“%(line)s” cannot be read.") % {"line": line.strip()})
        return found


def band_of(line: str, *, is_ratio: bool) -> list[float]:
    """Raises ValueError."""
    found = _BAND.fullmatch(line)
    if found is None or (found[2] and not is_ratio):
        raise ValueError(line)
    at_least = Decimal(found[1]) * 10 if is_ratio else Decimal(found[1])
    if at_least % 1:
        raise ValueError(line)
    return [int(at_least), as_number(found[3])]


def part_of(line: str) -> list[Any]:
    """Raises ValueError."""
    found = _PART.fullmatch(line)
    if found is None:
        raise ValueError(line)
    return [found[1].strip(), as_number(found[2])]


def as_number(text: str) -> float:
    """6 stays 6, 1.5 is 1.5: as the lines of a definition have it."""
    number = float(text)
    return int(number) if number.is_integer() else number


def band_words(at_least: float, score: float, *, is_ratio: bool) -> str:
    return f"{at_least / 10:g}% {score}" if is_ratio else f"{at_least} {score}"


def said_bands(indicator: Indicator) -> str:
    is_ratio = indicator.scoring == Scoring.RATIO_BANDS
    return "\n".join(band_words(at_least, score, is_ratio=is_ratio) for at_least, score in indicator.bands)


def said_parts(indicator: Indicator) -> str:
    return "\n".join(f"{text} {points}" for text, points in indicator.parts)


class CopyForm(forms.Form):
    code = forms.SlugField(label=_("code"), max_length=40, help_text=_("Letters, figures and dashes."))
    name = forms.CharField(label=_("name"), max_length=100)
