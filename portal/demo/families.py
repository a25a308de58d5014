"""Parents of the demo who registered themselves, and the person in charge of children's information."""

from __future__ import annotations

from datetime import datetime

from accounts.enums import Asked
from accounts.models import Person, PersonInCharge
from accounts.queries import consents_of
from accounts.services.consents import record_decisions
from parentschool.enums import Relation
from parentschool.models import Guardianship, SchoolClass
from parentschool.services.claims import Claimed, claim_child
from portal.demo.county import Demo, demo_person


def build_claims(demo: Demo, *, now: datetime) -> None:
    """In the first class three parents wait: one the school keeps without a phone, one of a child on the list, and one
    of a child that is not."""
    PersonInCharge.objects.create(
        unit=demo.county, name=demo.cast.name(), office="县教育局家庭教育股（演示）", phone="0000-0000000"
    )
    place = demo.classes[0]
    listed = Guardianship.objects.filter(child__school_class=place).select_related("guardian", "child")
    without = listed.filter(guardian__phone_tail="").order_by("pk").first()
    child = listed.order_by("pk")[0].child
    if without is not None:
        _claim(demo, place, without.guardian.name, without.child.name, without.relation, now)
    _claim(demo, place, demo.cast.name(), child.name, Relation.FATHER, now)
    _claim(demo, place, demo.cast.name(), demo.cast.name(), Relation.MOTHER, now)


def agree(person: Person, now: datetime) -> None:
    """To what the portal cannot do without."""
    states = consents_of(person)
    record_decisions(
        person,
        agreed={state.purpose.code: True for state in states if state.purpose.is_required},
        shown=[state.text.pk for state in states],
        asked=Asked.REGISTRATION,
        actor=person,
        now=now,
    )


def _claim(demo: Demo, place: SchoolClass, name: str, child: str, relation: str, now: datetime) -> None:
    parent = demo_person(name, place.school, demo.cast.phone())
    parent.save()
    agree(parent, now)
    claimed = Claimed(place.school, place, child, relation, token=f"demo-{parent.phone_tail}")
    claim_child(parent, claimed, actor=parent, now=now)
