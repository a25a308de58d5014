"""Records put down by the staff: on the phone in a minute, taken back with a reason, never deleted."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.enums import EnteredBy, OnceIn
from events.models import Record, RecordKind
from events.rules import once_period
from events.services.records import RecordRefused, put_down_record, settle_complaint, take_back_record
from parentschool.models import Membership
from portal.kernel.models import AuditEntry
from tests.events.pages import client_of, held, page
from tests.world import NOW, TODAY


@pytest.fixture(autouse=True)
def now(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def service(db):
    return RecordKind.objects.create(code="lunch", name="午餐督查", most=3)


def put_down(world, kind, **more):
    told = {"unit": world.schools[0], "happened_on": TODAY, "actor": world.as_("school_lead:0"), **more}
    return put_down_record(world.parents[0], kind=kind, **told, now=NOW)


def learner(world, i=0):
    return Membership.objects.get(person=world.parents[i])


def told(_kind, **more):
    return {"kind": _kind.pk, "quantity": "1", "happened_on": "2026-10-12", "child": "", "note": "", **more}


def test_a_lead_puts_one_down_on_the_phone(world, service):
    client = client_of(world, "school_lead:0")
    found = client.post(page("record_new"), {"q": "Parent 0"}).context["learners"]
    assert [row.person for row in found] == [world.parents[0]]
    response = client.post(page("record_person", found[0].pk), told(service, quantity="2", note="周二"))
    assert response["Location"] == page("record_list")
    record = Record.objects.get()
    assert (
        record.person,
        record.unit,
        record.quantity,
        record.happened_on,
        record.note,
        record.entered_by,
    ) == (
        world.parents[0],
        world.schools[0],
        2,
        TODAY,
        "周二",
        world.staff["school_lead:0"],
    )
    assert AuditEntry.objects.filter(action="record.put_down", object_id=str(record.pk)).count() == 1


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"quantity": "4"}, "quantity"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"happened_on": "2026-10-13"}, "happened_on"),
        ({"happened_on": "2025-10-01"}, "happened_on"),
        ({"kind": ""}, "kind"),
    ],
)
def test_a_slip_is_shown_at_its_field_and_the_note_stays(world, service, more, wrong):
    response = client_of(world, "school_lead:0").post(
        page("record_person", learner(world).pk), told(service, **{"note": "A long note", **more})
    )
    assert (response.status_code, set(response.context["form"].errors)) == (200, {wrong})
    assert "A long note" in response.text
    assert not Record.objects.exists()


def test_what_only_some_may_enter_is_offered_to_them_alone(world, service):
    RecordKind.objects.create(code="sheet", name="亲子活动表", entered_by=EnteredBy.TEACHERS)
    RecordKind.objects.create(code="deleted", name="删除评论", entered_by=EnteredBy.COUNTY)
    address, offered = page("record_person", learner(world).pk), {}
    for name in ("class_teacher:0", "school_lead:0", "county_staff"):
        shown = client_of(world, name).get(address).context["kinds"]
        offered[name] = {kind.code for kind in shown}
    assert offered == {
        "class_teacher:0": {"sheet"},
        "school_lead:0": {"sheet", "lunch"},
        "county_staff": {"sheet", "lunch", "deleted"},
    }
    with pytest.raises(RecordRefused):
        put_down(world, RecordKind.objects.get(code="deleted"))


def test_pressing_twice_puts_down_one(world, service):
    put_down(world, service)
    with pytest.raises(RecordRefused) as refusal:
        put_down(world, service)
    assert refusal.value.details["field"] == "note"
    put_down(world, service, note="下午又一次")
    assert Record.objects.count() == 2


def test_once_a_quarter_is_once_a_quarter(world):
    kind = RecordKind.objects.create(code="spend", name="积分兑换", once_in=OnceIn.QUARTER, most=100)
    first = put_down(world, kind, happened_on=date(2026, 10, 1))
    with pytest.raises(RecordRefused):
        put_down(world, kind, happened_on=date(2026, 10, 12))
    put_down(world, kind, happened_on=date(2026, 9, 30))
    take_back_record(first, reason="记错", actor=None, now=NOW)
    put_down(world, kind, happened_on=date(2026, 10, 12))


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 4, 1)),
        (date(2026, 9, 30), date(2026, 7, 1), date(2026, 10, 1)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2027, 1, 1)),
    ],
)
def test_quarters(day, begins, ends):
    period = once_period(OnceIn.QUARTER, day)
    assert (period.begins_on, period.ends_on) == (begins, ends)


def test_a_complaint_needs_its_event_stays_open_and_is_settled(world):
    kind = RecordKind.objects.create(code="complaint", name="投诉", needs_event=True, is_complaint=True)
    with pytest.raises(RecordRefused) as refusal:
        put_down(world, kind)
    assert refusal.value.details["field"] == "event"
    event = held(world)
    record = put_down(world, kind, event=event)
    assert record.is_open
    client = client_of(world, "school_lead:0")
    client.post(page("record_settle", record.pk), {"reason": "已道歉"})
    record.refresh_from_db()
    assert (record.is_open, record.settled_on, record.settled_note, record.revision) == (
        False,
        TODAY,
        "已道歉",
        2,
    )
    with pytest.raises(RecordRefused):
        settle_complaint(
            put_down(world, RecordKind.objects.create(code="x", name="X")), note="-", actor=None, now=NOW
        )


def test_taking_back_takes_a_reason_and_keeps_the_row(world, service):
    record = put_down(world, service)
    client = client_of(world, "school_lead:0")
    assert client.post(page("record_take_back", record.pk), {"reason": " "}).status_code == 200
    client.post(page("record_take_back", record.pk), {"reason": "记错了人"})
    record.refresh_from_db()
    assert (record.revoked_reason, record.revision) == ("记错了人", 2)
    assert take_back_record(record, reason="again", actor=None, now=NOW).revision == 2


def test_only_the_persons_own_child_can_be_named(world, service):
    with pytest.raises(RecordRefused) as refusal:
        put_down(world, service, child=world.children[1])
    assert refusal.value.details["field"] == "child"
    assert put_down(world, service, child=world.children[0]).child == world.children[0]


@pytest.mark.parametrize("name", ["record_list", "record_person"])
def test_pages_ask_the_same_however_much_there_is(world, service, name):
    address = page(name, *([learner(world).pk] if name == "record_person" else []))
    client = client_of(world, "school_lead:0")
    put_down(world, service)
    client.get(address)
    asked = []
    for more in ("", "a", "b"):
        if more:
            put_down(world, service, note=more)
            RecordKind.objects.create(code=more, name=more)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address)
        asked.append(len(queries))
    assert len(set(asked)) == 1, asked
