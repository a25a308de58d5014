"""A small scheme opened for the schools and villages of the world, with figures of one night."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import Person, Unit
from assessment.models import Appraisal, AppraisalScheme, Mark, UnitMetric
from assessment.services import appraisal as services
from assessment.services.appraisal.definition import parse
from tests.world import NOW, World

YEAR = 2026
DAY = date(2026, 10, 11)

DEFINITION: dict[str, Any] = {
    "code": "small",
    "name": "Small scheme",
    "title": "{year}家长学校考核评分表",
    "kinds": ["school", "village"],
    "sections": [
        {
            "name": "一 组织领导",
            "max_points": 10,
            "indicators": [
                {
                    "number": "1",
                    "text": "指导委员会健全",
                    "max_points": 6,
                    "rule_text": "班子健全3分；分工明确3分",
                    "parts": [["班子健全", 3], ["分工明确", 3]],
                    "evidence_hint": "名单",
                },
                {"number": "2", "text": "列入学校计划", "max_points": 4},
            ],
        },
        {
            "name": "二 教育教学",
            "max_points": 10,
            "indicators": [
                {
                    "number": "3",
                    "text": "全年不少于8课时",
                    "max_points": 6,
                    "scoring": "count_bands",
                    "metric": "lesson_periods",
                    "bands": [[8, 6], [4, 3]],
                },
                {
                    "number": "4",
                    "text": "家长参训率",
                    "max_points": 4,
                    "scoring": "ratio_bands",
                    "metric": "participation",
                    "bands": [[800, 4], [600, 2]],
                },
            ],
        },
    ],
}


def definition(**changes: Any) -> Any:
    return parse(json.dumps(DEFINITION | changes))


def metric(unit: Unit, name: str, value: int, base: int | None = None, day: date = DAY) -> UnitMetric:
    return UnitMetric.objects.create(
        day=day, unit=unit, metric=name, value=value, base=base, lineage=f"{unit.pk:010d}"
    )


@dataclass
class Sheets:
    world: World
    scheme: AppraisalScheme

    def of(self, unit: Unit) -> Appraisal:
        return Appraisal.objects.select_related("unit", "scheme").get(
            scheme=self.scheme, unit=unit, year=YEAR
        )

    @property
    def own(self) -> Appraisal:
        """The sheet of School 0."""
        return self.of(self.world.schools[0])

    @property
    def everybody(self) -> list[str]:
        """Names of all staff, and of a parent."""
        return [*self.world.staff, "parent"]

    def mark(self, number: str, unit: Unit | None = None) -> Mark:
        return Mark.objects.select_related("appraisal", "indicator").get(
            appraisal=self.of(unit or self.world.schools[0]), indicator__number=number
        )

    def by(self, name: str) -> Person:
        return self.world.as_(name)

    def score_for_unit(self, number: str, score: str | None, note: str = "", **more: Any) -> None:
        given = {"actor": self.by("school_lead:0"), "now": NOW, **more}
        services.give_self_score(
            self.mark(number), score=Decimal(score) if score is not None else None, note=note, **given
        )

    def hand_in(self, unit: Unit | None = None, actor: str = "school_lead:0") -> Appraisal:
        """The sheet of a unit, scored in full by itself and handed in."""
        unit = unit or self.world.schools[0]
        for number, score in (("1", "6"), ("2", "4")):
            services.give_self_score(
                self.mark(number, unit), score=Decimal(score), note="", actor=self.by(actor), now=NOW
            )
        for number in ("3", "4"):
            if self.mark(number, unit).computed_score is None:
                services.give_self_score(
                    self.mark(number, unit), score=Decimal(0), note="", actor=self.by(actor), now=NOW
                )
        services.hand_in_self_score(self.of(unit), actor=self.by(actor), now=NOW)
        return self.of(unit)

    def county(self, *scores: tuple[str, str, str], settle: bool = False, actor: str = "inspector") -> int:
        """Score School 0 for the county: number, score, note."""
        return services.give_county_scores(
            self.own,
            scores={
                self.mark(number).pk: services.CountyScore(Decimal(score) if score else None, note)
                for number, score, note in scores
            },
            actor=self.by(actor),
            now=NOW,
            settle=settle,
        )

    def settle(self) -> Appraisal:
        self.hand_in()
        self.county(("1", "5", "分工不明确"), ("2", "4", ""), ("3", "3", ""), ("4", "4", ""), settle=True)
        return self.own


def build_sheets(world: World) -> Sheets:
    """School 0 has figures, the others have none or a base of nothing."""
    metric(world.schools[0], "lesson_periods", 99, day=DAY - timedelta(days=30))
    metric(world.schools[0], "lesson_periods", 5)
    metric(world.schools[0], "participation", 400, 500)
    metric(world.schools[1], "participation", 0, 0)
    scheme = services.load_scheme(definition(), county=world.county, actor=None, now=NOW).scheme
    services.open_appraisals(scheme, year=YEAR, actor=world.as_("county_admin"), now=NOW)
    return Sheets(world, scheme)


# ── Files ────────────────────────────────────────────────────────────────────


def photo(size: tuple[int, int] = (60, 40), kind: str = "JPEG", colour: str = "green", **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, kind, **more)
    return made.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def office(main: str, more: dict[str, bytes] | None = None, types: bytes = TYPES) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"[Content_Types].xml": types, main: b"<x/>", **(more or {})}.items():
            archive.writestr(name, content)
    return made.getvalue()


DOCX, XLSX = office("word/document.xml"), office("xl/workbook.xml")


def upload(name: str = "photo.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo() if content is None else content)
