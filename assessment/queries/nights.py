"""How far the night has come."""

from __future__ import annotations

from django.db.models import Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.models import Person
from accounts.paths import WIDTH
from assessment.enums import NightStep
from portal.kernel.models import Run

POINTS, FIGURES, SHEETS = NightStep.POINTS.value, NightStep.FIGURES.value, NightStep.SHEETS.value


def counted_day(person: Person) -> Combinable:
    """The last day whose points are counted for this person, by the station's shard or the county's, or by any where
    the person has no home; nothing before the first night. A part of another statement."""
    done = Run.objects.filter(step=POINTS, status=Run.Status.DONE).order_by("-day").values("day")
    station, county = person.path[: 2 * WIDTH], person.path[:WIDTH]
    if not county:
        return Subquery(done[:1])
    return Coalesce(Subquery(done.filter(shard=station)[:1]), Subquery(done.filter(shard=county)[:1]))
