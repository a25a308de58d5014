"""The lecturer pool: who may be asked to speak, from when until when."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from portal.kernel import audit
from portal.kernel.errors import PortalError
from training.enums import Tier
from training.models import Lecturer


class LecturerRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "lecturer_refused"


@transaction.atomic
def admit_lecturer(
    person: Person,
    *,
    unit: Unit,
    tier: Tier,
    valid_from: date,
    specialities: str = "",
    actor: Person | None,
    now: datetime,
) -> Lecturer:
    """Take a person into a unit's pool; one who left it comes back. Raises LecturerRefused."""
    lecturer = Lecturer.objects.select_for_update(of=("self",)).filter(person=person).first()
    if lecturer is None:
        lecturer = Lecturer(person=person)
    elif lecturer.valid_until is None:
        raise LecturerRefused(
            _("%(name)s is in the pool of %(unit)s already.") % {"name": person, "unit": lecturer.unit},
            field="person",
        )
    elif valid_from < lecturer.valid_until:
        raise LecturerRefused(
            _("%(name)s was in the pool until %(day)s; begin on that day or later.")
            % {"name": person, "day": lecturer.valid_until},
            field="valid_from",
        )
    lecturer.unit, lecturer.tier, lecturer.specialities = unit, tier, specialities.strip()
    lecturer.valid_from, lecturer.valid_until = valid_from, None
    lecturer.save()
    audit.record(
        "lecturer.admit",
        actor=actor,
        now=now,
        obj=lecturer,
        path=unit.path,
        tier=tier,
        valid_from=valid_from.isoformat(),
    )
    return lecturer


@transaction.atomic
def end_lecturer(lecturer: Lecturer, *, on: date, actor: Person | None, now: datetime) -> Lecturer:
    """The lecturer leaves the pool; `on` is the first day without. Raises LecturerRefused."""
    held = Lecturer.objects.select_for_update(of=("self",)).select_related("unit").get(pk=lecturer.pk)
    if on <= held.valid_from:
        raise LecturerRefused(_("The end must lie after the beginning."), field="on")
    held.valid_until = on
    held.save(update_fields=["valid_until", "updated_at"])
    audit.record("lecturer.end", actor=actor, now=now, obj=held, path=held.unit.path, on=on.isoformat())
    return held


@transaction.atomic
def change_lecturer(
    lecturer: Lecturer,
    *,
    tier: Tier,
    specialities: str,
    valid_until: date | None,
    actor: Person | None,
    now: datetime,
) -> Lecturer:
    """Correct what is known of a lecturer; the same again changes nothing. Raises LecturerRefused."""
    held = Lecturer.objects.select_for_update(of=("self",)).select_related("unit").get(pk=lecturer.pk)
    if valid_until is not None and valid_until <= held.valid_from:
        raise LecturerRefused(_("The end must lie after the beginning."), field="valid_until")
    told = {"tier": tier, "specialities": specialities.strip(), "valid_until": valid_until}
    changed = audit.changes({name: getattr(held, name) for name in told}, told)
    if changed:
        held.tier, held.specialities, held.valid_until = tier, specialities.strip(), valid_until
        held.save(update_fields=["tier", "specialities", "valid_until", "updated_at"])
        audit.record("lecturer.change", actor=actor, now=now, obj=held, path=held.unit.path, changed=changed)
    return held
