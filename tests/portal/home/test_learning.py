"""The learning record: what a person took part in, school year by school year, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from events.models import Record, RecordKind
from portal.home.queries.learning import learning_record, years_of
from portal.kernel.calendar import SchoolYear
from tests.assessment.facts import came, held, met, revoke
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY

THIS, LAST = SchoolYear(2026), SchoolYear(2025)


@pytest.fixture
def parent(world, client, time_machine):
    time_machine.move_to(NOW, tick=False)
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    return client


def lecture(world, on, title, *, by=0, minutes=90):
    event = held(world.schools[0], world.kinds["lecture"], on, minutes=minutes, title=title)
    return came(world.parents[by], event)


def titles(world, year=THIS):
    return [line.title for line in learning_record(world.parents[0], year)]


def test_events_visits_and_records_of_the_year_latest_first(world):
    lecture(world, date(2026, 9, 1), "first day")
    lecture(world, date(2026, 10, 3), "later")
    lecture(world, date(2026, 8, 31), "last year")
    met(world.parents[0], world.children[0], date(2026, 9, 20), world.staff["class_teacher:0"])
    kind = RecordKind.objects.create(code="service", name="Service")
    Record.objects.create(
        kind=kind, person=world.parents[0], unit=world.schools[0], happened_on=date(2026, 9, 25)
    )
    assert titles(world) == ["later", "Service", world.staff["class_teacher:0"].name, "first day"]
    assert titles(world, LAST) == ["last year"]


def test_what_was_taken_back_or_is_somebody_elses_is_not_there(world):
    revoke(lecture(world, date(2026, 9, 1), "taken back"))
    lecture(world, date(2026, 9, 2), "of another", by=1)
    kind = RecordKind.objects.create(code="complaint", name="Complaint", is_complaint=True)
    Record.objects.create(kind=kind, person=world.parents[0], unit=world.schools[0], happened_on=TODAY)
    assert titles(world) == []


def test_lesson_periods_are_whole_ones(world):
    lecture(world, date(2026, 9, 1), "short", minutes=44)
    lecture(world, date(2026, 9, 2), "long", minutes=134)
    assert [line.periods for line in learning_record(world.parents[0], THIS)] == [2, 0]


def test_years_go_back_to_the_first_sign_in(world):
    assert years_of(world.parents[0], TODAY) == [THIS]
    lecture(world, date(2025, 3, 1), "long ago")
    assert years_of(world.parents[0], TODAY) == [THIS, LAST, SchoolYear(2024)]


def test_the_page_says_what_to_do_where_nothing_is_there(world, parent):
    page = parent.get(reverse("learning")).content.decode()
    assert reverse("my_events") in page


def test_the_page_asks_as_much_for_more_lines(world, parent):
    lecture(world, date(2026, 9, 1), "one")

    def more():
        lecture(world, date(2026, 9, 2), "two")
        lecture(world, date(2026, 9, 3), "three")

    assert_same_queries(lambda: parent.get(reverse("learning")), more, at_most=8)
    page = parent.get(reverse("learning"))
    assert page.context["periods"] == 6
    assert parent.get(reverse("learning"), {"year": "x"}).status_code == 200
