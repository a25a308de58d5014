"""The roll, walk-ins and corrections on a phone."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from accounts.models import Person
from events.enums import Method
from events.models import Attendance, Event
from events.services import schedule_event, take_roll
from parentschool.enums import Relation
from parentschool.models import Child, Guardianship, Membership
from tests.events.pages import client_of, held, on_list, page
from tests.events.plans import family, plan
from tests.world import NOW, person


def roll_rows(client: Client, event: Event, query: str = "") -> set[str]:
    return {row.name for row in client.get(page("roll_call", event.pk) + query).context["roll"].rows}


def test_ticks_and_unticks_of_this_page_alone_are_sent_on(world, event):
    families = [family(world, n) for n in range(3)]
    client = client_of(world, "school_lead:0")
    client.post(page("roll_call", event.pk), {"was": "", "here": [families[0].pk, families[1].pk]})
    assert on_list(event) == {"Guardian 000", "Guardian 001"}
    stale = {"was": "", "here": [families[2].pk]}  # a colleague whose page is older
    client_of(world, "station_lead:0").post(page("roll_call", event.pk), stale)
    assert on_list(event) == {"Guardian 000", "Guardian 001", "Guardian 002"}
    was = ",".join(str(one.pk) for one in families)
    client.post(page("roll_call", event.pk), {"was": was, "here": [families[0].pk]})
    assert on_list(event) == {"Guardian 000"}


def test_all_and_none_need_no_script(world, event):
    family(world, 1)
    client = client_of(world, "school_lead:0")
    client.post(page("roll_call", event.pk), {"was": "", "do": "all"})
    assert on_list(event) == {"Parent 0", "Guardian 001"}
    was = client.get(page("roll_call", event.pk)).context["was"]
    client.post(page("roll_call", event.pk), {"was": was, "do": "none"})
    assert on_list(event) == set()


def test_a_forged_key_is_not_put_on_the_list(world, event):
    client = client_of(world, "school_lead:0")
    client.post(page("roll_call", event.pk), {"was": "", "here": [world.parents[1].pk, "x", "-1"]})
    assert on_list(event) == set()


def test_the_paper_sheet_is_entered_as_paper(world, event):
    client = client_of(world, "school_lead:0")
    response = client.post(
        page("roll_call", event.pk), {"was": "", "here": [world.parents[0].pk], "by": "paper"}
    )
    assert Attendance.objects.get().method == Method.PAPER
    assert response["Location"].endswith("?by=paper")


def test_a_class_teacher_sees_the_own_class_alone(world):
    other = world.classes[0].__class__.objects.create(
        school=world.schools[0],
        stage="primary",
        entry_year=2024,
        number=2,
        path=world.schools[0].path + "0002",
    )
    family(world, 1, school_class=other)
    sibling_parent = family(world, 2)
    child = Child.objects.create(basis="duty", name="Sibling", school_class=other, path=other.path)
    Guardianship.objects.create(guardian=sibling_parent, child=child, relation=Relation.FATHER)
    event = held(world)
    take_roll(event, present=[family(world, 3, school_class=other).pk], actor=None, now=NOW)
    teacher, lead = client_of(world, "class_teacher:0"), client_of(world, "school_lead:0")
    assert roll_rows(teacher, event) == {"Parent 0", "Guardian 002"}
    assert "Sibling" not in teacher.get(page("roll_call", event.pk)).text
    assert roll_rows(lead, event) == {"Parent 0", "Guardian 001", "Guardian 002", "Guardian 003"}
    teacher.post(page("roll_call", event.pk), {"was": "", "do": "all"})
    assert on_list(event) == {"Parent 0", "Guardian 002", "Guardian 003"}


def test_one_class_of_a_long_list(world, event):
    other = world.classes[0].__class__.objects.create(
        school=world.schools[0],
        stage="primary",
        entry_year=2024,
        number=2,
        path=world.schools[0].path + "0002",
    )
    family(world, 1, school_class=other)
    lead = client_of(world, "school_lead:0")
    assert roll_rows(lead, event, f"?class={other.pk}") == {"Guardian 001"}
    lead.post(page("roll_call", event.pk), {"was": "", "do": "all", "class": other.pk})
    assert on_list(event) == {"Guardian 001"}


def test_a_list_that_no_phone_can_show_is_taken_class_by_class(world, event, monkeypatch):
    monkeypatch.setattr("events.queries.roll.LONGEST_ROLL", 2)
    for n in range(3):
        family(world, n)
    lead = client_of(world, "school_lead:0")
    shown = lead.get(page("roll_call", event.pk)).context["roll"]
    assert (shown.is_too_long, shown.rows, shown.expected) == (True, [], 4)
    assert [item.people for item in shown.classes] == [4]
    lead.post(page("roll_call", event.pk), {"was": "", "do": "all"})
    assert on_list(event) == set()


def test_a_guest_stands_on_the_roll_with_the_others(world, event):
    take_roll(event, present=[world.parents[1].pk], actor=None, now=NOW)
    rows = client_of(world, "school_lead:0").get(page("roll_call", event.pk)).context["roll"].rows
    assert [(row.name, row.is_expected, row.kin) for row in rows][-1] == ("Parent 1", False, ())


def test_a_refused_roll_keeps_the_ticks(world):
    event = held(world, capacity=1)
    two = [world.parents[0].pk, family(world, 1).pk]
    response = client_of(world, "school_lead:0").post(page("roll_call", event.pk), {"was": "", "here": two})
    assert response.status_code == 200
    assert response.context["refusal"].code == "no_seats"
    assert {row.name for row in response.context["roll"].rows if row.ticked} == {"Parent 0", "Guardian 001"}
    assert on_list(event) == set()


def test_a_late_correction_asks_for_the_reason_and_keeps_it(world, time_machine):
    event = held(world, starts_at=NOW - timedelta(days=4))
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    client, was = client_of(world, "school_lead:0"), str(world.parents[0].pk)
    response = client.post(page("roll_call", event.pk), {"was": was})
    assert response.context["refusal"].code == "reason_needed"
    assert "id_reason" in response.text
    client.post(page("roll_call", event.pk), {"was": was, "reason": "Mixed up"})
    assert Attendance.objects.get().correction_reason == "Mixed up"


def test_before_the_doors_open_the_roll_is_shown_and_not_taken(world):
    event = schedule_event(
        world.schools[0], plan=plan(world, starts_at=NOW + timedelta(days=1)), actor=None, now=NOW
    )
    client = client_of(world, "school_lead:0")
    shown = client.get(page("roll_call", event.pk))
    assert (shown.status_code, shown.context["may_begin"]) == (200, False)
    refused = client.post(page("roll_call", event.pk), {"was": "", "do": "all"})
    assert refused.context["refusal"].code == "not_begun"


def test_saving_may_lead_on_to_the_walk_ins_or_to_a_class(world, event):
    client = client_of(world, "school_lead:0")
    here = {"was": "", "here": [world.parents[0].pk]}
    onward = client.post(page("roll_call", event.pk), {**here, "do": "walk_in"})
    assert onward["Location"] == page("walk_in", event.pk)
    chosen = world.classes[0].pk
    onward = client.post(page("roll_call", event.pk), {**here, "do": f"class:{chosen}"})
    assert onward["Location"] == page("roll_call", event.pk) + f"?class={chosen}"
    assert on_list(event) == {"Parent 0"}


# ── Walk-ins ─────────────────────────────────────────────────────────────────


def found(client: Client, event: Event, typed: str) -> set[str]:
    return {row.name for row in client.post(page("walk_in", event.pk), {"q": typed}).context["found"]}


def test_people_are_found_by_name_or_tail_inside_the_own_reach(world, event):
    family(world, 1)
    guest = family(world, 2, school=1)
    lead = client_of(world, "school_lead:0")
    assert found(lead, event, "Guardian") == {"Guardian 001"}
    assert found(lead, event, "0001") == {"Guardian 001"}
    assert found(lead, event, "0002") == set()
    assert found(lead, event, "  ") == set()
    Guardianship.objects.create(guardian=guest, child=world.children[0], relation=Relation.FATHER)
    assert found(lead, event, "0002") == {"Guardian 002"}
    assert found(client_of(world, "class_teacher:0"), event, "Guardian") == {"Guardian 001", "Guardian 002"}
    assert found(client_of(world, "county_staff"), event, "Guardian") == {"Guardian 001", "Guardian 002"}


def test_somebody_found_is_put_on_the_list_and_somebody_forged_is_not(world, event):
    family(world, 1)
    lead = client_of(world, "school_lead:0")
    lead.post(page("walk_in", event.pk), {"person": world.parents[0].pk})
    assert on_list(event) == {"Parent 0"}
    assert lead.post(page("walk_in", event.pk), {"person": world.parents[1].pk}).status_code == 404
    assert on_list(event) == {"Parent 0"}


def test_somebody_new_is_taken_in_by_name(world, event):
    lead = client_of(world, "school_lead:0")
    for _ in range(2):
        response = lead.post(page("walk_in", event.pk), {"name": "Somebody New"})
    assert (response.status_code, set(response.context["form"].errors)) == (200, {"name"})
    assert Person.objects.filter(name="Somebody New").count() == 1
    lead.post(page("walk_in", event.pk), {"name": "Somebody New", "is_another": "on"})
    assert Membership.objects.filter(person__name="Somebody New", school=world.schools[0]).count() == 2


def test_a_class_teacher_enrols_nobody(world, event):
    people = Person.objects.count()
    teacher = client_of(world, "class_teacher:0")
    shown = teacher.post(page("walk_in", event.pk), {"q": "Somebody New"})
    assert shown.context["may_enrol"] is False
    teacher.post(page("walk_in", event.pk), {"name": "Somebody New"})
    assert Person.objects.count() == people


# ── Corrections ──────────────────────────────────────────────────────────────


def test_a_correction_takes_off_and_puts_back(world, event):
    take_roll(event, present=[world.parents[0].pk], actor=None, now=NOW)
    row, lead = Attendance.objects.get(), client_of(world, "school_lead:0")
    lead.post(page("attendance_correct", row.pk), {"reason": ""})
    assert on_list(event) == {"Parent 0"}
    lead.post(page("attendance_correct", row.pk), {"reason": "Not there"})
    assert on_list(event) == set()
    lead.post(page("attendance_correct", row.pk), {"reason": "There"})
    assert on_list(event) == {"Parent 0"}


# ── Other lists ──────────────────────────────────────────────────────────────


def test_a_village_lead_takes_the_roll_of_people_without_children_there(world):
    villager = person("Villager", home=world.villages[0])
    Membership.objects.create(
        person=villager,
        school=world.villages[0],
        school_year=2026,
        joined_on=NOW.date(),
        source="staff",
        path=world.villages[0].path,
    )
    event = held(world, world.villages[0])
    client = client_of(world, "village_lead:0")
    assert roll_rows(client, event) == {"Villager"}
    client.post(page("roll_call", event.pk), {"was": "", "do": "all"})
    assert on_list(event) == {"Villager"}


def test_parents_do_not_sit_on_the_list_of_a_training(world):
    event = held(world, kind=world.kinds["training"])
    assert roll_rows(client_of(world, "school_lead:0"), event) == set()
