"""The list of booked seats for those who run an event, and booking for a family without a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events.enums import SeatStatus
from events.models import Event, Reservation
from events.services import reserve_seats, schedule_event
from parentschool.enums import Relation
from parentschool.models import Guardianship
from portal.kernel.models import Notice
from tests.events.pages import client_of, page, signed_in
from tests.events.plans import family, plan
from tests.queries import assert_same_queries
from tests.world import NOW

AHEAD = NOW + timedelta(days=3)


@pytest.fixture
def salon(world) -> Event:
    wanted = plan(world, starts_at=AHEAD, needs_booking=True, capacity=4, title="Salon")
    return schedule_event(world.schools[0], plan=wanted, actor=None, now=NOW)


def book(event, *people, children=0, minute=0) -> Reservation:
    now = NOW + timedelta(minutes=minute)
    return reserve_seats(event, people=people, children=children, actor=people[0], now=now)


def test_the_lead_sees_who_comes_who_waits_in_which_order_and_what_is_left(world, salon):
    one, two, three = (family(world, n) for n in (1, 2, 3))
    book(salon, one, children=2)
    book(salon, three, children=1, minute=1)
    book(salon, two, children=1, minute=2)
    response = client_of(world, "school_lead:0").get(page("event_seats", salon.pk))
    shown = response.context["list"]
    assert [booked.names for booked in shown.seated] == [(one.name,)]
    assert [(booked.turn, booked.names) for booked in shown.waiting] == [(1, (three.name,)), (2, (two.name,))]
    for words in ("Pupil 001", "<b>3</b><span>已报座位", "<b>1</b><span>剩余座位", "<b>4</b><span>候补座位"):
        assert words in response.text, words
    assert one.phone not in response.text


def test_the_lead_books_for_a_grandmother_without_a_phone_and_her_household(world, salon):
    elder = family(world, 5)
    mother = world.parents[0]
    Guardianship.objects.create(
        guardian=elder, child=world.children[0], relation=Relation.PATERNAL_GRANDMOTHER
    )
    client, new = client_of(world, "school_lead:0"), page("event_seats_new", salon.pk)
    found = client.post(new, {"q": elder.name})
    assert [row.person_id for row, _ in found.context["found"]] == [elder.pk]
    chosen = client.post(new, {"person": elder.pk})
    offered = [int(key) for key, _ in chosen.context["form"].fields["people"].choices]
    assert offered == [elder.pk, mother.pk]
    wanted = {"person": elder.pk, "people": [elder.pk, mother.pk], "children": "1", "book": "1"}
    for _ in range(2):
        assert client.post(new, wanted)["Location"] == page("event_seats", salon.pk)
    held = Reservation.objects.get()
    assert (held.seats, held.status, held.made_by) == (3, SeatStatus.SEATED, world.staff["school_lead:0"])
    assert "booked_for_you" in Notice.objects.get(person=mother).kind
    assert signed_in(mother).get(page("family_event", salon.pk)).context["family"].own == held


def test_booking_for_a_family_works_after_the_end_of_booking_but_not_once_it_has_begun(world, salon):
    Event.objects.filter(pk=salon.pk).update(book_until=NOW - timedelta(days=1))
    parent = world.parents[0]
    new = page("event_seats_new", salon.pk)
    wanted = {"person": parent.pk, "people": [parent.pk], "children": "0", "book": "1"}
    client_of(world, "school_lead:0").post(new, wanted)
    assert Reservation.objects.get().status == SeatStatus.SEATED
    Event.objects.filter(pk=salon.pk).update(starts_at=NOW)
    answer = client_of(world, "school_lead:0").post(new, {**wanted, "person": family(world, 8).pk})
    assert answer["Location"] == page("event_seats", salon.pk)
    assert Reservation.objects.count() == 1


def test_nobody_outside_the_reach_is_found_or_booked(world, salon):
    foreign = world.parents[1]
    client, new = client_of(world, "school_lead:0"), page("event_seats_new", salon.pk)
    assert client.post(new, {"q": foreign.name}).context["found"] == []
    for key in (foreign.pk, "x", "9" * 30):
        wanted = {"person": key, "people": [foreign.pk], "children": "0", "book": "1"}
        assert client.post(new, wanted).status_code == 404
    wanted = {"person": world.parents[0].pk, "people": [foreign.pk], "children": "0", "book": "1"}
    assert set(client.post(new, wanted).context["form"].errors) == {"people"}
    assert not Reservation.objects.exists()


def test_cancelling_for_a_family_lets_the_next_move_up_and_tells_both(world, salon):
    one, two = family(world, 1), family(world, 2)
    first, second = book(salon, one, children=3), book(salon, two, minute=1)
    client, back = client_of(world, "school_lead:0"), page("event_seats_back", first.pk)
    assert one.name in client.get(back).text
    assert Reservation.objects.filter(status=SeatStatus.GIVEN_BACK).count() == 0, "looking changes nothing"
    for _ in range(2):
        assert client.post(back)["Location"] == page("event_seats", salon.pk)
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.status, second.status) == (SeatStatus.GIVEN_BACK, SeatStatus.SEATED)
    assert {(n.person_id, n.kind) for n in Notice.objects.all()} == {
        (one.pk, "events.given_back"),
        (two.pk, "events.moved_up"),
    }


@pytest.mark.parametrize(
    ("name", "status"),
    [("school_lead:0", 200), ("station_lead:0", 200), ("county_staff", 200), ("school_lead:1", 404),
     ("station_lead:1", 404), ("class_teacher:1", 404), ("inspector", 404), ("liaison", 404)],
)  # fmt: skip
def test_only_who_runs_the_event_sees_its_bookings(world, salon, name, status):
    held = book(salon, world.parents[0])
    client = client_of(world, name)
    for url in (
        page("event_seats", salon.pk),
        page("event_seats_new", salon.pk),
        page("event_seats_back", held.pk),
    ):
        assert client.get(url).status_code == status, url
    if status == 404:
        client.post(page("event_seats_back", held.pk))
        held.refresh_from_db()
        assert held.status == SeatStatus.SEATED


def test_the_list_asks_no_more_for_more_families(world, salon):
    client = client_of(world, "school_lead:0")
    book(salon, family(world, 1))

    def more() -> None:
        for n in (2, 3, 4):
            book(salon, family(world, n), children=1, minute=n)

    assert_same_queries(lambda: client.get(page("event_seats", salon.pk)), more, at_most=13)


@pytest.fixture
def fair(world) -> Event:
    """Of a department, for the whole county, with three seats."""
    wanted = plan(world, starts_at=AHEAD, needs_booking=True, capacity=3, title="Fair")
    return schedule_event(world.department, plan=wanted, actor=None, now=NOW)


@pytest.mark.parametrize("name", ["school_lead:0", "class_teacher:0"])
def test_school_and_teacher_see_and_book_their_own_families_at_events_of_others(world, fair, name):
    own, foreign = world.parents[0], world.parents[1]
    elder = family(world, 5)
    theirs = book(fair, foreign, children=1, minute=-2)
    mine = book(fair, own, children=1, minute=-1)
    client = client_of(world, name)
    assert [event.title for event in client.get(page("event_list")).context["to_book"]] == ["Fair"]
    shown = client.get(page("event_seats", fair.pk))
    assert [(booked.turn, booked.names) for booked in shown.context["list"].waiting] == [(1, (own.name,))]
    assert shown.context["list"].seated == []
    assert foreign.name not in shown.text
    wanted = {"person": elder.pk, "people": [elder.pk], "children": "0", "book": "1"}
    client.post(page("event_seats_new", fair.pk), wanted)
    waiting = client.get(page("event_seats", fair.pk)).context["list"].waiting
    assert [(booked.turn, booked.names) for booked in waiting] == [(1, (own.name,)), (2, (elder.name,))]
    assert client.post(page("event_seats_back", theirs.pk)).status_code == 404
    assert client.post(page("event_seats_back", mine.pk))["Location"] == page("event_seats", fair.pk)
    theirs.refresh_from_db(), mine.refresh_from_db()
    assert (theirs.status, mine.status) == (SeatStatus.SEATED, SeatStatus.GIVEN_BACK)


def test_who_runs_it_sees_all_and_who_reaches_no_family_of_it_nothing(world, fair):
    book(fair, world.parents[0])
    shown = client_of(world, "liaison").get(page("event_seats", fair.pk)).context["list"]
    assert [booked.names for booked in shown.seated] == [(world.parents[0].name,)]
    for name in ("inspector", "lecturer:0"):
        assert client_of(world, name).get(page("event_seats", fair.pk)).status_code == 404
    invited = plan(world, starts_at=AHEAD, needs_booking=True, title="Invited", audience="invited")
    closed = schedule_event(world.county, plan=invited, actor=None, now=NOW)
    near = schedule_event(
        world.schools[1], plan=plan(world, starts_at=AHEAD, needs_booking=True), actor=None, now=NOW
    )
    for event in (closed, near):
        assert client_of(world, "school_lead:0").get(page("event_seats", event.pk)).status_code == 404


@pytest.mark.parametrize(
    ("name", "linked"), [("school_lead:0", True), ("class_teacher:0", True), ("inspector", False)]
)
def test_the_page_of_the_event_leads_to_its_bookings(world, salon, name, linked):
    shown = client_of(world, name).get(page("event_detail", salon.pk)).text
    assert (f'href="{page("event_seats", salon.pk)}"' in shown) is linked
