"""Races of the joining of two records: with what earns points, and with the claim that joins them as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from accounts.models import Person, Unit
from accounts.services import joining
from accounts.services.consents import load_purposes
from accounts.services.joining import join_records
from assessment.models import PointScheme
from assessment.services import by_hand
from events.models import Attendance
from events.services import attendances
from events.services.attendances import RollTaken
from events.services.wall import CheckedIn
from parentschool.enums import ClaimStatus
from parentschool.models import Child, Claim, Guardianship, Membership
from parentschool.services.claims import approve_claim, claim_child
from parentschool.services.managed import register_managed
from portal import nightly
from portal.kernel.models import AuditEntry
from tests.agreeing import agree
from tests.assessment.facts import scheme
from tests.events.doors import SCAN, enter, evening
from tests.events.plans import family
from tests.parentschool.newcomers import claimed
from tests.races.arena import Race, Round, Rounds
from tests.races.controls import slowly, without_transactions
from tests.races.nights import came_how_often, points_of, what_the_books_say
from tests.world import NOW, TODAY, World, person


def second_record_of(one: Person, school: Unit) -> Person:
    """Without a phone, guardian of the same child and learner of the same school."""
    made, bond, learns = person(one.name, home=school), one.guardianships.get(), one.memberships.get()
    Guardianship.objects.create(guardian=made, child=bond.child, relation=bond.relation)
    Membership.objects.create(
        person=made,
        school=school,
        school_year=learns.school_year,
        joined_on=learns.joined_on,
        source=learns.source,
        path=school.path,
    )
    return made


def joined_while_earning(world: World, clients: int) -> Rounds:
    """Two clerks join two records of one woman while she is put on the lists of many events by the record that goes.
    After the night all of it is hers, and nothing is left to the other."""
    scheme(world, {"code": "lecture"})
    clerks = [world.as_(name) for name in ("county_admin", "school_lead:0")]
    teacher, guest = world.as_("class_teacher:0"), family(world, 9999)
    events = [evening(world, title=f"Talk {n}") for n in range(clients - 2)]
    for event in events:
        enter(event, guest)

    def one_round(number: int) -> Round:
        kept = family(world, number)
        gone = second_record_of(kept, world.schools[0])

        def earn(n: int) -> Any:
            if n % 2:
                return attendances.take_roll(events[n], present=[gone.pk], actor=teacher, now=SCAN)
            return enter(events[n], gone)

        def join(clerk: Person) -> Person:
            return join_records(kept, gone, reason="Seen the paper", actor=clerk, now=SCAN)

        def wrong(answers: list[Any]) -> Iterator[str]:
            by_roll = sum(each.added for each in answers if isinstance(each, RollTaken))
            by_wall = sum(each.is_new for each in answers if isinstance(each, CheckedIn))
            if by_roll + by_wall != len(events):
                yield f"{by_roll + by_wall} of {len(events)} acts were saved"
            list(nightly.run(TODAY))
            yield from what_the_books_say()
            if (theirs := Attendance.objects.filter(person=kept).count()) != len(events):
                yield f"{theirs} of {len(events)} attendances are hers"
            if left := Attendance.objects.filter(person=gone).count():
                yield f"{left} attendances are left to the record that went"
            points, due = points_of([kept, gone]), came_how_often([kept, gone])
            if {key: n for key, n in points.items() if n} != due:
                yield f"points {points}, attendances {due}"

        acts = [lambda c=clerk: join(c) for clerk in clerks]
        return Round([*acts, *(lambda n=n: earn(n) for n in range(len(events)))], wrong)

    return one_round


@contextmanager
def without_following() -> Iterator[None]:
    """The teachers' forms were open before, and come a while after."""
    take_roll = attendances.take_roll

    def later(*args: Any, **how: Any) -> RollTaken:
        time.sleep(1)
        return take_roll(*args, **how)

    with (
        patch.object(nightly, "follow_joined", lambda people, *, now: 0),
        patch.object(attendances, "take_roll", later),
    ):
        yield


def agreed_while_joined(world: World, clients: int) -> Rounds:
    """A grandmother without a phone has registered anew and claims her grandchild. The school agrees, which joins her
    two records; the office joins the same two."""
    load_purposes(actor=None, now=NOW)
    scheme(world, {"code": "lecture"})
    PointScheme.objects.update(approve_above=50)
    lead, office = world.as_("school_lead:0"), world.as_("county_admin")
    room, clerk = world.classes[0], world.as_("county_staff")

    def one_round(number: int) -> Round:
        name = f"Pupil {number}"
        child = Child.objects.create(basis="duty", name=name, school_class=room, path=room.path)
        grandmother = {"name": f"Grandmother {number}", "relation": "grandma_p"}
        known = register_managed(child, **grandmother, actor=lead, now=NOW).guardian
        by_hand.adjust(known, points=1, reason="Helped", actor=clerk, now=NOW)
        newcomer = person(known.name, home=world.schools[0], phone=f"1370000{number:04}")
        agree(newcomer)
        said = claimed(world, child_name=name, relation="grandma_p", token=f"claim {number}")
        claim = claim_child(newcomer, said, actor=newcomer, now=NOW)

        def join() -> Person:
            return join_records(known, newcomer, reason="Seen the paper", actor=office, now=NOW)

        def approve() -> Claim:
            return approve_claim(claim, actor=lead, now=NOW)

        def wrong(answers: list[Any]) -> Iterator[str]:
            gone = Person.objects.get(pk=newcomer.pk)
            if gone.joined_into_id != known.pk:
                yield f"the new record is joined into {gone.joined_into_id}, not into {known.pk}"
            joined = AuditEntry.objects.filter(action="person.join", object_id=str(known.pk)).count()
            if joined != 1:
                yield f"they were joined {joined} times"
            row = Claim.objects.get(pk=claim.pk)
            if (row.status, row.claimant_id) != (ClaimStatus.APPROVED, known.pk):
                yield f"the claim of {row.claimant_id} is {row.status}"
            bonds = list(
                Guardianship.objects.filter(child=child, ended_on=None).values_list("guardian", flat=True)
            )
            if bonds != [known.pk]:
                yield f"the child's guardians are {bonds}, not {known.pk}"

        return Round([join if n % 2 else approve for n in range(clients)], wrong)

    return one_round


@contextmanager
def without_taking_turns() -> Iterator[None]:
    with (
        without_transactions(),
        patch.object(joining, "bulk", SimpleNamespace(serialise=lambda purpose: None)),
        patch.object(joining, "_choose", slowly(joining._choose)),
    ):
        yield


RACES = [
    Race("joined while earning", joined_while_earning, without_following),
    Race("agreed while joined", agreed_while_joined, without_taking_turns),
]
