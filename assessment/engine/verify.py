"""Whether the ledger can be trusted: its chain, sums, causes and explanations, read from end to end as it stood at one
moment, chain by chain in pieces, so that memory does not grow with the years (see `verify_lines` for the lines)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from assessment import sources
from assessment.engine import chain
from assessment.engine.verify_lines import LEDGER, SAID, Faulty, Finding, Lines, said
from assessment.models import Batch, PointEntry
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import Digests, version_digests
from portal.kernel import append_only, bulk, watching
from portal.kernel.models import Run

__all__ = ["Finding", "verify_ledger"]

PIECE = 150_000
"""So many lines are held at once; a posting of more is read whole."""
MOST_BATCHES = 5_000
"""Postings named in one statement."""


def verify_ledger(*published: str) -> list[Finding]:
    """Everything wrong with the ledger; empty where all is well.

    `published` are chain heads that were made known outside the database: lines cut off the end leave a chain that is
    whole in itself, and only such a head tells.
    """
    with bulk.one_view():
        batches = _batches()
        pieces = list(_pieces(batches))
        links, lines = _Links(batches, version_digests()), Lines()
        for ids in pieces:
            part = _read(ids)
            links.add(ids, part)
            lines.add(ids, part)
        return [
            *_guards(),
            *links.findings(),
            *_run_log(batches),
            *_published(batches, published),
            *lines.findings(_read(ids) for ids in pieces),
        ]


def _batches() -> pl.DataFrame:
    schema: bulk.Schema = {
        "id": pl.Int64,
        "chain": pl.String,
        "number": pl.Int64,
        "posted_on": pl.Date,
        "lines": pl.Int64,
        "points": pl.Int64,
        "head": pl.String,
        "run_id": pl.Int64,
        "kind": pl.String,
        "version_id": pl.Int64,
    }
    return bulk.frame_of(Batch.objects.all(), schema).sort("chain", "number")


def _pieces(batches: pl.DataFrame) -> Iterator[list[int]]:
    """Ids of postings in the order of their chains, then such as lines name though there are none, so that each
    piece has at most `PIECE` lines or is one posting."""
    lines = PointEntry.objects.order_by().values_list("batch_id").annotate(Count("pk"))
    sizes: dict[int, int] = dict(lines)
    known = batches["id"].to_list()
    piece: list[int] = []
    held = 0
    for batch in [*known, *sorted(sizes.keys() - set(known))]:
        size = sizes.get(batch, 0)
        if piece and (held + size > PIECE or len(piece) == MOST_BATCHES):
            yield piece
            piece, held = [], 0
        piece.append(batch)
        held += size
    if piece:
        yield piece


def _read(batches: list[int]) -> pl.DataFrame:
    """The lines of these postings in the order of their ids, columns `LEDGER`."""
    lines = bulk.frame_of(PointEntry.objects.filter(batch__in=batches), LEDGER)
    return lines.with_columns(pl.col(SAID).fill_null("")).sort("id")


def _guards() -> Iterator[Finding]:
    for model in (PointEntry, Batch):
        table = model._meta.db_table
        if not append_only.is_guarded(connection, table):
            yield Finding("unguarded", said(_("The database no longer guards this table:"), table))
    for name in sorted(watching.missing(connection, sources.watches())):
        yield Finding("unwatched", said(_("Changes of facts are no longer noted; missing:"), name))


@dataclass
class _Links:
    """The links of all chains, fed in their order with the lines of some postings at a time."""

    batches: pl.DataFrame
    digests: Digests
    _wrong: list[Finding] = field(default_factory=list)
    _orphans: list[Faulty] = field(default_factory=list)
    _previous: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, ids: Collection[int], lines: pl.DataFrame) -> None:
        parts = {key[0]: part for key, part in lines.partition_by("batch_id", as_dict=True).items()}
        for batch in self.batches.filter(pl.col("id").is_in(ids)).iter_rows(named=True):
            self._wrong += self._link(batch, parts.pop(batch["id"], lines.clear()))
        for batch_id in sorted(parts):
            orphans = Faulty()
            orphans.add(parts[batch_id])
            self._orphans.append(orphans)

    def _link(self, batch: dict[str, Any], part: pl.DataFrame) -> Iterator[Finding]:
        name = f"{batch['chain']}:{batch['number']}"
        number, head = self._previous.get(batch["chain"], (0, ""))
        if batch["number"] != number + 1:
            yield Finding("gap", said(_("A posting is missing before this one:"), name))
        if (part.height, sum(part["points"])) != (batch["lines"], batch["points"]):
            yield Finding("sum", said(_("Lines or points are not those that were posted:"), name))
        purpose = chain.purpose(batch["kind"], batch["version_id"])
        rules = chain.versions_used(part, self.digests)
        if chain.head(head, batch["posted_on"], rules, part, purpose) != batch["head"]:
            yield Finding("chain", said(_("The lines, their order or their rules were changed:"), name))
        self._previous[batch["chain"]] = (batch["number"], batch["head"])

    def findings(self) -> Iterator[Finding]:
        yield from self._wrong
        for lines in self._orphans:
            yield Finding("orphan", said(_("Lines without a posting:"), str(lines)))


def _run_log(batches: pl.DataFrame) -> Iterator[Finding]:
    """Each run wrote down the head that its chain had then: that of its own last posting, or of a later one where
    it was done again after a reversal."""
    numbers = {(row[0], row[1]): row[2] for row in batches.select("chain", "head", "number").iter_rows()}
    of_run = dict(batches.filter(pl.col("run_id").is_not_null()).select("run_id", "number").iter_rows())
    for run in Run.objects.filter(step=POINTS).exclude(head="").order_by("pk").iterator():
        if numbers.get((run.shard, run.head), 0) < of_run.get(run.pk, 1):
            yield Finding("run", said(_("The run log names another chain head:"), str(run)))


def _published(batches: pl.DataFrame, published: Collection[str]) -> Iterator[Finding]:
    kept = set(batches["head"])
    for head in dict.fromkeys(published):
        if head not in kept:
            yield Finding("cut", said(_("The chain head made known is not in the ledger any more:"), head))
