"""Events of the small world, as plans."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from events.services import EventPlan
from parentschool.enums import MembershipSource, Relation
from parentschool.models import Child, Guardianship, Membership
from tests.world import NOW, OPENED, World, person
from training.enums import Tier
from training.models import Lecturer


def plan(world: World, **more: Any) -> EventPlan:
    """A lecture of this morning that ended an hour ago, unless said otherwise."""
    starts_at: datetime = more.pop("starts_at", NOW - timedelta(hours=2))
    minutes = more.pop("minutes", 60)
    return EventPlan(
        **{
            "kind": world.kinds["lecture"],
            "title": "Talking with children",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=minutes),
            "place": "Hall",
            **more,
        }
    )


def lecturer(world: World, name: str = "lecturer:0", **more: Any) -> Lecturer:
    return Lecturer.objects.create(
        **{
            "person": world.staff[name],
            "unit": world.county,
            "tier": Tier.COUNTY,
            "valid_from": OPENED,
            **more,
        }
    )


def family(world: World, number: int, *, school: int = 0, school_class: Any = None) -> Any:
    """One more learner of a school, with a child in its class."""
    unit = world.schools[school]
    own_class = school_class or world.classes[school]
    parent = person(f"Guardian {number:03d}", home=unit, phone=f"1390000{number:04d}")
    child = Child.objects.create(
        basis="duty", name=f"Pupil {number:03d}", school_class=own_class, path=own_class.path
    )
    Guardianship.objects.create(guardian=parent, child=child, relation=Relation.FATHER)
    Membership.objects.create(
        person=parent,
        school=unit,
        school_year=2026,
        joined_on=date(2026, 9, 1),
        source=MembershipSource.ROSTER,
        path=unit.path,
    )
    return parent
