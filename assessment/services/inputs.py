"""What a look at people rests on: their notes, facts and lines, read once for the days of one run of the night.

The last day is looked at again before the next one begins, and both looks need the same rows. A fact changes only
with a note in the same transaction, and the ledger only grows by postings: so what was read for one day holds for the
next but for people with new notes, who are read anew, and for the lines of new postings, which are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import QuerySet

from accounts.models import Person
from accounts.paths import WIDTH
from assessment import sources
from assessment.engine import dirty
from assessment.engine.among import among
from assessment.engine.lines import expected_lines
from assessment.models import Batch, PointEntry
from assessment.queries import entries
from assessment.queries.families import kin_of
from assessment.queries.shards import Shard, lie_in, people_of
from assessment.rules import RuleBook
from portal.kernel import bulk


@dataclass(frozen=True)
class Inputs:
    """`whose`: the people looked at (person_id, shard), who are among `people`. `notes` are theirs, read before all
    else; `facts` those of all days, and of relatives where rules count for families; `due` the lines that they deserve
    by the `book`; `lines` all that is posted, by postings that are among `batches` or later ones."""

    people: QuerySet[Person]
    whose: pl.DataFrame
    notes: pl.DataFrame
    book: RuleBook
    batches: pl.Series
    facts: pl.DataFrame
    due: pl.DataFrame
    lines: pl.DataFrame

    def due_on(self, day: date) -> pl.DataFrame:
        """The lines that the facts up to a day deserve. Facts earn in the order of their days, so these are the first
        of those that all deserve, unless a later fact may void an earlier one."""
        if self.book.looks_back:
            due = expected_lines(self.facts.filter(pl.col("happened_on") <= day), self.book)
        else:
            due = self.due.filter(pl.col("happened_on") <= day)
        return among(due, self.whose["person_id"]) if self.book.is_shared else due

    def standings(self) -> pl.DataFrame:
        """Theirs, as they are kept now."""
        return among(entries.standings_of(self.people), self.whose["person_id"])


class Reader:
    """Reads for one look after the other, and keeps what people with notes have for the next one."""

    def __init__(self) -> None:
        self._earlier: Inputs | None = None

    def read(self, together: Sequence[Shard], book: RuleBook, *, everybody: bool) -> Inputs:
        """What there is of the shards' people with notes, or of everybody."""
        found = _read(together, book, everybody=everybody, earlier=self._earlier)
        self._earlier = None if everybody else found
        return found


def _read(together: Sequence[Shard], book: RuleBook, *, everybody: bool, earlier: Inputs | None) -> Inputs:
    everyone = people_of(together)
    notes = dirty.notes_of(lie_in(together, "person__path"))
    if everybody:
        found, people = bulk.frame_of(everyone, {"id": pl.Int64, "path": pl.String}), everyone
    else:
        found = notes.select("path", id="person_id").unique("id")
        people = these(found["id"])
    whose = with_shards(found, together)
    notes = among(notes, whose["person_id"])  # who has moved away meanwhile is another shard's to look at
    batches = bulk.frame_of(Batch.objects.all(), {"id": pl.Int64})["id"]
    known = _known(earlier, whose, notes, book) if earlier is not None else whose["person_id"].clear()
    if earlier is None or 2 * len(known) < whose.height:
        facts = facts_for(people, whose, book)
        with ThreadPoolExecutor(1) as beside:
            due_meanwhile = beside.submit(_due, facts, book)
            lines = among(entries.lines_of(people), whose["person_id"])
            due = due_meanwhile.result()
        return Inputs(people, whose, notes, book, batches, facts, due, lines)
    facts, due = among(earlier.facts, known), among(earlier.due, known)
    lines = _with_later(earlier, known, batches)
    fresh = whose.filter(~pl.col("person_id").is_in(known.implode()))
    if not fresh.is_empty():
        few = these(fresh["person_id"])
        theirs = facts_for(few, fresh, book)
        facts, due = pl.concat([facts, theirs]), pl.concat([due, _due(theirs, book)])
        lines = pl.concat([lines, entries.lines_of(few)])
    return Inputs(people, whose, notes, book, batches, facts, due, lines)


def _due(facts: pl.DataFrame, book: RuleBook) -> pl.DataFrame:
    return expected_lines(facts.clear() if book.looks_back else facts, book)


def _known(earlier: Inputs, whose: pl.DataFrame, notes: pl.DataFrame, book: RuleBook) -> pl.Series:
    """The people whose facts are as they were read: nobody where relatives count too, or by other rules."""
    if book.is_shared or book != earlier.book:
        return whose["person_id"].clear()
    changed = notes.join(earlier.notes, on="id", how="anti")
    read = whose.join(earlier.whose, on="person_id", how="semi")
    return read.join(changed, on="person_id", how="anti")["person_id"]


def _with_later(earlier: Inputs, known: pl.Series, batches: pl.Series) -> pl.DataFrame:
    """These people's lines as they were read, and those of postings since."""
    lines = among(earlier.lines, known)
    later = batches.filter(~batches.is_in(earlier.batches.implode())).to_list()
    if not later:
        return lines
    added = entries.as_read(PointEntry.objects.filter(batch__in=later))
    return pl.concat([lines, among(added, known)]).unique(
        "id"
    )  # one may have been posted while lines were read


def with_shards(people: pl.DataFrame, together: Sequence[Shard]) -> pl.DataFrame:
    """person_id and the `shard` whose the person is: the station's, else the county's own."""
    head = pl.col("path").str.slice(0, 2 * WIDTH)
    below = [shard.path for shard in together if shard.path != shard.county.path]
    return people.select(
        pl.col("id").alias("person_id"),
        pl.when(head.is_in(below)).then(head).otherwise(pl.lit(together[0].county.path)).alias("shard"),
    )


def these(ids: pl.Series) -> QuerySet[Person]:
    return Person.objects.filter(pk__in=bulk.listed(ids))


def facts_for(people: QuerySet[Person], whose: pl.DataFrame, book: RuleBook) -> pl.DataFrame:
    """The facts of these people and, where rules count for families, of their relatives."""
    facts = among(sources.facts_of(people, book.asks), whose["person_id"])
    if not book.is_shared:
        return facts
    return pl.concat([facts, sources.facts_of(these(kin_of(whose["person_id"])), book.asks)])


class Apart:
    """Takes frames with a `person_id` apart by the shards of the people (`with_shards`), each part in the order of the
    whole."""

    def __init__(self, whose: pl.DataFrame, paths: list[str]) -> None:
        self.paths = paths
        self._whose = whose.select("person_id", "shard")

    def of(self, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
        if len(self.paths) == 1:
            return {self.paths[0]: frame}
        marked = frame.join(self._whose, on="person_id", maintain_order="left")
        parts = marked.partition_by("shard", maintain_order=True, include_key=False, as_dict=True)
        return {path: parts.get((path,), frame.clear()) for path in self.paths}

    def number(self, frame: pl.DataFrame) -> dict[str, int]:
        """How many rows each shard has."""
        if len(self.paths) == 1:
            return {self.paths[0]: frame.height}
        people = frame.group_by("person_id").len().join(self._whose, on="person_id")
        return dict(people.group_by("shard").agg(pl.col("len").sum()).iter_rows())
