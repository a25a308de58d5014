"""Putting records down: what somebody did, handed in or was reproached with, where the portal has no record of its
own. A record is taken back with a reason, a complaint is settled; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import scope_for
from accounts.models import Person, Unit
from events.enums import EnteredBy
from events.models import Event, Record, RecordKind
from events.rules import once_period
from parentschool.models import Child
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError

LATEST_ENTRY = timedelta(days=366)
PERMISSIONS = {
    EnteredBy.TEACHERS: "events.add_record",
    EnteredBy.LEADS: "events.lead_enter_record",
    EnteredBy.COUNTY: "events.county_enter_record",
}

Check = Callable[[Person, RecordKind, int], None]
CHECKS: list[Check] = []
"""What apps above ask before a record is put down; each raises RecordRefused."""


class RecordRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "record_refused"


def checks_records(check: Check) -> Check:
    CHECKS.append(check)
    return check


def kinds_for(actor: Person, unit: Unit) -> list[RecordKind]:
    """The kinds in use that the person may put down at the unit."""
    may = [entered for entered in EnteredBy if _may(actor, entered, unit)]
    return list(RecordKind.objects.filter(is_active=True, entered_by__in=may))


def _may(actor: Person, entered: EnteredBy, unit: Unit) -> bool:
    return Unit.objects.within(scope_for(actor, PERMISSIONS[entered])).filter(pk=unit.pk).exists()


@transaction.atomic
def put_down_record(
    person: Person,
    *,
    kind: RecordKind,
    unit: Unit,
    happened_on: date,
    quantity: int = 1,
    child: Child | None = None,
    event: Event | None = None,
    note: str = "",
    actor: Person | None,
    now: datetime,
) -> Record:
    """One record of a person at a unit; at an event it is of the event's day. Raises RecordRefused."""
    Person.objects.select_for_update().only("pk").get(pk=person.pk)
    if event is not None:
        happened_on = clock.day_of(event.starts_at)
    _check_kind(kind, unit, quantity, event, actor)
    _check_day(happened_on, now)
    _check_child(person, child)
    _check_once(person, kind, happened_on)
    record = Record(
        kind=kind,
        person=person,
        unit=unit,
        happened_on=happened_on,
        quantity=quantity,
        child=child,
        event=event,
        note=note.strip(),
        entered_by=actor,
    )
    _check_again(record)
    for check in CHECKS:
        check(person, kind, quantity)
    record.save(force_insert=True)
    audit.record(
        "record.put_down",
        actor=actor,
        now=now,
        obj=record,
        path=unit.path,
        person=person.pk,
        kind=kind.code,
        happened_on=happened_on.isoformat(),
        quantity=quantity,
    )
    return record


@transaction.atomic
def take_back_record(record: Record, *, reason: str, actor: Person | None, now: datetime) -> Record:
    """The record counts for nothing. A second call changes nothing. Raises RecordRefused without a reason."""
    if not reason.strip():
        raise RecordRefused(_("Say in a few words why."), field="reason")
    held = Record.objects.select_for_update(of=("self",)).select_related("unit").get(pk=record.pk)
    if held.revoked_at is not None:
        return held
    held.revoked_at, held.revoked_reason = now, reason.strip()
    held.revision += 1
    held.save(update_fields=["revoked_at", "revoked_reason", "revision", "updated_at"])
    audit.record(
        "record.take_back", actor=actor, now=now, obj=held, path=held.unit.path, reason=held.revoked_reason
    )
    return held


@transaction.atomic
def settle_complaint(record: Record, *, note: str, actor: Person | None, now: datetime) -> Record:
    """The complaint is dealt with and no longer open; what it voided stays void. One that proves wrong is taken back
    instead. A second call changes nothing. Raises RecordRefused."""
    held = Record.objects.select_for_update(of=("self",)).select_related("unit", "kind").get(pk=record.pk)
    if not held.kind.is_complaint or held.revoked_at is not None:
        raise RecordRefused(_("There is no open complaint here."), field="reason")
    if not note.strip():
        raise RecordRefused(_("Say in a few words how it was settled."), field="reason")
    if held.settled_on is not None:
        return held
    held.settled_on, held.settled_note = clock.day_of(now), note.strip()
    held.revision += 1
    held.save(update_fields=["settled_on", "settled_note", "revision", "updated_at"])
    audit.record("record.settle", actor=actor, now=now, obj=held, path=held.unit.path, note=held.settled_note)
    return held


def _check_kind(
    kind: RecordKind, unit: Unit, quantity: int, event: Event | None, actor: Person | None
) -> None:
    if not kind.is_active:
        raise RecordRefused(_("This kind of record is no longer in use."), field="kind")
    if actor is not None and not _may(actor, EnteredBy(kind.entered_by), unit):
        raise RecordRefused(_("You may not enter records of this kind here."), field="kind")
    if not 1 <= quantity <= kind.most:
        raise RecordRefused(
            _("At most %(most)s in one record, and at least 1.") % {"most": kind.most}, field="quantity"
        )
    if kind.needs_event and event is None:
        raise RecordRefused(_("Choose the event it belongs to."), field="event")
    if event is not None and not event.is_held:
        raise RecordRefused(_("Only an event that took place can be chosen."), field="event")


def _check_day(happened_on: date, now: datetime) -> None:
    today = clock.day_of(now)
    if happened_on > today:
        raise RecordRefused(_("The day lies in the future."), field="happened_on")
    if today - happened_on > LATEST_ENTRY:
        raise RecordRefused(_("The day lies more than a year back; check it."), field="happened_on")


def _check_child(person: Person, child: Child | None) -> None:
    if child is not None and not child.guardianships.filter(guardian=person, ended_on=None).exists():
        raise RecordRefused(_("Choose a child of this person."), field="child")


def _check_once(person: Person, kind: RecordKind, happened_on: date) -> None:
    period = once_period(kind.once_in, happened_on)
    if period is None:
        return
    there = Record.objects.filter(
        person=person,
        kind=kind,
        revoked_at=None,
        happened_on__gte=period.begins_on,
        happened_on__lt=period.ends_on,
    )
    if there.exists():
        raise RecordRefused(
            _("There is one already, and it may be entered %(often)s.")
            % {"often": kind.get_once_in_display()},
            field="kind",
        )


def _check_again(record: Record) -> None:
    """Pressing twice puts down one."""
    same = {
        name: getattr(record, name)
        for name in ("kind", "person", "happened_on", "quantity", "child", "event")
    }
    if Record.objects.filter(**same, note=record.note, revoked_at=None).exists():
        raise RecordRefused(
            _("The same record is there already. If it happened twice, say so in the note."), field="note"
        )
