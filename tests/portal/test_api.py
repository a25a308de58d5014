"""The API: scoped like everything, one service call a write, refusals with a code, a sentence and a field."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.models import Unit
from assessment.services.schemes import load_scheme, read_ready_scheme
from events.models import Attendance, Event
from portal.kernel.models import AuditEntry
from tests.queries import assert_same_queries
from tests.world import NOW

LECTURE = {
    "kind": "lecture",
    "title": "Patience",
    "starts_at": "2026-10-20T14:30:00+08:00",
    "ends_at": "2026-10-20T16:00:00+08:00",
}


@pytest.fixture(autouse=True)
def _now(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False


def api(person):
    client = APIClient()
    client.force_login(person, backend="accounts.backends.RoleBackend")
    return client


def test_units_are_those_in_reach(world):
    answer = api(world.as_("station_lead:0")).get("/api/v1/units/").json()
    assert [unit["name"] for unit in answer["results"]] == ["Town 0", "School 0", "Village 0"]


def test_an_event_is_scheduled_changed_and_called_off(world):
    client = api(world.as_("school_lead:0"))
    made = client.post("/api/v1/events/", {**LECTURE, "host": world.schools[0].pk}, format="json")
    assert made.status_code == 201, made.json()
    url = f"/api/v1/events/{made.json()['id']}/"
    assert client.patch(url, {"title": "More patience"}, format="json").json()["title"] == "More patience"
    assert client.post(f"{url}cancel/", {"reason": "rain"}, format="json").json()["status"] == "cancelled"
    actions = (
        AuditEntry.objects.filter(action__startswith="event.").order_by("pk").values_list("action", flat=True)
    )
    assert list(actions) == ["event.enter", "event.change", "event.cancel"]


def test_a_forged_host_is_refused(world):
    client, before = api(world.as_("school_lead:0")), Event.objects.count()
    answer = client.post("/api/v1/events/", {**LECTURE, "host": world.schools[1].pk}, format="json")
    assert answer.status_code == 400
    assert list(answer.json()) == ["host"]
    assert Event.objects.count() == before


def test_looking_at_a_unit_is_not_leave_to_host_there(world):
    """A class teacher sees the school but may not hold events in its name."""
    answer = api(world.as_("class_teacher:0")).post(
        "/api/v1/events/", {**LECTURE, "host": world.schools[0].pk}, format="json"
    )
    assert answer.status_code == 404


def test_a_refusal_says_code_sentence_and_field(world):
    backwards = {**LECTURE, "ends_at": "2026-10-20T14:00:00+08:00", "host": world.schools[0].pk}
    answer = api(world.as_("school_lead:0")).post("/api/v1/events/", backwards, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "event_refused"
    assert answer.json()["field"] == "ends_at"
    assert answer.json()["message"]


def test_the_roll_is_taken_once_however_often_it_is_sent(world):
    client, event = api(world.as_("school_lead:0")), world.events[0]
    roll = {"present": [world.parents[0].pk]}
    for _ in range(2):
        answer = client.post(f"/api/v1/events/{event.pk}/roll/", roll, format="json")
        assert [row["person"] for row in answer.json()] == roll["present"]
    assert Attendance.objects.filter(event=event).count() == 1


def test_the_roll_refuses_people_out_of_reach(world):
    answer = api(world.as_("school_lead:0")).post(
        f"/api/v1/events/{world.events[0].pk}/roll/", {"present": [world.parents[1].pk]}, format="json"
    )
    assert answer.status_code == 400
    assert not Attendance.objects.exists()


def test_a_correction_needs_a_reason(world):
    client, event = api(world.as_("school_lead:0")), world.events[0]
    client.post(f"/api/v1/events/{event.pk}/roll/", {"present": [world.parents[0].pk]}, format="json")
    row = Attendance.objects.get()
    assert client.post(f"/api/v1/attendances/{row.pk}/revoke/", {}, format="json").status_code == 400
    done = client.post(f"/api/v1/attendances/{row.pk}/revoke/", {"reason": "left at once"}, format="json")
    assert done.status_code == 200
    row.refresh_from_db()
    assert row.revoked_at == NOW


def test_a_token_carries_the_person_s_rights_and_ends(world):
    session = api(world.as_("school_lead:0"))
    key = session.post("/api/v1/token/").json()["token"]
    bearer = APIClient(HTTP_AUTHORIZATION=f"Token {key}")
    assert [unit["name"] for unit in bearer.get("/api/v1/units/").json()["results"]] == ["School 0"]
    assert bearer.post("/api/v1/token/").status_code in (401, 403)
    world.staff["school_lead:0"].assignments.update(valid_until=NOW.date())
    assert bearer.get("/api/v1/units/").status_code == 404
    session.delete("/api/v1/token/")
    assert bearer.get("/api/v1/units/").status_code in (401, 403)


def test_lists_cost_the_same_queries_for_more_rows(world):
    client = api(world.as_("school_lead:0"))

    def two_more():
        for number in range(2):
            Event.objects.create(
                host=world.schools[0],
                kind=world.kinds["lecture"],
                title=f"More {number}",
                starts_at=NOW,
                ends_at=NOW.replace(hour=4),
            )

    assert_same_queries(lambda: client.get("/api/v1/events/"), two_more, at_most=8)
    assert len(client.get("/api/v1/events/").json()["results"]) == 3


def test_own_points_are_one_s_own_and_their_lines_add_up(world):
    load_scheme(
        read_ready_scheme("daowen"), county=world.county, effective_from=date(2025, 9, 1), actor=None, now=NOW
    )
    parent = world.parents[0]
    assert api(parent).get("/api/v1/me/points/").json()["as_of"] is None
    world.events[0].status = "held"
    world.events[0].save()
    for person in world.parents:
        Attendance.objects.create(event=world.events[0], person=person, method="roll", taken_at=NOW)
    call_command("run_nightly", through=NOW.date(), stdout=StringIO())
    own = api(parent).get("/api/v1/me/points/").json()
    assert own["points"] == sum(line["points"] for line in own["lines"]) == 1
    assert "Lecture 0" in own["lines"][0]["words"]


def test_the_schema_is_valid(world, tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    assert Unit.objects.exists()
