"""Schemes as data: taken from a definition, checked as a whole, frozen once in use, copied for the next year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from assessment import rules_appraisal as rules
from assessment.engine.metrics import METRICS
from assessment.enums import AppraisalStatus, Scoring
from assessment.models import Appraisal, AppraisalScheme, Indicator, Section
from assessment.rules_appraisal import BandFault
from assessment.services.appraisal.definition import (
    Definition,
    IndicatorLine,
    SectionLine,
    definition_of,
    differences,
)
from portal.kernel import audit
from portal.kernel.errors import PortalError


class SchemeRefused(PortalError):
    """`details["faults"]` lists what is wrong, a sentence each."""

    code = "scheme_refused"


@dataclass(frozen=True)
class Loaded:
    """`differs` names what the county has made otherwise than the definition says; it stays as the county has it."""

    scheme: AppraisalScheme
    is_new: bool
    differs: list[str]


@transaction.atomic
def load_scheme(definition: Definition, *, county: Unit, actor: Person | None, now: datetime) -> Loaded:
    """The scheme of a definition in a county. One that is there already is compared, never changed. Raises
    SchemeRefused."""
    there = AppraisalScheme.objects.filter(code=definition.code).first()
    if there is not None:
        if there.unit_id != county.pk:
            raise SchemeRefused(
                _("The code %(code)s belongs to a scheme of another county.") % {"code": definition.code}
            )
        return Loaded(there, False, differences(definition_of(there), definition))
    refuse_faulty(definition)
    scheme = AppraisalScheme.objects.create(
        unit=county,
        kinds=list(definition.kinds),
        **{
            name: getattr(definition, name)
            for name in ("code", "name", "title", "year_runs", "source", "remark")
        },
    )
    for order, section in enumerate(definition.sections, 1):
        add_section(scheme, section, order)
    audit.record(
        "appraisalscheme.load",
        actor=actor,
        now=now,
        obj=scheme,
        path=county.path,
        code=scheme.code,
        total=rules.plain(definition.total),
    )
    return Loaded(scheme, True, [])


@transaction.atomic
def copy_scheme(
    scheme: AppraisalScheme, *, code: str, name: str, actor: Person | None, now: datetime
) -> AppraisalScheme:
    """The same table under another code, free to be changed. Raises SchemeRefused."""
    if AppraisalScheme.objects.filter(code=code).exists():
        raise SchemeRefused(_("The code %(code)s is taken already.") % {"code": code}, field="code")
    copied = replace(definition_of(scheme), code=code, name=name)
    return load_scheme(copied, county=scheme.unit, actor=actor, now=now).scheme


def add_section(scheme: AppraisalScheme, line: SectionLine, order: int) -> None:
    section = Section.objects.create(
        scheme=scheme, order=order, name=line.name, max_points=line.max_points, remark=line.remark
    )
    Indicator.objects.bulk_create(
        Indicator(section=section, order=n, **asdict(indicator))
        for n, indicator in enumerate(line.indicators, 1)
    )


def is_frozen(scheme: AppraisalScheme) -> bool:
    """Whether a unit has handed in a sheet of this scheme: from then on its lines stand."""
    return Appraisal.objects.filter(scheme=scheme).exclude(status=AppraisalStatus.OPEN).exists()


# ── Checking ─────────────────────────────────────────────────────────────────


def check_scheme(scheme: AppraisalScheme) -> None:
    """Raises SchemeRefused with every fault."""
    refuse_faulty(definition_of(scheme))


def refuse_faulty(definition: Definition) -> None:
    faults = [str(fault) for fault in faults_of(definition)]
    if faults:
        raise SchemeRefused(
            _("The scheme is not ready: %(faults)s") % {"faults": " ".join(faults)}, faults=faults
        )


def faults_of(definition: Definition) -> Iterator[str | Promise]:
    """What keeps a scheme from being used, a sentence each."""
    lines = [line for section in definition.sections for line in section.indicators]
    if not lines:
        yield _("There is no indicator yet.")
    if not definition.kinds:
        yield _("It says for no kind of unit that it is meant for it.")
    for number, times in Counter(line.number for line in lines).items():
        if times > 1:
            yield _("The number %(number)s occurs more than once.") % {"number": number}
    for section in definition.sections:
        found = rules.total(line.max_points for line in section.indicators)
        if found != section.max_points:
            yield (
                _("“%(section)s” is worth %(full)s, but its indicators add up to %(found)s.")
                % {
                    "section": section.name,
                    "full": rules.plain(section.max_points),
                    "found": rules.plain(found),
                }
            )
    for line in lines:
        yield from faults_of_line(line)


BAND_FAULTS: dict[BandFault, Promise | str] = {
    BandFault.NONE: _("Indicator %(number)s is counted but has no bands."),
    BandFault.SHAPE: _("The bands of indicator %(number)s cannot be read."),
    BandFault.ORDER: _("Two bands of indicator %(number)s begin alike, or one lies outside 0 to 100 %%."),
    BandFault.SCORE: _(
        "A band of indicator %(number)s gives more than the full score, or a higher band gives less."
    ),
}


def faults_of_line(line: IndicatorLine) -> Iterator[str]:
    place = {"number": line.number}
    if line.max_points <= 0 or rules.fault_of(line.max_points, line.max_points):
        yield str(_("Indicator %(number)s needs a full score above 0.")) % place
    if line.parts and rules.total(Decimal(str(points)) for _text, points in line.parts) != line.max_points:
        yield str(_("The parts of indicator %(number)s do not add up to its full score.")) % place
    if line.scoring == Scoring.MANUAL:
        return
    metric = METRICS.get(line.metric)
    if metric is None:
        yield str(_("Indicator %(number)s does not say what is counted.")) % place
    elif line.scoring == Scoring.RATIO_BANDS and not metric.base:
        yield str(_("What indicator %(number)s counts is no ratio.")) % place
    fault = rules.fault_of_bands(line.bands, line.max_points, ratio=line.scoring == Scoring.RATIO_BANDS)
    if fault:
        yield str(BAND_FAULTS[fault]) % place
