"""Seeing, copying, asking about and erasing one's own data (security rows 76 and 77)."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from accounts import phones
from accounts.models import Person
from assessment.engine.verify import verify_ledger
from events.models import Event
from events.services import reserve_seats, schedule_event
from parentschool.enums import RequestStatus, Wish
from parentschool.models import Child, DataRequest
from parentschool.services import data_requests
from parentschool.services.data_requests import RequestRefused, ask, pseudonym
from portal.kernel.models import AuditEntry, Job, Notice, SpecialDay
from portal.kernel.spreadsheets import read_table
from portal.privacy.copies import own_data
from portal.privacy.datamap import data_map
from portal.privacy.erasure import ErasureRefused, erase_person
from portal.privacy.words import PARTS
from tests.events.plans import plan
from tests.matrix.rows import fill
from tests.queries import assert_same_queries
from tests.world import NOW, build_world, person

CANARY, NUMBER, NOTE = "Canary Q. Parent", "13899990001", "canarynote"


@pytest.fixture
def world(db, time_machine, settings):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)
    made = fill(build_world())
    parent = made.parents[0]
    parent.name = CANARY
    for column, value in phones.columns(NUMBER).items():
        setattr(parent, column, value)
    parent.save()
    parent.visits_received.update(note=NOTE)
    parent.guardianships.update(relation_word=NOTE)
    return made


@pytest.fixture
def parent(world, client):
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    return client


def test_the_parts_of_the_copy_are_called_as_a_parent_would(world, parent):
    assert set(PARTS) <= {kept.label for kept in data_map() if kept.about and kept.shown}
    shown = parent.get(reverse("own_data")).text
    assert "积分明细" in shown
    assert "活动签到" in shown
    for office in ("积分流水", "考勤", "审计记录", "家长学员注册"):
        assert f"<summary>{office}" not in shown


def test_row_76_the_copy_holds_every_model_about_the_person(world):
    """What `fill` makes about a parent is in the copy, and each part holds the person's rows alone."""
    own = {part.label: part for part in own_data(world.parents[0])}
    there = {k.label: k.rows_about(world.parents[0]) for k in data_map() if k.about and k.shown}
    assert {label for label, rows in there.items() if rows.exists()} == set(own)
    assert len(own) >= 8
    for label, part in own.items():
        assert len(part.rows) == there[label].count()
    values = {value for part in own.values() for row in part.rows for _name, _words, value in row}
    assert {CANARY, NUMBER, "Child 0"} <= values
    assert not {"Child 1", "Parent 1"} & values


def test_row_76_a_bond_that_has_ended_shows_no_child(world):
    world.parents[0].guardianships.update(ended_on=date(2026, 10, 1))
    assert not {"parentschool.Child", "parentschool.Guardianship"} & {
        p.label for p in own_data(world.parents[0])
    }


def test_row_76_no_secret_leaves_with_a_copy(world, parent):
    made = parent.post(reverse("own_data_copy", args=["json"])).content.decode()
    hidden = Person.objects.get(pk=world.parents[0].pk)
    assert hidden.password not in made
    assert hidden.phone_index not in made


def test_row_76_a_copy_as_json_and_as_a_workbook(world, parent):
    made = json.loads(parent.post(reverse("own_data_copy", args=["json"])).content)
    assert made["parts"]["accounts.Person"]["rows"][0]["phone"] == NUMBER
    answer = parent.post(reverse("own_data_copy", args=["xlsx"]))
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.xlsx"'
    sheet = read_table(io.BytesIO(answer.content), filename="my-data.xlsx")
    assert any(CANARY in str(row) for row in sheet.rows())
    assert AuditEntry.objects.filter(action="data.copy", actor=world.parents[0]).count() == 2
    assert parent.post("/me/data/copy/exe/").status_code == 404
    assert parent.get(reverse("own_data_copy", args=["json"])).status_code == 405


def test_the_page_asks_as_much_for_more_rows(world, parent):
    def more():
        for _number in range(2):
            world.parents[0].data_requests.update(status=RequestStatus.GRANTED)
            ask(world.parents[0], kind=Wish.OTHER, words="more", now=NOW)

    assert_same_queries(lambda: parent.get(reverse("own_data")), more)


# ── Asking ───────────────────────────────────────────────────────────────────


def test_row_76_an_answer_is_due_in_fifteen_working_days(world):
    """From Monday 12 October 2026; a holiday of the county's calendar puts it off."""
    SpecialDay.objects.create(day=date(2026, 10, 20), is_worked=False, name="holiday")
    made = ask(world.parents[1], kind=Wish.EXPLAIN, words="why", now=NOW)
    assert made.due_on == date(2026, 11, 3)
    assert made.unit == world.schools[1]


def test_the_same_again_changes_nothing(world):
    first = ask(world.parents[1], kind=Wish.EXPLAIN, words="why", now=NOW)
    assert ask(world.parents[1], kind=Wish.EXPLAIN, words="why then", now=NOW) == first
    assert first.words == "why"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": Wish.CORRECT, "words": " "}, "words"),
        ({"kind": Wish.ERASE_CHILD}, "child"),
        ({"kind": Wish.CORRECT, "words": "wrong", "child": 1}, "child"),
    ],
)
def test_a_question_that_is_refused(world, given, field):
    if "child" in given:
        given = {**given, "child": world.children[1]}
    with pytest.raises(RequestRefused) as refusal:
        ask(world.parents[0], **given, now=NOW)
    assert refusal.value.details["field"] == field


def test_asking_on_the_page_keeps_what_was_typed(world, parent):
    page = parent.post(reverse("own_data_ask"), {"kind": "erase_child", "words": "please"})
    assert page.context["form"].errors["child"]
    assert "please" in page.content.decode()
    sent = parent.post(
        reverse("own_data_ask"), {"kind": "correct", "child": world.children[0].pk, "words": "name"}
    )
    assert sent.status_code == 302


def test_a_question_is_taken_back_once(world, parent):
    asked = DataRequest.objects.get(person=world.parents[0])
    for _twice in range(2):
        parent.post(reverse("own_data_withdraw", args=[asked.pk]))
    asked.refresh_from_db()
    assert asked.status == RequestStatus.WITHDRAWN
    assert AuditEntry.objects.filter(action="data.withdraw").count() == 1


def test_row_76_a_refusal_gives_its_reason(world, client):
    asked = DataRequest.objects.get(person=world.parents[0])
    client.force_login(world.as_("school_lead:0"), backend="accounts.backends.RoleBackend")
    page = client.post(reverse("request_answer", args=[asked.pk]), {"decision": "refuse", "words": ""})
    assert page.context["form"].errors["words"]
    client.post(reverse("request_answer", args=[asked.pk]), {"decision": "refuse", "words": "it is right"})
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    assert "it is right" in client.get(reverse("own_data")).content.decode()


def test_nobody_answers_the_own_request_or_that_of_next_door(world):
    asked = DataRequest.objects.get(person=world.parents[0])
    for actor in (world.as_("school_lead:1"), world.parents[0]):
        with pytest.raises(RequestRefused):
            data_requests.answer(asked, is_granted=True, words="done", actor=actor, now=NOW)


def test_row_77_granting_erases_the_child(world):
    asked = ask(world.parents[0], kind=Wish.ERASE_CHILD, child=world.children[0], now=NOW)
    lead = world.as_("school_lead:0")
    data_requests.answer(asked, is_granted=True, words="done", actor=lead, now=NOW)
    child = Child.objects.get(pk=world.children[0].pk)
    assert (child.name, child.left_on) == (pseudonym(child), date(2026, 10, 12))
    assert "Child 0" not in everything()
    with pytest.raises(RequestRefused):
        data_requests.answer(asked, is_granted=False, words="done", actor=lead, now=NOW)


# ── Erasing ──────────────────────────────────────────────────────────────────


def everything() -> str:
    """Every column of every table, as the database holds it."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
            found += [str(bytes(v) if isinstance(v, memoryview) else v) for row in cursor for v in row]
    return "\n".join(found)


def test_row_77_nothing_is_left_of_an_erased_person(world, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    parent = world.parents[0]
    job = Job.objects.create(
        kind="roster", title="list", path=world.schools[0].path, status="done", result={"rows": [CANARY]}
    )
    job.source.save("list.csv", io.BytesIO(CANARY.encode()))
    points = [(row.key, row.points) for row in parent.points.order_by("pk")]
    assert points
    found = [finding.code for finding in verify_ledger()]
    before = everything()
    assert CANARY in before
    assert NOTE in before
    assert phones.index(NUMBER) in before
    erase_person(parent, actor=parent, now=NOW)
    left = everything()
    for canary in (CANARY, NOTE, phones.index(NUMBER), "parent0"):
        assert canary not in left
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert [(row.key, row.points) for row in parent.points.order_by("pk")] == points
    assert [finding.code for finding in verify_ledger()] == found


def test_row_77_erasing_again_changes_nothing(world):
    erase_person(world.parents[0], actor=world.parents[0], now=NOW)
    before = everything()
    erase_person(world.parents[0], actor=world.parents[0], now=NOW)
    assert everything() == before


def test_row_77_the_session_ends_and_the_door_is_shut(world, parent):
    page = parent.post(reverse("own_data_erase"), {"name": "somebody"})
    assert page.context["form"].errors["name"]
    assert Person.objects.get(pk=world.parents[0].pk).name == CANARY
    sent = parent.post(reverse("own_data_erase"), {"name": CANARY})
    assert sent.url == reverse("erased")
    assert parent.get(reverse("own_data")).status_code == 302
    assert parent.get(reverse("erased")).status_code == 200


def test_an_erased_person_gives_back_seats_and_who_waits_moves_up(world):
    mother, father, other = world.parents[0], person("Father", home=world.schools[0]), world.parents[1]
    ahead = plan(world, starts_at=NOW + timedelta(days=2), needs_booking=True, capacity=3, title="Salon")
    alone, shared = (
        schedule_event(host, plan=ahead, actor=None, now=NOW) for host in (world.schools[0], world.county)
    )
    reserve_seats(alone, people=[mother], children=2, actor=mother, now=NOW)
    reserve_seats(shared, people=[mother, father], children=1, actor=mother, now=NOW)
    for event in (alone, shared):
        reserve_seats(event, people=[other], actor=other, now=NOW)
    Event.objects.update(book_until=NOW - timedelta(hours=1))
    erase_person(mother, actor=mother, now=NOW)
    for event, taken in ((alone, 1), (shared, 3)):
        event.refresh_from_db()
        assert (event.seats_taken, event.seats_waiting) == (taken, 0)
    assert set(shared.reservations.get(made_by=mother).places.values_list("person", flat=True)) == {father.pk}
    assert Notice.objects.filter(person=other, kind="events.moved_up", read_at=None).count() >= 2


def test_who_holds_an_office_is_told_what_to_do(world):
    lead = world.as_("school_lead:0")
    with pytest.raises(ErasureRefused):
        erase_person(lead, actor=lead, now=NOW)


def test_others_keep_their_own(world):
    other = person("Grandmother", home=world.schools[0], phone="13800000077")
    erase_person(world.parents[0], actor=world.parents[0], now=NOW)
    other.refresh_from_db()
    assert (other.name, other.phone) == ("Grandmother", "13800000077")
    assert Child.objects.get(pk=world.children[0].pk).name == "Child 0"
