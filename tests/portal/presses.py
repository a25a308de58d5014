"""One filled-in form of each kind on the phone pages, in the order in which they are pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.queries import texts_in_force
from assessment.models import Objection, PointEntry
from events.enums import Method
from events.models import Attendance, Record
from events.services import hold_lecture, reserve_seats, schedule_event
from events.services.codes import wall_code
from parentschool.models import Claim, DataRequest, Guardianship, HomeVisit, Membership, SchoolMessage
from portal.kernel import clock
from tests.events.plans import family, plan
from tests.world import World


@dataclass
class Press:
    """One filled-in form: who sends it where, what stands in it, and the rows that one press adds."""

    who: str
    address: str
    fields: dict[str, Any] = field(default_factory=dict)
    adds: dict[str, int] = field(default_factory=dict)
    ends: bool = False
    """Whether the press ends the session: what comes later leads to the door."""
    says_so: bool = False
    """Whether a later press is answered on the form in a sentence, since it could be meant."""
    before: Callable[[Client], Any] = field(default=lambda client: None)
    """What the same browser did before."""


def of_parents(world: World) -> dict[str, Press]:
    parent, school, now = world.parents[0], world.schools[0], clock.now()
    evening = hold_lecture(
        school, plan=plan(world, starts_at=now - timedelta(minutes=5)), actor=None, now=now
    )
    ahead = {"starts_at": now + timedelta(days=2), "capacity": 9, "needs_booking": True}
    salon = schedule_event(school, plan=plan(world, title="Salon", **ahead), actor=None, now=now)
    booked = schedule_event(school, plan=plan(world, title="Booked", **ahead), actor=None, now=now)
    reserve_seats(booked, people=[parent], actor=parent, now=now)
    other = hold_lecture(
        school, plan=plan(world, title="Other", starts_at=now - timedelta(minutes=9)), actor=None, now=now
    )
    kin = family(world, 7)
    Guardianship.objects.create(guardian=kin, child=world.children[0], relation="grandma_p")
    claim = Claim.objects.filter(claimant=parent, status="pending").first()
    asked = DataRequest.objects.get(person=parent, status="open")
    line = PointEntry.objects.filter(person=parent, objections__status="open").get()
    text = next(text for text in texts_in_force() if text.purpose.code == "photos")
    child = {"school_class": world.classes[1].pk, "child_name": "Child 9", "relation": "mother"}
    scan = f"/c/{wall_code(evening, now).token}/"
    return {
        "check_in_scan": Press("parent", scan, {}, {"Attendance": 1}, before=lambda client: client.get(scan)),
        "family_seats": Press(
            "parent",
            reverse("family_seats", args=[salon.pk]),
            {"people": [parent.pk], "children": 1},
            {"Reservation": 1, "ReservedPerson": 1, "AuditEntry": 1},
        ),
        "family_back": Press("parent", reverse("family_back", args=[booked.pk]), {}, {"AuditEntry": 1}),
        "family_child": Press(
            "parent",
            reverse("family_child"),
            child,
            {"Claim": 1, "AuditEntry": 1},
            before=lambda client: client.post(reverse("family_school"), {"school": world.schools[1].pk}),
        ),
        "claim_withdraw": Press("parent", reverse("claim_withdraw", args=[claim.pk]), {}, {"AuditEntry": 1}),
        "own_consents": Press(
            "parent",
            reverse("own_consents"),
            {"code": "photos", "decision": "yes", "shown": [text.pk]},
            {"Consent": 1, "AuditEntry": 1},
        ),
        "own_data_ask": Press(
            "parent",
            reverse("own_data_ask"),
            {"kind": "explain", "words": "why"},
            {"DataRequest": 1, "AuditEntry": 1},
        ),
        "check_in": Press(
            "parent",
            reverse("check_in"),
            {"code": wall_code(other, now).host_code},
            {"Attendance": 1},
        ),
        "check_in_family": Press(
            "parent",
            reverse("check_in_family"),
            {"family": 1, "who": [parent.pk, kin.pk]},
            {"Attendance": 1, "AuditEntry": 1},
            before=lambda client: client.get(scan),
        ),
        "my_calendar_end": Press("parent", reverse("my_calendar_end"), {}, {}),
        "notices_read": Press("parent", reverse("notices_read"), {}, {}),
        "objection_withdraw": Press(
            "parent",
            reverse("objection_withdraw", args=[Objection.objects.filter(person=parent).first().pk]),
            {},
            {"AuditEntry": 1},
        ),
        "object": Press(  # to the line of the objection that is withdrawn by now
            "parent",
            reverse("object", args=[line.pk]),
            {"grounds": "I was there"},
            {"Objection": 1, "AuditEntry": 1},
        ),
        "certificate_new": Press("parent", reverse("certificate_new"), {}, {}),
        "binding_report": Press(
            "parent",
            reverse("binding_report", args=[parent.guardianships.get().pk]),
            {"reason": "not mine"},
            {"AuditEntry": 1},
        ),
        "own_data_withdraw": Press(
            "parent", reverse("own_data_withdraw", args=[asked.pk]), {}, {"AuditEntry": 1}
        ),
        "own_data_erase": Press(
            "parent", reverse("own_data_erase"), {"name": parent.name}, {"AuditEntry": 2}, ends=True
        ),
    }


def of_school(world: World) -> dict[str, Press]:
    school, now, lead = world.schools[0], clock.now(), "school_lead:0"
    tomorrow = clock.local(now + timedelta(days=1))
    evening = hold_lecture(
        school, plan=plan(world, starts_at=now - timedelta(minutes=5)), actor=None, now=now
    )
    off = schedule_event(
        school, plan=plan(world, title="Off", starts_at=now + timedelta(days=2)), actor=None, now=now
    )
    come = Attendance.objects.create(
        event=evening, person=family(world, 8), method=Method.WALL_CODE, taken_at=now
    )
    odd = Attendance.objects.create(
        event=evening,
        person=family(world, 9),
        method=Method.WALL_CODE,
        taken_at=now,
        revoked_at=now,
        doubt="device",
    )
    ahead = {"starts_at": now + timedelta(days=3), "capacity": 9, "needs_booking": True}
    salon = schedule_event(school, plan=plan(world, title="Salon", **ahead), actor=None, now=now)
    managed, holder = family(world, 11), family(world, 12)
    held = reserve_seats(salon, people=[holder], actor=holder, now=now)
    message = SchoolMessage.objects.filter(unit=school).first()
    record = Record.objects.filter(unit=school).first()
    claim = Claim.objects.filter(school=school, status="pending").exclude(school_class=None).first()
    bond = family(world, 10).guardianships.get()
    learner = Membership.objects.get(person=world.parents[0])
    visit = HomeVisit.objects.filter(child=world.children[0]).first()
    asked = DataRequest.objects.filter(unit=school, status="open").first()
    new = {
        "kind": world.kinds["lecture"].pk,
        "title": "New",
        "day": f"{tomorrow:%Y-%m-%d}",
        "at": "19:00",
        "minutes": 60,
        "place": "Hall",
    }
    return {
        "event_new": Press(lead, reverse("event_new"), new, {"Event": 1, "AuditEntry": 1}),
        "event_edit": Press(
            lead, reverse("event_edit", args=[off.pk]), {**new, "title": "Other"}, {"AuditEntry": 1}
        ),
        "event_cancel": Press(
            lead, reverse("event_cancel", args=[off.pk]), {"reason": "rain"}, {"AuditEntry": 1}
        ),
        "roll_call": Press(
            lead,
            reverse("roll_call", args=[evening.pk]),
            {"here": [world.parents[0].pk], "was": ""},
            {"Attendance": 1, "AuditEntry": 1},
        ),
        "walk_in": Press(
            lead,
            reverse("walk_in", args=[evening.pk]),
            {"q": "Somebody New", "name": "Somebody New"},
            {"Person": 1, "Membership": 1, "Attendance": 1, "AuditEntry": 2},
            says_so=True,
        ),
        "attendance_correct": Press(
            lead,
            reverse("attendance_correct", args=[come.pk]),
            {"reason": "not here", "do": "off"},
            {"AuditEntry": 1},
        ),
        "attendance_doubt": Press(
            lead, reverse("attendance_doubt", args=[odd.pk]), {"do": "accept"}, {"AuditEntry": 1}
        ),
        "event_seats_new": Press(
            lead,
            reverse("event_seats_new", args=[salon.pk]),
            {"person": managed.pk, "book": 1, "people": [managed.pk], "children": 0},
            {"Reservation": 1, "ReservedPerson": 1, "Notice": 1, "AuditEntry": 1},
        ),
        "event_seats_back": Press(
            lead, reverse("event_seats_back", args=[held.pk]), {}, {"Notice": 1, "AuditEntry": 1}
        ),
        "message_new": Press(
            lead,
            reverse("message_new"),
            {"unit": school.pk, "title": "Monday", "text": "School begins at nine.", "token": "a" * 32},
            {"SchoolMessage": 1, "Notice": 7, "AuditEntry": 1},  # seven learners by now
        ),
        "message_take_back": Press(
            lead, reverse("message_take_back", args=[message.pk]), {}, {"AuditEntry": 1}
        ),
        "record_person": Press(
            lead,
            reverse("record_person", args=[learner.pk]),
            {"kind": record.kind_id, "quantity": 1, "happened_on": f"{clock.today():%Y-%m-%d}"},
            {"Record": 1, "AuditEntry": 1},
            says_so=True,
        ),
        "record_take_back": Press(
            lead, reverse("record_take_back", args=[record.pk]), {"reason": "wrong"}, {"AuditEntry": 1}
        ),
        "claim": Press(
            lead,
            reverse("claim", args=[claim.pk]),
            {"decision": "refuse", "reason": "unknown"},
            {"AuditEntry": 1},
        ),
        "managed_child": Press(
            lead,
            reverse("managed_child", args=[world.children[0].pk]),
            {"name": "Grandma Wang", "relation": "grandma_p"},
            {"Person": 1, "Guardianship": 1, "Membership": 1, "AuditEntry": 3},
        ),
        "binding_undo": Press(
            lead, reverse("binding_undo", args=[bond.pk]), {"reason": "wrong"}, {"AuditEntry": 1}
        ),
        "visit_child": Press(
            "class_teacher:0",
            reverse("visit_child", args=[world.children[0].pk]),
            {"outcome": "attempt", "visited_on": f"{clock.today():%Y-%m-%d}"},
            {"HomeVisit": 1, "AuditEntry": 1},
        ),
        "visit_revoke": Press(
            lead, reverse("visit_revoke", args=[visit.pk]), {"reason": "wrong"}, {"AuditEntry": 1}
        ),
        "neighbour_new": Press(
            "village_lead:0",
            reverse("neighbour_new"),
            {"unit": world.villages[0].pk, "name": "Old Zhou"},
            {"Person": 1, "Membership": 1, "AuditEntry": 2},
            says_so=True,
        ),
        "request_answer": Press(
            lead,
            reverse("request_answer", args=[asked.pk]),
            {"decision": "grant", "words": "done"},
            {"AuditEntry": 1},
        ),
    }
