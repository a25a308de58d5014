"""What a look has found is written: lines, standings and the end of the run, and the notes that were seen go.

Each in one transaction, for one shard or for several that were looked at together: a statement costs as much for one
row as for thousands. Whoever would write to the same shard waits until it ends; what was found is written only where it
still holds then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.db import transaction

from accounts.models import Person, Unit
from assessment import ledger
from assessment.engine import dirty
from assessment.engine.standings import standings
from assessment.enums import Posting
from assessment.models import Batch, Standing
from assessment.queries import entries
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import in_order_of_publication, rule_book
from assessment.queries.shards import Shard, shard_of
from assessment.rules import RuleBook
from assessment.services.outlook import Outlook, changed_standings
from portal.kernel import bulk, runs
from portal.kernel.models import Run


class RulesChanged(Exception):
    """A version was withdrawn while the night was counting by it."""


class Overtaken(Exception):
    """Somebody has posted to the shard since this night looked."""


class DayPassed(Exception):
    """Another worker has begun a later day of the shard, and so done this one."""


@dataclass(frozen=True)
class Step:
    """One posting of a shard: by which rules, and for which newly published version, if any."""

    book: RuleBook
    version_id: int | None = None

    def cause(self, run: Run) -> ledger.Cause:
        kind = Posting.NIGHT if self.version_id is None else Posting.RULES
        return ledger.Cause(kind, run=run, version_id=self.version_id)


@dataclass(frozen=True)
class Turn:
    """A shard's turn: what was found of it for one step of a run. The last step ends the run."""

    shard: Shard
    run: Run
    step: Step
    outlook: Outlook
    is_last: bool = True


def carry_out(turns: Sequence[Turn]) -> None:
    """Write the turns of one day, by the same rules, of shards of one county, in the order of their paths.

    Raises IntegrityError, RulesChanged, Overtaken or DayPassed; then nothing is written.
    """
    day = turns[0].run.day
    with transaction.atomic():
        for turn in turns:
            bulk.serialise(f"points {turn.shard.path}")
        _check_still_published(turns[0].step.book)
        _check_not_overtaken(turns)
        batches = write(
            [(turn.outlook, turn.shard, turn.step.cause(turn.run)) for turn in turns], posted_on=day
        )
        if seen := [turn.outlook.seen for turn in turns if turn.is_last]:
            dirty.take_away(pl.concat(seen))
        for turn, batch in zip(turns, batches, strict=True):
            counts = _added_up(turn.run.counts, turn.outlook, turn.step.book)
            if turn.is_last:
                runs.done_in_order(turn.run, head=batch.head if batch else turn.outlook.after[1], **counts)
            else:
                runs.counted(turn.run, counts)


def _check_still_published(book: RuleBook) -> None:
    """Raises RulesChanged."""
    if not set(in_order_of_publication(book)) >= {version.id for version in book.versions}:
        raise RulesChanged


def _check_not_overtaken(turns: Sequence[Turn]) -> None:
    """Raises DayPassed or Overtaken. After the turns were let through: a worker that was held up since it looked knows
    neither of later days nor of rules that another has posted by meanwhile."""
    paths = [turn.shard.path for turn in turns]
    latest = runs.last_days_of(POINTS, paths)
    if any(turn.run.day < latest[turn.shard.path] for turn in turns):
        raise DayPassed
    counts = dict(Run.objects.filter(pk__in=[turn.run.pk for turn in turns]).values_list("pk", "counts"))
    by_hand = ledger.hand_chain(turns[0].shard.county)
    heads = ledger.last_heads([*paths, by_hand])
    for turn in turns:
        found = counts[turn.run.pk].get("versions"), heads[turn.shard.path], heads[by_hand]
        if found != (turn.run.counts.get("versions"), turn.outlook.after, turn.outlook.after_hands):
            raise Overtaken


def _added_up(before: dict[str, Any], outlook: Outlook, book: RuleBook) -> dict[str, Any]:
    """What the run has counted so far, and which rules it has come to."""
    return {
        **outlook.counts,
        "rules": book.digest,
        "versions": sorted(version.id for version in book.versions),
        **{name: before.get(name, 0) + outlook.counts[name] for name in ("posted", "reversed")},
    }


def write(found: Sequence[tuple[Outlook, Shard, ledger.Cause]], *, posted_on: date) -> list[Batch | None]:
    """Post what was found and renew the standings, in the caller's transaction."""
    units = {unit.path: unit for unit in Unit.objects.filter(path__in=[shard.path for _, shard, _ in found])}
    links = [
        ledger.Link(
            shard.path,
            units.get(shard.path),
            outlook.after,
            ledger.lines_of(outlook.difference, posted_on),
            cause,
        )
        for outlook, shard, cause in found
    ]
    batches = ledger.post(links, posted_on=posted_on, digests=found[0][0].digests)
    keep_standings(pl.concat(outlook.standings for outlook, _, _ in found))
    return batches


def keep_standings(changed: pl.DataFrame) -> None:
    is_new = pl.col("id").is_null()
    bulk.copy_in(Standing, changed.filter(is_new).drop("id"))
    bulk.update_rows(Standing, changed.filter(~is_new))


def standing_now(person: Person, county: Unit, day: date) -> pl.DataFrame:
    """What one person's ledger says: a row of a standing, or none before there are rules or lines."""
    lines = entries.lines_of(Person.objects.filter(pk=person.pk))
    return standings(lines, rule_book(county), day)


def renew_standing(person: Person, county: Unit, day: date) -> None:
    """After a line by hand, in its transaction. The night that is posting to this very person is waited for; one that
    has read before and posts later looks anew. The note has the next one look, whatever comes between."""
    bulk.serialise(f"points {shard_of(person).path}")
    kept = entries.standings_of(Person.objects.filter(pk=person.pk))
    keep_standings(changed_standings(standing_now(person, county, day), kept))
    dirty.note([person.pk])
