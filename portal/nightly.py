"""The night of the whole portal, in process: its steps in their order. Later apps add theirs here, one line each.

The same steps run as tasks where there is a broker (`assessment.tasks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from accounts.services.joining import follow_joined
from assessment.engine import dirty
from assessment.services import metrics, night
from assessment.services.appraisal import count_sheets_through
from portal.kernel import clock
from portal.kernel.models import Run


def run(through: date, *, everybody: bool = False) -> Iterator[Run]:
    """Every step for every day that is missing up to and with `through`, in order; yields each run as it ends.

    A shard that fails does not stop the others; its run says why, and the next night does it again.
    """
    follow_joined(dirty.noted(), now=clock.now())
    yield from night.count_through(through, everybody=everybody)
    yield from metrics.measure_through(through)
    yield from count_sheets_through(through)
