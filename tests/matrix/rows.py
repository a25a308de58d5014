"""Rows of every scoped model in every place, so that each list has something it could leak."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from axes.models import AccessAttempt
from django.core.files.base import ContentFile

from accounts.models import PersonInCharge, Unit
from accounts.models.units import Region
from accounts.services.consents import load_purposes
from assessment.enums import EntryReason
from assessment.models import (
    Adjustment,
    Appraisal,
    AppraisalScheme,
    Batch,
    CapGroup,
    Certificate,
    Evidence,
    Indicator,
    Mark,
    Objection,
    PointEntry,
    PointRule,
    PointScheme,
    Requirement,
    RuleTrial,
    SchemeVersion,
    Section,
    Spending,
    Standing,
    StarLevel,
    UnitMetric,
)
from events.enums import Method
from events.models import Attendance, Event, EventLecturer, Record, RecordKind, Reservation, ReservedPerson
from parentschool.enums import TeamDuty, VisitOutcome, Wish
from parentschool.models import BindingReport, Claim, ClassTeamMember, DataRequest, HomeVisit
from parentschool.services.school_messages import send_message
from portal.kernel import audit, notices
from portal.kernel.models import Job, Run, SpecialDay
from tests.agreeing import agree
from tests.assessment.facts import batch
from tests.world import NOW, OPENED, TODAY, World
from training.enums import Tier
from training.models import Lecturer


def fill(world: World) -> World:
    _consents(world)
    _school_work(world)
    _claims(world)
    _events(world)
    _points(world)
    _appraisals(world)
    _system(world)
    return world


def _consents(world: World) -> None:
    load_purposes(actor=None, now=NOW)
    for parent in world.parents:
        agree(parent)
    PersonInCharge.objects.create(unit=world.county, name="In charge", office="Office", phone="0736-6620000")


def _school_work(world: World) -> None:
    for i, (child, parent) in enumerate(zip(world.children, world.parents, strict=True)):
        teacher = world.staff[f"class_teacher:{i}"]
        HomeVisit.objects.create(
            child=child, visited_on=TODAY, outcome=VisitOutcome.CONTACT, met=parent, visitor=teacher
        )
        DataRequest.objects.create(
            person=parent,
            child=child,
            unit=world.schools[i],
            kind=Wish.CORRECT,
            words="a wrong class",
            asked_at=NOW,
            due_on=TODAY,
        )
        ClassTeamMember.objects.create(
            school_class=world.classes[i], person=teacher, duty=TeamDuty.HEAD, valid_from=OPENED
        )
        Lecturer.objects.create(
            person=world.staff[f"lecturer:{i}"], unit=world.schools[i], tier=Tier.SCHOOL, valid_from=OPENED
        )
        for place in (None, world.classes[i]):
            lead = world.staff[f"school_lead:{i}"]
            send_message(
                world.schools[i],
                classes=[place] if place else [],
                title="Picnic",
                text="On Friday",
                token=f"{i}{place}",
                actor=lead,
                now=NOW,
            )
    Lecturer.objects.create(
        person=world.staff["county_staff"], unit=world.county, tier=Tier.COUNTY, valid_from=OPENED
    )


def _claims(world: World) -> None:
    """In each school a claim to a class and one to the school alone, and a binding said to be wrong."""
    for i, parent in enumerate(world.parents):
        for school_class in (world.classes[1 - i], None):
            Claim.objects.create(
                token=f"{i}{school_class is None}",
                claimant=parent,
                school=world.schools[1 - i],
                school_class=school_class,
                child_name=f"Claimed {school_class}",
                relation="mother",
                made_at=NOW,
                path=school_class.path if school_class else world.schools[1 - i].path,
            )
        BindingReport.objects.create(
            guardianship=parent.guardianships.get(),
            reported_by=parent,
            reason="not mine",
            reported_at=NOW,
        )


def _events(world: World) -> None:
    own = {event.host_id for event in world.events}
    for unit in Unit.objects.exclude(pk__in=own):
        world.events.append(
            Event.objects.create(
                host=unit,
                kind=world.kinds["salon"],
                title=f"Salon at {unit}",
                starts_at=NOW,
                ends_at=NOW.replace(hour=4),
            )
        )
    for event in world.events:
        held = Reservation.objects.create(event=event, seats=1, status="seated", asked_at=NOW)
        if event.host in (world.county, world.stations[0], world.department):
            Event.objects.filter(pk=event.pk).update(needs_booking=True)
            ReservedPerson.objects.create(reservation=held, event=event, person=world.parents[0])
    kind = RecordKind.objects.create(code="service", name="Service")
    for event in world.events:
        Attendance.objects.create(event=event, person=world.parents[0], method=Method.ROLL_CALL, taken_at=NOW)
        Record.objects.create(kind=kind, person=world.parents[0], unit=event.host, happened_on=TODAY)
        lecturer = Lecturer.objects.order_by("pk").last()
        EventLecturer.objects.create(
            event=event, lecturer=lecturer, starts_at=event.starts_at, ends_at=event.ends_at
        )


def _points(world: World) -> None:
    scheme = PointScheme.objects.create(code="scheme", name="Scheme", unit=world.county)
    version = SchemeVersion.objects.create(scheme=scheme, number=1, effective_from=OPENED)
    rule = PointRule.objects.create(
        version=version, code="lecture", name="Lecture", source="attendance", points=1
    )
    CapGroup.objects.create(version=version, code="group", name="Group")
    RuleTrial.objects.create(version=version, effective_from=OPENED, day=TODAY, made_at=NOW)
    StarLevel.objects.create(version=version, level=3, name="Three stars", threshold=10)
    for i, parent in enumerate(world.parents):
        line = PointEntry.objects.create(
            key=f"attendance:{i}:lecture:1",
            person=parent,
            rule=rule,
            points=1,
            source="attendance",
            source_id=i,
            unit=world.schools[i],
            happened_on=TODAY,
            posted_on=TODAY,
            reason=EntryReason.EARNED,
            batch=batch(),
        )
        Adjustment.objects.create(
            token=uuid4(),
            person=parent,
            points=9,
            reason="Reason",
            counts_on=TODAY,
            asked_by=world.staff["county_staff"],
            asked_at=NOW,
        )
        Spending.objects.create(
            token=uuid4(),
            person=parent,
            points=1,
            what="A trip",
            spent_on=TODAY,
            entered_by=world.staff["county_staff"],
        )
        Batch.objects.create(
            chain=world.stations[i].path,
            unit=world.stations[i],
            number=1,
            posted_on=TODAY,
            lines=0,
            points=0,
            head="0" * 64,
        )
        Certificate.objects.create(
            code=f"CERTIFICATE{i}",
            person=parent,
            version=version,
            star=1,
            printed_name=parent.name,
            star_name="one star",
            period="2026-2027",
            points=1,
            school_name="School",
            county_name="County",
            issued_on=TODAY,
        )
        Objection.objects.create(
            entry=line, person=parent, path=parent.path, grounds="Wrong", filed_at=NOW, due_on=TODAY
        )
        Standing.objects.create(day=TODAY, person=parent, version=version, points=1, points_ever=1)
    for unit in Unit.objects.all():
        UnitMetric.objects.create(day=TODAY, unit=unit, metric="members", value=1, lineage=f"{unit.pk:010d}")


def _appraisals(world: World) -> None:
    scheme = AppraisalScheme.objects.create(
        code="sheet", name="Sheet", title="Sheet", unit=world.county, kinds=["school", "village"]
    )
    Requirement.objects.create(
        unit=world.county,
        code="sessions",
        name="Two sessions a term",
        source="A document",
        unit_kinds=["school"],
        at_least=2,
        per="term",
        valid_from=OPENED,
    )
    section = Section.objects.create(scheme=scheme, order=1, name="Section", max_points=10)
    indicator = Indicator.objects.create(
        section=section, number="1", order=1, text="Indicator", max_points=10
    )
    for unit in [*world.schools, *world.villages]:
        appraisal = Appraisal.objects.create(scheme=scheme, unit=unit, year=2026)
        mark = Mark.objects.create(appraisal=appraisal, indicator=indicator)
        Evidence.objects.create(
            mark=mark,
            file=ContentFile(b"%PDF-1.7", "note.pdf"),
            name="note.pdf",
            kind="pdf",
            sha256="0" * 64,
            uploaded_at=NOW,
        )


def _system(world: World) -> None:
    Region.objects.create(code="430725000000", name="Region", level="county", vintage="2023")
    SpecialDay.objects.create(day=date(2026, 10, 10), is_worked=True, name="Holiday")
    Run.objects.create(
        step="points",
        day=date(2026, 10, 11),
        shard=world.county.path,
        status=Run.Status.FAILED,
        started_at=NOW,
        error="ValueError: broken",
    )
    audit.record("test.act", actor=world.staff["county_admin"], now=NOW, path=world.county.path)
    AccessAttempt.objects.create(
        username="county_admin", ip_address="192.0.2.7", user_agent="", failures_since_start=3
    )
    for parent in world.parents:
        notices.send(
            [parent.pk],
            "events.moved_up",
            cause="test",
            now=NOW,
            title="Salon",
            starts_at=NOW.isoformat(),
            seats=1,
        )
    for name in ("county_admin", "school_lead:0"):
        Job.objects.create(kind="test", title=f"Job of {name}", asked_by=world.staff[name])
