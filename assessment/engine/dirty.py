"""The notes that triggers leave of people whose facts changed: read before the facts, taken away with the posting.

A change that commits after the notes were read has a note of its own that was not read, so it is not taken away and
the next night sees it, whatever the clocks say and in whatever order transactions end.
"""

from __future__ import annotations

import polars as pl
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Person
from assessment.models import DirtyPerson
from assessment.queries.families import kin_of
from portal.kernel import bulk


def notes_of(theirs: Q) -> pl.DataFrame:
    """`id` of each note of people whose `person__path` is such, `person_id` and `path` of the person as they are now,
    `is_spread`."""
    schema: bulk.Schema = {
        "id": pl.Int64,
        "person_id": pl.Int64,
        "person__path": pl.String,
        "is_spread": pl.Boolean,
    }
    notes = bulk.frame_of(DirtyPerson.objects.filter(theirs), schema)
    return notes.rename({"person__path": "path"}).with_columns(pl.col("path").fill_null(""))


def noted() -> QuerySet[Person]:
    """The people of whom there are notes now."""
    return Person.objects.filter(pk__in=DirtyPerson.objects.values("person"))


def are_there(theirs: Q) -> bool:
    """Whether there are notes of such people."""
    return DirtyPerson.objects.filter(theirs).exists()


def note(person_ids: list[int]) -> None:
    """Have these people looked at again, for a change that no trigger sees."""
    DirtyPerson.objects.bulk_create(DirtyPerson(person_id=person) for person in person_ids)


def spread_to_families() -> None:
    """Note the families of everybody noted so far, in every shard: where rules count for a family, a fact of one may
    change what another earns. Each note spreads once."""
    fresh = bulk.frame_of(
        DirtyPerson.objects.filter(is_spread=False), {"id": pl.Int64, "person_id": pl.Int64}
    )
    if fresh.is_empty():
        return
    with transaction.atomic():
        DirtyPerson.objects.bulk_create(
            DirtyPerson(person_id=person, is_spread=True)
            for person in kin_of(fresh["person_id"].unique()).to_list()
        )
        DirtyPerson.objects.filter(pk__in=bulk.listed(fresh["id"])).update(is_spread=True)


def take_away(notes: pl.DataFrame) -> None:
    DirtyPerson.objects.filter(pk__in=bulk.listed(notes["id"])).delete()
