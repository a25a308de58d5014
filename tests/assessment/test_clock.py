"""Row R-9: the ends of days, terms and years, clocks that jump, zones that turn. Nothing lands in the wrong year, and
nothing is paid twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from django.utils import timezone

from assessment import sources, tasks
from assessment.models import PointEntry, Standing
from assessment.queries.shards import shards
from assessment.services import night
from events.models import Attendance
from events.services import take_roll
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear, term_of
from tests.assessment.facts import came, held, ledger, scheme
from tests.world import TODAY

SPANS = ("day", "week", "month", "term", "year", "calendar")
SHANGHAI = ZoneInfo("Asia/Shanghai")
ONE_SECOND = timedelta(seconds=1)

# The day that begins at midnight, and what ends there.
MIDNIGHTS = {
    date(2026, 9, 1): {"day", "month", "term", "year"},
    date(2027, 1, 1): {"day", "month", "calendar"},
    date(2027, 2, 1): {"day", "week", "month", "term"},
    date(2027, 3, 1): {"day", "week", "month"},
    date(2028, 2, 29): {"day"},
    date(2028, 3, 1): {"day", "month"},
    date(2028, 9, 1): {"day", "month", "term", "year"},
}


def at(world, moment: datetime):
    """An event that begins at a moment of the county, with the first parent there."""
    event = held(world.schools[0], world.kinds["lecture"], TODAY, title=f"{moment}")
    event.starts_at, event.ends_at = moment, moment + timedelta(minutes=45)
    event.save()
    return came(world.parents[0], event)


@pytest.mark.parametrize("day", MIDNIGHTS, ids=str)
def test_row_r_9_a_second_before_midnight_is_the_old_day_and_midnight_the_new_one(world, day):
    """A rule of at most one point in each span: the second fact earns again where a new span has begun."""
    scheme(
        world,
        *({"code": span, "order": n, f"cap_{span}": 1} for n, span in enumerate(SPANS)),
        begins=date(2020, 9, 1),
    )
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    for moment in (midnight - ONE_SECOND, midnight):
        at(world, moment)
    for shard in shards():
        night.count_points(shard, day)
    lines = PointEntry.objects.filter(happened_on=day)
    assert {line.rule.code for line in lines if line.points} == MIDNIGHTS[day]
    assert PointEntry.objects.filter(happened_on=day - timedelta(days=1), points=1).count() == len(SPANS)
    assert PointEntry.objects.count() == 2 * len(SPANS)


def test_row_r_9_the_night_before_midnight_knows_nothing_of_the_new_year(world):
    scheme(world, {"code": "lecture"}, begins=date(2020, 9, 1))
    new_year = datetime(2027, 9, 1, tzinfo=SHANGHAI)
    for moment in (new_year - ONE_SECOND, new_year):
        at(world, moment)
    seen = []
    for day in (date(2027, 8, 31), date(2027, 9, 1)):
        for shard in shards():
            night.count_points(shard, day)
        seen.append((Standing.objects.get().points, PointEntry.objects.count()))
    assert seen == [(1, 1), (1, 2)], "each year has the one of its own"


# ── The server's clock ───────────────────────────────────────────────────────


@pytest.fixture
def paid(world):
    """An attendance of each of three days."""
    scheme(world, {"code": "lecture"})
    for ahead in range(3):
        came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY + timedelta(days=ahead)))
    return world


def night_at(time_machine, moment: datetime) -> list[tuple[str, int, str]]:
    time_machine.move_to(moment, tick=False)
    tasks.start_night()
    return ledger()


def test_row_r_9_a_clock_that_goes_back_pays_nothing_twice(paid, time_machine):
    half_past = datetime(2026, 10, 14, 0, 30, tzinfo=SHANGHAI)
    first = night_at(time_machine, half_past)
    assert len(first) == 2
    for hours in (-1, 0, -25, 0, 1):
        assert night_at(time_machine, half_past + timedelta(hours=hours)) == first
    assert len(night_at(time_machine, half_past + timedelta(days=1))) == 3


def test_row_r_9_a_clock_that_is_a_day_ahead_loses_nothing_and_pays_nothing_twice(paid, time_machine):
    morning = datetime(2026, 10, 14, 2, 10, tzinfo=SHANGHAI)
    assert len(night_at(time_machine, morning + timedelta(days=1))) == 3
    for days in (0, 1, 2):
        found = night_at(time_machine, morning + timedelta(days=days))
        assert sorted(points for _, points, _ in found) == [1, 1, 1]
    late = came(paid.parents[1], held(paid.schools[1], paid.kinds["lecture"], TODAY))
    night_at(time_machine, morning + timedelta(days=3))
    assert [line.points for line in PointEntry.objects.filter(source_id=late.pk)] == [1]


@pytest.mark.parametrize("back", [timedelta(0), timedelta(seconds=1), timedelta(hours=1)], ids=str)
def test_row_r_9_who_is_put_down_again_after_the_clock_went_back_came_once(paid, back):
    event = Attendance.objects.earliest("pk").event
    began = event.starts_at + timedelta(hours=2)
    for moment in (began, began - back, began):
        take_roll(event, present=[paid.parents[0].pk], actor=None, now=moment)
    assert Attendance.objects.filter(event=event).count() == 1


# ── Zones ────────────────────────────────────────────────────────────────────

TURNING = ("Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo")


@pytest.mark.parametrize("zone", TURNING)
def test_row_r_9_the_frame_and_the_clock_agree_on_the_day(settings, zone):
    """Hour by hour through 1986 to 1991, when China had summer time, and through the years of now."""
    settings.TIME_ZONE = zone
    begin = pl.Series([datetime(1986, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)])
    moments = pl.concat([begin + timedelta(hours=n) for n in range(0, 6 * 366 * 24, 5)])
    days = moments.dt.convert_time_zone(zone).dt.date().to_list()
    local = timezone.get_default_timezone()
    assert str(local) == zone
    assert days == [moment.astimezone(local).date() for moment in moments.to_list()]


@pytest.mark.parametrize("zone", TURNING)
def test_row_r_9_a_day_begins_within_itself(settings, zone):
    """Also where a clock that is put forward at midnight leaves the hour out."""
    settings.TIME_ZONE = zone
    for first in (date(1986, 1, 1), date(2015, 1, 1), date(2025, 1, 1)):
        for day in (first + timedelta(days=n) for n in range(6 * 366)):
            assert clock.day_of(clock.midnight(day)) == day


def test_row_r_9_summer_time_is_in_the_tables_that_are_tried_here():
    offsets = {datetime(1988, month, 10, tzinfo=SHANGHAI).utcoffset() for month in (1, 7)}
    assert offsets == {timedelta(hours=8), timedelta(hours=9)}


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_row_r_9_facts_lie_in_the_day_of_the_county_wherever_the_server_stands(world, settings, zone):
    """On the days on which the zone turns, an hour is there twice or not at all."""
    settings.TIME_ZONE = zone
    for day in (date(2026, 11, 1), date(2027, 3, 14), date(2027, 1, 1)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
        ends = midnight + timedelta(days=1)
        for moment in (midnight, midnight + timedelta(hours=1, minutes=30), ends - ONE_SECOND):
            event = held(world.schools[0], world.kinds["lecture"], TODAY, title=f"{moment}")
            type(event).objects.filter(pk=event.pk).update(
                starts_at=moment, ends_at=moment + timedelta(minutes=45)
            )
            found = sources.held_events().filter(pl.col("event_id") == event.pk)
            assert found["happened_on"].to_list() == [day]


def test_row_r_9_each_day_is_in_one_term_and_one_year():
    """Half-open periods that join: no day in two, none in none."""
    day = date(2019, 12, 25)
    while day < date(2033, 1, 5):
        for period, again in (
            (term_of(day), term_of),
            (SchoolYear.of(day).period, lambda d: SchoolYear.of(d).period),
        ):
            assert day in period
            assert period.ends_on not in period
            assert again(period.begins_on) == again(period.last_day) == period
            assert again(period.ends_on).begins_on == period.ends_on
        day += timedelta(days=1)
