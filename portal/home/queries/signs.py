"""What a parent's first page asks besides the points, in one statement: what waits, and to whom the parent belongs."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Subquery, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from accounts.models import Person
from assessment.queries.own import Own
from parentschool.queries.claims import family_signs
from parentschool.queries.school_messages import KIND
from portal.home.queries.points import coming_in
from portal.kernel import notices, prepared


def signs_of(person: Person, own: Own | None) -> dict[str, Any]:
    """`unread` notices, of them `messages` from the school with the title of the latest, `uncounted` attendances, and
    the signs of the family's state."""
    (found,) = prepared.rows(
        ("home.signs_of", own and own.day),
        lambda: _signs(Person(pk=prepared.STAND_IN), own),
        {prepared.STAND_IN: person.pk},
    )
    return found


def _signs(person: Person, own: Own | None) -> QuerySet[Person, dict[str, Any]]:
    unread = notices.waiting(person).filter(kind=KIND)
    asked: Any = Person.objects.filter(pk=person.pk)
    signs: QuerySet[Person, dict[str, Any]] = asked.values(
        unread=_number(notices.waiting(person)),
        messages=_number(unread),
        message=_latest(unread),
        uncounted=_number(coming_in(person, own)),
        **family_signs(person),
    )
    return signs


def _latest(rows: QuerySet[Any]) -> Subquery:
    """The title of the latest message, or nothing."""
    latest = rows.order_by("-created_at", "-pk").values(title=KT("params__title"))
    return Subquery(latest[:1], output_field=TextField())


def _number(rows: QuerySet[Any]) -> Coalesce:
    """How many rows of one person, as a part of another statement."""
    return Coalesce(Subquery(rows.order_by().values("person").annotate(n=Count("pk")).values("n")), 0)
