"""Entering, changing and calling off events."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from events import rules
from events.enums import Audience, EventStatus
from events.models import Attendance, Event, EventKind
from events.queries import present
from events.services import bookings, reservations
from events.services.locking import EventCancelled, locked_event
from parentschool.models import SchoolClass
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError
from training.models import Lecturer


class EventRefused(PortalError):
    """`details["field"]` names the field of EventPlan that has to change, where one has."""

    code = "event_refused"


class EnteredAlready(PortalError):
    """The same event stands already; `details["event"]` is its key."""

    code = "entered_already"


@dataclass(frozen=True)
class EventPlan:
    """What is known of an event apart from its host. Empty `classes` with audience CLASSES is refused."""

    kind: EventKind
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    capacity: int | None = None
    audience: str = Audience.SCHOOL
    classes: tuple[SchoolClass, ...] = ()
    lecturers: tuple[Lecturer, ...] = ()
    speaker: str = ""
    needs_booking: bool = False
    book_until: datetime | None = None

    @classmethod
    def plain(cls) -> tuple[str, ...]:
        """The names of what is one value each: everything but classes and lecturers."""
        return tuple(field.name for field in fields(cls) if field.name not in ("classes", "lecturers"))

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title.strip(),
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "place": self.place.strip(),
            "capacity": self.capacity,
            "audience": self.audience,
            "speaker": self.speaker.strip(),
            "needs_booking": self.needs_booking,
            "book_until": self.book_until if self.needs_booking else None,
        }


FACTS = ("kind", "starts_at", "ends_at")
"""What points depend on: a change of these changes every attendance of the event."""

NEWS = ("title", "starts_at", "ends_at", "place")
"""What those who come have to be told when it changes."""


@transaction.atomic
def schedule_event(host: Unit, *, plan: EventPlan, actor: Person | None, now: datetime) -> Event:
    """An event still to come. The first roll or sign-in marks it as held.

    Raises EventRefused, EnteredAlready, LecturerNotInPool, LecturerBusy.
    """
    return _enter(host, plan, EventStatus.PLANNED, actor=actor, now=now)


@transaction.atomic
def hold_lecture(host: Unit, *, plan: EventPlan, actor: Person | None, now: datetime) -> Event:
    """An event that has begun or is over, entered in one go. Raises as `schedule_event` does."""
    if not rules.has_begun(plan.starts_at, now):
        raise EventRefused(
            _("This begins later; plan it, and take the roll when it is held."), field="starts_at"
        )
    return _enter(host, plan, EventStatus.HELD, actor=actor, now=now)


@transaction.atomic
def change_event(event: Event, *, plan: EventPlan, actor: Person | None, now: datetime) -> Event:
    """Bring an event to the plan. Where people are on its list and kind or time change, each attendance is a
    changed fact. With more seats, families move up from the waiting list; with fewer, nobody loses a seat.
    Raises EventCancelled, EventRefused, EnteredAlready, LecturerNotInPool, LecturerBusy."""
    held = locked_event(event)
    if held.is_cancelled:
        raise EventCancelled(_("This event has been called off; enter it anew."))
    _check(held.host, plan, now)
    _check_against_list(held, plan, now)
    before = {**_columns_of(held), **_links_of(held)}
    for name, value in plan.columns.items():
        setattr(held, name, value)
    if any(before[name] != plan.columns[name] for name in NEWS):
        held.sequence, held.changed_at = held.sequence + 1, now
    _save(held)
    held.classes.set(plan.classes)
    _rebook(held, plan.lecturers, moved=any(before[name] != plan.columns[name] for name in FACTS[1:]))
    if any(before[name] != plan.columns[name] for name in FACTS):
        touch_attendances(held, now)
    reservations.fill_seats(held, now=now)
    changed = audit.changes(before, {**_columns_of(held), **_links_of(held)})
    if changed:
        audit.record("event.change", actor=actor, now=now, obj=held, path=held.host.path, changed=changed)
    return held


@transaction.atomic
def cancel_event(event: Event, *, reason: str, actor: Person | None, now: datetime) -> Event:
    """Call an event off. Attendances stay on record and count for nothing; a second call changes nothing.
    Raises EventRefused without a reason."""
    if not reason.strip():
        raise EventRefused(_("Say in a few words why it is called off."), field="reason")
    held = locked_event(event)
    if held.is_cancelled:
        return held
    was = held.status
    held.status, held.cancel_reason = EventStatus.CANCELLED, reason.strip()
    held.sequence, held.changed_at = held.sequence + 1, now
    held.save(update_fields=["status", "cancel_reason", "sequence", "changed_at", "updated_at"])
    on_list = touch_attendances(held, now)
    audit.record(
        "event.cancel",
        actor=actor,
        now=now,
        obj=held,
        path=held.host.path,
        reason=held.cancel_reason,
        was=was,
        attendances=on_list,
    )
    return held


def mark_held(event: Event, now: datetime) -> bool:
    """The event, whose row the caller holds, takes place; those on its list count from now on.
    Whether this was news."""
    if event.status != EventStatus.PLANNED:
        return False
    event.status = EventStatus.HELD
    event.save(update_fields=["status", "updated_at"])
    Attendance.objects.filter(event=event).update(updated_at=now)
    return True


def touch_attendances(event: Event, now: datetime) -> int:
    """The facts of an event changed: a new revision of each attendance, whose points are then worked out anew."""
    return Attendance.objects.filter(event=event).update(revision=F("revision") + 1, updated_at=now)


def _enter(host: Unit, plan: EventPlan, status: EventStatus, *, actor: Person | None, now: datetime) -> Event:
    _check(host, plan, now)
    event = Event(host=host, status=status, entered_by=actor, **plan.columns)
    _save(event)
    event.classes.set(plan.classes)
    bookings.book(event, [lecturer.pk for lecturer in plan.lecturers])
    audit.record(
        "event.enter",
        actor=actor,
        now=now,
        obj=event,
        path=host.path,
        status=status,
        title=event.title,
        kind=plan.kind.code,
        starts_at=event.starts_at.isoformat(),
        lecturers=[lecturer.pk for lecturer in plan.lecturers],
    )
    return event


def _check(host: Unit, plan: EventPlan, now: datetime) -> None:
    if not plan.title.strip():
        raise EventRefused(_("Give the event a title."), field="title")
    if plan.ends_at <= plan.starts_at:
        raise EventRefused(_("The end must lie after the beginning."), field="ends_at")
    if not rules.is_plausible(plan.starts_at, plan.ends_at, now):
        raise EventRefused(
            _("Check the day: an event lies within a year of today and lasts a week at most."),
            field="starts_at",
        )
    if plan.needs_booking and plan.book_until is not None and plan.book_until > plan.starts_at:
        raise EventRefused(_("Booking ends before the event begins."), field="book_until")
    day = clock.day_of(plan.starts_at)
    if day < host.opened_on or (host.closed_on and day >= host.closed_on):
        raise EventRefused(_("%(host)s was not open on this day.") % {"host": host}, field="starts_at")
    if plan.audience == Audience.CLASSES and not plan.classes:
        raise EventRefused(_("Choose the classes whose parents are asked to come."), field="classes")
    if any(school_class.school_id != host.pk for school_class in plan.classes):
        raise EventRefused(_("Choose classes of %(host)s.") % {"host": host}, field="classes")


def _check_against_list(event: Event, plan: EventPlan, now: datetime) -> None:
    came = present(event).count()
    if plan.capacity is not None and plan.capacity < came:
        raise EventRefused(
            _("%(came)s people are on the list already; there cannot be fewer seats.") % {"came": came},
            field="capacity",
        )
    if event.is_held and not rules.has_begun(plan.starts_at, now):
        raise EventRefused(
            _("The roll of this event has been taken, so it cannot lie in the future."), field="starts_at"
        )


def _save(event: Event) -> None:
    """The database alone knows whether the same event stands already, also when two people enter it at once."""
    try:
        with transaction.atomic():
            event.save()
    except IntegrityError:
        twin = Event.objects.filter(
            host=event.host,
            kind=event.kind,
            title=event.title,
            starts_at=event.starts_at,
            place=event.place,
        ).exclude(status=EventStatus.CANCELLED)
        standing = twin.exclude(pk=event.pk).first()
        if standing is None:
            raise
        raise EnteredAlready(_("This event has been entered already."), event=standing.pk) from None


def _rebook(event: Event, lecturers: tuple[Lecturer, ...], *, moved: bool) -> None:
    wanted = [lecturer.pk for lecturer in lecturers]
    booked = set(event.bookings.values_list("lecturer_id", flat=True))
    bookings.release(event, booked if moved else booked - set(wanted))
    bookings.book(event, wanted if moved else [key for key in wanted if key not in booked])


def _columns_of(event: Event) -> dict[str, Any]:
    return {
        name: getattr(event, name)
        for name in (
            "kind",
            "title",
            "starts_at",
            "ends_at",
            "place",
            "capacity",
            "audience",
            "speaker",
            "needs_booking",
            "book_until",
        )
    }


def _links_of(event: Event) -> dict[str, Any]:
    return {
        "classes": sorted(event.classes.values_list("pk", flat=True)),
        "lecturers": sorted(event.bookings.values_list("lecturer_id", flat=True)),
    }
