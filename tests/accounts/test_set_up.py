"""A county from the national list: whole, once, and told apart from next year's list."""

from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.enums import Kind
from accounts.models import Region, Unit, UnitPlacement
from accounts.regions import reader
from accounts.services.set_up import set_up_county
from portal.kernel import special_days
from tests.world import NOW

OPENED = date(2025, 9, 1)


def set_up(listed):
    return set_up_county(listed, opened_on=OPENED, actor=None, now=NOW)


@pytest.mark.parametrize(("code", "stations", "schools"), [("430725", 29, 430), ("640221", 13, 182)])
def test_a_county_gets_its_stations_and_parent_schools(db, code, stations, schools):
    out = StringIO()
    call_command("setup_county", code, stdout=out)
    county = Unit.objects.get(kind=Kind.CENTRE)
    assert Unit.objects.filter(kind=Kind.STATION, parent=county).count() == stations
    assert Unit.objects.filter(kind__in=[Kind.VILLAGE, Kind.COMMUNITY]).count() == schools
    assert UnitPlacement.objects.count() == Unit.objects.count() == stations + schools + 1
    assert county.name in out.getvalue()
    assert special_days.exceptions()[date(2026, 10, 10)] is True


def test_names_are_the_county_s_own(db):
    set_up(reader.county("430725"))
    county = Unit.objects.get(kind=Kind.CENTRE)
    assert county.name == "桃源县家庭教育指导中心"
    assert Unit.objects.get(code="430725001000").name == "漳江街道协同育人指导站"
    for unit in Unit.objects.filter(kind__in=[Kind.VILLAGE, Kind.COMMUNITY]).select_related(
        "region", "parent"
    ):
        assert unit.name.endswith("家长学校")
        assert unit.path.startswith(unit.parent.path)
        assert unit.region.parent.code == unit.parent.region.code


def test_a_second_run_changes_nothing(db):
    set_up(reader.county("640221"))
    before = list(Unit.objects.order_by("pk").values())
    again = set_up(reader.county("640221"))
    assert again.created == {}
    assert again.differences.is_empty
    assert list(Unit.objects.order_by("pk").values()) == before


def test_another_year_s_list_is_told_apart_and_not_duplicated(db):
    listed = reader.county("640221")
    set_up(listed)
    renamed, gone, *rest = listed.villages
    other = replace(listed, villages=(replace(renamed, name="新名村"), *rest))
    units, regions = Unit.objects.count(), Region.objects.count()
    found = set_up(other).differences
    assert {change.new.name for change in (*found.renamed, *found.recoded)} == {"新名村"}
    assert [region.code for region in found.removed] == [gone.code]
    assert (Unit.objects.count(), Region.objects.count()) == (units, regions)


def test_villages_under_a_placeholder_township_stand_under_the_centre(db):
    listed = reader.county("640221")
    placeholder = replace(listed.townships[0], name="县直辖村级区划")
    set_up(replace(listed, townships=(placeholder, *listed.townships[1:])))
    orphans = [village.code for village in listed.villages if village.parent_code == placeholder.code]
    centre = Unit.objects.get(kind=Kind.CENTRE)
    assert set(
        Unit.objects.filter(parent=centre).exclude(kind=Kind.STATION).values_list("code", flat=True)
    ) == set(orphans)
    assert not Unit.objects.filter(code=placeholder.code).exists()


def test_two_counties_stand_side_by_side(db):
    for code in ("640221", "430725"):
        set_up(reader.county(code))
    paths = list(Unit.objects.filter(kind=Kind.CENTRE).order_by("path").values_list("path", flat=True))
    assert paths == ["0001", "0002"]


@pytest.mark.parametrize("code", ["999999", "4307", "桃源县", "43072"])
def test_a_wrong_code_gets_a_sentence_and_sets_up_nothing(db, code):
    with pytest.raises(CommandError, match=r"\S"):
        call_command("setup_county", code)
    assert not Unit.objects.exists()
