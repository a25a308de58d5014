"""Schemes as data: the ready one says what its source says, odd ones are refused, frozen ones stay."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from assessment.enums import Scoring
from assessment.forms.schemes import NARROW, IndicatorForm, band_of, part_of
from assessment.models import AppraisalScheme, Indicator, Section
from assessment.services import appraisal as services
from assessment.services.appraisal.definition import DefinitionRefused, definition_of, differences, parse
from assessment.services.appraisal.schemes import faults_of
from portal.kernel.models import AuditEntry
from tests.assessment.sheets import DEFINITION, definition
from tests.world import NOW

READY = Path(services.__file__).resolve().parents[2] / "schemes" / "appraisal_jiangsu_2009.json"
CODE = "jiangsu-2009"


@pytest.fixture
def county(world):
    world.county.code = "430725000000"
    world.county.save()
    return world.county


def load(*arguments: str) -> None:
    call_command("load_appraisal_scheme", *arguments, "--county", "430725", stdout=io.StringIO())


# ── The ready scheme ─────────────────────────────────────────────────────────


def test_the_ready_scheme_adds_up_to_100_by_its_sections():
    ready = parse(READY.read_text(encoding="utf-8"))
    assert list(faults_of(ready)) == []
    assert [section.max_points for section in ready.sections] == [20, 20, 40, 20]
    assert ready.total == 100


def test_the_ready_scheme_has_what_the_source_has_and_marks_the_rest():
    """Items 1–6 as the source gives them, number by number; of item 7 only the part that was recovered."""
    ready = parse(READY.read_text(encoding="utf-8"))
    lines = [line for section in ready.sections for line in section.indicators]
    found = {line.number: line for line in lines if line.remark == "原文"}
    assert {number: line.max_points for number, line in found.items()} == {
        "1": 6, "2": 6, "3": 8, "4": 8, "5": 5, "6": 7, "7-1": 3,
    }  # fmt: skip
    assert {number: [points for _, points in line.parts] for number, line in found.items() if line.parts} == {
        "1": [3, 3], "2": [2, 2, 2], "3": [3, 2, 3], "4": [4, 4], "6": [4, 3],
    }  # fmt: skip
    assert all("补充" in line.remark for line in lines if line.number not in found)
    assert "未取得" in ready.remark
    assert "苏教办关" in ready.source


def test_the_ready_scheme_counts_by_ratios_and_by_numbers():
    ready = parse(READY.read_text(encoding="utf-8"))
    counted = {
        line.metric: line.scoring
        for section in ready.sections
        for line in section.indicators
        if line.scoring != Scoring.MANUAL
    }
    assert counted == {
        "lesson_periods": "count_bands",
        "events_held": "count_bands",
        "participation": "ratio_bands",
        "reach": "ratio_bands",
        "home_visits_contact": "count_bands",
    }


@pytest.mark.parametrize("name", ["jiangsu_2009", "appraisal_jiangsu_2009", str(READY)])
def test_loading_by_name_or_file(county, name):
    load(name)
    assert AppraisalScheme.objects.get().unit == county
    assert definition_of(AppraisalScheme.objects.get()) == parse(READY.read_text(encoding="utf-8"))


def test_loading_again_changes_nothing(county):
    load("jiangsu_2009")
    before = [list(model.objects.order_by("pk").values()) for model in (AppraisalScheme, Section, Indicator)]
    load("jiangsu_2009")
    assert before == [
        list(model.objects.order_by("pk").values()) for model in (AppraisalScheme, Section, Indicator)
    ]
    assert AuditEntry.objects.filter(action="appraisalscheme.load").count() == 1


def test_loading_again_keeps_what_the_county_has_changed_and_names_it(county, capsys):
    load("jiangsu_2009")
    Indicator.objects.filter(number="补3").update(text="Our own indicator")
    call_command("load_appraisal_scheme", "jiangsu_2009", "--county", "430725")
    assert "三 教育教学 · 补3" in capsys.readouterr().out
    assert Indicator.objects.get(number="补3").text == "Our own indicator"


@pytest.mark.parametrize(
    ("scheme", "code"), [("no_such", "430725"), ("jiangsu_2009", "999999"), ("jiangsu_2009", "U00010001")]
)
def test_an_unknown_scheme_or_county_gets_a_sentence(county, scheme, code):
    with pytest.raises(CommandError):
        call_command("load_appraisal_scheme", scheme, "--county", code)
    assert not AppraisalScheme.objects.exists()


# ── Definitions ──────────────────────────────────────────────────────────────


def changed(path: list, value: object = None, *, drop: bool = False) -> str:
    copied = json.loads(json.dumps(DEFINITION))
    at = copied
    for step in path[:-1]:
        at = at[step]
    if drop:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(copied)


LINE = ["sections", 0, "indicators", 0]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "5",
        changed(["unknown"], 1),
        changed(["title"], drop=True),
        changed(["kinds"], "school"),
        changed(["kinds"], ["hospital"]),
        changed(["kinds"], ["department"]),
        changed(["year_runs"], "moon"),
        changed(["sections"], {}),
        changed(["sections", 0], "x"),
        changed(["sections", 0, "max_points"], "many"),
        changed([*LINE, "text"], drop=True),
        changed([*LINE, "colour"], "red"),
        changed([*LINE, "scoring"], "dice"),
        changed([*LINE, "max_points"], None),
        changed([*LINE, "max_points"], "NaN"),
        changed([*LINE, "max_points"], float("nan")),
        changed([*LINE, "bands"], "x"),
        changed([*LINE, "bands"], [[8, "6"]]),
        changed([*LINE, "bands"], [[8]]),
        changed([*LINE, "parts"], [["x"]]),
        changed([*LINE, "text"], 5),
        changed([*LINE, "text"], "x" * 301),
    ],
)
def test_a_file_that_is_no_scheme_is_refused_with_a_sentence(text):
    with pytest.raises(DefinitionRefused) as refusal:
        parse(text)
    assert str(refusal.value)


COUNTED = ["sections", 1, "indicators", 0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["sections"], []),
        (["kinds"], []),
        (["sections", 0, "max_points"], 11),
        ([*LINE, "number"], "2"),
        ([*LINE, "max_points"], 0),
        ([*LINE, "max_points"], -6),
        ([*LINE, "parts"], [["班子健全", 3]]),
        ([*COUNTED, "metric"], "unheard_of"),
        ([*COUNTED, "scoring"], "ratio_bands"),
        ([*COUNTED, "bands"], []),
        ([*COUNTED, "bands"], [[8, 7]]),
        ([*COUNTED, "bands"], [[8, 6], [8, 3]]),
    ],
)
def test_a_scheme_that_cannot_work_is_not_loaded(world, path, value):
    with pytest.raises(services.SchemeRefused) as refusal:
        services.load_scheme(parse(changed(path, value)), county=world.county, actor=None, now=NOW)
    assert refusal.value.details["faults"]
    assert not AppraisalScheme.objects.exists()


def test_differences_are_named_by_place():
    there = definition()
    assert differences(there, there) == []
    other = parse(changed([*LINE, "max_points"], 5))
    assert differences(there, other) == ["一 组织领导 · 1"]
    shorter = definition(name="Other", sections=DEFINITION["sections"][:1])
    assert len(differences(there, shorter)) == 4


# ── Copies and freezing ──────────────────────────────────────────────────────


def test_a_copy_is_the_same_table_under_another_code(sheets):
    copied = services.copy_scheme(sheets.scheme, code="next", name="Next year", actor=None, now=NOW)
    there, theirs = definition_of(sheets.scheme), definition_of(copied)
    assert theirs.sections == there.sections
    assert (theirs.code, theirs.name, theirs.kinds) == ("next", "Next year", there.kinds)
    with pytest.raises(services.SchemeRefused):
        services.copy_scheme(sheets.scheme, code="next", name="Again", actor=None, now=NOW)


def test_a_scheme_is_frozen_from_the_first_sheet_handed_in(sheets):
    assert not services.is_frozen(sheets.scheme)
    sheets.hand_in()
    assert services.is_frozen(sheets.scheme)


def test_the_code_of_another_countys_scheme_is_refused(sheets):
    with pytest.raises(services.SchemeRefused):
        services.load_scheme(definition(), county=sheets.world.stations[0], actor=None, now=NOW)


# ── Lines of text in the admin ───────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "ratio", "band"),
    [
        ("80% 10", True, [800, 10]),
        ("80%10", True, [800, 10]),
        ("80% 10分", True, [800, 10]),
        ("66.5%: 4.5", True, [665, 4.5]),
        ("80 10", True, [800, 10]),
        ("8 6", False, [8, 6]),
        ("8：6", False, [8, 6]),
        ("8=6.5分", False, [8, 6.5]),
        ("\uff18\u3000\uff16", False, [8, 6]),
    ],
)
def test_bands_are_read_as_people_write_them(line, ratio, band):
    assert band_of(line.translate(NARROW), is_ratio=ratio) == band


@pytest.mark.parametrize(
    ("line", "ratio"), [("80%", True), ("ten 5", False), ("80% 10", False), ("8.5 6", False), ("86", False)]
)
def test_bands_that_cannot_be_read_are_refused(line, ratio):
    with pytest.raises(ValueError, match=line):
        band_of(line, is_ratio=ratio)


def test_parts_are_read_as_people_write_them():
    assert part_of("班子健全且组成合规 3分") == ["班子健全且组成合规", 3]
    assert part_of("规模2000人以上 1.5") == ["规模2000人以上", 1.5]


def form_of(indicator: Indicator, **changes: str) -> IndicatorForm:
    empty = IndicatorForm(instance=indicator)
    given = {name: empty.get_initial_for_field(field, name) for name, field in empty.fields.items()}
    given = {name: "" if value is None else value for name, value in given.items()} | changes
    return IndicatorForm(given, instance=indicator)


def test_the_form_of_an_indicator_gives_back_what_it_shows(sheets):
    for indicator in Indicator.objects.filter(section__scheme=sheets.scheme):
        before = (indicator.bands, indicator.parts)
        form = form_of(indicator)
        assert form.is_valid(), form.errors
        saved = form.save()
        assert (saved.bands, saved.parts) == before


@pytest.mark.parametrize(
    ("number", "changes", "wrong"),
    [
        ("1", {"part_lines": "班子健全 3"}, {"part_lines"}),
        ("1", {"part_lines": "班子健全"}, {"part_lines"}),
        ("1", {"scoring": "count_bands"}, {"metric"}),
        ("3", {"band_lines": ""}, {"band_lines"}),
        ("3", {"band_lines": "8 7"}, {"band_lines"}),
        ("3", {"band_lines": "eight 6"}, {"band_lines"}),
        ("3", {"metric": ""}, {"metric"}),
        ("3", {"metric": "unheard_of"}, {"metric"}),
        ("4", {"band_lines": "101% 4"}, {"band_lines"}),
        ("4", {"metric": "lesson_periods"}, {"metric"}),
    ],
)
def test_faults_stand_at_their_field(sheets, number, changes, wrong):
    form = form_of(Indicator.objects.get(number=number), **changes)
    assert not form.is_valid()
    assert set(form.errors) == wrong


def test_a_full_score_of_a_third_is_possible(sheets):
    form = form_of(Indicator.objects.get(number="2"), max_points="1.3")
    assert form.is_valid()
    assert form.save().max_points == Decimal("1.3")
