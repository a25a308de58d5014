"""Sign-ins that failed."""

from __future__ import annotations

from datetime import datetime

from axes.models import AccessAttempt
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Person
from accounts.sign_in.attempts import people_meant
from portal.kernel import audit


@transaction.atomic
def forget_attempts(attempts: QuerySet[AccessAttempt], *, actor: Person, now: datetime) -> None:
    """Let those who locked themselves out try again at once."""
    for attempt in attempts:
        meant = people_meant(attempt.username or "")
        audit.record(
            "sign_in.unlock",
            actor=actor,
            now=now,
            obj=meant[0] if len(meant) == 1 else None,
            failures=attempt.failures_since_start,
        )
        attempt.delete()
