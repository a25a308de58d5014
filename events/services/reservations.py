"""Seats for families, booked beforehand.

A household books together: all its seats or none. While seats are free and nobody waits it is seated at once;
otherwise it waits, and whole households move up in the order in which they asked. Nobody overtakes: a household of
four that does not fit yet is not passed by one of two, and newcomers wait behind it. What is given back is free at
once.

The event's row carries the sums. A conditional UPDATE takes seats, so that the last one is given once, on either
database; a unique constraint gives a person one seat, however often the button is pressed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from events import rules
from events.enums import STANDING, EventStatus, SeatStatus
from events.models import Event, Reservation, ReservedPerson
from events.services.locking import locked_event
from portal.kernel import audit, notices
from portal.kernel.errors import PortalError


class BookingClosed(PortalError):
    code = "booking_closed"


class BookedAlready(PortalError):
    code = "booked_already"


class SeatsRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "seats_refused"


class NotEnoughSeats(PortalError):
    """A household wants more seats than are left; it keeps what it has."""

    code = "not_enough_seats"


def reserve_seats(
    event: Event, *, people: Collection[Person], children: int = 0, actor: Person | None, now: datetime
) -> Reservation:
    """Seats for a household, or a place on the waiting list. The same household again changes nothing.

    Raises BookingClosed, BookedAlready, SeatsRefused.
    """
    return _reserve(event, people, children, actor, now, _open_to_families(now))


@transaction.atomic
def reserve_for_family(
    event: Event, *, people: Collection[Person], children: int = 0, actor: Person | None, now: datetime
) -> Reservation:
    """Staff book for people without a phone, also after the booking has ended; the household finds it in the portal.
    Raises as `reserve_seats` does."""
    held = _reserve(event, people, children, actor, now, Q(starts_at__gt=now))
    _tell(held, event, "events.waits_for_you" if held.is_waiting else "events.booked_for_you", now)
    return held


@transaction.atomic
def change_seats(
    reservation: Reservation,
    *,
    people: Collection[Person],
    children: int = 0,
    actor: Person | None,
    now: datetime,
) -> Reservation:
    """Other people or another number of children of the same household. Who waits keeps the place in the queue;
    who is seated gets more seats only where they are free.

    Raises BookingClosed, BookedAlready, SeatsRefused, NotEnoughSeats.
    """
    seats = _count(people, children)
    event, held = _hold(reservation)
    if held.status not in STANDING:
        raise BookingClosed(_("These seats were given back already. Book anew."))
    if not _still_open(event, now):
        raise _why_closed(event, now)
    before = set(held.places.values_list("person_id", flat=True))
    keys = {person.pk for person in people}
    if before == keys and held.children == children:
        return held
    _move_seats(event, held, seats - held.seats)
    _name_people(held, before, keys)
    held.children, held.seats, held.revision = children, seats, held.revision + 1
    held.save(update_fields=["children", "seats", "revision", "updated_at"])
    _record("reservation.change", held, event, actor, now)
    fill_seats(event, now=now)
    return held


@transaction.atomic
def give_back(reservation: Reservation, *, actor: Person | None, now: datetime) -> Reservation:
    """The household does not come. Its seats are free at once, and who waits moves up. A second call changes nothing.
    Raises BookingClosed once the event has begun."""
    event, held = _hold(reservation)
    if held.status not in STANDING:
        return held
    if now >= event.starts_at:
        raise BookingClosed(_("The event has begun; seats are no longer given back."))
    column = "seats_waiting" if held.is_waiting else "seats_taken"
    Event.objects.filter(pk=event.pk).update(**{column: F(column) - held.seats})
    held.places.update(is_standing=False)
    held.status, held.ended_at, held.revision = SeatStatus.GIVEN_BACK, now, held.revision + 1
    held.save(update_fields=["status", "ended_at", "revision", "updated_at"])
    _record("reservation.give_back", held, event, actor, now)
    fill_seats(event, now=now)
    return held


@transaction.atomic
def give_back_for_family(reservation: Reservation, *, actor: Person | None, now: datetime) -> Reservation:
    """Staff give back what a household holds, and the household is told. Raises as `give_back` does."""
    stood = Reservation.objects.filter(pk=reservation.pk, status__in=STANDING).exists()
    held = give_back(reservation, actor=actor, now=now)
    if stood:
        _tell(held, held.event, "events.given_back", now)
    return held


@transaction.atomic
def leave_seats(person: Person, *, actor: Person | None, now: datetime) -> int:
    """Somebody who is erased comes to nothing more: a seat of their own is free, with the children who came with nobody
    else, and others of the household keep theirs. At how many coming events; a second call finds none."""
    rows = ReservedPerson.objects.filter(person=person, is_standing=True, event__starts_at__gt=now)
    places = list(rows.select_related("reservation__event").order_by("event_id"))
    for place in places:
        event, held = _hold(place.reservation)
        if held.status not in STANDING:
            continue
        if held.places.count() == 1:
            give_back(held, actor=actor, now=now)
            continue
        _move_seats(event, held, -1)
        _name_people(held, {person.pk}, set())
        held.seats, held.revision = held.seats - 1, held.revision + 1
        held.save(update_fields=["seats", "revision", "updated_at"])
        _record("reservation.change", held, event, actor, now)
        fill_seats(event, now=now)
    return len(places)


def fill_seats(event: Event, *, now: datetime) -> list[Reservation]:
    """Households move up in order as far as they fit; the event's row is held by the caller."""
    if event.is_cancelled or now >= event.starts_at:
        return []
    moved = []
    for waiting in Reservation.objects.filter(event=event, status=SeatStatus.WAITING):
        if not _take_seats(event, waiting.seats, from_queue=True):
            break
        waiting.status, waiting.moved_up_at = SeatStatus.SEATED, now
        waiting.revision += 1
        waiting.save(update_fields=["status", "moved_up_at", "revision", "updated_at"])
        _record("reservation.move_up", waiting, event, None, now)
        _tell(waiting, event, "events.moved_up", now)
        moved.append(waiting)
    return moved


def _reserve(
    event: Event, people: Collection[Person], children: int, actor: Person | None, now: datetime, may: Q
) -> Reservation:
    seats = _count(people, children)
    try:
        with transaction.atomic():
            return _standing(event, people, children) or _enter(
                event, people, children, seats, actor, now, may
            )
    except IntegrityError:  # another tap was quicker
        standing = _standing(event, people, children)
        if standing is None:
            raise
        return standing


def _enter(
    event: Event,
    people: Collection[Person],
    children: int,
    seats: int,
    actor: Person | None,
    now: datetime,
    may: Q,
) -> Reservation:
    is_seated = _take_seats(event, seats, may)
    if not is_seated:
        if not _join_queue(event, seats, may):
            raise _why_closed(event, now)
        is_seated = _leave_queue_of_one(event, seats)
    made = Reservation.objects.create(
        event=event,
        children=children,
        seats=seats,
        status=SeatStatus.SEATED if is_seated else SeatStatus.WAITING,
        asked_at=now,
        made_by=actor,
    )
    _add_people(made, {person.pk for person in people})
    _record("reservation.make", made, event, actor, now)
    return made


def _take_seats(event: Event, seats: int, may: Q | None = None, *, from_queue: bool = False) -> bool:
    """The one statement that gives seats away: it looks and writes at once."""
    free = Q(capacity=None) | Q(capacity__gte=F("seats_taken") + seats)
    columns: dict[str, Any] = {"seats_taken": F("seats_taken") + seats}
    if from_queue:
        columns["seats_waiting"] = F("seats_waiting") - seats
    rows = _bookable(event, may).filter(free)
    return bool((rows if from_queue else rows.filter(seats_waiting=0)).update(**columns))


def _join_queue(event: Event, seats: int, may: Q) -> bool:
    return bool(_bookable(event, may).update(seats_waiting=F("seats_waiting") + seats))


def _leave_queue_of_one(event: Event, seats: int) -> bool:
    """Between finding no seat and joining the queue, seats may have been given back while nobody waited for them.
    Now the event's row is held: whoever waits alone and fits is seated."""
    is_alone = Event.objects.filter(pk=event.pk, seats_waiting=seats).exists()
    return is_alone and _take_seats(event, seats, from_queue=True)


def _bookable(event: Event, may: Q | None) -> Any:
    rows = Event.objects.filter(pk=event.pk, status=EventStatus.PLANNED)
    return rows if may is None else rows.filter(may, needs_booking=True)


def _open_to_families(now: datetime) -> Q:
    return Q(starts_at__gt=now) & (Q(book_until=None) | Q(book_until__gt=now))


def _still_open(event: Event, now: datetime) -> bool:
    return event.status == EventStatus.PLANNED and now < min(event.booking_ends_at, event.starts_at)


def _why_closed(event: Event, now: datetime) -> BookingClosed:
    found = Event.objects.get(pk=event.pk)
    if found.is_cancelled:
        return BookingClosed(_("This event has been called off."))
    if not found.needs_booking:
        return BookingClosed(_("No seats are booked for this event: simply come."))
    if now >= found.starts_at or found.is_held:
        return BookingClosed(_("This event has begun; seats are no longer booked."))
    return BookingClosed(
        _("Booking ended on %(when)s. Please ask the host whether a seat is left.")
        % {"when": date_format(localtime(found.booking_ends_at), "DATETIME_FORMAT")}
    )


def _count(people: Collection[Person], children: int) -> int:
    if not people:
        raise SeatsRefused(_("Choose at least one adult who comes."), field="people")
    if not 0 <= children <= rules.MOST_CHILDREN or len(people) > rules.MOST_ADULTS:
        raise SeatsRefused(_("So many people cannot be booked at once."), field="children")
    return len(people) + children


def _standing(event: Event, people: Collection[Person], children: int) -> Reservation | None:
    """What the household holds already, if it is the very same. Raises BookedAlready where it is not."""
    rows = ReservedPerson.objects.filter(event=event, is_standing=True, person__in=people)
    taken = list(rows.select_related("reservation", "person").defer("person__phone"))
    if not taken:
        return None
    held = taken[0].reservation
    same = {place.person_id for place in held.places.all()} == {person.pk for person in people}
    if same and held.children == children:
        return held
    raise BookedAlready(
        _("%(names)s: booked already. Look at the booking below, and change it there.")
        % {"names": "、".join(place.person.name for place in taken)}
    )


def _hold(reservation: Reservation) -> tuple[Event, Reservation]:
    event = locked_event(reservation.event)
    return event, Reservation.objects.get(pk=reservation.pk)


def _move_seats(event: Event, held: Reservation, more: int) -> None:
    if held.is_waiting:
        Event.objects.filter(pk=event.pk).update(seats_waiting=F("seats_waiting") + more)
    elif more <= 0:
        Event.objects.filter(pk=event.pk).update(seats_taken=F("seats_taken") + more)
    elif not _take_seats(event, more):
        raise NotEnoughSeats(
            _("There are not enough free seats for more people. What you have booked stays yours.")
        )


def _name_people(held: Reservation, before: set[int], after: set[int]) -> None:
    held.places.filter(person_id__in=before - after).delete()
    try:
        with transaction.atomic():
            _add_people(held, after - before)
    except IntegrityError:
        raise BookedAlready(_("Somebody you chose has a seat by another booking already.")) from None


def _add_people(held: Reservation, keys: Iterable[int]) -> None:
    ReservedPerson.objects.bulk_create(
        ReservedPerson(reservation=held, event_id=held.event_id, person_id=key) for key in sorted(keys)
    )


def _tell(held: Reservation, event: Event, kind: str, now: datetime) -> None:
    notices.send(
        held.places.values_list("person_id", flat=True),
        kind,
        cause=f"reservation:{held.pk}:{held.revision}",
        now=now,
        route="family_event",
        key=event.pk,
        title=event.title,
        seats=held.seats,
        starts_at=event.starts_at,
    )


def _record(action: str, held: Reservation, event: Event, actor: Person | None, now: datetime) -> None:
    audit.record(
        action,
        actor=actor,
        now=now,
        obj=held,
        path=event.host.path,
        event=event.pk,
        seats=held.seats,
        status=held.status,
        people=list(held.places.values_list("person_id", flat=True)),
    )
