"""Telling people something in the portal: what brought it about, to whom, and the sentence that it makes.

Any app sends, inside the transaction of what it tells about; the portal says in words what each kind of notice says
(`name_kinds`). Values are plain; one whose name ends in `_at` is a moment, written as the reader's language writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise

from portal.kernel import clock
from portal.kernel.models import Notice

BATCH = 2000
LATEST = 60
"""As many as a page shows; older ones have been seen or will not be."""

_kinds: dict[str, str | Promise] = {}


def name_kinds(kinds: Mapping[str, str | Promise]) -> None:
    """What each kind of notice says, with %(name)s where a value goes."""
    _kinds.update(kinds)


def named_kinds() -> frozenset[str]:
    return frozenset(_kinds)


def send(
    people: Iterable[int],
    kind: str,
    *,
    cause: str,
    now: datetime,
    route: str = "",
    key: Any = "",
    **params: Any,
) -> None:
    """Tell these people, by their keys; who was told of this cause already is not told again."""
    rows = [
        Notice(
            person_id=person,
            kind=kind,
            params=params,
            route=route,
            key=str(key),
            cause=cause,
            created_at=now,
        )
        for person in sorted(set(people))
    ]
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def take_back(cause: str) -> None:
    """What was told by this cause is no longer so."""
    Notice.objects.filter(cause=cause).delete()


def of_person(person: Any) -> QuerySet[Notice]:
    """The latest first."""
    return Notice.objects.filter(person=person).order_by("-created_at", "-pk")


def waiting(person: Any) -> QuerySet[Notice]:
    """Those that are not read yet."""
    return Notice.objects.filter(person=person, read_at=None)


def unread(person: Any) -> int:
    return waiting(person).count()


def mark_read(notices: QuerySet[Notice], *, now: datetime) -> int:
    return notices.filter(read_at=None).update(read_at=now)


def words(notice: Notice) -> str:
    """The sentence, in the language that is active."""
    values = {name: _said(name, value) for name, value in notice.params.items()}
    return str(_kinds[notice.kind]) % values


def url_of(notice: Notice) -> str:
    """Where the person sees more; empty where there is no such page any more."""
    try:
        return reverse(notice.route, args=[notice.key] if notice.key else []) if notice.route else ""
    except NoReverseMatch:
        return ""


def _said(name: str, value: Any) -> Any:
    moment = parse_datetime(value) if name.endswith("_at") else None
    return date_format(clock.local(moment), "DATETIME_FORMAT") if moment else value
