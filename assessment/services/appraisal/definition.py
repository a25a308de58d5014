"""A scheme as plain values: what a file says, what the database holds, and how the two differ."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import LEVEL_OF, Kind, Level
from assessment.enums import AppraisalYear, Scoring
from assessment.models import AppraisalScheme, Indicator, Section
from portal.kernel.errors import PortalError


class DefinitionRefused(PortalError):
    """The file is no scheme; the sentence names the place."""

    code = "definition_refused"


@dataclass(frozen=True)
class IndicatorLine:
    number: str
    text: str
    max_points: Decimal
    rule_text: str = ""
    evidence_hint: str = ""
    scoring: str = Scoring.MANUAL
    metric: str = ""
    bands: list[list[float]] = field(default_factory=list)
    parts: list[list[Any]] = field(default_factory=list)
    remark: str = ""


@dataclass(frozen=True)
class SectionLine:
    name: str
    max_points: Decimal
    indicators: tuple[IndicatorLine, ...]
    remark: str = ""


@dataclass(frozen=True)
class Definition:
    code: str
    name: str
    title: str
    kinds: tuple[str, ...]
    sections: tuple[SectionLine, ...]
    year_runs: str = AppraisalYear.SCHOOL
    source: str = ""
    remark: str = ""

    @property
    def total(self) -> Decimal:
        return sum((section.max_points for section in self.sections), Decimal(0))


COLUMNS = tuple(column.name for column in fields(IndicatorLine))


# ── From a file ──────────────────────────────────────────────────────────────

READY = Path(__file__).resolve().parents[2] / "schemes"


def ready_names() -> list[str]:
    return sorted(path.stem.removeprefix("appraisal_") for path in READY.glob("appraisal_*.json"))


def ready_text(name: str) -> str:
    """The text of a file, or of a ready scheme by its name. Raises DefinitionRefused."""
    for path in (Path(name), READY / f"appraisal_{name}.json", READY / f"{name}.json"):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise DefinitionRefused(
        _("There is no file and no ready scheme called “%(name)s”. Ready are: %(ready)s.")
        % {"name": name, "ready": "、".join(ready_names())}
    )


def parse(text: str) -> Definition:
    """Raises DefinitionRefused."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise DefinitionRefused(_("This is no JSON: %(error)s") % {"error": error}) from error
    top = _taken(given, Definition, _("the scheme"))
    sections = tuple(_section(section, n) for n, section in enumerate(_list(top["sections"], "sections"), 1))
    return Definition(
        **{
            **top,
            "kinds": tuple(_one_of(kind, SCORED_KINDS, "kinds") for kind in _list(top["kinds"], "kinds")),
            "year_runs": _one_of(
                top.get("year_runs", AppraisalYear.SCHOOL), AppraisalYear.values, "year_runs"
            ),
            "sections": sections,
        }
    )


SCORED_KINDS = [kind.value for kind in Kind if LEVEL_OF[kind] != Level.DEPARTMENT]


def _section(given: Any, number: int) -> SectionLine:
    place = _("section %(number)s") % {"number": number}
    taken = _taken(given, SectionLine, place)
    lines = _list(taken["indicators"], "indicators")
    return SectionLine(
        **{
            **taken,
            "max_points": _points(taken["max_points"], place),
            "indicators": tuple(_indicator(line, f"{place} · {n}") for n, line in enumerate(lines, 1)),
        }
    )


def _indicator(given: Any, place: str) -> IndicatorLine:
    taken = _taken(given, IndicatorLine, place)
    _one_of(taken.get("scoring", Scoring.MANUAL), Scoring.values, f"{place}: scoring")
    for name, shape in (("bands", (int | float, int | float)), ("parts", (str, int | float))):
        for pair in _list(taken.get(name, []), f"{place}: {name}"):
            is_pair = isinstance(pair, list) and len(pair) == 2 and all(map(isinstance, pair, shape))
            if not is_pair:
                raise DefinitionRefused(
                    _("%(name)s: “%(given)s” is no pair.") % {"name": f"{place}: {name}", "given": pair}
                )
    return IndicatorLine(**{**taken, "max_points": _points(taken["max_points"], place)})


def _check_texts(given: dict[str, Any], model: type[models.Model], place: Any) -> None:
    """Texts are texts, and none is longer than its column."""
    for column in model._meta.get_fields():
        if not isinstance(column, models.CharField | models.TextField) or column.name not in given:
            continue
        text = given[column.name]
        if not isinstance(text, str) or len(text) > (column.max_length or len(text)):
            raise DefinitionRefused(
                _("At %(place)s “%(name)s” has to be a text of at most %(most)s characters.")
                % {"place": place, "name": column.name, "most": column.max_length}
            )


def _taken(given: Any, shape: type, place: Any) -> dict[str, Any]:
    """The keys of `given`, if they are those of the shape: none missing, none unknown."""
    if not isinstance(given, dict):
        raise DefinitionRefused(_("At %(place)s a block in braces is expected.") % {"place": place})
    known = {column.name: column for column in fields(shape)}
    unknown = set(given) - set(known)
    needed = {name for name, column in known.items() if _is_needed(column)}
    if unknown or needed - set(given):
        odd = "、".join(sorted(unknown or needed - set(given)))
        sentence = (
            _("At %(place)s these are not known: %(names)s.")
            if unknown
            else _("At %(place)s these are missing: %(names)s.")
        )
        raise DefinitionRefused(sentence % {"place": place, "names": odd})
    _check_texts(given, _KEPT_IN[shape], place)
    return given


_KEPT_IN: dict[type, type[models.Model]] = {
    Definition: AppraisalScheme,
    SectionLine: Section,
    IndicatorLine: Indicator,
}


def _is_needed(column: Any) -> bool:
    return column.default is MISSING and column.default_factory is MISSING


def _list(given: Any, name: str) -> list[Any]:
    if not isinstance(given, list):
        raise DefinitionRefused(_("%(name)s has to be a list.") % {"name": name})
    return given


def _one_of(given: Any, allowed: list[str], name: str) -> str:
    if given not in allowed:
        raise DefinitionRefused(
            _("%(name)s: “%(given)s” is not one of %(allowed)s.")
            % {"name": name, "given": given, "allowed": "、".join(allowed)}
        )
    return str(given)


def _points(given: Any, place: Any) -> Decimal:
    if not isinstance(given, int | float) or not math.isfinite(given):
        raise DefinitionRefused(_("At %(place)s the full score is no number.") % {"place": place})
    return Decimal(str(given))


# ── From and against the database ────────────────────────────────────────────


def definition_of(scheme: AppraisalScheme) -> Definition:
    lines: dict[int, list[IndicatorLine]] = {}
    for indicator in Indicator.objects.filter(section__scheme=scheme).order_by("section__order", "order"):
        line = IndicatorLine(**{name: getattr(indicator, name) for name in COLUMNS})
        lines.setdefault(indicator.section_id, []).append(line)
    return Definition(
        code=scheme.code,
        name=scheme.name,
        title=scheme.title,
        kinds=tuple(scheme.kinds),
        year_runs=scheme.year_runs,
        source=scheme.source,
        remark=scheme.remark,
        sections=tuple(
            SectionLine(
                name=section.name,
                max_points=section.max_points,
                remark=section.remark,
                indicators=tuple(lines.get(section.pk, ())),
            )
            for section in scheme.sections.order_by("order")
        ),
    )


def differences(there: Definition, given: Definition) -> list[str]:
    """Where the two say otherwise, by name."""
    mine, theirs = dict(_named(there)), dict(_named(given))
    return [name for name in {**theirs, **mine} if mine.get(name) != theirs.get(name)]


def _named(definition: Definition) -> Iterator[tuple[str, Any]]:
    yield str(_("head of the scheme")), asdict(replace(definition, sections=()))
    for section in definition.sections:
        yield section.name, asdict(replace(section, indicators=()))
        for line in section.indicators:
            yield f"{section.name} · {line.number}", asdict(line)
