"""Who has seats at an event and who waits for them, as staff see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.enums import Level
from accounts.paths import ancestors
from accounts.scopes import Scope
from events.enums import STANDING, Audience, EventStatus, SeatStatus
from events.models import Event, Reservation, ReservedPerson
from events.queries.roll import Kin, Reach, kin_of, people_within

MOST = 20


@dataclass(frozen=True)
class Booked:
    """What one household holds. `turn` is its place on the waiting list, from 1; 0 for those who are seated."""

    reservation: Reservation
    names: tuple[str, ...]
    kin: tuple[Kin, ...]
    turn: int = 0


@dataclass
class SeatList:
    """Households with seats and those that wait, each in the order in which they asked."""

    seated: list[Booked] = field(default_factory=list)
    waiting: list[Booked] = field(default_factory=list)


def open_to(reach: Scope) -> Q:
    """Events with seats for which whoever reaches families there books for them: of the units around the reach and of
    the departments beside those, for all learners or for a class in reach."""
    around = {above for path in reach.paths for above in ancestors(path)}
    host = ~Q(host__level=Level.DEPARTMENT) & Q(host__path__in=around)
    host |= Q(host__level=Level.DEPARTMENT, host__parent__path__in=around)
    classes = Event.classes.through.objects.filter(reach.q("schoolclass__path"), event=OuterRef("pk"))
    meant = Q(audience=Audience.SCHOOL) | Q(Exists(classes), audience=Audience.CLASSES)
    return host & meant & Q(needs_booking=True, kind__for_families=True)


def bookable(reach: Scope, *, run_by: Scope, now: datetime) -> list[Event]:
    """Coming events that others run and for which own families may be booked, the nearest first."""
    if not reach:
        return []
    ahead = Event.objects.filter(open_to(reach), starts_at__gt=now, status=EventStatus.PLANNED)
    others = ahead.exclude(run_by.q("host__path")) if run_by else ahead
    return list(others.select_related("host", "kind").order_by("starts_at", "pk")[:MOST])


def may_see_seats(event: Event, reach: Scope) -> bool:
    """Whether somebody who does not run the event books for own families there."""
    return bool(reach) and Event.objects.filter(open_to(reach), pk=event.pk).exists()


def within_reach(reservations: QuerySet[Reservation], reach: Reach) -> QuerySet[Reservation]:
    """Those of households of which somebody is in reach."""
    own = ReservedPerson.objects.filter(
        reservation=OuterRef("pk"), person__in=people_within(reach).values("pk")
    )
    return reservations.filter(Exists(own))


def seats_of(event: Event, reach: Reach, *, only_own: bool = False) -> SeatList:
    """Every household, or only those of which somebody is in reach; children are named as far as they are in reach.
    The number of queries does not depend on the length."""
    standing = Reservation.objects.filter(event=event, status__in=STANDING).order_by("asked_at", "pk")
    queue = list(standing.filter(status=SeatStatus.WAITING).values_list("pk", flat=True))
    turns = {key: number for number, key in enumerate(queue, start=1)}
    shown = within_reach(standing, reach) if only_own else standing
    reservations = list(shown.prefetch_related(_places()))
    people = {place.person_id for held in reservations for place in held.places.all()}
    kin = kin_of(people, event, reach) if people else {}
    found = SeatList()
    for held in reservations:
        places = held.places.all()
        booked = Booked(
            held,
            tuple(place.person.name for place in places),
            tuple(dict.fromkeys(one for place in places for one in kin.get(place.person_id, ()))),
            turn=turns.get(held.pk, 0),
        )
        (found.waiting if held.is_waiting else found.seated).append(booked)
    return found


def holders(event: Event, people: Collection[int]) -> dict[int, str]:
    """Which of these people hold something at the event already, each with its status."""
    rows = ReservedPerson.objects.filter(event=event, is_standing=True, person__in=people)
    return dict(rows.values_list("person_id", "reservation__status"))


def _places() -> Any:
    return Prefetch(
        "places", ReservedPerson.objects.select_related("person").defer("person__phone").order_by("pk")
    )
