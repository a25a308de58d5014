"""Opening, renaming, moving and closing units, each on a day and with its reason.

Every change is a dated placement; the unit's own columns follow the placement in force. When a unit moves, every
PathField below it is rewritten in the same transaction, so that no filter ever sees half a move. A change dated in
the future waits as a placement and is applied by the night of its day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.enums import LEVEL_OF, Kind, Level, Stage
from accounts.models import Person, Region, RoleAssignment, Unit, UnitPlacement
from accounts.paths import child_path, last_number, upper_bound
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError
from portal.kernel.fields import PathField


class UnitRefused(PortalError):
    code = "unit_refused"


@dataclass(frozen=True)
class Touched:
    """How many rows of a kind a change of the tree touches."""

    name: str
    count: int


@transaction.atomic
def open_unit(
    *,
    code: str,
    name: str,
    kind: Kind | str,
    parent: Unit | None,
    opened_on: date,
    actor: Person | None,
    now: datetime,
    stage: Stage | str = "",
    region: Region | None = None,
) -> Unit:
    """A new unit under its parent from a day on. Raises UnitRefused."""
    level = LEVEL_OF[Kind(kind)]
    check_parent(level, parent, opened_on)
    if Unit.objects.filter(code=code).exists():
        raise UnitRefused(
            _("The code %(code)s belongs to another unit already.") % {"code": code}, field="code"
        )
    check_name(name, parent)
    unit = Unit.objects.create(
        code=code,
        name=name,
        kind=kind,
        level=level,
        stage=stage,
        parent=parent,
        path=next_path(parent),
        region=region,
        opened_on=opened_on,
    )
    UnitPlacement.objects.create(unit=unit, parent=parent, name=name, valid_from=opened_on)
    audit.record("unit.open", actor=actor, now=now, obj=unit, path=unit.path, name=name, on=str(opened_on))
    return unit


@transaction.atomic
def rename_unit(unit: Unit, *, name: str, on: date, reason: str, actor: Person | None, now: datetime) -> None:
    unit = lock(unit)
    if name == unit.name:
        raise UnitRefused(_("This is the unit's name already."), field="name")
    check_name(name, unit.parent, but=unit)
    place_anew(unit, parent=unit.parent, name=name, on=on, reason=reason)
    audit.record(
        "unit.rename",
        actor=actor,
        now=now,
        obj=unit,
        path=unit.path,
        name=[unit.name, name],
        on=str(on),
        reason=reason,
    )
    apply_placement(unit, today=clock.day_of(now))


@transaction.atomic
def move_unit(unit: Unit, *, to: Unit, on: date, reason: str, actor: Person | None, now: datetime) -> None:
    """Put a unit, with everything below it, under another parent from a day on. Raises UnitRefused."""
    unit = lock(unit)
    check_parent(unit.level, to, on)
    if to.path.startswith(unit.path):
        raise UnitRefused(_("A unit cannot be put under itself."), field="to")
    if to.pk == unit.parent_id:
        raise UnitRefused(_("The unit stands there already."), field="to")
    check_name(unit.name, to)
    place_anew(unit, parent=to, name=unit.name, on=on, reason=reason)
    audit.record(
        "unit.move",
        actor=actor,
        now=now,
        obj=unit,
        path=unit.path,
        parent=[str(unit.parent or ""), str(to)],
        on=str(on),
        reason=reason,
    )
    apply_placement(unit, today=clock.day_of(now))


@transaction.atomic
def close_unit(unit: Unit, *, on: date, reason: str, actor: Person | None, now: datetime) -> None:
    """Close a unit: from that day it stands no more, and its role assignments end. Raises UnitRefused."""
    unit = lock(unit)
    if unit.closed_on is not None:
        raise UnitRefused(_("This unit is closed already."), field="on")
    below = Unit.objects.filter(parent=unit).filter(Q(closed_on=None) | Q(closed_on__gt=on)).count()
    if below:
        raise UnitRefused(
            _("%(count)s units still stand below it. Move or close them first.") % {"count": below},
            field="on",
        )
    placement = open_placement(unit)
    if on <= placement.valid_from:
        raise UnitRefused(later_change(placement.valid_from), field="on")
    UnitPlacement.objects.filter(pk=placement.pk).update(valid_until=on, reason=reason)
    Unit.objects.filter(pk=unit.pk).update(closed_on=on, updated_at=now)
    RoleAssignment.objects.filter(unit=unit, valid_from__lt=on).filter(
        Q(valid_until=None) | Q(valid_until__gt=on)
    ).update(valid_until=on, updated_at=now)
    audit.record("unit.close", actor=actor, now=now, obj=unit, path=unit.path, on=str(on), reason=reason)


@transaction.atomic
def apply_due_placements(*, today: date) -> int:
    """Let units follow placements whose day has come; how many changed. Part of every night."""
    due = UnitPlacement.objects.filter(valid_from__lte=today).filter(
        Q(valid_until=None) | Q(valid_until__gt=today)
    )
    waiting = due.exclude(parent=F("unit__parent"), name=F("unit__name")).exclude(
        parent=None, unit__parent=None, name=F("unit__name")
    )
    units = [placement.unit for placement in waiting.select_related("unit").order_by("unit__path")]
    for unit in units:
        apply_placement(lock(unit), today=today)
    return len(units)


def touched_by(unit: Unit) -> list[Touched]:
    """What lies at and below a unit, by kind of record: shown before a change is made."""
    found = []
    for field in path_fields():
        rows = field.model._default_manager.filter(below(field.name, unit.path))
        found.append(Touched(str(field.model._meta.verbose_name_plural), rows.count()))
    return [touched for touched in found if touched.count]


# ── The tree's own mechanics ─────────────────────────────────────────────────


def lock(unit: Unit) -> Unit:
    return Unit.objects.select_for_update().select_related(None).get(pk=unit.pk)


def check_parent(level: Level | str, parent: Unit | None, on: date) -> None:
    if not rules.may_stand_under(level, parent.level if parent else None):
        raise UnitRefused(_("A unit of this level cannot stand there."), field="parent")
    if parent and parent.closed_on is not None and parent.closed_on <= on:
        raise UnitRefused(_("%(unit)s is closed on that day.") % {"unit": parent.name}, field="parent")


def check_name(name: str, parent: Unit | None, but: Unit | None = None) -> None:
    """Names are unique under one parent among units that are open; elsewhere they may recur."""
    same = Unit.objects.filter(parent=parent, name=name, closed_on=None)
    if but is not None:
        same = same.exclude(pk=but.pk)
    if same.exists():
        raise UnitRefused(_("“%(name)s” is there already.") % {"name": name}, field="name")


def next_path(parent: Unit | None) -> str:
    """The first path after all that were ever given out under the parent and still stand there."""
    if parent is not None:
        lock(parent)
    last = Unit.objects.filter(parent=parent).order_by("path").values_list("path", flat=True).last()
    return child_path(parent.path if parent else "", last_number(last) + 1 if last else 1)


def open_placement(unit: Unit) -> UnitPlacement:
    return UnitPlacement.objects.get(unit=unit, valid_until=None)


def later_change(day: date) -> Any:
    return format_lazy(_("A later change of this unit begins on {day}. Choose a day after it."), day=day)


def place_anew(unit: Unit, *, parent: Unit | None, name: str, on: date, reason: str) -> None:
    """End the open placement and begin another on the day; the same day again replaces it."""
    if unit.closed_on is not None:
        raise UnitRefused(_("This unit is closed already."), field="on")
    placement = open_placement(unit)
    if on < placement.valid_from:
        raise UnitRefused(later_change(placement.valid_from), field="on")
    if on == placement.valid_from:
        UnitPlacement.objects.filter(pk=placement.pk).update(parent=parent, name=name, reason=reason)
        return
    UnitPlacement.objects.filter(pk=placement.pk).update(valid_until=on)
    UnitPlacement.objects.create(unit=unit, parent=parent, name=name, valid_from=on, reason=reason)


def apply_placement(unit: Unit, *, today: date) -> None:
    """Let the unit's columns follow the placement in force today."""
    in_force = (
        UnitPlacement.objects.filter(unit=unit, valid_from__lte=today)
        .filter(Q(valid_until=None) | Q(valid_until__gt=today))
        .select_related("parent")
        .first()
    )
    if in_force is None:
        return
    if in_force.parent_id != unit.parent_id:
        old, new = unit.path, next_path(in_force.parent)
        Unit.objects.filter(pk=unit.pk).update(parent=in_force.parent)
        rewrite_paths(old, new)
    Unit.objects.filter(pk=unit.pk).update(name=in_force.name)


def path_fields() -> Iterator[PathField]:
    """Every PathField of every model."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, PathField) and field.model is model:
                yield field


def below(field: str, path: str) -> Q:
    return Q(**{f"{field}__gte": path, f"{field}__lt": upper_bound(path)})


def rewrite_paths(old: str, new: str) -> None:
    for field in path_fields():
        field.model._default_manager.filter(below(field.name, old)).update(
            **{field.name: Concat(Value(new), Substr(field.name, len(old) + 1))}
        )
