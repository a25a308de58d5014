"""Entering, changing and calling off on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events.enums import Audience, EventStatus
from events.models import Event
from portal.kernel import clock
from tests.events.pages import client_of, entry, held, page
from tests.events.plans import lecturer
from tests.world import NOW


def test_a_lecture_of_this_morning_is_held_and_the_roll_is_next(world):
    response = client_of(world, "school_lead:0").post(page("event_new"), entry(world))
    event = Event.objects.get(title="A lecture")
    assert (response.status_code, response["Location"]) == (302, page("roll_call", event.pk))
    assert (event.status, event.host, event.audience, event.entered_by) == (
        EventStatus.HELD,
        world.schools[0],
        Audience.SCHOOL,
        world.staff["school_lead:0"],
    )
    assert clock.local(event.starts_at).strftime("%Y-%m-%d %H:%M") == "2026-10-12 08:00"
    assert event.minutes == 90


def test_a_lecture_of_tomorrow_is_planned(world):
    response = client_of(world, "school_lead:0").post(page("event_new"), entry(world, day="2026-10-13"))
    event = Event.objects.get(title="A lecture")
    assert (event.status, response["Location"]) == (EventStatus.PLANNED, page("event_detail", event.pk))


def test_a_second_tap_leads_to_the_same_event(world):
    client = client_of(world, "school_lead:0")
    client.post(page("event_new"), entry(world))
    again = client.post(page("event_new"), entry(world))
    event = Event.objects.get(title="A lecture")
    assert again["Location"] == page("event_detail", event.pk)


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"title": ""}, {"title"}),
        ({"day": "2062-01-01"}, {"day"}),
        ({"day": "soon", "at": "late"}, {"day", "at"}),
        ({"lecturer": "other"}, {"speaker"}),
        ({"lecturer": "me", "speaker": "Somebody"}, {"speaker"}),
        ({"capacity": "0"}, {"capacity"}),
        ({"minutes": "7"}, {"minutes"}),
        ({"lecturer": "999999"}, {"lecturer"}),
    ],
)
def test_a_slip_is_shown_at_its_field_and_typed_values_stay(world, more, wrong):
    response = client_of(world, "school_lead:0").post(page("event_new"), entry(world, **more))
    assert response.status_code == 200
    assert set(response.context["form"].errors) == wrong
    assert 'value="Hall"' in response.text
    assert not Event.objects.filter(place="Hall").exists()


def test_who_speaks_may_be_oneself_a_lecturer_or_somebody_else(world):
    client, speaker = client_of(world, "school_lead:0"), lecturer(world)
    client.post(page("event_new"), entry(world, title="A", lecturer="me"))
    client.post(page("event_new"), entry(world, title="B", lecturer=speaker.pk))
    client.post(page("event_new"), entry(world, title="C", lecturer="other", speaker="Somebody"))
    told = {
        event.title: (event.speaker, list(event.lecturers.all()))
        for event in Event.objects.filter(place="Hall")
    }
    assert told == {"A": ("school_lead:0", []), "B": ("", [speaker]), "C": ("Somebody", [])}


def test_a_lecturer_who_speaks_themselves_is_booked(world):
    own = lecturer(world, "school_lead:0")
    client_of(world, "school_lead:0").post(page("event_new"), entry(world, lecturer="me"))
    assert list(Event.objects.get(title="A lecture").lecturers.all()) == [own]


def test_a_lecturer_who_is_elsewhere_is_refused_beside_the_field(world):
    speaker = lecturer(world)
    held(world, world.schools[1], lecturers=(speaker,), starts_at=NOW - timedelta(hours=2))
    response = client_of(world, "school_lead:0").post(page("event_new"), entry(world, lecturer=speaker.pk))
    assert set(response.context["form"].errors) == {"lecturer"}


def test_only_lecturers_who_serve_the_unit_are_offered(world):
    offered = {
        lecturer(world, "lecturer:0"): True,
        lecturer(world, "school_lead:0", unit=world.schools[0]): True,
        lecturer(world, "station_lead:0", unit=world.stations[0]): True,
        lecturer(world, "lecturer:1", unit=world.schools[1]): False,
        lecturer(world, "county_staff", valid_until=NOW.date()): False,
    }
    form = client_of(world, "school_lead:0").get(page("event_new")).context["form"]
    keys = {key for key, _ in form.fields["lecturer"].choices} - {"", "me", "other"}
    assert keys == {str(one.pk) for one, is_offered in offered.items() if is_offered}


@pytest.mark.parametrize(
    ("who", "hosts"),
    [
        ("school_lead:0", {"School 0"}),
        ("station_lead:0", {"Town 0", "School 0", "Village 0"}),
        ("liaison", {"Department"}),
    ],
)
def test_each_holds_events_in_the_own_units_and_a_forged_host_is_refused(world, who, hosts):
    client = client_of(world, who)
    form = client.get(page("event_new")).context["form"]
    assert {unit.name for unit in form.hosts} == hosts
    client.post(page("event_new"), entry(world, host=world.schools[1].pk))
    assert not Event.objects.filter(host=world.schools[1], place="Hall").exists()


def test_a_station_plans_by_invitation_and_a_school_for_its_learners(world):
    client = client_of(world, "station_lead:0")
    client.post(page("event_new"), entry(world, title="A", host=world.stations[0].pk))
    client.post(page("event_new"), entry(world, title="B", host=world.schools[0].pk))
    assert dict(Event.objects.filter(place="Hall").values_list("title", "audience")) == {
        "A": Audience.INVITED,
        "B": Audience.SCHOOL,
    }


def test_an_event_is_changed_where_it_is_wrong(world, event):
    client = client_of(world, "school_lead:0")
    form = client.get(page("event_edit", event.pk)).context["form"]
    assert form.initial["title"] == "Talking with children"
    client.post(
        page("event_edit", event.pk),
        entry(world, title="Better", classes=[world.classes[0].pk], capacity="40"),
    )
    event.refresh_from_db()
    assert (event.title, event.audience, event.capacity) == ("Better", Audience.CLASSES, 40)


def test_a_change_keeps_several_lecturers_booked_in_the_office(world):
    speakers = (lecturer(world), lecturer(world, "lecturer:1"))
    event = held(world, lecturers=speakers)
    client_of(world, "school_lead:0").post(page("event_edit", event.pk), entry(world, title="Better"))
    assert set(event.lecturers.all()) == set(speakers)


def test_an_event_is_called_off_with_a_reason(world, event):
    client = client_of(world, "school_lead:0")
    assert client.post(page("event_cancel", event.pk), {"reason": ""}).status_code == 200
    client.post(page("event_cancel", event.pk), {"reason": "Snow"})
    event.refresh_from_db()
    assert (event.status, event.cancel_reason) == (EventStatus.CANCELLED, "Snow")
    assert "Snow" in client.get(page("event_detail", event.pk)).text
