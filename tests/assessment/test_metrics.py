"""Unit metrics: each person and family once at each level, as the tree was and as it is."""

from datetime import date, timedelta

import pytest

from accounts.models import UnitPlacement
from assessment.engine.metrics import METRICS, metrics_by_unit
from assessment.models import UnitMetric
from assessment.queries.shards import shards
from assessment.services import metrics, night
from events.models import Attendance
from parentschool.enums import MembershipSource, Relation
from parentschool.models import Child, Guardianship, Membership
from portal.kernel.models import Run
from tests.assessment.facts import came, held, met, revoke, scheme
from tests.world import OPENED, TODAY, person

LATER = TODAY + timedelta(days=30)


def count(world, day=TODAY):
    for shard in shards():
        night.count_points(shard, day)
    return metrics.measure(world.county, day)


def value(unit, metric, day=TODAY):
    row = UnitMetric.objects.get(unit=unit, metric=metric, day=day)
    return row.value if row.base is None else (row.value, row.base)


def learner(who, school):
    Membership.objects.create(
        person=who,
        school=school,
        school_year=2026,
        joined_on=date(2026, 9, 1),
        source=MembershipSource.ROSTER,
        path=school.path,
    )


@pytest.fixture
def busy(world):
    """Parent 0 has a child in each school, and a grandmother without children here learns in the first village.
    Parent 0 came to two lectures of school 0; parent 1 was met at home."""
    scheme(world, {"code": "lecture"}, stars=({"level": 3, "threshold": 0}, {"level": 4, "threshold": 2}))
    second = Child.objects.create(
        basis="duty", name="Child 2", school_class=world.classes[1], path=world.classes[1].path
    )
    Guardianship.objects.create(guardian=world.parents[0], child=second, relation=Relation.MOTHER)
    learner(world.parents[0], world.schools[1])
    learner(person("Grandmother"), world.villages[0])
    for title in "AB":
        came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY, title=title))
    met(world.parents[1], world.children[1], TODAY, world.staff["school_lead:1"])
    return world


def test_people_and_families_are_counted_once_at_each_level(busy):
    count(busy)
    units = (*busy.schools, busy.villages[0], *busy.stations, busy.county)
    assert [value(unit, "members") for unit in units] == [1, 2, 1, 2, 2, 3]
    assert [value(unit, "families") for unit in units] == [1, 2, 0, 1, 2, 2]
    assert [value(unit, "reach") for unit in units] == [(1, 1), (2, 2), (0, 0), (1, 1), (2, 2), (2, 2)]
    assert [value(unit, "participants") for unit in units] == [1, 0, 0, 1, 0, 1]
    assert [value(unit, "person_times") for unit in units] == [2, 0, 0, 2, 0, 2]
    assert [value(unit, "lectures_held") for unit in units] == [2, 0, 0, 2, 0, 2]
    assert [value(unit, "lesson_periods") for unit in units] == [4, 0, 0, 4, 0, 4]
    assert [value(unit, "participation") for unit in units] == [
        (1, 1),
        (1, 2),
        (0, 1),
        (1, 2),
        (1, 2),
        (1, 3),
    ]
    assert [value(unit, "home_visits_contact") for unit in units] == [0, 1, 0, 0, 1, 1]
    assert [value(unit, "star_3") for unit in units] == [(0, 1), (1, 2), (1, 1), (1, 2), (1, 2), (2, 3)]
    assert [value(unit, "star_4") for unit in units] == [(1, 1), (1, 2), (0, 1), (1, 2), (1, 2), (1, 3)]


def test_every_standing_unit_has_every_metric_with_its_lineage(busy):
    run = count(busy)
    assert run.counts["rows"] == UnitMetric.objects.count() == len(METRICS) * 8
    lineage = UnitMetric.objects.get(unit=busy.schools[0], metric="members").lineage
    assert lineage == "".join(f"{unit.pk:010d}" for unit in (busy.county, busy.stations[0], busy.schools[0]))


def test_an_attendance_that_was_revoked_is_none(busy):
    first = Attendance.objects.filter(person=busy.parents[0]).order_by("pk")[0]
    revoke(first)
    came(busy.parents[1], first.event)
    count(busy)
    assert [value(unit, "person_times") for unit in (*busy.schools, busy.county)] == [2, 0, 2]
    assert [value(unit, "participants") for unit in (*busy.schools, busy.county)] == [2, 0, 2]


def test_counting_again_changes_nothing(busy):
    def rows():
        return sorted(UnitMetric.objects.values_list("day", "unit", "metric", "value", "base", "lineage"))

    count(busy)
    before = rows()
    count(busy)
    assert rows() == before


def test_a_family_not_reached_this_term_is_not_reached(busy):
    spring = date(2027, 3, 1)
    count(busy, spring)
    assert value(busy.county, "reach", spring) == (0, 2)
    assert value(busy.county, "person_times", spring) == 2


def test_last_years_events_do_not_count(busy):
    autumn = date(2027, 9, 1)
    count(busy, autumn)
    assert value(busy.county, "person_times", autumn) == 0


def move(world, school, station, on):
    """The first school's place from a day on, as a move writes it."""
    UnitPlacement.objects.filter(unit=school, valid_until=None).update(valid_until=on)
    UnitPlacement.objects.create(unit=school, parent=station, name=school.name, valid_from=on)
    school.parent, school.path = station, station.path + "0003"
    school.save()


def figures(metric, day, under, as_of):
    return {row.name: row.value for row in metrics_by_unit([metric], day, under, as_of=as_of)[metric]}


@pytest.mark.parametrize("metric", ["person_times", "members", "families"])
def test_a_school_moved_in_mid_year_counts_where_it_was_and_where_it_is(busy, metric):
    count(busy)
    was = figures(metric, TODAY, busy.county, "then")
    assert figures(metric, TODAY, busy.county, "now") == was
    move(busy, busy.schools[0], busy.stations[1], TODAY + timedelta(days=5))
    assert figures(metric, TODAY, busy.county, "then") == was
    now = figures(metric, TODAY, busy.county, "now")
    assert now["County"] == was["County"]
    assert now["Town 0"] == {"person_times": 0, "members": 1, "families": 0}[metric]
    assert now["Town 1"] == {"person_times": 2, "members": 2, "families": 2}[metric]
    count(busy, LATER)
    assert figures(metric, LATER, busy.county, "then") == now


def test_a_unit_closed_since_keeps_what_it_did_counted_above_it(busy):
    closes = TODAY + timedelta(days=2)
    UnitPlacement.objects.filter(unit=busy.schools[0], valid_until=None).update(valid_until=closes)
    count(busy, LATER)
    assert not UnitMetric.objects.filter(unit=busy.schools[0], day=LATER).exists()
    assert value(busy.stations[0], "person_times", LATER) == 2


def test_the_metrics_of_a_late_day_stay_as_they_were_shown(busy):
    count(busy, LATER)
    assert metrics.measure(busy.county, TODAY) is None
    assert Run.objects.filter(step="metrics").count() == 1


def test_metrics_wait_for_all_points(busy):
    night.count_points(shards()[0], TODAY)
    assert list(metrics.measure_through(TODAY)) == []


def test_names_of_that_day(busy):
    count(busy)
    school = busy.schools[0]
    UnitPlacement.objects.filter(unit=school, valid_until=None).update(valid_until=LATER)
    UnitPlacement.objects.create(unit=school, parent=busy.stations[0], name="New name", valid_from=LATER)
    school.name = "New name"
    school.save()
    assert "School 0" in figures("members", TODAY, busy.stations[0], "then")
    assert "New name" in figures("members", TODAY, busy.stations[0], "now")
    assert OPENED < TODAY
