"""Messages from the school to its parents. They are told as notices, so a parent finds them behind the bell too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import scope_for
from accounts.models import Person, Unit
from parentschool.models import SchoolClass, SchoolMessage
from parentschool.models.messages import LONGEST
from parentschool.queries.school_messages import SEND, TAKE_BACK, parents_of
from portal.kernel import audit, clock, notices
from portal.kernel.errors import PortalError

MOST_A_DAY = 10
"""Messages of one parent school on one day; more would teach parents not to read them."""


class MessageRefused(PortalError):
    """`details["field"]` names what has to change, where something has."""

    code = "message_refused"


@transaction.atomic
def send_message(
    unit: Unit,
    *,
    classes: Sequence[SchoolClass],
    title: str,
    text: str,
    token: str,
    actor: Person,
    now: datetime,
) -> list[SchoolMessage]:
    """Tell the parents of these classes, a message each, or without classes all parents of the unit. Who cares for
    children in two of the classes is told once. The same token again sends nothing more. Raises MessageRefused."""
    title, text = title.strip(), text.strip()
    _ask_words(title, text)
    Unit.objects.select_for_update().get(pk=unit.pk)  # one sender of a school after the other
    sent = list(SchoolMessage.objects.filter(token__startswith=f"{token}:", unit=unit).order_by("pk"))
    if sent:
        return sent
    places: list[SchoolClass | None] = [*classes] if classes else [None]
    reach = scope_for(actor, SEND)
    if not all(reach.covers(place.path if place else unit.path) for place in places):
        raise MessageRefused(_("You may write to the parents of your own classes."), field="classes")
    _ask_limit(unit, len(places), now)
    told: set[int] = set()
    for place in places:
        people = set(parents_of(unit, place, today=clock.day_of(now)).values_list("pk", flat=True)) - told
        if people:
            sent.append(_send(unit, place, people, title, text, token, actor, now))
            told |= people
    if not sent:
        raise MessageRefused(_("No parent is on record there yet."), field="classes")
    return sent


@transaction.atomic
def take_back_message(message: SchoolMessage, *, actor: Person, now: datetime) -> SchoolMessage:
    """Parents see it no more; who has read it has. A second call changes nothing. By the sender, or by whoever leads
    the parent school: raises MessageRefused."""
    held = SchoolMessage.objects.select_for_update(of=("self",)).select_related("unit").get(pk=message.pk)
    if held.sent_by_id != actor.pk and not scope_for(actor, TAKE_BACK).covers(held.unit.path):
        raise MessageRefused(_("Only who sent it, or the lead of the parent school, may take it back."))
    if held.taken_back_at is None:
        held.taken_back_at = now
        held.save(update_fields=["taken_back_at", "updated_at"])
        notices.take_back(held.cause)
        audit.record("message.take_back", actor=actor, now=now, obj=held, path=held.path)
    return held


def _ask_words(title: str, text: str) -> None:
    if len(title) < 2:
        raise MessageRefused(_("Say in a few words what it is about."), field="title")
    if len(text) < 2:
        raise MessageRefused(_("Write what the parents should know."), field="text")
    if len(text) > LONGEST:
        raise MessageRefused(_("The message is too long."), field="text")


def _ask_limit(unit: Unit, more: int, now: datetime) -> None:
    today = clock.midnight(clock.day_of(now))
    if SchoolMessage.objects.filter(unit=unit, sent_at__gte=today).count() + more > MOST_A_DAY:
        raise MessageRefused(
            _("A parent school sends at most %(n)s messages a day, so that parents go on reading them.")
            % {"n": MOST_A_DAY}
        )


def _send(
    unit: Unit,
    place: SchoolClass | None,
    people: set[int],
    title: str,
    text: str,
    token: str,
    actor: Person,
    now: datetime,
) -> SchoolMessage:
    made = SchoolMessage.objects.create(
        unit=unit,
        school_class=place,
        title=title,
        text=text,
        sent_by=actor,
        sent_at=now,
        token=f"{token}:{place.pk if place else 0}",
        path=place.path if place else unit.path,
    )
    notices.send(
        people,
        "parentschool.message",
        cause=made.cause,
        now=now,
        route="my_message",
        key=made.pk,
        unit=unit.name,
        title=title,
    )
    audit.record("message.send", actor=actor, now=now, obj=made, path=made.path, people=len(people))
    return made
