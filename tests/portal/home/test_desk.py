"""The phone's start page: each sees the own places, and only what the role may do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from events.enums import EventStatus
from events.models import Event
from parentschool.enums import VisitOutcome
from parentschool.models import HomeVisit
from portal.home.queries import desk
from tests.matrix.rows import fill
from tests.world import NOW, World


@pytest.fixture
def county(world: World, time_machine, settings) -> World:
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    fill(world)
    Event.objects.update(starts_at=NOW - timedelta(days=200), ends_at=NOW - timedelta(days=199))
    return world


def hold(host, kind, title: str, days: int, status: str = EventStatus.PLANNED) -> Event:
    begins = NOW + timedelta(days=days)
    return Event.objects.create(
        host=host,
        kind=kind,
        title=title,
        starts_at=begins,
        ends_at=begins + timedelta(hours=1),
        status=status,
    )


def test_events_of_today_and_the_next_seven_days_in_the_own_places(county):
    own, kind = county.schools[0], county.kinds["lecture"]
    for days in (-1, 0, 1, 7, 8):
        hold(own, kind, f"own {days}", days)
    hold(own, kind, "called off", 0, EventStatus.CANCELLED)
    hold(county.schools[1], kind, "other school", 0)
    hold(county.stations[0], kind, "station above", 0)
    for who in ("school_lead:0", "class_teacher:0"):
        shown = desk.desk(county.as_(who), now=NOW)
        assert [event.title for event in shown.today] == ["own 0"], who
        assert [event.title for event in shown.later] == ["own 1", "own 7"], who
    assert desk.desk(county.as_("village_lead:0"), now=NOW).today == []


def test_the_counts_are_of_this_term_and_the_own_places(county):
    own, kind = county.schools[0], county.kinds["lecture"]
    hold(own, kind, "held", -5, EventStatus.HELD)
    hold(own, kind, "held last term", -100, EventStatus.HELD)
    hold(own, kind, "planned", -3)
    hold(county.schools[1], kind, "elsewhere", -5, EventStatus.HELD)
    HomeVisit.objects.create(
        child=county.children[0],
        visited_on=NOW.date() - timedelta(days=2),
        outcome=VisitOutcome.ATTEMPT,
        visitor=county.staff["class_teacher:0"],
    )
    HomeVisit.objects.create(
        child=county.children[0],
        visited_on=NOW.date() - timedelta(days=3),
        outcome=VisitOutcome.CONTACT,
        visitor=county.staff["school_lead:0"],
    )

    def counts(who: str) -> list[int]:
        return [count.number for count in desk.desk(county.as_(who), now=NOW).counts]

    assert counts("school_lead:0") == [1, 1]
    assert counts("village_lead:0") == [0, 0]


def test_the_roll_leads_to_the_one_event_of_today(county, monkeypatch):
    monkeypatch.setattr(desk, "url_of", lambda name, *args: "/".join(["", name, *map(str, args)]))
    own, kind = county.schools[0], county.kinds["lecture"]
    only, second = hold(own, kind, "only", 0), hold(own, kind, "second", 0)

    def roll(*today: Event) -> str:
        return desk.tiles_of(county.as_("school_lead:0"), list(today))[1].url

    assert (roll(), roll(only), roll(only, second)) == ("/event_list", f"/roll_call/{only.pk}", "/event_list")


def test_a_class_teacher_is_not_offered_what_the_role_may_not_do(county):
    offered = desk.allowed(
        county.as_("class_teacher:0"),
        [
            ("events.add_event", "enter", "pen", "/x/"),
            ("events.add_attendance", "roll", "roll", "/x/"),
            ("parentschool.add_homevisit", "visit", "visit", "/x/"),
            ("parentschool.add_homevisit", "no such page", "visit", ""),
        ],
    )
    assert [tile.words for tile in offered] == ["roll", "visit"]


def test_the_page_asks_no_more_for_more_events(county, django_assert_max_num_queries):
    client = Client()
    client.force_login(county.as_("school_lead:0"), backend="accounts.backends.RoleBackend")
    for round_ in range(2):
        with django_assert_max_num_queries(18):
            assert client.get("/work/").status_code == 200
        for n in range(3):
            hold(county.schools[0], county.kinds["lecture"], f"More {round_} {n}", n)
