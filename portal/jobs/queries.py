from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.access import scope_for
from accounts.models import Person
from portal.kernel.jobs import kinds
from portal.kernel.models import Job


def jobs_open_to(person: Person) -> QuerySet[Job]:
    """The person's own jobs, as far as the permission behind each kind still reaches the job's place today."""
    reached = Q(pk__in=[])
    for kind in kinds():
        of_kind = Q(kind=kind.code)
        reached |= of_kind & scope_for(person, kind.permission).q("path") if kind.permission else of_kind
    return Job.objects.filter(reached, asked_by=person)
