"""What becomes of everything that hangs on a person when two records of one human are joined, relation by relation."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from accounts.belongings import How, declare
from accounts.models import Person
from assessment.models import Certificate
from events.models import Attendance, ReservedPerson
from parentschool.enums import ClaimStatus, ReportStatus, RequestStatus
from parentschool.models import BindingReport, Claim, DataRequest, Guardianship, Membership
from portal.kernel import clock
from portal.kernel.models import Notice

JOINED = "joined with another record of the same person"


def settle_guardianships(gone: Person, kept: Person, now: datetime) -> set[int]:
    """Of one child both were guardians: the kept record's row goes on, the other ends."""
    behind = set()
    for row in Guardianship.objects.filter(guardian=gone):
        twin = Guardianship.objects.filter(guardian=kept, child=row.child_id).first()
        if twin is None:
            continue
        behind.add(row.pk)
        if row.ended_on is not None:
            continue
        if twin.ended_on is not None:
            Guardianship.objects.filter(pk=twin.pk).update(
                ended_on=None, relation=row.relation, relation_word=row.relation_word, updated_at=now
            )
        Guardianship.objects.filter(pk=row.pk).update(ended_on=clock.day_of(now), updated_at=now)
        Claim.objects.filter(guardianship=row).update(guardianship=twin)
        BindingReport.objects.filter(guardianship=row).update(guardianship=twin)
    return behind


def settle_memberships(gone: Person, kept: Person, now: datetime) -> set[int]:
    """At one school in one year both were learners: the kept record's row goes on from the earlier day."""
    behind = set()
    for row in Membership.objects.filter(person=gone):
        twin = Membership.objects.filter(
            person=kept, school=row.school_id, school_year=row.school_year
        ).first()
        if twin is None:
            continue
        behind.add(row.pk)
        left = None
        if row.left_on is not None and twin.left_on is not None:
            left = max(row.left_on, twin.left_on)
        Membership.objects.filter(pk=twin.pk).update(
            joined_on=min(twin.joined_on, row.joined_on),
            left_on=left,
            household=twin.household or row.household,
            updated_at=now,
        )
        Membership.objects.filter(pk=row.pk).update(left_on=F("joined_on"), updated_at=now)
    return behind


def settle_attendances(gone: Person, kept: Person, now: datetime) -> set[int]:
    """At one event both are on the list: one human was there once."""
    behind = set()
    for row in Attendance.objects.filter(person=gone, revoked_at=None):
        twin = Attendance.objects.filter(person=kept, event=row.event_id).first()
        if twin is None:
            continue
        behind.add(row.pk)
        if twin.revoked_at is not None:
            Attendance.objects.filter(pk=twin.pk).update(
                revoked_at=None, correction_reason=JOINED, revision=F("revision") + 1, updated_at=now
            )
        Attendance.objects.filter(pk=row.pk).update(
            revoked_at=now, correction_reason=JOINED, revision=F("revision") + 1, updated_at=now
        )
    revoked = Attendance.objects.filter(person=gone, event__in=kept.attendances.values("event"))
    return behind | set(revoked.values_list("pk", flat=True))


def settle_claims(gone: Person, kept: Person, now: datetime) -> set[int]:
    """Both wait for the same child: one claim is enough."""
    waiting = Claim.objects.filter(claimant=gone, status=ClaimStatus.PENDING)
    behind = {
        row.pk
        for row in waiting
        if Claim.objects.filter(
            claimant=kept, school=row.school_id, child_name=row.child_name, status=ClaimStatus.PENDING
        ).exists()
    }
    Claim.objects.filter(pk__in=behind).update(status=ClaimStatus.WITHDRAWN, decided_at=now, updated_at=now)
    return behind


def settle_reports(gone: Person, kept: Person, now: datetime) -> set[int]:
    """Both said the same binding to be wrong: once is enough."""
    said = BindingReport.objects.filter(reported_by=kept, status=ReportStatus.OPEN)
    doubles = BindingReport.objects.filter(
        reported_by=gone, status=ReportStatus.OPEN, guardianship__in=said.values("guardianship")
    )
    return set(doubles.values_list("pk", flat=True))


def settle_seats(gone: Person, kept: Person, now: datetime) -> set[int]:
    """At one event both have a seat: one is enough."""
    held = ReservedPerson.objects.filter(person=kept, is_standing=True)
    doubles = ReservedPerson.objects.filter(person=gone, is_standing=True, event__in=held.values("event"))
    behind = set(doubles.values_list("pk", flat=True))
    ReservedPerson.objects.filter(pk__in=behind).update(is_standing=False)
    return behind


def settle_notices(gone: Person, kept: Person, now: datetime) -> set[int]:
    """What both were told of one cause is told once."""
    told = Notice.objects.filter(person=kept).values("cause")
    return set(Notice.objects.filter(person=gone, cause__in=told).values_list("pk", flat=True))


def settle_certificates(gone: Person, kept: Person, now: datetime) -> set[int]:
    """Of one star in one period both have a certificate: each stays with the name under which it was printed."""
    behind = set()
    for row in Certificate.objects.filter(person=gone, revoked_at=None):
        same = Certificate.objects.filter(person=kept, revoked_at=None, version=row.version_id, star=row.star)
        if same.filter(period=row.period).exists():
            behind.add(row.pk)
    return behind


def settle_requests(gone: Person, kept: Person, now: datetime) -> set[int]:
    """Both asked the same about their data: the kept record's request goes on."""
    behind = set()
    for row in DataRequest.objects.filter(person=gone, status=RequestStatus.OPEN):
        same = DataRequest.objects.filter(person=kept, status=RequestStatus.OPEN, kind=row.kind)
        if same.filter(child=row.child_id).exists():
            behind.add(row.pk)
    return behind


declare("account.emailaddress", "user", How.STAYS)  # the portal keeps no addresses
declare("accounts.consent", "person", How.MOVES)
declare("accounts.person", "joined_into", How.MOVES)
declare("accounts.roleassignment", "person", How.HOLDS)
declare("accounts.wechatbinding", "person", How.STAYS)  # a way to sign in of the record that goes
declare("admin.logentry", "user", How.STAYS)
declare("assessment.adjustment", "person", How.MOVES)
declare("assessment.certificate", "person", How.MOVES, settle_certificates)
declare("assessment.dirtyperson", "person", How.STAYS)  # notes for the night, which reads them of both
declare("assessment.objection", "person", How.MOVES)
declare("assessment.pointentry", "person", How.LEDGER)
declare("assessment.spending", "person", How.MOVES)
declare("assessment.standing", "person", How.STAYS)  # the night renews it
declare("assessment.trialcrossing", "person", How.STAYS)  # a frozen result, which is of that day
declare("authtoken.token", "user", How.STAYS)  # ended with the sessions
declare("events.attendance", "person", How.MOVES, settle_attendances)
declare("events.calendarlink", "person", How.STAYS)  # a secret of the record that goes
declare("events.reservedperson", "person", How.MOVES, settle_seats)
declare("events.record", "person", How.MOVES)
declare("kernel.auditentry", "actor", How.STAYS)  # the trail only grows
declare("kernel.notice", "person", How.MOVES, settle_notices)
declare("mfa.authenticator", "user", How.HOLDS)
declare("parentschool.bindingreport", "reported_by", How.MOVES, settle_reports)
declare("parentschool.claim", "claimant", How.MOVES, settle_claims)
declare("parentschool.classteammember", "person", How.HOLDS)
declare("parentschool.datarequest", "person", How.MOVES, settle_requests)
declare("parentschool.guardianship", "guardian", How.MOVES, settle_guardianships)
declare("parentschool.homevisit", "met", How.MOVES)
declare("parentschool.homevisit", "visitor", How.HOLDS)
declare("parentschool.membership", "person", How.MOVES, settle_memberships)
declare("usersessions.usersession", "user", How.STAYS)  # ended by the new generation
declare("training.lecturer", "person", How.HOLDS)
