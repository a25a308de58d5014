"""Events for parents: what is near, the page of an event, seats for a household, the month, the notices."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.conf import settings

from events.enums import Audience, SeatStatus
from events.models import Event, Reservation
from events.queries import belongs, expected_people
from events.services import cancel_event, change_event, reserve_seats, schedule_event
from parentschool.enums import Relation
from parentschool.models import Guardianship
from portal.kernel.models import Notice, SpecialDay
from tests.events.pages import page, signed_in
from tests.events.plans import family, lecturer, plan
from tests.queries import assert_same_queries
from tests.world import NOW

AHEAD = NOW + timedelta(days=3)


def at(host, world, title, **more) -> Event:
    wanted = {"starts_at": AHEAD, "needs_booking": True, "capacity": 4, "title": title, **more}
    return schedule_event(host, plan=plan(world, **wanted), actor=None, now=NOW)


@pytest.fixture
def salon(world) -> Event:
    Event.objects.all().delete()
    return at(world.schools[0], world, "Salon", lecturers=(lecturer(world),))


@pytest.fixture
def father(world):
    """The other guardian of the first parent's child, who is nobody's learner."""
    made = family(world, 7)
    Guardianship.objects.create(guardian=made, child=world.children[0], relation=Relation.FATHER)
    return made


def titles(response) -> set[str]:
    return {event.title for event in response.context["coming"]}


def test_links_show_the_own_school_the_township_the_county_and_what_is_booked(world, salon):
    client = signed_in(world.parents[0])
    at(world.stations[0], world, "Town")
    at(world.county, world, "County")
    at(world.schools[1], world, "Foreign")
    reserve_seats(salon, people=[world.parents[0]], actor=None, now=NOW)
    shown = {where: titles(client.get(page("my_events"), {"at": where})) for where in
             ("", "school", "town", "county", "booked")}  # fmt: skip
    assert shown == {
        "": {"Salon", "Town", "County"},
        "school": {"Salon"},
        "town": {"Town"},
        "county": {"County"},
        "booked": {"Salon"},
    }


def test_what_a_department_hosts_reaches_the_whole_county(world, salon):
    fair = at(world.department, world, "Fair")
    mother = world.parents[0]
    client = signed_in(mother)
    assert "Fair" in titles(client.get(page("my_events"), {"at": "county"}))
    kin = family(world, 9)
    Guardianship.objects.create(guardian=kin, child=world.children[0], relation=Relation.FATHER)
    client.post(page("family_seats", fair.pk), {"people": [mother.pk, kin.pk], "children": "1"})
    assert Reservation.objects.get(event=fair).seats == 3
    assert belongs(mother, fair)
    assert set(expected_people(fair)) == {*world.parents, kin}
    assert signed_in(world.parents[1]).get(page("family_event", fair.pk)).status_code == 200


def test_the_page_says_when_where_who_and_how_many_seats_are_left(world, salon):
    html = signed_in(world.parents[0]).get(page("family_event", salon.pk)).text
    for words in (
        "2026年10月15日(周四) 10:00–11:00",
        "Hall",
        "lecturer:0",
        "School 0",
        "还剩 4 个（共 4 个）",
    ):
        assert words in html, words
    assert "<script" not in html


def test_a_household_is_booked_by_one_press_changed_and_given_back(world, salon, father):
    mother = world.parents[0]
    client, seats = signed_in(mother), page("family_seats", salon.pk)
    wanted = {"people": [mother.pk, father.pk], "children": "2"}
    for _ in range(2):
        assert client.post(seats, wanted)["Location"] == page("family_event", salon.pk)
    held = Reservation.objects.get()
    assert (held.seats, held.status, held.made_by) == (4, SeatStatus.SEATED, mother)
    assert "已报名" in client.get(page("family_event", salon.pk)).text
    signed_in(father).post(seats, {"people": [mother.pk], "children": "0"})
    held.refresh_from_db()
    assert (held.seats, held.children) == (1, 0), "either guardian may change what the household holds"
    client.post(page("family_back", salon.pk))
    held.refresh_from_db()
    assert held.status == SeatStatus.GIVEN_BACK


@pytest.mark.parametrize("wanted", [{"children": "1"}, {"people": ["me"], "children": "9"}, {}])
def test_a_slip_is_shown_at_its_field_and_books_nothing(world, salon, wanted):
    wanted = {**wanted, **({"people": [world.parents[0].pk]} if "people" in wanted else {})}
    response = signed_in(world.parents[0]).post(page("family_seats", salon.pk), wanted)
    assert (response.status_code, bool(response.context["form"].errors)) == (200, True)
    assert not Reservation.objects.exists()


def test_nobody_books_for_somebody_outside_the_household(world, salon):
    stranger = family(world, 3)
    wanted = {"people": [world.parents[0].pk, stranger.pk], "children": "0"}
    response = signed_in(world.parents[0]).post(page("family_seats", salon.pk), wanted)
    assert set(response.context["form"].errors) == {"people"}
    assert not Reservation.objects.exists()


def test_nobody_sees_or_gives_back_the_seats_of_another_household(world, salon):
    other = family(world, 3)
    reserve_seats(salon, people=[other], actor=other, now=NOW)
    client = signed_in(world.parents[0])
    assert other.name not in client.get(page("family_event", salon.pk)).text
    client.post(page("family_back", salon.pk))
    assert Reservation.objects.get().status == SeatStatus.SEATED


def test_events_meant_for_others_are_not_there_even_for_booking(world, salon):
    foreign = at(world.schools[1], world, "Foreign")
    invited = at(world.schools[0], world, "Invited", audience=Audience.INVITED)
    client = signed_in(world.parents[0])
    for event in (foreign, invited):
        assert client.get(page("family_event", event.pk)).status_code == 404
        posted = client.post(page("family_seats", event.pk), {"people": [world.parents[0].pk], "children": 0})
        assert posted.status_code == 404
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("language", "tile"),
    [
        ("zh-hans", "<span>10月</span><b>15</b><span>周四</span>"),
        ("en", "<span>Oct</span><b>15</b><span>Thu</span>"),
    ],
)
def test_the_tile_of_an_event_names_month_and_day_in_the_reader_s_language(world, salon, language, tile):
    client = signed_in(world.parents[0])
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for address in ("my_events", "my_month", "home"):
        assert f'<div class="date">{tile}</div>' in client.get(page(address)).text, address


def test_seats_of_the_family_are_told_with_the_reader_s_own_marks(world, salon, father):
    reserve_seats(salon, people=[father], actor=father, now=NOW)
    other = family(world, 3)
    shown = signed_in(world.parents[0]).get(page("family_event", salon.pk)).text
    assert f"{father.name}：已报名 1 个座位" in shown
    assert other.name not in shown


def test_who_waits_is_told_when_seats_come_free(world, salon):
    other, waiting = family(world, 3), world.parents[0]
    first = reserve_seats(salon, people=[other], children=3, actor=other, now=NOW)
    client = signed_in(waiting)
    client.post(page("family_seats", salon.pk), {"people": [waiting.pk], "children": "0"})
    assert "候补" in client.get(page("family_event", salon.pk)).text
    signed_in(other).post(page("family_back", salon.pk))
    first.refresh_from_db()
    assert first.status == SeatStatus.GIVEN_BACK
    bell = client.get(page("my_events")).text
    assert re.search(r"<b>1</b>", bell)
    notice = Notice.objects.get(person=waiting)
    assert "“Salon”（2026年10月15日(周四) 10:00）" in client.get(page("notices")).text
    opened = client.post(page("notice", notice.pk))
    assert opened["Location"] == page("family_event", salon.pk)
    notice.refresh_from_db()
    assert notice.read_at == NOW
    assert signed_in(other).post(page("notice", notice.pk)).status_code == 404


def test_all_notices_are_read_at_once_and_only_the_own(world):
    for parent in world.parents:
        Notice.objects.create(person=parent, kind="events.moved_up", cause="x", created_at=NOW,
                              params={"title": "T", "starts_at": NOW.isoformat(), "seats": 1})  # fmt: skip
    signed_in(world.parents[0]).post(page("notices_read"))
    assert set(Notice.objects.filter(read_at=None).values_list("person", flat=True)) == {world.parents[1].pk}


def test_a_called_off_event_stays_in_sight_of_those_who_booked(world, salon):
    mine, other = world.parents[0], family(world, 3)
    reserve_seats(salon, people=[mine], actor=mine, now=NOW)
    cancel_event(salon, reason="Snow", actor=None, now=NOW)
    shown = signed_in(mine).get(page("family_event", salon.pk)).text
    assert "Snow" in shown
    assert page("family_seats", salon.pk) not in shown
    assert signed_in(other).get(page("family_event", salon.pk)).status_code == 404


def test_the_month_marks_days_off_and_days_worked_and_links_days_with_events(world, salon):
    SpecialDay.objects.create(day=date(2026, 10, 1), is_worked=False)
    SpecialDay.objects.create(day=date(2026, 10, 10), is_worked=True)
    response = signed_in(world.parents[0]).get(page("my_month"), {"m": "2026-10"})
    days = {day.day: day for week in response.context["weeks"] for day in week}
    assert (min(days), max(days)) == (date(2026, 9, 28), date(2026, 11, 1))
    assert {day.day: day.mark for day in days.values() if day.mark} == {
        date(2026, 10, 1): "off",
        date(2026, 10, 10): "work",
    }
    assert {day.day for day in days.values() if day.events} == {date(2026, 10, 15)}
    of_day = signed_in(world.parents[0]).get(page("my_events"), {"day": "2026-10-15"})
    assert titles(of_day) == {"Salon"}


@pytest.mark.parametrize("query", [{"m": "soon"}, {"m": "2026-13"}, {"day": "x"}, {"at": "moon"}])
def test_an_address_with_a_slip_shows_the_usual_page(world, salon, query):
    for name in ("my_month", "my_events"):
        assert signed_in(world.parents[0]).get(page(name), query).status_code == 200


@pytest.mark.parametrize(
    ("name", "most"), [("my_events", 9), ("my_month", 8), ("event", 11), ("notices", 5), ("my_calendar", 6)]
)
def test_pages_ask_no_more_for_more_rows(world, salon, father, name, most):
    mother = world.parents[0]
    client = signed_in(mother)
    url = page("family_event", salon.pk) if name == "event" else page(name)
    reserve_seats(salon, people=[mother, father], actor=mother, now=NOW)
    Notice.objects.create(person=mother, kind="events.moved_up", cause="0", created_at=NOW,
                          params={"title": "T", "starts_at": NOW.isoformat(), "seats": 1})  # fmt: skip

    def more() -> None:
        for n in range(2):
            at(world.county, world, f"More {n}")
            kin = family(world, 20 + n)
            Guardianship.objects.create(guardian=kin, child=world.children[0], relation=Relation.OTHER)
            reserve_seats(salon, people=[kin], actor=kin, now=NOW)
            Notice.objects.create(person=mother, kind="events.moved_up", cause=f"1{n}", created_at=NOW,
                                  params={"title": "T", "starts_at": NOW.isoformat(), "seats": 1})  # fmt: skip

    assert_same_queries(lambda: client.get(url), more, at_most=most)


def test_with_more_seats_on_the_phone_form_families_move_up(world, salon):
    one, two = family(world, 3), family(world, 4)
    reserve_seats(salon, people=[one], children=3, actor=one, now=NOW)
    reserve_seats(salon, people=[two], actor=two, now=NOW)
    wider = plan(world, starts_at=AHEAD, needs_booking=True, capacity=5, title="Salon")
    change_event(salon, plan=wider, actor=None, now=NOW)
    assert set(Reservation.objects.values_list("status", flat=True)) == {SeatStatus.SEATED}
