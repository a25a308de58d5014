"""A parent objects to a line; somebody who did not record it decides, and what is decided is carried out.

Nothing changes silently: an upheld objection either has points entered by hand, linked to it, or has the record
corrected by the record's own service, from which the next night posts. See docs/decisions/0049.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from assessment.enums import ObjectionStatus, Remedy
from assessment.models import Objection, PointEntry
from assessment.queries.objections import involved_in, not_approved, record_of, standing_against, token_of
from assessment.queries.shards import county_of
from assessment.rules_objections import unfit_because
from assessment.services.by_hand import adjust
from assessment.services.second_person import answer_day, record, tell
from events.models import Attendance
from events.services.attendances import restore_attendance, revoke_attendance
from parentschool.models import HomeVisit
from parentschool.services.visits import revoke_home_visit
from portal.kernel import bulk
from portal.kernel.errors import PortalError


class ObjectionRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "objection_refused"


@dataclass(frozen=True)
class Decision:
    """What somebody decides: `points` with Remedy.POINTS, neither with a refusal."""

    answer: str
    remedy: str = ""
    points: int | None = None

    @property
    def status(self) -> ObjectionStatus:
        return ObjectionStatus.UPHELD if self.remedy else ObjectionStatus.REFUSED


@transaction.atomic
def file_objection(entry: PointEntry, *, grounds: str, actor: Person, now: datetime) -> Objection:
    """Object to a line of one's own; sent twice, or while points wait for a second person, it stands once. Raises
    ObjectionRefused."""
    if entry.person_id != actor.pk:
        raise ObjectionRefused(_("This line belongs to somebody else."), code="not_own")
    if not grounds.strip():
        raise ObjectionRefused(_("Say in a few words what is wrong."), field="grounds")
    _one_by_one(entry)
    if (standing := standing_against(entry)) is not None:
        return standing
    try:
        with transaction.atomic():
            objection = Objection.objects.create(
                entry=entry,
                person=actor,
                path=place_of(entry),
                grounds=grounds.strip(),
                filed_at=now,
                due_on=answer_day(entry, now),
            )
    except IntegrityError:
        return Objection.objects.get(entry=entry, status=ObjectionStatus.OPEN)
    record("objection.file", objection, actor, now, due_on=str(objection.due_on))
    return objection


def place_of(entry: PointEntry) -> str:
    """Where the objection is answered: the parent's home, or else the place the line comes from, or the county."""
    return entry.person.path or (entry.unit.path if entry.unit else "") or county_of(entry.person).path


@transaction.atomic
def withdraw_objection(objection: Objection, *, actor: Person, now: datetime) -> Objection:
    """The parent takes it back; a second tap changes nothing. Raises ObjectionRefused once it is decided."""
    if objection.person_id != actor.pk:
        raise ObjectionRefused(_("This objection belongs to somebody else."), code="not_own")
    objection.refresh_from_db()
    if objection.status == ObjectionStatus.WITHDRAWN:
        return objection
    _close(objection, status=ObjectionStatus.WITHDRAWN, closed_at=now)
    record("objection.withdraw", objection, actor, now)
    return objection


@transaction.atomic
def decide_objection(objection: Objection, decision: Decision, *, actor: Person, now: datetime) -> Objection:
    """Answer an objection once and for all, and carry it out. Raises ObjectionRefused, or what the adjustment or
    the record's own service refuses."""
    check_fit(objection, actor)
    _one_by_one(objection.entry)
    if not decision.answer.strip():
        raise ObjectionRefused(_("Write the answer that the parent will read."), field="answer")
    if decision.remedy == Remedy.POINTS and not decision.points:
        raise ObjectionRefused(_("Enter how many points are given or taken."), field="points")
    _close(
        objection,
        status=decision.status,
        closed_at=now,
        decided_by=actor,
        answer=decision.answer.strip(),
        remedy=decision.remedy,
    )
    if decision.remedy == Remedy.POINTS:
        objection.adjustment = adjust(
            objection.person,
            points=decision.points or 0,
            reason=objection.answer,
            about=objection.entry,
            token=token_of(objection, len(not_approved(objection))),
            actor=actor,
            now=now,
        )
        objection.save(update_fields=["adjustment", "updated_at"])
    elif decision.remedy == Remedy.RECORD:
        _correct(objection, actor, now)
    tell(objection, now)
    record(
        "objection.uphold" if decision.remedy else "objection.refuse",
        objection,
        actor,
        now,
        remedy=decision.remedy,
        points=decision.points if decision.remedy == Remedy.POINTS else None,
    )
    return objection


def check_fit(objection: Objection, person: Person) -> None:
    """Raises ObjectionRefused where this person stands too near to decide."""
    unfit = unfit_because(person.pk, involved_in(objection))
    if unfit is not None:
        raise ObjectionRefused(unfit.label, code=unfit.value)


def _one_by_one(entry: PointEntry) -> None:
    """Nobody objects to a line while a decision on it is being written."""
    bulk.serialise(f"objection {entry.pk}")


def _close(objection: Objection, **columns: object) -> None:
    """Only one end is let through, whoever else decides or withdraws at the same moment."""
    waiting = Objection.objects.filter(pk=objection.pk, status=ObjectionStatus.OPEN)
    if not waiting.update(updated_at=columns["closed_at"], **columns):
        raise ObjectionRefused(_("This objection has ended already."), code="ended")
    objection.refresh_from_db()


def _correct(objection: Objection, actor: Person, now: datetime) -> None:
    """Turn the record round by its own service."""
    record = record_of(objection.entry)
    if isinstance(record, Attendance):
        turn = restore_attendance if record.revoked_at else revoke_attendance
        turn(record, reason=objection.answer, actor=actor, now=now)
    elif isinstance(record, HomeVisit) and record.revoked_at is None:
        revoke_home_visit(record, reason=objection.answer, actor=actor, now=now)
    else:
        raise ObjectionRefused(_("There is no record here that could be corrected."), field="remedy")
