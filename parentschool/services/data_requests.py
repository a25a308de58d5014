"""Asking about one's own data, and the answer in writing within fifteen working days."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import scope_for
from accounts.models import Person
from parentschool.enums import RequestStatus, Wish
from parentschool.models import Child, DataRequest, Guardianship
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError
from portal.kernel.special_days import exceptions
from portal.kernel.workdays import add_workdays

ANSWER_WITHIN = 15
"""Working days."""
PERMISSION = "parentschool.change_datarequest"
ERASED = "已注销"
"""Begins what stands in the place of an erased name, in the database's own language: it is data."""


class RequestRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "data_request_refused"


class ClosedAlready(RequestRefused):
    code = "data_request_closed_already"


def own_children(person: Person) -> QuerySet[Child]:
    return Child.objects.filter(
        guardianships__in=Guardianship.objects.filter(guardian=person, ended_on=None)
    ).select_related("school_class__school")


def ask(
    person: Person, *, kind: Wish, child: Child | None = None, words: str = "", now: datetime
) -> DataRequest:
    """Ask about the own data or, with `child`, about that of an own child; the same again while it is open changes
    nothing. Raises RequestRefused."""
    words = words.strip()
    if child is not None and not own_children(person).filter(pk=child.pk).exists():
        raise RequestRefused(_("Choose one of your own children."), field="child")
    if kind == Wish.ERASE_CHILD and child is None:
        raise RequestRefused(_("Choose the child."), field="child")
    if kind != Wish.ERASE_CHILD and len(words) < 2:
        raise RequestRefused(_("Say in a few words what it is about."), field="words")
    unit = child.school_class.school if child is not None else person.home
    if unit is None:
        raise RequestRefused(_("You belong to no parent school yet. Please turn to the county centre."))
    due_on = add_workdays(clock.day_of(now), ANSWER_WITHIN, exceptions())
    try:
        with transaction.atomic():
            made = DataRequest.objects.create(
                person=person, child=child, unit=unit, kind=kind, words=words, asked_at=now, due_on=due_on
            )
            audit.record(
                "data.ask", actor=person, now=now, obj=made, path=unit.path, kind=kind, due_on=str(due_on)
            )
    except IntegrityError:
        return DataRequest.objects.get(person=person, kind=kind, child=child, status=RequestStatus.OPEN)
    return made


@transaction.atomic
def withdraw(request: DataRequest, *, actor: Person, now: datetime) -> DataRequest:
    """Take back what was asked. Raises RequestRefused once it is answered."""
    _close(request, RequestStatus.WITHDRAWN, now=now)
    audit.record("data.withdraw", actor=actor, now=now, obj=request, path=request.unit.path)
    return request


@transaction.atomic
def answer(
    request: DataRequest, *, is_granted: bool, words: str, actor: Person, now: datetime
) -> DataRequest:
    """The answer in writing. Granting that a child's data be erased does so at once; everything else was done where
    it belongs before. Nobody answers the own request. Raises RequestRefused."""
    if not scope_for(actor, PERMISSION).covers(request.unit.path) or actor.pk == request.person_id:
        raise RequestRefused(_("Somebody else has to answer this request."))
    if len(words.strip()) < 2:
        raise RequestRefused(_("Write what was done, or why it cannot be done."), field="words")
    status = RequestStatus.GRANTED if is_granted else RequestStatus.REFUSED
    _close(request, status, now=now, answered_by=actor, answered_at=now, answer=words.strip())
    if is_granted and request.kind == Wish.ERASE_CHILD and request.child is not None:
        _erase_child(request.child, now=now)
    audit.record("data.answer", actor=actor, now=now, obj=request, path=request.unit.path, answer=status)
    return request


def _close(request: DataRequest, status: RequestStatus, *, now: datetime, **more: object) -> None:
    """By a condition on the row, so that of two who answer at once only the first does."""
    closed = DataRequest.objects.filter(pk=request.pk, status=RequestStatus.OPEN).update(
        status=status, updated_at=now, **more
    )
    if not closed:
        raise ClosedAlready(_("This request has been answered or taken back already."))
    request.refresh_from_db()


def _erase_child(child: Child, *, now: datetime) -> None:
    """The child leaves without a name; what guardians took part in stays theirs."""
    day = clock.day_of(now)
    child.name, child.gender = pseudonym(child), ""
    child.left_on = child.left_on or day
    child.save(update_fields=["name", "gender", "left_on", "updated_at"])
    child.guardianships.filter(ended_on=None).update(ended_on=day, relation_word="", updated_at=now)
    child.home_visits.update(note="", updated_at=now)
    child.data_requests.update(words="", updated_at=now)


def pseudonym(row: Child | Person) -> str:
    """What stands in the place of an erased name."""
    return f"{ERASED}{row.pk}"


def requests_for(person: Person) -> QuerySet[DataRequest]:
    """What the person may answer, open ones first, the most urgent on top."""
    rows: QuerySet[DataRequest] = DataRequest.objects.within(scope_for(person, PERMISSION))
    return rows.select_related("person", "child", "unit").defer("person__phone")
