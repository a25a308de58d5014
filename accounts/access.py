"""Questions of access, asked at the entrances: which assignments hold today, how far a permission reaches.

An object question asks the same filter as a list does, so that the two cannot drift apart. Refusal at the edge
is "not found".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse

from accounts.scopes import NOWHERE, Scope, ScopedModel, ScopedQuerySet
from portal.kernel import clock

if TYPE_CHECKING:
    from accounts.models import Person, RoleAssignment

M = TypeVar("M", bound=ScopedModel)


class Refused(Http404):
    """Not found, because it is not this person's; the door writes it into the audit."""


class SignedInRequest(HttpRequest):
    """What a view behind `login_required` or `permission_required` is given."""

    user: Person


@dataclass
class Held:
    """What a loaded person holds today, from one midnight to the next, and how far each permission reaches."""

    since: datetime
    until: datetime
    assignments: list[RoleAssignment]
    scopes: dict[str, Scope] = field(default_factory=dict)


def held_by(person: Any) -> Held | None:
    """Read once for each loaded person, so anew in every request; None for who may do nothing. Who was loaded as
    somebody without any role (`RoleBackend`) is not asked about again: that is nearly every parent."""
    if not getattr(person, "is_active", False) or person.pk is None:
        return None
    now = clock.now()
    kept: Held | None = getattr(
        person, "_held", None
    )  # through the lazy wrapper of request.user, if there is one
    if kept is None or not kept.since <= now < kept.until:
        today = clock.day_of(now)
        found = person.assignments.filter(valid_from__lte=today).filter(
            Q(valid_until=None) | Q(valid_until__gt=today)
        )
        kept = Held(
            since=clock.midnight(today),
            until=clock.midnight(today + timedelta(days=1)),
            assignments=list(found.select_related("unit")) if getattr(person, "had_roles", True) else [],
        )
        person._held = kept
    return kept


def assignments_of(person: Any) -> list[RoleAssignment]:
    """The assignments that hold today."""
    held = held_by(person)
    return held.assignments if held else []


def permissions_of(person: Any) -> frozenset[str]:
    return frozenset().union(*(a.definition.permissions for a in assignments_of(person)))


def scope_for(person: Any, permission: str) -> Scope:
    """The subtrees in which the person may do this today."""
    held = held_by(person)
    if held is None:
        return NOWHERE
    if permission not in held.scopes:
        held.scopes[permission] = _scope_of(held.assignments, permission)
    return held.scopes[permission]


def _scope_of(assignments: list[RoleAssignment], permission: str) -> Scope:
    reached = NOWHERE
    for assignment in assignments:
        if permission in assignment.definition.here:
            reached |= Scope.of(assignment.path)
        if permission in assignment.definition.in_unit:
            reached |= Scope.of(assignment.unit.path)
    return reached


def allows(person: Any, permission: str, obj: models.Model | None = None) -> bool:
    scope = scope_for(person, permission)
    if not scope or obj is None or not isinstance(obj, ScopedModel):
        return bool(scope)
    return type(obj).objects.within(scope).filter(pk=obj.pk).exists()


def load_or_404(rows: type[M] | ScopedQuerySet[M], pk: Any, *, person: Any, permission: str) -> M:
    """The row, if it exists and the person may do this with it; otherwise "not found"."""
    queryset: Any = rows.objects.all() if isinstance(rows, type) else rows
    found = queryset.within(scope_for(person, permission)).filter(pk=pk).first()
    if found is None:
        raise Refused
    return found


def permission_required(
    permission: str,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page for signed-in people who may do this somewhere; for others it is not there."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not allows(request.user, permission):
                raise Refused
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def units_for(person: Person, permission: str) -> models.QuerySet:
    """Units in which the person may do this."""
    from accounts.models import Unit  # access is imported by the models

    return Unit.objects.within(scope_for(person, permission))
