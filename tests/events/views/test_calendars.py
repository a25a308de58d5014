"""The calendar feed, read back: what a phone's calendar understands of it, and who may read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from icalendar import Calendar

from events.models import CalendarLink, Event
from events.services import cancel_event, change_event, give_back, reserve_seats, schedule_event
from events.services.calendars import end_calendar_link, make_calendar_link
from portal.kernel.models import AuditEntry
from tests.events.pages import page, signed_in
from tests.events.plans import family, plan
from tests.world import NOW

AHEAD = NOW + timedelta(days=3)
LONG = "陪孩子养成阅读习惯，" * 8 + "A, B; C\\D"


@pytest.fixture
def salon(world) -> Event:
    Event.objects.all().delete()
    return schedule_event(world.schools[0], plan=wanted(world), actor=None, now=NOW)


def wanted(world, **more):
    return plan(world, **{"starts_at": AHEAD, "needs_booking": True, "capacity": 2, "title": LONG, **more})


def read(secret: str, **headers):
    return Client().get(page("calendar_feed", secret), headers=headers)


def entry(secret: str):
    (found,) = Calendar.from_ical(read(secret).content).walk("VEVENT")
    return found


def stands(secret: str) -> tuple[str, str, int]:
    found = entry(secret)
    return str(found["UID"]), str(found["STATUS"]), int(found["SEQUENCE"])


def test_an_entry_says_what_when_in_shanghai_and_where(world, salon):
    reserve_seats(salon, people=[world.parents[0]], children=1, actor=None, now=NOW)
    secret = make_calendar_link(world.parents[0], now=NOW)
    response, found = read(secret), entry(secret)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert (str(found["SUMMARY"]), str(found["LOCATION"])) == (LONG, "School 0，Hall")
    assert found.decoded("DTSTART") == datetime(2026, 10, 15, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert b"DTSTART;TZID=Asia/Shanghai:20261015T100000\r\n" in response.content
    assert [zone["TZID"] for zone in Calendar.from_ical(response.content).walk("VTIMEZONE")] == [
        "Asia/Shanghai"
    ]


def test_lines_are_folded_at_75_octets_and_end_as_the_rule_says(world, salon):
    reserve_seats(salon, people=[world.parents[0]], actor=None, now=NOW)
    body = read(make_calendar_link(world.parents[0], now=NOW)).content
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line for line in lines)
    assert any(line.startswith(b" ") for line in lines), "the long title makes a folded line"
    assert all(line.decode() for line in lines[:-1]), "no character is cut in two"


def test_no_child_and_no_parent_is_named(world, salon):
    reserve_seats(salon, people=[world.parents[0]], children=1, actor=None, now=NOW)
    text = read(make_calendar_link(world.parents[0], now=NOW)).content.decode().replace("\r\n ", "")
    for name in ("Child 0", "Parent 0", "1380000000"):
        assert name not in text


def test_the_same_entry_changes_with_a_rising_sequence_until_it_is_struck_out(world, salon):
    """Moved up, changed, called off: one UID, and never a number that a calendar has seen for something else."""
    other, mine = family(world, 1), world.parents[0]
    first = reserve_seats(salon, people=[other], children=1, actor=other, now=NOW)
    reserve_seats(salon, people=[mine], actor=mine, now=NOW)
    secret = make_calendar_link(mine, now=NOW)
    course = [stands(secret)]
    give_back(first, actor=other, now=NOW)
    course.append(stands(secret))
    change_event(salon, plan=wanted(world, place="Library"), actor=None, now=NOW)
    course.append(stands(secret))
    cancel_event(salon, reason="Snow", actor=None, now=NOW)
    course.append(stands(secret))
    assert len({uid for uid, _status, _sequence in course}) == 1
    assert [status for _uid, status, _sequence in course] == [
        "TENTATIVE",
        "CONFIRMED",
        "CONFIRMED",
        "CANCELLED",
    ]
    sequences = [sequence for _uid, _status, sequence in course]
    assert sequences == sorted(set(sequences))


def test_seats_given_back_are_struck_out_and_booking_anew_brings_them_back(world, salon):
    mine = world.parents[0]
    secret = make_calendar_link(mine, now=NOW)
    course = []
    for _ in range(2):
        held = reserve_seats(salon, people=[mine], actor=mine, now=NOW)
        course.append(stands(secret))
        give_back(held, actor=mine, now=NOW)
        course.append(stands(secret))
    assert [status for _uid, status, _sequence in course] == ["CONFIRMED", "CANCELLED"] * 2
    sequences = [sequence for _uid, _status, sequence in course]
    assert sequences == sorted(set(sequences))


def test_events_of_the_own_schools_stand_there_without_booking_and_foreign_ones_never(world, salon):
    for host in (world.schools[0], world.schools[1]):
        open_to_all = wanted(world, needs_booking=False, title=str(host))
        schedule_event(host, plan=open_to_all, actor=None, now=NOW)
    found = Calendar.from_ical(read(make_calendar_link(world.parents[0], now=NOW)).content).walk("VEVENT")
    assert [str(item["SUMMARY"]) for item in found] == ["School 0"]


def test_who_has_it_already_is_told_so_until_something_changes(world, salon):
    reserve_seats(salon, people=[world.parents[0]], actor=None, now=NOW)
    secret = make_calendar_link(world.parents[0], now=NOW)
    etag = read(secret)["ETag"]
    assert read(secret, if_none_match=etag).status_code == 304
    change_event(salon, plan=wanted(world, place="Library"), actor=None, now=NOW)
    assert read(secret, if_none_match=etag).status_code == 200


def test_a_new_link_kills_the_old_one_at_once_and_only_a_digest_is_kept(world, salon):
    mine, client = world.parents[0], signed_in(world.parents[0])
    shown = client.post(page("my_calendar"))
    old = shown.context["address"].rsplit("/", 1)[1].removesuffix(".ics")
    assert old in shown.text
    assert "no-store" in shown["Cache-Control"]
    assert old not in client.get(page("my_calendar")).text
    assert old not in str(list(CalendarLink.objects.values())) + str(list(AuditEntry.objects.values()))
    assert read(old).status_code == 200
    new = make_calendar_link(mine, now=NOW)
    assert (read(old).status_code, read(new).status_code) == (404, 200)
    client.post(page("my_calendar_end"))
    end_calendar_link(mine, now=NOW)
    assert read(new).status_code == 404
    assert AuditEntry.objects.filter(action="calendar_link.end").count() == 1


def test_who_may_no_longer_sign_in_has_no_feed(world, salon):
    secret = make_calendar_link(world.parents[0], now=NOW)
    world.parents[0].is_active = False
    world.parents[0].save(update_fields=["is_active"])
    assert read(secret).status_code == 404
