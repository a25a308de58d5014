"""All pages: nothing by looking, nothing out of reach, as many queries for three rows as for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events.enums import EventStatus
from events.models import Attendance, Event
from events.queries import lists
from events.services import schedule_event, take_roll
from tests.events.pages import client_of, digest, entry, held, page
from tests.events.plans import family, lecturer, plan
from tests.world import NOW

PAGES = (
    "event_detail",
    "event_edit",
    "event_cancel",
    "roll_call",
    "walk_in",
    "sign_in_sheet",
    "wall",
    "wall_state",
)


def test_looking_changes_nothing(world, event):
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    lead, before = client_of(world, "school_lead:0"), digest()
    addresses = [page(name, event.pk) for name in PAGES]
    addresses += [page("event_list"), page("event_new"), page("check_in")]
    addresses += [page("attendance_correct", Attendance.objects.get().pk)]
    for address in addresses:
        assert lead.get(address).status_code == 200, address
    assert digest() == before


@pytest.mark.parametrize(
    "who", ["school_lead:1", "village_lead:0", "station_lead:1", "class_teacher:1", "liaison"]
)
def test_what_is_out_of_reach_is_not_there(world, event, who):
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    client, before = client_of(world, who), digest()
    addresses = [page(name, event.pk) for name in PAGES]
    addresses.append(page("attendance_correct", Attendance.objects.get().pk))
    for address in addresses:
        assert client.get(address).status_code == 404, address
        posted = client.post(address, {"do": "all", "was": "", "reason": "x", **entry(world)})
        assert posted.status_code in (404, 405), address
    assert digest() == before


def test_every_event_is_on_a_page_though_many_begin_at_the_same_moment(world, monkeypatch):
    """A county has more events ahead than a page holds, and a dozen that end together."""
    monkeypatch.setattr(lists, "PAGE", 2)
    lead, ahead, ago = client_of(world, "school_lead:0"), NOW + timedelta(days=3), NOW - timedelta(days=3)
    for n in range(5):
        held(world, title=f"Past {n}", starts_at=ago)
        schedule_event(
            world.schools[0], plan=plan(world, title=f"Next {n}", starts_at=ahead), actor=None, now=NOW
        )
    for which in ("coming", "gone"):
        titles, more = [], ""
        while True:
            listed = lead.get(f"{page('event_list')}?{more}").context[which]
            titles += [event.title for event in listed.events]
            more = listed.more
            if not more:
                break
        words = "Next" if which == "coming" else "Past"
        assert sorted(title for title in titles if title.startswith(words)) == [
            f"{words} {n}" for n in range(5)
        ]


def test_a_list_on_which_nobody_stands_says_so(world):
    """As the list of what waits does, also where the event is known to have been held."""
    event = held(world)
    Event.objects.filter(pk=event.pk).update(status=EventStatus.HELD)
    lead = client_of(world, "school_lead:0")
    shown = lead.get(page("event_list")).content.decode()
    assert "还没点名" in shown
    assert "到 0 人" not in shown
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    assert "到 1 人" in lead.get(page("event_list")).content.decode()


@pytest.mark.parametrize("name", ["event_list", "roll_call", "walk_in", "sign_in_sheet", "event_detail"])
def test_pages_ask_as_often_for_three_rows_as_for_one(world, name, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count() -> int:
        client = client_of(world, "school_lead:0")
        address = page(name) if name == "event_list" else page(name, first.pk)
        client.get(page("work"))  # the first page of a session notes when it began
        with CaptureQueriesContext(
            connection,
        ) as asked:
            if name == "walk_in":
                client.post(address, {"q": "Guardian"})
            else:
                client.get(address)
        return len(asked)

    first = held(world, lecturers=(lecturer(world),))
    take_roll(first, present=[family(world, 1).pk], actor=None, now=NOW)
    once = count()
    for n in (2, 3):
        held(world, title=f"Lecture {n}")
        take_roll(first, present=[family(world, n).pk], actor=None, now=NOW)
    assert count() == once
    assert once <= 16, once
