"""Star certificates: issued to who holds the star, once a star and period, and revoked for a reason."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from assessment.engine.certificate_pdf import Printed, certificate_pdf, missing_characters
from assessment.models import Certificate
from assessment.queries.own import Own, own_standing
from assessment.queries.shards import county_of
from portal.kernel import audit, clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which people mistake for each other."""
LENGTH = 16


class CertificateRefused(PortalError):
    code = "certificate_refused"


def issue_certificate(person: Person, *, now: datetime) -> Certificate:
    """The certificate of the star that the person holds now; asked again, the same one.

    Raises CertificateRefused where there is no star, no school, or a name that cannot be printed.
    """
    own = own_standing(person)
    if own is None or own.star == 0:
        raise CertificateRefused(_("There is no star to print yet."))
    if person.home is None:
        raise CertificateRefused(_("You belong to no parent school yet. Please turn to the county centre."))
    if missing := missing_characters(person.name):
        raise CertificateRefused(
            _(
                "The character %(missing)s of your name is not in our print. Please ask the county centre for paper."
            )
            % {"missing": missing}
        )
    period = _period(own)
    found = _standing(person, own, period)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = Certificate.objects.create(
                code="".join(secrets.choice(ALPHABET) for _place in range(LENGTH)),
                person=person,
                version_id=own.version_id,
                star=own.star,
                printed_name=person.name,
                star_name=own.star_name,
                period=period,
                points=own.points,
                school_name=person.home.name,
                county_name=county_of(person).name,
                issued_on=clock.day_of(now),
            )
            audit.record(
                "certificate.issue", actor=person, now=now, obj=made, path=person.path, star=own.star
            )
    except IntegrityError:
        found = _standing(person, own, period)
        if found is None:  # something else than being asked twice at once
            raise
        return found
    return made


def _standing(person: Person, own: Own, period: str) -> Certificate | None:
    return Certificate.objects.filter(
        person=person, version=own.version_id, period=period, star=own.star, revoked_at=None
    ).first()


def _period(own: Own) -> str:
    """Stored as printed, in the language of the paper."""
    if own.period is None:
        return f"截至{own.day.year}年{own.day.month}月{own.day.day}日"
    begins_on = own.period.begins_on
    if own.period == SchoolYear.of(begins_on).period:
        return f"{SchoolYear.of(begins_on)}学年"
    return f"{begins_on.year}年"


@transaction.atomic
def revoke_certificate(certificate: Certificate, *, reason: str, actor: Person, now: datetime) -> Certificate:
    """The paper holds no longer; its page says so from now on. A second call changes nothing."""
    held = Certificate.objects.select_for_update().get(pk=certificate.pk)
    if held.revoked_at is not None:
        return held
    held.revoked_at, held.revoked_reason = now, reason.strip()
    held.save(update_fields=["revoked_at", "revoked_reason", "updated_at"])
    audit.record(
        "certificate.revoke",
        actor=actor,
        now=now,
        obj=held,
        path=held.person.path,
        reason=held.revoked_reason,
    )
    return held


def paper(certificate: Certificate, *, address: str) -> bytes:
    """The certificate as a PDF; `address` is its public page."""
    printed = Printed(
        name=certificate.printed_name,
        star=certificate.star,
        star_name=certificate.star_name,
        period=certificate.period,
        points=certificate.points,
        school=certificate.school_name,
        county=certificate.county_name,
        issued_on=certificate.issued_on,
        code=certificate.spaced_code,
    )
    return certificate_pdf(printed, address=address)
