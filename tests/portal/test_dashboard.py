"""The office's start page: whose numbers, how many queries, and what is held back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import Unit
from assessment.enums import AppraisalStatus
from assessment.models import Appraisal, UnitMetric
from assessment.queries import reach, stars
from events.enums import EventStatus, Method
from events.models import Attendance, Event
from portal import dashboard
from portal.home.queries import desk, todo
from portal.kernel.models import Job
from tests.matrix.rows import fill
from tests.world import NOW, TODAY, World


@pytest.fixture
def office(world: World, time_machine, settings) -> World:
    cache.clear()
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    return fill(world)


def client_of(person) -> Client:
    client = Client()
    client.force_login(person, backend="accounts.backends.RoleBackend")
    return client


def test_weeks_count_held_and_planned_events_in_scope(office):
    Event.objects.all().update(starts_at=NOW - timedelta(weeks=30), ends_at=NOW - timedelta(weeks=29))

    def hold(host, weeks: int, status: str) -> None:
        begins = NOW + timedelta(weeks=weeks)
        Event.objects.create(
            host=host,
            kind=office.kinds["lecture"],
            title="x",
            starts_at=begins,
            ends_at=begins + timedelta(hours=1),
            status=status,
        )

    hold(office.schools[0], 0, EventStatus.HELD)
    hold(office.schools[0], 0, EventStatus.CANCELLED)
    hold(office.schools[0], 2, EventStatus.PLANNED)
    hold(office.schools[1], 0, EventStatus.HELD)
    hold(office.schools[0], -8, EventStatus.HELD)
    hold(office.schools[0], -9, EventStatus.HELD)
    hold(office.schools[0], 5, EventStatus.PLANNED)

    def weeks(who: str) -> dict[date, tuple[int, int]]:
        looker = dashboard.Looker(office.as_(who), None)
        found = dashboard.weeks_of(looker, TODAY)
        assert len(found) == dashboard.WEEKS_BACK + dashboard.WEEKS_AHEAD + 1
        return {week.begins_on: (week.held, week.planned) for week in found if week.held or week.planned}

    monday = date(2026, 10, 12)
    own = {monday: (1, 0), monday + timedelta(weeks=2): (0, 1), monday - timedelta(weeks=8): (1, 0)}
    assert weeks("station_lead:0") == own
    assert weeks("station_lead:1") == {monday: (1, 0)}
    assert weeks("county_admin") == {**own, monday: (2, 0)}


def test_figures_count_the_month_in_scope(office):
    def figures(who: str) -> dict[str, int]:
        looker = dashboard.Looker(office.as_(who), None)
        return {figure.label: figure.value for figure in dashboard.event_figures(looker, TODAY)}

    whole = Attendance.objects.filter(revoked_at=None).count()
    own = Attendance.objects.filter(revoked_at=None, event__host__path__startswith=office.stations[0].path)
    assert list(figures("county_admin").values())[1] == whole
    assert list(figures("station_lead:0").values())[1] == own.count() < whole
    Attendance.objects.filter(event__host=office.schools[0]).update(revoked_at=NOW)
    assert list(figures("station_lead:0").values())[1] == own.count()


def count_stars(unit: Unit, learners: int, *people: int, day: date = TODAY) -> None:
    above = [unit, *(each for each in (unit.parent, unit.parent and unit.parent.parent) if each)]
    for level in range(1, 6):
        UnitMetric.objects.create(
            day=day, unit=unit, metric=f"star_{level}", base=learners,
            lineage="".join(f"{each.pk:010d}" for each in reversed(above)),
            value=people[level - 1] if level <= len(people) else 0,
        )  # fmt: skip


def test_stars_are_those_of_the_last_nights_metrics_and_tell_of_no_few(office):
    def seen(who: str) -> list[int | None]:
        looker = dashboard.Looker(office.as_(who), None)
        return [star.people for star in stars.star_counts(looker.scope("assessment.view_unitmetric"))]

    assert seen("county_admin") == []
    count_stars(office.county, 9, 9, day=TODAY - timedelta(days=1))
    count_stars(office.county, 100, 20, 3, 30)
    assert seen("station_lead:1") == []
    count_stars(office.stations[0], 40, 10)
    count_stars(office.stations[1], 60, 10, 3, 30)
    assert seen("county_admin") == [47, None, None, 30]
    assert seen("station_lead:0") == [30, 10, 0, 0]
    assert seen("station_lead:1") == [17, None, None, 30]
    assert seen("class_teacher:0") == []


def test_stars_of_one_unit_are_not_worked_out_from_those_of_the_others(office):
    """School 0 has three people of the first star: 30 of the station less 27 of the village would tell so."""
    village = Unit.objects.get(name="Village 0")
    count_stars(office.county, 220, 90)
    count_stars(office.stations[0], 80, 30)
    count_stars(office.stations[1], 140, 60)
    count_stars(office.schools[0], 20, 3)
    count_stars(village, 60, 27)
    looker = dashboard.Looker(office.as_("county_admin"), None)

    def seen(unit: Unit) -> list[int | None]:
        counted = dashboard.Looker(looker.person, unit).scope("assessment.view_unitmetric")
        return [star.people for star in stars.star_counts(counted)]

    assert seen(office.county) == [130, 90]
    assert seen(office.stations[0]) == [50, 30]
    assert seen(office.stations[1]) == [80, 60]
    assert seen(office.schools[0]) == seen(village) == [None, None]


def test_what_is_held_back_follows_the_night_that_counts_again(office):
    count_stars(office.county, 100, 3)
    looker = dashboard.Looker(office.as_("county_admin"), None)

    def seen() -> list[int | None]:
        counted = looker.scope("assessment.view_unitmetric")
        return [star.people for star in stars.star_counts(counted)]

    assert seen() == [None, None]
    UnitMetric.objects.filter(metric__startswith=stars.METRIC).delete()
    count_stars(office.county, 100, 30)
    assert seen() == [70, 30]


def test_the_list_of_metrics_shows_no_people_by_star(office):
    count_stars(office.county, 100, 20, 3, 30)
    page = client_of(office.as_("county_admin")).get(reverse("admin:assessment_unitmetric_changelist"))
    assert {row.metric for row in page.context["cl"].result_list} == {"members"}
    few = UnitMetric.objects.get(metric="star_2")
    url = reverse("admin:assessment_unitmetric_change", args=[few.pk])
    assert client_of(office.as_("county_admin")).get(url).status_code != 200


@pytest.mark.parametrize("who", ["county_admin", "county_staff", "inspector", "liaison", "station_lead:0",
                                 "school_lead:0", "class_teacher:0", "lecturer:0"])  # fmt: skip
def test_everybody_has_a_start_page_in_the_office(office, who, django_assert_max_num_queries):
    client = client_of(office.as_(who))
    with django_assert_max_num_queries(32):
        assert client.get("/admin/").status_code == 200
    for n in range(3):
        Event.objects.create(
            host=office.schools[0], kind=office.kinds["lecture"], title=f"More {n}",
            starts_at=NOW + timedelta(days=n), ends_at=NOW + timedelta(days=n, hours=1),
        )  # fmt: skip
    with django_assert_max_num_queries(32):
        client.get("/admin/")


def test_one_unit_is_looked_at_only_from_within_its_reach(office):
    def seen(who: str) -> set[int]:
        client = client_of(office.as_(who))
        return {
            unit.pk for unit in Unit.objects.all() if client.get(f"/admin/?unit={unit.pk}").status_code == 200
        }

    assert seen("county_admin") == set(Unit.objects.values_list("pk", flat=True))
    below = Unit.objects.filter(path__startswith=office.stations[0].path)
    assert seen("station_lead:0") == set(below.values_list("pk", flat=True))
    for nonsense in ("0", "-1", "x", "9" * 30):
        assert client_of(office.as_("county_admin")).get(f"/admin/?unit={nonsense}").status_code == 404


def test_the_numbers_of_one_unit_are_its_own(office):
    person = office.as_("county_admin")
    board = dashboard.board_of(person, unit=str(office.stations[1].pk), now=NOW)
    assert {event.host for event in board.events} <= set(
        Unit.objects.filter(path__startswith=office.stations[1].path)
    )
    assert board.above == [office.county]


def test_what_waits_is_ones_own(office):
    lead = office.as_("school_lead:0")
    ended = Event.objects.create(
        host=office.schools[0], kind=office.kinds["lecture"], title="Ended without a roll",
        starts_at=NOW - timedelta(days=2), ends_at=NOW - timedelta(days=2) + timedelta(hours=1),
    )  # fmt: skip
    Job.objects.create(kind="test", title="My import", asked_by=lead, status=Job.Status.CHECKED)
    Job.objects.create(
        kind="test", title="Their import", asked_by=office.staff["school_lead:1"], status=Job.Status.CHECKED
    )
    words = [item.words for item in todo.todos_of(lead, now=NOW)]
    assert words[0] == "My import"
    lacking = [word for word in words if word.startswith("Ended without a roll · ")]
    assert len(lacking) == 1
    assert str(office.schools[0]) not in lacking[0], "it is their only school"
    above = [item.words for item in todo.rolls_to_take(office.as_("station_lead:0"), now=NOW)]
    assert [word.endswith(f" · {office.schools[0]}") for word in above if word.startswith("Ended")] == [True]
    others = [item.words for item in todo.todos_of(office.as_("school_lead:1"), now=NOW)]
    assert others[0] == "Their import"
    assert not [word for word in others if word.startswith("Ended without a roll")]
    Attendance.objects.create(event=ended, person=office.parents[0], method=Method.PAPER, taken_at=NOW)
    assert not [item for item in todo.todos_of(lead, now=NOW) if item.words.startswith("Ended without")]


def test_sheets_wait_for_those_whose_turn_it_is(office):
    Appraisal.objects.filter(unit=office.schools[0]).update(status=AppraisalStatus.SELF_SCORED)

    def waiting(who: str) -> int:
        return len(todo.appraisals_to_score(office.as_(who)))

    assert (waiting("school_lead:0"), waiting("school_lead:1")) == (0, 1)
    for n in range(9):
        ends_at = NOW - timedelta(days=n + 1)
        Event.objects.create(
            host=office.schools[1], kind=office.kinds["lecture"], title=f"No roll {n}",
            starts_at=ends_at - timedelta(hours=1), ends_at=ends_at,
        )  # fmt: skip
    shown = [item.url for item in todo.todos_of(office.as_("school_lead:1"), now=NOW)]
    assert reverse("work_appraisals") in shown, "not cut off behind many rolls"
    assert waiting("inspector") == 1
    assert waiting("class_teacher:0") == 0


def count_reach(unit: Unit, value: int, base: int, day: date = TODAY) -> None:
    UnitMetric.objects.create(
        day=day, unit=unit, metric=reach.REACH, value=value, base=base, lineage=f"{unit.pk:010d}"
    )


def test_reach_is_of_the_last_night_and_of_the_units_right_below(office):
    count_reach(office.county, 1, 999, day=TODAY - timedelta(days=1))
    count_reach(office.county, 50, 200)
    count_reach(office.stations[0], 40, 100)
    count_reach(office.stations[1], 10, 100)
    count_reach(office.schools[0], 40, 100)
    UnitMetric.objects.create(day=TODAY, unit=office.stations[1], metric=reach.LECTURES, value=7, lineage="0")

    def seen(who: str) -> tuple:
        person = office.as_(who)
        found = reach.reach_of(dashboard.Looker(person, None).scope("assessment.view_unitmetric"))
        return found and (
            (found.whole.unit, found.whole.families, found.whole.left),
            [(at.unit, at.left, at.percent, at.lectures, at.heat) for at in found.worst_first],
        )

    assert seen("county_admin") == (
        (office.county, 200, 150),
        [(office.stations[1], 90, 10.0, 7, 4), (office.stations[0], 60, 40.0, 0, 3)],
    )
    assert seen("station_lead:0") == (
        (office.stations[0], 100, 60),
        [(office.schools[0], 60, 40.0, 0, 4)],
    )
    assert seen("school_lead:0") == ((office.schools[0], 100, 60), [])
    assert seen("school_lead:1") is None
    assert seen("class_teacher:0") is None
    assert seen("liaison") is None


def test_the_start_page_shows_reach_or_says_when_it_will(office):
    page = client_of(office.as_("county_admin")).get("/admin/")
    assert page.context["board"].awaits_night
    count_reach(office.county, 50, 200)
    count_reach(office.stations[0], 40, 100)
    count_reach(office.stations[1], 10, 100)
    page = client_of(office.as_("county_admin")).get("/admin/")
    assert [figure.value for figure in page.context["board"].figures[:2]] == [50, 150]
    assert f"?unit={office.stations[1].pk}" in page.text
    inside = client_of(office.as_("county_admin")).get(f"/admin/?unit={office.stations[1].pk}")
    assert inside.context["board"].reach.whole.left == 90


def test_the_phone_page_counts_the_families_left(office):
    count_reach(office.schools[0], 40, 100)
    counts = desk.counts_of(office.as_("school_lead:0"), TODAY)
    assert counts[0].number == 60
    assert len(desk.counts_of(office.as_("class_teacher:0"), TODAY)) == 2
