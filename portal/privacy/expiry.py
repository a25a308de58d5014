"""What the data map keeps for a time goes when the time is over (个人信息保护法 19): rows are removed, and of rows
on which points or figures rest only what is said about people is emptied.

That somebody took part is the cause of lines in the ledger, which only grows, so it stays as long as the ledger does.
The trail of acts only grows too; the law asks for months of it at least and sets no end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Consent, RoleAssignment
from events.models import Attendance, EventLecturer, Record, Reservation, ReservedPerson
from parentschool.enums import ClaimStatus, ReportStatus, RequestStatus
from parentschool.models import (
    BindingReport,
    Child,
    Claim,
    ClassTeamMember,
    DataRequest,
    Guardianship,
    HomeVisit,
    Membership,
)
from parentschool.services.data_requests import ERASED
from portal.kernel import audit, bulk, clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.models import Job
from training.models import Lecturer

YEARS = 3
ATTEMPTS = timedelta(days=30)
"""How long attempts to sign in are kept, from which lock-outs are counted."""
BATCH = 1000


@dataclass(frozen=True)
class Limit:
    """The last day, and the last moment, that is too old."""

    now: datetime

    @property
    def day(self) -> date:
        today = clock.day_of(self.now)
        try:
            return today.replace(year=today.year - YEARS)
        except ValueError:  # 29 February
            return today.replace(year=today.year - YEARS, day=28)

    @property
    def moment(self) -> datetime:
        return clock.midnight(self.day)


@dataclass(frozen=True)
class Expiry:
    """Rows of one model whose time is over. `emptied` are the fields that go with what they are set to; without any,
    the row goes. `rows` finds none that was dealt with already."""

    model: type
    rows: Callable[[Limit], QuerySet[Any]]
    emptied: dict[str, Any] | None = None

    @property
    def label(self) -> str:
        return str(self.model._meta.label)  # type: ignore[attr-defined]


def expire_data(*, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """How many rows of each model were removed or emptied, or would be. One run after the other: a second one, also at
    the same moment, finds none and leaves no trace."""
    limit = Limit(now)
    if dry_run:
        return {expiry.label: expiry.rows(limit).count() for expiry in EXPIRIES}
    with transaction.atomic():
        bulk.serialise("data.expire")
        found = {expiry.label: _apply(expiry, limit, now) for expiry in EXPIRIES}
        gone = {label: number for label, number in found.items() if number}
        if gone:
            audit.record("data.expire", actor=None, now=now, rows=gone, before=str(limit.day))
    return found


def _apply(expiry: Expiry, limit: Limit, now: datetime) -> int:
    keys = list(expiry.rows(limit).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        rows = expiry.model._default_manager.filter(pk__in=keys[start : start + BATCH])  # type: ignore[attr-defined]
        if expiry.emptied is None:
            rows.delete()
        else:
            stamped = {"updated_at": now} if hasattr(expiry.model, "updated_at") else {}
            rows.update(**expiry.emptied, **stamped)
    return len(keys)


def _superseded(limit: Limit) -> QuerySet[Consent]:
    """Decisions that a later one on the same purpose took the place of, and on which no child's record rests."""
    later = Consent.objects.filter(
        person=OuterRef("person"),
        text__purpose=OuterRef("text__purpose"),
        pk__gt=OuterRef("pk"),
        at__lt=limit.moment,
    )
    basis = Child.objects.filter(consent=OuterRef("pk"))
    return Consent.objects.filter(Exists(later), ~Exists(basis), at__lt=limit.moment)


def _ended_assignments(limit: Limit) -> QuerySet[RoleAssignment]:
    in_team = ClassTeamMember.objects.filter(assignment=OuterRef("pk"))
    return RoleAssignment.objects.filter(~Exists(in_team), valid_until__lt=limit.day)


def _former_lecturers(limit: Limit) -> QuerySet[Lecturer]:
    """Those who spoke stay as the speakers of their events."""
    spoke = EventLecturer.objects.filter(lecturer=OuterRef("pk"))
    return Lecturer.objects.filter(~Exists(spoke), valid_until__lt=limit.day)


def _left(prefix: str, limit: Limit) -> Q:
    return Q(**{f"{prefix}left_on__lt": limit.day})


PSEUDONYM = Concat(Value(ERASED), Cast("pk", CharField()), output_field=CharField())

EXPIRIES: tuple[Expiry, ...] = (
    # children who left: the name, and what their guardians are to them in words
    Expiry(
        Child,
        lambda limit: Child.objects.filter(_left("", limit)).exclude(name__startswith=ERASED),
        {"name": PSEUDONYM, "gender": ""},
    ),
    Expiry(
        Guardianship,
        lambda limit: Guardianship.objects.filter(_left("child__", limit)).exclude(relation_word=""),
        {"relation_word": ""},
    ),
    Expiry(
        Claim,
        lambda limit: Claim.objects.exclude(status=ClaimStatus.PENDING).filter(decided_at__lt=limit.moment),
    ),
    Expiry(
        BindingReport,
        lambda limit: BindingReport.objects.exclude(status=ReportStatus.OPEN).filter(
            decided_at__lt=limit.moment
        ),
    ),
    # what people took part in: the words and the bookings; that they did is the cause of points
    Expiry(
        Membership,
        lambda limit: Membership.objects.filter(school_year__lt=SchoolYear.of(limit.day).year).exclude(
            household=""
        ),
        {"household": ""},
    ),
    Expiry(
        HomeVisit,
        lambda limit: HomeVisit.objects.filter(visited_on__lt=limit.day).exclude(note=""),
        {"note": ""},
    ),
    Expiry(
        Record,
        lambda limit: Record.objects.filter(happened_on__lt=limit.day).exclude(note=""),
        {"note": ""},
    ),
    Expiry(
        Attendance,
        lambda limit: Attendance.objects.filter(event__starts_at__lt=limit.moment).exclude(
            device="", correction_reason=""
        ),
        {"device": "", "correction_reason": ""},
    ),
    Expiry(ReservedPerson, lambda limit: ReservedPerson.objects.filter(event__ends_at__lt=limit.moment)),
    Expiry(Reservation, lambda limit: Reservation.objects.filter(event__ends_at__lt=limit.moment)),
    # offices that ended
    Expiry(ClassTeamMember, lambda limit: ClassTeamMember.objects.filter(valid_until__lt=limit.day)),
    Expiry(RoleAssignment, _ended_assignments),
    Expiry(Lecturer, _former_lecturers),
    Expiry(Job, lambda limit: Job.objects.filter(status__in=Job.ENDED, created_at__lt=limit.moment)),
    # rights
    Expiry(
        DataRequest,
        lambda limit: DataRequest.objects.exclude(status=RequestStatus.OPEN).filter(
            updated_at__lt=limit.moment
        ),
    ),
    Expiry(Consent, _superseded),
    # attempts to sign in
    Expiry(AccessAttempt, lambda limit: AccessAttempt.objects.filter(attempt_time__lt=limit.now - ATTEMPTS)),
)
