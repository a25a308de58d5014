"""Home visits on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parentschool.enums import VisitOutcome
from parentschool.models import Child, HomeVisit, SchoolClass
from parentschool.services.visits import record_home_visit
from tests.events.pages import client_of, digest, page
from tests.events.plans import family
from tests.world import NOW, TODAY


@pytest.fixture(autouse=True)
def now(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False


def visited(world, child, *, by="class_teacher:0", outcome=VisitOutcome.CONTACT, on=TODAY):
    return record_home_visit(
        child, visited_on=on, outcome=outcome, visitor=world.staff[by], actor=world.staff[by], now=NOW
    )


def told(**more):
    return {"outcome": "contact", "met": "", "visited_on": "2026-10-12", "note": "", **more}


def test_a_visit_is_recorded_from_the_phone(world):
    child = world.children[0]
    response = client_of(world, "class_teacher:0").post(
        page("visit_child", child.pk), told(met=world.parents[0].pk, note="Well")
    )
    assert response["Location"] == page("visit_list")
    visit = HomeVisit.objects.get()
    assert (visit.child, visit.met, visit.outcome, visit.visitor, visit.note) == (
        child,
        world.parents[0],
        VisitOutcome.CONTACT,
        world.staff["class_teacher:0"],
        "Well",
    )


def test_whom_one_met_is_forgotten_where_one_met_nobody(world):
    client_of(world, "school_lead:0").post(
        page("visit_child", world.children[0].pk), told(outcome="attempt", met=world.parents[0].pk)
    )
    visit = HomeVisit.objects.get()
    assert (visit.outcome, visit.met) == (VisitOutcome.ATTEMPT, None)


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"visited_on": "2026-10-13"}, {"visited_on"}),
        ({"visited_on": "yesterday"}, {"visited_on"}),
        ({"outcome": "tea"}, {"outcome"}),
        ({"met": "999999"}, {"met"}),
    ],
)
def test_a_slip_is_shown_at_its_field_and_the_note_stays(world, more, wrong):
    response = client_of(world, "class_teacher:0").post(
        page("visit_child", world.children[0].pk), told(note="A long note", **more)
    )
    assert (response.status_code, set(response.context["form"].errors)) == (200, wrong)
    assert "A long note" in response.text
    assert not HomeVisit.objects.exists()


def test_only_guardians_of_today_are_offered(world):
    world.parents[0].guardianships.update(ended_on=TODAY)
    form = client_of(world, "class_teacher:0").get(page("visit_child", world.children[0].pk)).context["form"]
    assert [key for key, _ in form.fields["met"].choices] == [""]


def test_children_nobody_has_met_this_year_come_first(world):
    for n in range(4):
        family(world, n)
    met, met_last_year, tried = (Child.objects.get(name=f"Pupil {n:03d}") for n in range(3))
    visited(world, met)
    visited(world, met_last_year, on=TODAY - timedelta(days=100))
    visited(world, tried, outcome=VisitOutcome.ATTEMPT)
    shown = client_of(world, "class_teacher:0").get(page("visit_new")).context
    assert [child.name for child in shown["children"]] == [
        "Child 0",
        "Pupil 001",
        "Pupil 003",
        "Pupil 002",
        "Pupil 000",
    ]
    assert (shown["chosen"].met_count, shown["chosen"].children_count) == (1, 5)


def test_a_lead_chooses_the_class_and_a_name_is_found_everywhere_in_reach(world):
    other = SchoolClass.objects.create(
        school=world.schools[0],
        stage="primary",
        entry_year=2024,
        number=2,
        path=world.schools[0].path + "0002",
    )
    family(world, 1, school_class=other)
    client = client_of(world, "school_lead:0")
    shown = client.get(page("visit_new")).context
    assert ({item.pk for item in shown["classes"]}, shown["children"]) == (
        {world.classes[0].pk, other.pk},
        [],
    )
    shown = client.get(page("visit_new") + f"?class={other.pk}").context
    assert [child.name for child in shown["children"]] == ["Pupil 001"]
    assert client.get(page("visit_new") + f"?class={world.classes[1].pk}").context["children"] == []
    found = client.post(page("visit_new"), {"q": "Child"}).context["children"]
    assert [child.name for child in found] == ["Child 0"]


def test_a_visit_is_taken_back_with_a_reason(world):
    visit, client = visited(world, world.children[0]), client_of(world, "class_teacher:0")
    client.post(page("visit_revoke", visit.pk), {"reason": " "})
    visit.refresh_from_db()
    assert visit.revoked_at is None
    client.post(page("visit_revoke", visit.pk), {"reason": "Wrong child"})
    visit.refresh_from_db()
    assert (visit.revoked_at, visit.revoked_reason) == (NOW, "Wrong child")
    assert "Wrong child" in client.get(page("visit_list")).text


@pytest.mark.parametrize(
    "who", ["class_teacher:1", "school_lead:1", "village_lead:0", "inspector", "liaison"]
)
def test_children_and_visits_out_of_reach_are_not_there(world, who):
    visit, client = visited(world, world.children[0]), client_of(world, who)
    before = digest()
    for address in (page("visit_child", world.children[0].pk), page("visit_revoke", visit.pk)):
        assert client.get(address).status_code == 404
        assert client.post(address, told(reason="x")).status_code == 404
    assert digest() == before


def test_looking_changes_nothing(world):
    visit, client = visited(world, world.children[0]), client_of(world, "class_teacher:0")
    before = digest()
    for address in (
        page("visit_new"),
        page("visit_list"),
        page("visit_child", world.children[0].pk),
        page("visit_revoke", visit.pk),
    ):
        assert client.get(address).status_code == 200
    assert digest() == before


@pytest.mark.parametrize("name", ["visit_new", "visit_list"])
def test_pages_ask_as_often_for_three_rows_as_for_one(world, name):
    def count() -> int:
        client = client_of(world, "class_teacher:0")
        client.get(page("work"))  # the first page of a session notes when it began
        with CaptureQueriesContext(connection) as asked:
            client.get(page(name))
        return len(asked)

    visited(world, world.children[0])
    once = count()
    for n in (1, 2):
        family(world, n)
        visited(world, Child.objects.get(name=f"Pupil {n:03d}"))
    assert count() == once
    assert once <= 8
