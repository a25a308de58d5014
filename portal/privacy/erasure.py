"""Erasing a person: at once in the records, in files and in open sessions (个人信息保护法 47).

What they took part in stays, pointing at a pseudonym: the ledger only grows, and the figures of a school do not change
because somebody leaves. Backups run out by themselves. What happens to each model is said by the data map.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import assignments_of
from accounts.models import Person
from accounts.paths import covers
from accounts.services.authority import sign_out_everywhere
from events.services import leave_seats
from parentschool.models import Guardianship, Membership
from parentschool.services.data_requests import pseudonym
from portal.kernel import audit, clock, tidying
from portal.kernel.errors import PortalError
from portal.kernel.models import Job
from portal.privacy.datamap import data_map


class ErasureRefused(PortalError):
    code = "erasure_refused"


@transaction.atomic
def erase_person(person: Person, *, actor: Person | None, now: datetime) -> Person:
    """Leave a pseudonym in the person's place. A second call changes nothing.

    Seats at coming events are given back, and who waits moves up. Records that were joined into this one go with it.
    Who holds an office is erased by its end first: raises ErasureRefused.
    """
    leave_seats(
        person, actor=actor, now=now
    )  # before the person's row is held, as booking holds an event first
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.name == pseudonym(person):
        return person
    if assignments_of(person):
        raise ErasureRefused(
            _("You hold an office in the portal. Once your unit has ended it, you can erase your account.")
        )
    places = {person.path, *Membership.objects.filter(person=person).values_list("path", flat=True)}
    _apply_map(person, now)
    Guardianship.objects.filter(guardian=person, ended_on=None).update(
        ended_on=clock.day_of(now), updated_at=now
    )
    _forget_files_of(places)
    person.name, person.username = pseudonym(person), None
    person.phone, person.phone_index, person.phone_tail = "", "", ""
    person.is_active = False
    person.set_unusable_password()
    sign_out_everywhere(person)
    person.save()
    for second in person.joined.all():
        erase_person(second, actor=actor, now=now)
    audit.record("data.erase", actor=actor, now=now, obj=person, path=person.path)
    return person


def _apply_map(person: Person, now: datetime) -> None:
    for kept in data_map():
        rows = kept.rows_about(person)
        if kept.is_deleted:
            rows.delete()
        elif kept.blank:
            emptied: dict[str, object] = dict.fromkeys(kept.blank, "")
            if _has(kept.model, "updated_at"):
                emptied["updated_at"] = now
            rows.order_by().update(**emptied)


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())


def _forget_files_of(places: set[str]) -> None:
    """Lists that were imported or exported for a place of the person, or for one above it, may name them."""
    for job in Job.objects.filter(status__in=Job.ENDED).exclude(source="", product="", result={}):
        if any(place and covers(job.path, place) for place in places):
            tidying.forget(job)
