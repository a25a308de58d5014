"""Many at one door in the same moment; and that the database is what keeps them apart."""

from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from events.enums import Doubt
from events.models import Attendance
from events.services.attendances import NoSeats
from tests.events.doors import SCAN, enter, evening, under_way
from tests.events.plans import family
from tests.threads import at_once
from tests.world import build_world


def test_one_person_in_twenty_tabs_is_one_row(shared_database):
    world = build_world()
    event = under_way(world)
    results = at_once([lambda: enter(event, world.parents[0])] * 20)
    assert Attendance.objects.filter(event=event, person=world.parents[0]).count() == 1
    assert sum(result.is_new for result in results) == 1


def test_without_the_constraint_twenty_tabs_would_be_more_than_one_row(shared_database):
    """The negative control of the test above: it fails where the database does not keep people apart."""
    world = build_world()
    event = under_way(world)
    with without_constraints():
        at_once([lambda: enter(event, world.parents[0])] * 20)
        assert Attendance.objects.filter(event=event, person=world.parents[0]).count() > 1


@contextmanager
def without_constraints():
    """The table of attendances without what keeps rows apart. SQLite remakes the whole table, in a copy of the
    database that goes with the test; there a trigger of another table stands in the way."""
    kept, Attendance._meta.constraints = Attendance._meta.constraints, []
    if connection.vendor == "sqlite":
        connection.cursor().execute("DROP TRIGGER IF EXISTS events_event_watch_update")
        with connection.schema_editor() as editor:
            editor._remake_table(Attendance)
    else:
        with connection.schema_editor() as editor:
            for constraint in kept:
                editor.remove_constraint(Attendance, constraint)
    yield
    Attendance._meta.constraints = kept
    if connection.vendor != "sqlite":
        Attendance.objects.all().delete()
        with connection.schema_editor() as editor:
            for constraint in kept:
                editor.add_constraint(Attendance, constraint)


def test_twenty_on_one_phone_at_once_are_two_and_the_rest_waits(shared_database):
    world = build_world()
    event = under_way(world)
    people = [family(world, number) for number in range(20)]
    acts = [
        lambda p=p, n=n: enter(event, p, SCAN + timedelta(seconds=10 * n), mark="shared")
        for n, p in enumerate(people)
    ]
    results = at_once(acts)
    assert sum(not result.is_pending for result in results) == 2
    assert Attendance.objects.filter(event=event, doubt=Doubt.DEVICE).count() == 18


def test_twenty_people_want_seven_seats(shared_database):
    world = build_world()
    event = evening(world, capacity=7)
    people = [family(world, number) for number in range(20)]
    results = at_once([lambda p=p: enter(event, p) for p in people], expected=NoSeats)
    assert Attendance.objects.filter(event=event, revoked_at=None).count() == 7
    assert sum(isinstance(result, NoSeats) for result in results) == 13
