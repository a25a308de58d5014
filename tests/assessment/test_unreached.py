"""Families not reached yet, by name: as the metric counts them, within reach, phones masked."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from accounts.enums import Basis
from accounts.models import Unit
from accounts.scopes import Scope
from assessment.engine.metrics.near import NearGround
from assessment.models import UnitMetric
from assessment.queries.unreached import in_order
from assessment.services import metrics
from parentschool.enums import MembershipSource, Relation, VisitOutcome
from parentschool.models import Child, Guardianship, HomeVisit, Membership
from portal.home.queries import desk
from portal.kernel.calendar import SchoolYear
from portal.kernel.models import AuditEntry
from tests.assessment.facts import came, held, met
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY, person

PAGE = "/work/unreached/"


@pytest.fixture(autouse=True)
def english(settings, at_noon):
    settings.LANGUAGE_CODE = "en"


def child_of(world, name, *guardians, school=0):
    own = world.classes[school]
    child = Child.objects.create(basis=Basis.DUTY, name=name, school_class=own, path=own.path)
    for guardian in guardians:
        Guardianship.objects.create(guardian=guardian, child=child, relation=Relation.FATHER)
    return child


def learn(who, unit):
    Membership.objects.create(
        person=who,
        school=unit,
        school_year=2026,
        joined_on=TODAY,
        source=MembershipSource.STAFF,
        path=unit.path,
    )


@pytest.fixture
def families(world):
    """In school 0: the world's own child; two siblings; a child whose brother in school 1 was visited; a child whose
    grandfather came; one without anybody. A learner of village 1 is the father of the siblings."""
    father = person("Father", home=world.schools[0], phone="13800000777")
    both = person("Both", home=world.schools[0])
    grandpa = person("Grandpa", home=world.schools[0])
    child_of(world, "Sister", father)
    child_of(world, "Brother", father)
    child_of(world, "Linked", both)
    visited = child_of(world, "Visited", both, school=1)
    met(both, visited, TODAY, world.staff["class_teacher:1"])
    child_of(world, "Came", grandpa)
    came(grandpa, held(world.schools[1], world.kinds["lecture"], TODAY))
    child_of(world, "Alone")
    learn(father, world.villages[1])
    return world


def names(response):
    return {family.names for family in response.context["families"]}


def test_the_school_lead_sees_each_family_that_nobody_reached(families, office):
    page = office("school_lead:0").get(PAGE)
    assert names(page) == {"Child 0", "Sister、Brother", "Alone"}
    text = page.content.decode()
    assert "these 3 families" in text
    assert "138****0777" in text
    assert "13800000777" not in text
    assert "No guardian is entered yet" in text
    assert "No family is entered here yet" in office("village_lead:0").get(PAGE).content.decode()


def test_who_comes_or_is_met_leaves_the_list_and_a_visit_in_vain_is_told(families, office):
    client = office("school_lead:0")
    child = Child.objects.get(name="Alone")
    visit = HomeVisit.objects.create(
        child=child, visited_on=TODAY, outcome=VisitOutcome.ATTEMPT, visitor=families.staff["class_teacher:0"]
    )
    page = client.get(PAGE)
    assert "nobody was at home" in page.content.decode()
    assert "Alone" in names(page)
    visit.outcome = VisitOutcome.CONTACT
    visit.save()
    came(families.parents[0], held(families.schools[0], families.kinds["lecture"], TODAY))
    assert names(client.get(PAGE)) == {"Sister、Brother"}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("school_lead:1", {"Child 1"}),
        ("class_teacher:0", {"Child 0", "Sister、Brother", "Alone"}),
        ("class_teacher:1", {"Child 1"}),
        ("station_lead:1", {"Child 1", "Father"}),
        ("village_lead:1", {"Father"}),
        ("village_lead:0", set()),
    ],
)
def test_each_sees_the_own_families_only(families, office, who, seen):
    """A village names who learns there, and not the children, who are the school's."""
    page = office(who).get(PAGE)
    assert names(page) == seen
    assert ("Sister" in page.content.decode()) == ("Sister、Brother" in seen)


def test_a_unit_out_of_reach_is_not_found(families, office):
    client = office("station_lead:0")
    for unit in Unit.objects.all():
        inside = unit.path.startswith(families.stations[0].path)
        assert (client.get(PAGE, {"unit": unit.pk}).status_code == 200) is inside
        exported = client.post(f"{PAGE}export/?unit={unit.pk}")
        assert (exported.status_code == 200) is inside
    assert client.get(PAGE, {"unit": "x"}).status_code == 404
    for who in ("inspector", "liaison"):
        assert office(who).get(PAGE).status_code == 404


def test_the_list_is_as_long_as_the_night_counts(families):
    """One definition: for every unit, and for each family once."""
    metrics.measure(families.county, TODAY)
    compared = 0
    for metric in UnitMetric.objects.filter(metric="reach", day=TODAY).select_related("unit"):
        near = NearGround(families.county, TODAY, Scope.of(metric.unit.path))
        assert len(in_order(near.unreached)) == (metric.base or 0) - metric.value, metric.unit
        compared += bool(metric.base)
    assert compared >= 6


def test_this_term_and_this_school_year_differ(families, office, time_machine):
    """Who came in autumn is not reached in spring, but is reached this school year."""
    spring = NOW.replace(year=2027, month=3, day=10)
    time_machine.move_to(spring, tick=False)
    client = office("school_lead:0")
    assert "Came" in names(client.get(PAGE))
    assert "Came" not in names(client.get(PAGE, {"in": "year"}))
    assert SchoolYear.of(spring.date()).year == 2026


def test_the_county_chooses_a_station_first(families, office):
    client = office("county_staff")
    page = client.get(PAGE)
    assert not names(page)
    metrics.measure(families.county, TODAY)
    text = client.get(PAGE).content.decode()
    assert f"?unit={families.stations[0].pk}" in text
    assert names(client.get(PAGE, {"unit": families.stations[0].pk})) == {
        "Child 0",
        "Sister、Brother",
        "Alone",
    }
    assert client.post(f"{PAGE}export/").status_code == 404


def test_the_home_pages_lead_here(families, office):
    metrics.measure(families.county, TODAY)
    assert PAGE.encode() in office("county_staff").get("/admin/").content
    assert PAGE.encode() not in office("inspector").get("/admin/").content
    found = {count.words: count for count in desk.counts_of(families.staff["school_lead:0"], TODAY)}
    assert (found["families not reached yet"].number, found["families not reached yet"].url) == (3, PAGE)


def test_the_workbook_holds_the_same_families_and_no_whole_number(families, office):
    exported = office("school_lead:0").post(f"{PAGE}export/")
    sheet = openpyxl.load_workbook(BytesIO(b"".join(exported.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert {row[2] for row in rows[1:]} == {"Child 0", "Sister、Brother", "Alone"}
    assert "138****0777" in str(rows)
    assert "13800000777" not in str(rows)
    entry = AuditEntry.objects.get(action="table.export")
    assert (entry.path, entry.summary["rows"]) == (families.schools[0].path, 3)


def test_who_may_not_export_cannot(families, office):
    client = office("class_teacher:0")
    assert b"unreached/export" not in client.get(PAGE).content
    assert client.post(f"{PAGE}export/").status_code == 404


def test_the_page_asks_as_much_for_more_families(families, office):
    client = office("school_lead:0")

    def more():
        for n in range(3):
            child_of(families, f"More {n}", person(f"Guardian {n}", home=families.schools[0]))

    assert_same_queries(lambda: client.get(PAGE), more, at_most=22)


def test_long_lists_come_in_pages_in_the_order_of_the_tree(families, office):
    for n in range(60):
        child_of(families, f"More {n}")
    client = office("station_lead:0")
    first, second = client.get(PAGE), client.get(PAGE, {"page": 2})
    assert len(first.context["families"]) == 40
    assert len(second.context["families"]) == 23
    assert not names(first) & names(second)
