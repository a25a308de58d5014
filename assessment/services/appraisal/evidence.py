from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import Person
from assessment.enums import Side
from assessment.models import Appraisal, Evidence, Mark
from assessment.services.appraisal.files import LARGEST, Accepted, accept
from assessment.services.appraisal.sheet import lock, marks_of
from portal.kernel import audit

Upload: TypeAlias = "File[Any]"


@transaction.atomic
def attach_evidence(
    mark: Mark, *, files: Sequence[Upload], side: Side, actor: Person, now: datetime
) -> list[Evidence]:
    """Files beside a mark, from the side that is at work on the sheet; all or none. Raises WrongStep,
    EvidenceRefused."""
    appraisal = lock(mark.appraisal, side)
    mark = marks_of(appraisal).get(pk=mark.pk)
    taken = [take(file) for file in files]
    return [attach(each, mark, appraisal, side=side, actor=actor, now=now) for each in taken]


@transaction.atomic
def remove_evidence(evidence: Evidence, *, actor: Person, now: datetime) -> None:
    """Take a file away again while its side is at work: the row stays, the file goes. A second time changes nothing.
    Raises WrongStep."""
    appraisal = lock(evidence.mark.appraisal, Side(evidence.side))
    gone = Evidence.objects.filter(pk=evidence.pk, removed_at=None).update(removed_at=now, file="")
    if not gone:
        return
    storage, place = evidence.file.storage, evidence.file.name or ""
    transaction.on_commit(lambda: storage.delete(place))
    audit.record(
        "evidence.remove",
        actor=actor,
        now=now,
        obj=evidence,
        path=appraisal.unit.path,
        appraisal=appraisal.pk,
        name=evidence.name,
        sha256=evidence.sha256,
    )


@dataclass(frozen=True)
class Taken:
    """A file that was looked at and may be kept; the digest is of what was sent."""

    accepted: Accepted
    digest: str


def take(file: Upload) -> Taken:
    """Raises EvidenceRefused."""
    file.seek(0)
    sent: bytes = file.read(LARGEST + 1)
    return Taken(accept(file.name or "", sent), hashlib.sha256(sent).hexdigest())


def attach(
    taken: Taken, mark: Mark, appraisal: Appraisal, *, side: Side, actor: Person, now: datetime
) -> Evidence:
    """Inside the caller's transaction, on a locked sheet. The same file again beside the same mark is kept once."""
    there = Evidence.objects.filter(mark=mark, sha256=taken.digest, removed_at=None).first()
    if there is not None:
        return there
    evidence = Evidence(
        mark=mark,
        side=side,
        name=taken.accepted.name,
        kind=taken.accepted.kind,
        size=len(taken.accepted.content),
        sha256=taken.digest,
        uploaded_by=actor,
        uploaded_at=now,
    )
    evidence.file.save(taken.accepted.name, ContentFile(taken.accepted.content), save=False)
    evidence.save()
    audit.record(
        "evidence.attach",
        actor=actor,
        now=now,
        obj=evidence,
        path=appraisal.unit.path,
        appraisal=appraisal.pk,
        indicator=mark.indicator.number,
        name=evidence.name,
        sha256=taken.digest,
        other_units=other_units(taken.digest, appraisal),
    )
    return evidence


def other_units(digest: str, appraisal: Appraisal) -> int:
    """In how many other units the same file stands."""
    same = Evidence.objects.filter(sha256=digest, removed_at=None)
    elsewhere = same.exclude(mark__appraisal__unit=appraisal.unit_id)
    return elsewhere.values("mark__appraisal__unit").distinct().count()
