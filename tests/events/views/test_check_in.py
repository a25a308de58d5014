"""The wall, and what a scan of it opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from events.models import Attendance, Event
from events.services import schedule_event
from events.services.codes import wall_code
from parentschool.enums import Relation
from parentschool.models import Guardianship
from tests.events.pages import client_of, digest, on_list, page, signed_in
from tests.events.plans import plan
from tests.queries import asked, assert_same_queries, listing
from tests.world import NOW, person


@pytest.fixture
def evening(world) -> Event:
    return schedule_event(world.schools[0], plan=plan(world, starts_at=NOW), actor=None, now=NOW)


def scan(event: Event, moment=NOW) -> str:
    return page("check_in_scan", wall_code(event, moment).token)


def test_the_wall_shows_a_code_that_scans(world, evening):
    shown = client_of(world, "school_lead:0").get(page("wall", evening.pk))
    assert shown.context["address"] == "http://testserver" + scan(evening)
    assert shown.context["digits"].replace(" ", "") == wall_code(evening, NOW).host_code
    assert "style=" not in shown.text


def test_the_drawing_of_the_code_is_the_code(world, evening):
    import segno

    from events.views.wall import QUIET, qr_drawing

    drawn = qr_drawing("http://testserver" + scan(evening))
    dark = set()
    for run in drawn["path"].removeprefix("M").split("M"):
        place, width = run.split("h")[0], int(run.split("h")[1].split("v")[0])
        x, y = map(int, place.split())
        dark |= {(x + i - QUIET, y - QUIET) for i in range(width)}
    matrix = segno.make("http://testserver" + scan(evening), error="m", micro=False).matrix
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    assert drawn["side"] == len(matrix) + 2 * QUIET


def test_the_wall_shows_no_code_while_the_doors_are_closed(world):
    event = schedule_event(
        world.schools[0], plan=plan(world, starts_at=NOW + timedelta(hours=2)), actor=None, now=NOW
    )
    shown = client_of(world, "school_lead:0").get(page("wall_state", event.pk))
    assert (shown.context["is_open"], "<svg" in shown.text) == (False, False)


def test_looking_at_a_scan_changes_nothing_and_one_button_signs_in(world, evening):
    client = signed_in(world.parents[0])
    before = digest()
    assert client.get(scan(evening)).status_code == 200
    assert digest() == before
    done = client.post(scan(evening))
    assert done["Location"] == page("check_in_done", evening.pk)
    assert on_list(evening) == {"Parent 0"}
    assert client.get(done["Location"]).status_code == 200


def test_a_scan_survives_the_way_through_the_sign_in_page(world, evening, time_machine):
    client, address = Client(), scan(evening)
    sent = client.get(address)
    assert sent["Location"] == f"/accounts/login/?next={address}"
    cookie = sent.cookies["check_in"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 600)
    time_machine.move_to(NOW + timedelta(minutes=9), tick=False)
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    assert client.get(address).status_code == 200
    client.post(address)
    row = Attendance.objects.get()
    assert (row.person, row.taken_at) == (world.parents[0], NOW)


def test_an_old_code_without_a_claim_of_this_browser_is_worth_nothing(world, evening, time_machine):
    address = scan(evening)
    time_machine.move_to(NOW + timedelta(seconds=40), tick=False)
    client = signed_in(world.parents[0])
    for response in (client.get(address), client.post(address), Client().get(address)):
        assert (response.status_code, response.context["refusal"].code) == (409, "code_expired")
    assert on_list(evening) == set()


def test_a_claim_of_one_event_does_not_revive_the_code_of_another(world, evening, time_machine):
    other = schedule_event(
        world.schools[0], plan=plan(world, title="Another", starts_at=NOW), actor=None, now=NOW
    )
    client = signed_in(world.parents[0])
    client.get(scan(evening))
    old = scan(other)
    time_machine.move_to(NOW + timedelta(minutes=1), tick=False)
    assert client.post(old).status_code == 409


def test_a_claim_of_another_browser_does_not_count(world, evening, time_machine):
    first, address = signed_in(world.parents[0]), scan(evening)
    claim = first.get(address).cookies["check_in"].value
    time_machine.move_to(NOW + timedelta(minutes=1), tick=False)
    other = signed_in(world.parents[0])
    other.cookies["check_in"] = claim
    assert other.post(address).status_code == 409
    assert first.post(address).status_code == 302


def test_who_is_not_on_the_list_is_noted_and_told_kindly(world, evening):
    stranger = signed_in(world.parents[1])
    done = stranger.get(stranger.post(scan(evening))["Location"])
    assert ([row.is_pending for row in done.context["rows"]], on_list(evening)) == ([True], set())


def test_a_family_signs_in_by_one_tap(world, evening):
    father = person("Father of 0")
    Guardianship.objects.create(guardian=father, child=world.children[0], relation=Relation.FATHER)
    client = signed_in(world.parents[0])
    shown = client.get(scan(evening))
    assert [(one.name, one.ticked) for one in shown.context["comers"]] == [
        ("Parent 0", True),
        ("Father of 0", False),
    ]
    nobody = client.post(scan(evening), {"family": "1"})
    assert (nobody.status_code, nobody.context["refusal"].code) == (409, "nobody_came")
    client.post(scan(evening), {"family": "1", "who": [world.parents[0].pk, father.pk]})
    assert on_list(evening) == {"Parent 0", "Father of 0"}
    done = client.get(page("check_in_done", evening.pk))
    assert ([row.person for row in done.context["rows"]], done.context["may_add"]) == (
        [world.parents[0], father],
        False,
    )


def test_the_rest_of_the_family_is_added_while_the_claim_lives(world, evening, time_machine):
    father = person("Father of 0")
    Guardianship.objects.create(guardian=father, child=world.children[0], relation=Relation.FATHER)
    client = signed_in(world.parents[0])
    client.post(page("check_in"), {"code": wall_code(evening, NOW).host_code})
    assert client.get(page("check_in_done", evening.pk)).context["may_add"]
    shown = client.get(page("check_in_family"))
    assert shown.status_code == 200
    assert '<span class="tick tick-done">已签到</span>' in shown.text
    client.post(page("check_in_family"), {"family": "1", "who": [father.pk]})
    assert on_list(evening) == {"Parent 0", "Father of 0"}
    time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
    assert client.get(page("check_in_family")).status_code == 409


@pytest.mark.parametrize("extra", ["0", "x", "99999999999999999999", "-1"])
def test_people_of_other_families_and_nonsense_are_not_signed_in(world, evening, extra):
    client = signed_in(world.parents[0])
    client.post(scan(evening), {"family": "1", "who": [extra, world.parents[1].pk]})
    assert on_list(evening) == set()


def test_staff_look_at_odd_sign_ins_on_the_page_of_the_event(world, evening):
    for parent in (world.parents[1], person("Somebody", home=world.schools[1])):
        signed_in(parent).post(scan(evening))
    lead = client_of(world, "school_lead:0")
    one, other = lead.get(page("event_detail", evening.pk)).context["doubts"]
    lead.post(page("attendance_doubt", one.pk), {"do": "accept"})
    assert lead.post(page("attendance_doubt", other.pk), {"do": "refuse", "reason": ""}).status_code == 200
    lead.post(page("attendance_doubt", other.pk), {"do": "refuse", "reason": "Not seen"})
    assert on_list(evening) == {"Parent 1"}
    assert list(lead.get(page("event_detail", evening.pk)).context["doubts"]) == []


def test_the_result_page_is_for_whoever_signed_in(world, evening):
    signed_in(world.parents[0]).post(scan(evening))
    assert signed_in(world.parents[1]).get(page("check_in_done", evening.pk)).status_code == 404


def test_the_check_in_needs_a_token_of_the_form(world, evening):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    assert client.post(scan(evening)).status_code == 403
    assert on_list(evening) == set()


def kin_come(world, names: str) -> list:
    kin = [person(name) for name in names]
    for one in kin:
        Guardianship.objects.create(guardian=one, child=world.children[0], relation=Relation.OTHER)
    return kin


def test_the_page_with_the_button_asks_as_much_for_a_large_family(world, evening):
    kin_come(world, "A")
    client = signed_in(world.parents[0])
    assert_same_queries(lambda: client.get(scan(evening)), lambda: kin_come(world, "BC"), at_most=6)


def test_the_page_that_says_it_is_saved_asks_as_much_for_a_large_family(world, evening):
    client = signed_in(world.parents[0])
    client.get(scan(evening))

    def come(names: str) -> None:
        who = [one.pk for one in kin_come(world, names)]
        client.post(page("check_in_family"), {"family": "1", "who": who})

    come("A")
    assert_same_queries(lambda: client.get(page("check_in_done", evening.pk)), lambda: come("BC"), at_most=7)


def test_the_digits_from_the_wall_ask_for_little(world, evening):
    client, code = signed_in(world.parents[0]), wall_code(evening, NOW).host_code
    client.get(page("check_in"))
    first = asked(lambda: client.post(page("check_in"), {"code": code}))
    assert len(first) <= 15, "the first of an evening opens it as well\n" + listing(first)
    again = asked(lambda: client.post(page("check_in"), {"code": code}))
    assert len(again) <= 12, listing(again)
