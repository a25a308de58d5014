"""The figures of a day as one table: in the tree of that day or of today, within reach, and as a workbook."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from accounts.models import Unit
from accounts.roles import ROLES
from accounts.services.units import move_unit
from assessment.models import UnitMetric
from assessment.queries.shards import shards
from assessment.services import metrics, night
from portal.kernel.models import AuditEntry
from tests.assessment.facts import came, held, scheme
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, person

PAGE = reverse("admin:assessment_unitmetric_figures")
EXPORT = reverse("admin:assessment_unitmetric_export")
pytestmark = pytest.mark.usefixtures("at_noon")


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def counted(world):
    """Parent 0 came to two lectures of school 0 below the first station, parent 1 to one of school 1 below the
    second; a night has counted it."""
    scheme(world, {"code": "lecture"})
    for school, who, on in ((0, 0, 3), (0, 0, 1), (1, 1, 1)):
        came(
            world.parents[who],
            held(world.schools[school], world.kinds["lecture"], TODAY - timedelta(days=on)),
        )
    count(world, TODAY)
    return world


def count(world, day):
    for shard in shards():
        night.count_points(shard, day)
    metrics.measure(world.county, day)


def asked(browser, **more):
    return browser.get(PAGE, {"day": TODAY.isoformat(), "as_of": "then", **more})


def attendances(answer) -> dict[str, int]:
    """Person-times by unit, as the page shows them."""
    table = answer.context["table"]
    at = [column.name for column in table.columns].index("person-times")
    return {row.name: row.cells[at].value for row in table.rows}


def test_without_asking_it_is_the_topmost_unit_today(counted, office):
    answer = office("county_staff").get(PAGE)
    assert answer.context["table"].under == counted.county
    assert attendances(answer) == {"County": 3, "Town 0": 2, "Town 1": 1} | {
        row.name: 0 for row in answer.context["table"].rows[1:] if not row.name.startswith("Town")
    }


def test_a_school_moved_in_mid_year_stands_where_it_was_and_where_it_is(counted, office):
    """Both totals are right, and the county's is the same."""
    move_unit(counted.schools[0], to=counted.stations[1], on=TODAY, reason="merged", actor=None, now=NOW)
    browser = office("county_staff")
    was, now = (attendances(asked(browser, unit=counted.county.pk, as_of=tree)) for tree in ("then", "now"))
    assert (was["County"], was["Town 0"], was["Town 1"]) == (3, 2, 1)
    assert (now["County"], now["Town 0"], now["Town 1"]) == (3, 0, 3)
    below = attendances(asked(browser, unit=counted.stations[1].pk, as_of="now"))
    assert (below["Town 1"], below[counted.schools[0].name]) == (3, 2)
    count(counted, TODAY + timedelta(days=1))
    later = asked(browser, unit=counted.county.pk, day=(TODAY + timedelta(days=1)).isoformat())
    assert attendances(later)["Town 1"] == 3


def test_a_day_that_no_night_counted_shows_the_last_one_before(counted, office):
    answer = asked(
        office("county_staff"), unit=counted.county.pk, day=(TODAY + timedelta(days=3)).isoformat()
    )
    assert answer.context["table"].day == TODAY
    assert "is not counted. These are the figures of" in answer.text


def test_a_metric_that_was_not_counted_yet_has_empty_cells(counted, office):
    UnitMetric.objects.filter(metric__in=["members", "reach"]).delete()
    browser = office("county_staff")
    assert attendances(asked(browser, unit=counted.county.pk))["Town 0"] == 2
    assert "–" in asked(browser, unit=counted.county.pk, as_of="now").text
    assert browser.post(f"{EXPORT}?unit={counted.county.pk}&day={TODAY}&as_of=then").status_code == 200


def test_before_the_first_night_there_is_a_sentence(counted, office):
    answer = asked(
        office("county_staff"), unit=counted.county.pk, day=(TODAY - timedelta(days=30)).isoformat()
    )
    assert answer.context["table"] is None
    assert "No night had counted this unit by that day." in answer.text


def test_a_day_that_is_none_is_said_at_its_field(counted, office):
    answer = asked(office("county_staff"), unit=counted.county.pk, day="yesterday")
    assert answer.context["form"].errors["day"] == ["Enter a valid date."]
    assert 'value="yesterday"' in answer.text


@pytest.mark.parametrize(
    ("role", "unit", "is_shown"), [("station_lead:0", 0, True), ("station_lead:0", 1, False)]
)
def test_a_forged_unit_out_of_reach_is_refused(counted, office, role, unit, is_shown):
    browser, key = office(role), counted.stations[unit].pk
    answer = asked(browser, unit=key)
    assert (answer.context["table"] is not None) == is_shown
    assert counted.stations[1].name not in answer.text
    sent = browser.post(f"{EXPORT}?unit={key}&day={TODAY}&as_of=then")
    assert (sent.status_code == 200) == is_shown


def test_who_may_not_see_figures_is_refused(counted, office):
    assert office("class_teacher:0").get(PAGE).status_code in (403, 404)


def test_the_workbook_holds_what_the_page_shows_and_is_audited(counted, office):
    browser = office("county_staff")
    answer = browser.post(f"{EXPORT}?unit={counted.county.pk}&day={TODAY}&as_of=now")
    rows = list(openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).active.values)
    at = rows[0].index("person-times")
    shown = attendances(asked(browser, unit=counted.county.pk, as_of="now"))
    assert {row[0]: row[at] for row in rows[1:]} == shown
    assert "reach %" in rows[0]
    assert AuditEntry.objects.get(action="table.export").summary["table"] == "assessment.unitmetric"


def test_the_page_asks_as_much_for_many_units_as_for_few(counted, office):
    browser = office("county_staff")

    def more():
        for number in range(3):
            home = Unit.objects.create(
                code=f"more{number}",
                name=f"Town more {number}",
                level="station",
                kind="station",
                parent=counted.county,
                path=f"{counted.county.path}{800 + number:04d}",
                opened_on=counted.county.opened_on,
            )
            person(f"More {number}", home=home)

    assert_same_queries(lambda: asked(browser, unit=counted.county.pk), more, at_most=12)


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.code)
def test_figures_are_open_only_to_who_may_open_the_rows_that_they_count(role):
    """So nothing is given away by a small number (docs/decisions/0072)."""
    rows = {"events.view_attendance", "assessment.view_pointentry"}
    for reach in (role.here, role.in_unit):
        assert "assessment.view_unitmetric" not in reach or rows <= set(reach)
