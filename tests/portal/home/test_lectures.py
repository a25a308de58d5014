"""What a lecturer is booked for: the own bookings alone, hours of what was held, and the way there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from events.enums import EventStatus
from events.models import Event, EventLecturer
from portal.home.queries import desk, lectures
from portal.kernel.calendar import SchoolYear
from tests.assessment.facts import came, held, revoke
from tests.queries import assert_same_queries
from tests.world import NOW, OPENED, TODAY, World, appoint
from training.models import Lecturer

THIS, LAST = SchoolYear(2026), SchoolYear(2025)
PAGE = "/work/lectures/"


@pytest.fixture
def speaker(world: World, time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    return in_pool(world, "lecturer:0")


def in_pool(world: World, who: str) -> Lecturer:
    return Lecturer.objects.create(
        person=world.staff[who], unit=world.schools[0], tier="school", valid_from=OPENED
    )


def booked(lecturer: Lecturer, event: Event, **change: object) -> Event:
    Event.objects.filter(pk=event.pk).update(**change)
    EventLecturer.objects.create(
        event=event, lecturer=lecturer, starts_at=event.starts_at, ends_at=event.ends_at
    )
    return event


def talk(world: World, on: date, title: str, *, at: int = 0, minutes: int = 90) -> Event:
    return held(world.schools[at], world.kinds["lecture"], on, minutes=minutes, title=title)


def page_of(world: World, who: str = "lecturer:0", query: str = "") -> str:
    client = Client()
    client.force_login(world.as_(who), backend="accounts.backends.RoleBackend")
    return client.get(PAGE + query).content.decode()


def titles(events: list[Event]) -> list[str]:
    return [event.title for event in events]


def test_ahead_are_ones_own_bookings_the_nearest_first_and_called_off_ones_too(world, speaker):
    other = in_pool(world, "lecturer:1")
    booked(speaker, talk(world, TODAY + timedelta(days=9), "later"), status=EventStatus.PLANNED)
    booked(speaker, talk(world, TODAY + timedelta(days=2), "sooner", at=1), status=EventStatus.PLANNED)
    booked(speaker, talk(world, TODAY + timedelta(days=3), "off"), status=EventStatus.CANCELLED)
    booked(other, talk(world, TODAY + timedelta(days=4), "of another"), status=EventStatus.PLANNED)
    talk(world, TODAY + timedelta(days=5), "without a lecturer")
    assert titles(lectures.ahead(world.staff["lecturer:0"], now=NOW)) == ["sooner", "off", "later"]


def test_given_are_those_of_the_year_that_are_over_and_were_not_called_off(world, speaker):
    booked(speaker, talk(world, date(2026, 9, 1), "first day"))
    booked(speaker, talk(world, date(2026, 10, 1), "off"), status=EventStatus.CANCELLED)
    booked(speaker, talk(world, date(2026, 10, 2), "no roll"), status=EventStatus.PLANNED)
    booked(speaker, talk(world, date(2026, 8, 31), "last year"))
    booked(speaker, talk(world, TODAY + timedelta(days=1), "to come"), status=EventStatus.PLANNED)
    person = world.staff["lecturer:0"]
    assert titles(lectures.given(person, THIS, now=NOW)) == ["no roll", "first day"]
    assert titles(lectures.given(person, LAST, now=NOW)) == ["last year"]
    assert lectures.years_of(person, TODAY) == [THIS, LAST]


def test_hours_and_people_are_those_of_events_that_were_held(world, speaker, client):
    first = booked(speaker, talk(world, date(2026, 9, 10), "held", minutes=100))
    came(world.parents[0], first)
    revoke(came(world.parents[1], first))
    second = booked(
        speaker, talk(world, date(2026, 9, 11), "no roll", minutes=90), status=EventStatus.PLANNED
    )
    came(world.parents[0], second)
    client.force_login(world.as_("lecturer:0"), backend="accounts.backends.RoleBackend")
    told = client.get(PAGE).context
    assert (told["times"], told["periods"], told["people"]) == (1, 2, 1)


def test_the_page_says_what_was_called_off_and_where_the_roll_is_missing(world, speaker):
    ahead = talk(world, TODAY + timedelta(days=3), "Talk ahead")
    booked(speaker, ahead, status=EventStatus.CANCELLED, cancel_reason="Snow on the road")
    booked(speaker, talk(world, date(2026, 10, 2), "Talk without roll"), status=EventStatus.PLANNED)
    page = page_of(world)
    assert "Snow on the road" in page
    assert "尚未点名" in page


def test_another_year_is_one_press_away_and_nonsense_is_this_year(world, speaker):
    booked(speaker, talk(world, date(2026, 3, 1), "In spring"))
    booked(speaker, talk(world, date(2026, 9, 5), "In autumn"))
    page = page_of(world)
    assert "In autumn" in page
    assert "0 人到场" not in page, "held, but nobody was put on the list"
    last = page_of(world, query="?year=2025")
    assert "In spring" in last
    assert "In autumn" not in last
    assert "In autumn" in page_of(world, query="?year=x")


def test_who_is_a_lecturer_beside_another_role_finds_the_page_from_the_own_work(world, speaker):
    lead = world.as_("school_lead:0")
    assert reverse("my_lectures") not in {tile.url for tile in desk.more_of(lead)}
    appoint(lead, "lecturer", world.schools[0])
    assert reverse("my_lectures") in {tile.url for tile in desk.more_of(world.as_("school_lead:0"))}


def test_who_is_nothing_but_a_lecturer_is_led_back_here(world, speaker, client):
    client.force_login(world.as_("lecturer:0"), backend="accounts.backends.RoleBackend")
    assert client.get("/work/")["Location"] == PAGE
    assert f'href="{PAGE}"' not in client.get(PAGE).content.decode()


def test_a_parent_has_no_such_page(world, client):
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    assert client.get(PAGE)["Location"] == "/"


def test_more_lectures_ask_no_more_of_the_database(world, speaker, client):
    client.force_login(world.as_("lecturer:0"), backend="accounts.backends.RoleBackend")

    def more(number: int = 2) -> None:
        for n in range(number):
            day = TODAY - timedelta(days=lectures_so_far() + 1)
            booked(speaker, talk(world, day, f"Given {n}"))
            booked(speaker, talk(world, TODAY + timedelta(days=n + 1), f"Ahead {day}"))

    more(1)
    assert_same_queries(lambda: client.get(PAGE), more, at_most=10)


def lectures_so_far() -> int:
    return EventLecturer.objects.count()
