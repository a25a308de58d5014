"""Events and attendances in the office."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.enums import Audience, EventStatus, Method
from events.models import Attendance, Event, EventKind
from events.services import cancel_event, schedule_event, take_roll
from events.services.locking import EventCancelled
from portal.kernel.models import AuditEntry
from tests.events.pages import client_of, held, on_list, page
from tests.events.plans import family, lecturer, plan
from tests.world import NOW


@pytest.fixture(autouse=True)
def now(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False


def told(world, **more):
    return {
        "kind": world.kinds["lecture"].pk,
        "title": "In the office",
        "starts_at_0": "2026-10-20",
        "starts_at_1": "09:00",
        "ends_at_0": "2026-10-20",
        "ends_at_1": "10:30",
        "place": "Hall",
        "speaker": "",
        "capacity": "",
        "audience": "school",
        "bookings-TOTAL_FORMS": "0",
        "bookings-INITIAL_FORMS": "0",
        **more,
    }


ADD = ("admin:events_event_add",)


def test_an_event_is_planned_in_the_office(world):
    client = client_of(world, "county_staff")
    response = client.post(page(*ADD), told(world, host=world.schools[0].pk))
    event = Event.objects.get(title="In the office")
    assert response.status_code == 302
    assert (event.host, event.status, event.entered_by, event.minutes) == (
        world.schools[0],
        EventStatus.PLANNED,
        world.staff["county_staff"],
        90,
    )
    assert AuditEntry.objects.filter(action="event.enter").count() == 1


def test_what_the_service_refuses_is_shown_at_the_field_and_nothing_is_kept(world):
    client = client_of(world, "county_staff")
    response = client.post(page(*ADD), told(world, host=world.schools[0].pk, ends_at_1="08:00"))
    assert set(response.context["adminform"].form.errors) <= {"ends_at", "__all__"}
    assert "In the office" in response.text
    far = told(world, host=world.schools[0].pk, starts_at_0="2062-10-20", ends_at_0="2062-10-20")
    assert set(client.post(page(*ADD), far).context["adminform"].form.errors) == {"starts_at"}
    assert not Event.objects.filter(title="In the office").exists()
    assert not AuditEntry.objects.filter(action__startswith="event.").exists()


def test_lecturers_are_booked_and_released_with_the_form_and_a_clash_is_shown(world):
    one, two = lecturer(world), lecturer(world, "lecturer:1")
    client = client_of(world, "school_lead:0")
    event = held(world, lecturers=(one,))
    change = page("admin:events_event_change", event.pk)
    here = {
        "starts_at_0": "2026-10-12",
        "starts_at_1": "08:00",
        "ends_at_0": "2026-10-12",
        "ends_at_1": "09:00",
        "title": "Talking with children",
    }
    client.post(change, told(world, **here, speakers=[two.pk]))
    assert set(event.lecturers.all()) == {two}
    assert "lecturer:1" in client.get(change).text.split("bookings-group")[1]
    held(world, world.schools[1], lecturers=(one,), starts_at=NOW - timedelta(hours=2))
    clash = client.post(change, told(world, **here, speakers=[one.pk, two.pk]))
    assert set(clash.context["adminform"].form.errors) == {"speakers"}
    assert set(event.lecturers.all()) == {two}


def test_classes_are_those_of_the_host_and_count_only_for_their_audience(world):
    event = schedule_event(
        world.schools[0], plan=plan(world, starts_at=NOW + timedelta(days=3)), actor=None, now=NOW
    )
    client, change = client_of(world, "county_staff"), page("admin:events_event_change", event.pk)
    forged = client.post(change, told(world, audience="classes", classes=[world.classes[1].pk]))
    assert "classes" in forged.context["adminform"].form.errors
    client.post(change, told(world, audience="classes", classes=[world.classes[0].pk]))
    event.refresh_from_db()
    assert (event.audience, set(event.classes.all())) == (Audience.CLASSES, {world.classes[0]})
    client.post(change, told(world, audience="school", classes=[world.classes[0].pk]))
    assert set(event.classes.all()) == set()


def test_a_forged_host_out_of_reach_is_refused(world):
    client_of(world, "school_lead:0").post(page(*ADD), told(world, host=world.schools[1].pk))
    assert not Event.objects.filter(title="In the office").exists()


def test_events_are_called_off_together_with_one_reason(world):
    events = [held(world, title=title) for title in ("A", "B")]
    other = held(world, world.schools[1])
    client, rows = client_of(world, "school_lead:0"), [event.pk for event in [*events, other]]
    chosen = {"action": "call_off", ACTION_CHECKBOX_NAME: rows}
    asked = client.post(page("admin:events_event_changelist"), chosen)
    assert {event.title for event in asked.context["rows"]} == {"A", "B"}
    assert not Event.objects.filter(status=EventStatus.CANCELLED).exists()
    client.post(page("admin:events_event_changelist"), {**chosen, "reason": ""})
    assert not Event.objects.filter(status=EventStatus.CANCELLED).exists()
    client.post(page("admin:events_event_changelist"), {**chosen, "reason": "Snow"})
    assert set(Event.objects.filter(status=EventStatus.CANCELLED, cancel_reason="Snow")) == set(events)


def test_a_refused_reason_stays_and_nothing_is_called_off(world, monkeypatch):
    from events.admin import events as office

    done = []

    def refuse_the_second(event, **given):
        if done:
            raise EventCancelled("Called off already.")
        done.append(cancel_event(event, **given))

    monkeypatch.setattr(office, "cancel_event", refuse_the_second)
    rows = [held(world, title=title).pk for title in ("A", "B")]
    chosen = {"action": "call_off", ACTION_CHECKBOX_NAME: rows, "reason": "Snow"}
    answer = client_of(world, "school_lead:0").post(page("admin:events_event_changelist"), chosen)
    assert answer.context["form"].errors == {"reason": ["Called off already."]}
    assert answer.context["form"]["reason"].value() == "Snow"
    assert len(done) == 1
    assert not Event.objects.filter(status=EventStatus.CANCELLED).exists()


def test_people_are_taken_off_the_list_with_a_reason_and_never_deleted(world):
    event = held(world)
    take_roll(event, present=[world.parents[0].pk, family(world, 1).pk], actor=None, now=NOW)
    client = client_of(world, "school_lead:0")
    row = Attendance.objects.get(person=world.parents[0])
    chosen = {"action": "take_off", ACTION_CHECKBOX_NAME: [row.pk]}
    client.post(page("admin:events_attendance_changelist"), {**chosen, "reason": "Wrong person"})
    row.refresh_from_db()
    assert (on_list(event), row.correction_reason, row.revision) == ({"Guardian 001"}, "Wrong person", 2)
    assert client.post(page("admin:events_attendance_delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.get(page("admin:events_attendance_add")).status_code == 403


@pytest.mark.parametrize("who", ["inspector", "lecturer:0"])
def test_who_only_looks_has_no_actions(world, who):
    held(world)
    shown = client_of(world, who).get(page("admin:events_event_changelist"))
    if shown.status_code == 200 and shown.context["cl"].result_count:
        assert "call_off" not in shown.text


def test_an_attendance_is_read_not_edited(world):
    event = held(world)
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    row = Attendance.objects.get()
    client = client_of(world, "county_staff")
    before = Attendance.objects.values().get()
    address = page("admin:events_attendance_change", row.pk)
    assert 'name="_save"' not in client.get(address).text
    assert client.post(address, {"method": "wall", "revision": "9"}).status_code == 403
    assert Attendance.objects.values().get() == before


def test_a_kind_is_added_and_keeps_its_code(world):
    client = client_of(world, "county_admin")
    kind = {"name": "读书会", "code": "reading", "default_minutes": 60, "order": 95, "is_active": "on"}
    client.post(page("admin:events_eventkind_add"), kind)
    made = EventKind.objects.get(code="reading")
    client.post(page("admin:events_eventkind_change", made.pk), {**kind, "code": "other", "name": "读书"})
    assert EventKind.objects.get(pk=made.pk).code == "reading"
    assert client_of(world, "county_staff").get(page("admin:events_eventkind_add")).status_code == 403


@pytest.mark.parametrize("model", ["event", "attendance", "eventkind"])
def test_lists_ask_as_often_for_three_rows_as_for_one(world, model):
    def count() -> int:
        client = client_of(world, "county_staff")
        client.get(page("work"))  # the first page of a session notes when it began
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page(f"admin:events_{model}_changelist")).status_code == 200
        return len(asked)

    event = held(world)
    take_roll(event, present=[family(world, 1).pk], actor=None, now=NOW)
    once = count()
    for n in (2, 3):
        held(world, title=f"Lecture {n}")
        take_roll(event, present=[family(world, n).pk], actor=None, now=NOW)
    assert count() == once
    assert once <= 8


def test_who_may_correct_a_sign_in_finds_the_way_from_its_page(world):
    row = Attendance.objects.create(
        event=held(world), person=world.parents[0], method=Method.PAPER, taken_at=NOW
    )
    correct = page("attendance_correct", row.pk)
    change = page("admin:events_attendance_change", row.pk)
    assert f'href="{correct}"' in client_of(world, "county_staff").get(change).content.decode()
    assert f'href="{correct}"' not in client_of(world, "inspector").get(change).content.decode()
