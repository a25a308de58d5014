"""Statutory minimums: data of the county, met by the events held and by nothing else."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.scopes import Scope
from assessment.models import Requirement
from assessment.queries.minimums import minimums
from assessment.services.requirements import load_requirements
from assessment.views import minimums as page_of_minimums
from events.enums import EventStatus
from events.models import Event
from portal.kernel.models import AuditEntry
from tests.queries import assert_same_queries
from tests.world import NOW, OPENED, TODAY


@pytest.fixture(autouse=True)
def _now(settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def national(world):
    load_requirements(world.county, valid_from=OPENED, actor=None, now=NOW)
    return {requirement.code: requirement for requirement in Requirement.objects.all()}


def hold(unit, on: date, *, kind, status=EventStatus.HELD):
    begins = datetime(on.year, on.month, on.day, 6, tzinfo=UTC)
    return Event.objects.create(
        host=unit, kind=kind, title="E", starts_at=begins, ends_at=begins.replace(hour=7), status=status
    )


def done(world, code, *, reach=None, day=TODAY):
    found = minimums(reach or Scope.of(world.county.path), day=day)
    progress = next(one for one in found if one.requirement.code == code)
    return {one.unit.name: (one.done, one.is_met) for one in progress.minimums}


def test_events_held_in_the_term_meet_the_minimum(world, national):
    school, lecture = world.schools[0], world.kinds["lecture"]
    hold(school, date(2026, 9, 1), kind=lecture)
    assert done(world, "school-sessions") == {"School 0": (1, False), "School 1": (0, False)}
    hold(school, date(2026, 10, 1), kind=lecture)
    assert done(world, "school-sessions")["School 0"] == (2, True)


@pytest.mark.parametrize(
    "other",
    [
        {"on": date(2026, 8, 31)},
        {"on": date(2027, 2, 1)},
        {"status": EventStatus.PLANNED},
        {"status": EventStatus.CANCELLED},
        {"kind": "training"},
        {"unit": "station"},
    ],
    ids=str,
)
def test_what_does_not_count(world, national, other):
    world.kinds["training"].for_families = False
    world.kinds["training"].save()
    unit = world.stations[0] if "unit" in other else world.schools[0]
    kind = world.kinds[other.get("kind", "lecture")]
    hold(unit, other.get("on", TODAY), kind=kind, status=other.get("status", EventStatus.HELD))
    assert done(world, "school-sessions")["School 0"] == (0, False)


def test_villages_count_by_calendar_year(world, national):
    for month in (2, 5, 9, 10):
        hold(world.villages[0], date(2026, month, 3), kind=world.kinds["salon"])
    assert done(world, "community-sessions") == {"Village 0": (4, True), "Village 1": (0, False)}
    assert done(world, "community-sessions", day=date(2027, 1, 1))["Village 0"] == (0, False)


def test_only_the_named_kinds_count_where_some_are_named(world, national):
    Requirement.objects.filter(code="school-sessions").update(event_kinds=["salon"])
    hold(world.schools[0], TODAY, kind=world.kinds["lecture"])
    hold(world.schools[0], TODAY, kind=world.kinds["salon"])
    assert done(world, "school-sessions")["School 0"] == (1, False)


def test_a_requirement_counts_while_it_is_in_force(world, national):
    Requirement.objects.update(valid_until=TODAY)
    assert minimums(Scope.of(world.county.path), day=TODAY) == []
    assert minimums(Scope(), day=TODAY) == []


def test_those_that_lack_most_come_first(world, national):
    hold(world.schools[0], TODAY, kind=world.kinds["lecture"])
    progress = minimums(Scope.of(world.county.path), day=TODAY)
    rows = next(one for one in progress if one.requirement.code == "school-sessions").minimums
    assert [(row.unit.name, row.left) for row in rows] == [("School 1", 2), ("School 0", 1)]


def test_loading_again_changes_nothing_the_county_keeps(world, national):
    Requirement.objects.filter(code="school-sessions").update(at_least=3)
    loaded = load_requirements(world.county, valid_from=TODAY, actor=None, now=NOW)
    assert (len(loaded.new), len(loaded.kept)) == (0, 2)
    assert Requirement.objects.get(code="school-sessions").at_least == 3
    assert AuditEntry.objects.filter(action="requirement.load").count() == 1


def test_the_command_loads_them_from_the_first_day_of_the_school_year(world):
    with pytest.raises(CommandError):
        call_command("load_requirements", county="999999")
    call_command("load_requirements", county=world.county.code, stdout=StringIO())
    assert {str(row.valid_from) for row in Requirement.objects.all()} == {"2026-09-01"}


def test_the_page_and_the_start_page_show_the_own_unit_only(world, national, client):
    hold(world.schools[0], TODAY, kind=world.kinds["lecture"])
    client.force_login(world.as_("school_lead:0"))
    for name in ("minimum_list", "work"):
        page = client.get(reverse(name)).content.decode()
        assert "1/2 还差 1 次" in page
        assert "School 1" not in page


def test_the_dashboard_sums_up_and_leads_to_the_units(world, national, client):
    client.force_login(world.as_("county_staff"))
    page = client.get(reverse("admin:index")).content.decode()
    assert f"{reverse('minimum_list')}?of={national['school-sessions'].pk}" in page
    page = client.get(reverse("minimum_list"), {"of": national["community-sessions"].pk})
    assert {row.unit.name for row in page.context["rows"]} == {"Village 0", "Village 1"}


def test_many_units_stand_folded_up_under_their_townships(world, national, client, monkeypatch):
    monkeypatch.setattr(page_of_minimums, "FEW", 1)
    for kind in ("lecture", "salon"):
        hold(world.schools[0], TODAY, kind=world.kinds[kind])
    client.force_login(world.as_("county_staff"))
    asked = {"of": national["school-sessions"].pk}
    page = client.get(reverse("minimum_list"), asked)
    townships = [(group.unit, group.lacking, group.met) for group in page.context["groups"]]
    assert townships == [(world.schools[1].parent, 1, 0), (world.schools[0].parent, 0, 1)]
    assert page.text.count("<details") == 2
    client.force_login(world.as_("station_lead:0"))
    assert "<details" not in client.get(reverse("minimum_list"), asked).text, "one township needs no heading"


def test_the_page_asks_as_much_for_many_units(world, national, client):
    client.force_login(world.as_("county_staff"))
    hold(world.schools[0], TODAY, kind=world.kinds["lecture"])

    def more():
        for unit in (*world.schools, *world.villages):
            hold(unit, TODAY, kind=world.kinds["salon"])

    assert_same_queries(lambda: client.get(reverse("minimum_list")), more, at_most=9)


def test_the_county_edits_a_minimum(world, national, client):
    client.force_login(world.as_("county_admin"))
    page = reverse("admin:assessment_requirement_change", args=[national["school-sessions"].pk])
    given = {
        "name": "每学期3次",
        "source": "县教育局",
        "unit_kinds": ["school"],
        "event_kinds": ["lecture"],
        "at_least": "3",
        "per": "term",
        "valid_from": "2026-09-01",
        "valid_until": "",
    }
    assert client.post(page, given).status_code == 302
    changed = Requirement.objects.get(code="school-sessions")
    assert (changed.at_least, changed.unit_kinds, changed.event_kinds) == (3, ["school"], ["lecture"])
    refused = client.post(page, given | {"at_least": "0"})
    assert refused.context["adminform"].form.errors.keys() == {"at_least"}
