"""Statutory minimums as data: loaded once into a county, then kept by it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from accounts.models import Person, Unit
from assessment.models import Requirement
from portal.kernel import audit

READY = Path(__file__).resolve().parent.parent / "schemes" / "requirements_national.json"


@dataclass(frozen=True)
class Loaded:
    new: list[Requirement]
    kept: list[Requirement]


@transaction.atomic
def load_requirements(county: Unit, *, valid_from: date, actor: Person | None, now: datetime) -> Loaded:
    """The minimums of national documents, in force from a day. What the county has under the same code stays as the
    county keeps it."""
    loaded = Loaded([], [])
    for entry in json.loads(READY.read_text(encoding="utf-8")):
        there = Requirement.objects.filter(unit=county, code=entry["code"]).last()
        if there is not None:
            loaded.kept.append(there)
            continue
        loaded.new.append(Requirement.objects.create(unit=county, valid_from=valid_from, **entry))
    if loaded.new:
        audit.record(
            "requirement.load",
            actor=actor,
            now=now,
            obj=county,
            path=county.path,
            codes=[requirement.code for requirement in loaded.new],
            valid_from=str(valid_from),
        )
    return loaded
