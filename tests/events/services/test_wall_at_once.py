"""Many on one phone in the same moment. What else may be lost at a door stands in tests/races/seats.py."""

from datetime import timedelta

from events.enums import Doubt
from events.models import Attendance
from tests.events.doors import SCAN, enter, under_way
from tests.events.plans import family
from tests.threads import at_once
from tests.world import build_world


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
