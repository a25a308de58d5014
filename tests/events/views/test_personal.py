"""A person's own code, and what it opens for whoever takes the roll."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from events.enums import Method
from events.models import Attendance
from events.services import schedule_event
from events.services.codes import CodeExpired, personal_code, read_digits, read_personal_code
from tests.events.pages import client_of, digest, on_list, page, signed_in
from tests.events.plans import plan
from tests.world import NOW, TODAY

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def evening(world):
    return schedule_event(world.schools[0], plan=plan(world, starts_at=NOW), actor=None, now=NOW)


def code_page(person, **more):
    return page("person_by_code", personal_code(person.pk, today=TODAY, **more).token)


def test_the_lead_scans_and_taps_once(world, evening):
    lead, parent = client_of(world, "school_lead:0"), world.parents[0]
    before = digest()
    shown = lead.get(code_page(parent))
    assert (shown.context["person"], shown.context["events"], digest()) == (parent, [evening], before)
    done = lead.post(code_page(parent), {"event": evening.pk})
    assert (done.context["is_new"], on_list(evening)) == (True, {"Parent 0"})
    row = Attendance.objects.get()
    assert (row.method, row.taken_by) == (Method.PERSONAL_CODE, world.staff["school_lead:0"])
    assert lead.post(code_page(parent), {"event": evening.pk}).context["is_new"] is False
    assert Attendance.objects.get().revision == 1


def test_a_code_names_nobody_without_an_event_of_ones_own_under_way(world, evening):
    """A parent is shown nothing at all; a lead elsewhere no name, and cannot tick at another's event."""
    assert signed_in(world.parents[1]).get(code_page(world.parents[0])).status_code == 404
    other = client_of(world, "school_lead:1")
    shown = other.get(code_page(world.parents[0]))
    assert (shown.status_code, "Parent 0" in shown.text) == (200, False)
    assert other.post(code_page(world.parents[0]), {"event": evening.pk}).status_code == 404
    assert on_list(evening) == set()


def test_the_code_is_good_today_and_the_card_through_the_school_year(world, time_machine):
    own = signed_in(world.parents[0])
    assert own.get(page("my_code")).context["last_day"] == TODAY
    assert own.get(page("my_card")).context["last_day"] == date(2027, 8, 31)
    code = personal_code(7, today=TODAY)
    assert read_personal_code(code.token, TODAY) == 7
    with pytest.raises(CodeExpired):
        read_personal_code(code.token, TOMORROW)
    assert read_personal_code(personal_code(7, today=TODAY, last_day=TOMORROW).token, TOMORROW) == 7
    for worthless in ("", "x", code.token + "x", code.digits):
        with pytest.raises(CodeExpired):
            read_personal_code(worthless, TODAY)


def test_the_digits_of_a_day_mean_one_person_and_are_far_from_their_neighbours():
    digits = {number: personal_code(number, today=TODAY).digits for number in range(1, 3000)}
    assert len(set(digits.values())) == len(digits)
    assert all(read_digits(code, TODAY) == number for number, code in digits.items())
    assert read_digits(digits[1], TOMORROW) != 1
    assert len({code[:4] for code in list(digits.values())[:100]}) > 90


def test_digits_are_typed_where_walk_ins_are_searched(world, evening):
    lead = client_of(world, "school_lead:0")
    mine, theirs = (personal_code(parent.pk, today=TODAY).digits for parent in world.parents)
    found = lead.post(page("walk_in", evening.pk), {"q": f"{mine[:4]} {mine[4:]}"})
    assert ([row.name for row in found.context["found"]], found.context["by_code"]) == (["Parent 0"], True)
    assert lead.post(page("walk_in", evening.pk), {"q": theirs}).context["found"] == []
    lead.post(page("walk_in", evening.pk), {"person": world.parents[0].pk, "by": "personal"})
    assert Attendance.objects.get().method == Method.PERSONAL_CODE
