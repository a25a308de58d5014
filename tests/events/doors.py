"""An evening event with its doors, and people who enter by scanning."""

from __future__ import annotations

from datetime import timedelta

from events.services import check_in, schedule_event
from events.services.codes import Scan, device_of
from tests.events.plans import family, plan
from tests.world import NOW

STARTS = NOW + timedelta(hours=1)
SCAN = STARTS + timedelta(minutes=1)


def evening(world, **more):
    return schedule_event(
        world.schools[0], plan=plan(world, **{"starts_at": STARTS, **more}), actor=None, now=NOW
    )


def enter(event, person, at=SCAN, *, mark="", now=None, **more):
    """The person's own browser, unless a mark says which."""
    device = device_of(mark or f"of {person.pk}", event.pk)
    return check_in(Scan(event.pk, at, device), person_id=person.pk, now=now or at, **more)


def under_way(world, **more):
    """An event whose first guest has come, so that the next ones take the short way."""
    event = evening(world, **more)
    enter(event, family(world, 99))
    event.refresh_from_db()
    return event
