"""What other rules would change for the people of one shard: pure functions of data frames.

First the ledger is brought up to date by the rules in force, as the night does; what the other rules post after that,
and nothing else, is the trial. So its lines are those of the batch in which the night posts new rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from assessment.engine import chain
from assessment.engine.among import among
from assessment.engine.lines import expected_lines
from assessment.engine.reconcile import Difference, reconcile
from assessment.engine.standings import standings
from assessment.rules import RuleBook

SAID = [name for name in chain.CANONICAL if name != "posted_on"]
"""What is hashed of a line in a trial: all of it but the day on which it happens to be posted."""

Lines = Callable[[Difference, date], pl.DataFrame]


@dataclass(frozen=True)
class Outcome:
    """`lines` in the order of posting; `people`: person_id, points and star before and after."""

    lines: pl.DataFrame
    people: pl.DataFrame
    pending: int
    """Lines that are due anyway by the rules in force."""
    digest: str
    facts: str


@dataclass(frozen=True)
class Side:
    """One of the two rule books with the facts that it needs."""

    book: RuleBook
    facts: pl.DataFrame


def try_rules(
    before: Side,
    after: Side,
    posted: pl.DataFrame,
    people: pl.DataFrame,
    day: date,
    *,
    codes: dict[int, str],
    loose_units: frozenset[str],
    lines_of: Lines,
    doubtful: pl.Series | None = None,
) -> Outcome:
    """What the night of `day` would post for the rules of `after` once the rules of `before` are counted.

    `people` (person_id) are those of the shard; facts may name relatives besides. `lines_of` turns a difference into
    lines as the ledger posts them. To anybody but the `doubtful` nothing is due any more by the rules of `before`.
    """
    is_shared = before.book.is_shared or after.book.is_shared
    everybody = people["person_id"]

    def count(side: Side, ledger: pl.DataFrame, whose: pl.Series) -> pl.DataFrame:
        facts = side.facts if is_shared else among(side.facts, whose)
        difference = reconcile(
            among(expected_lines(facts, side.book), whose),
            among(ledger, whose),
            facts=facts,
            book=side.book,
            codes=codes,
            loose_units=loose_units,
        )
        return lines_of(difference, day)

    pending = count(before, posted, everybody if doubtful is None or is_shared else doubtful)
    settled = with_lines(posted, pending)
    lines = count(after, settled, everybody if is_shared else _touched(before, after, everybody))
    was = standings(settled, before.book, day)
    will = standings(with_lines(settled, lines), after.book, day)
    return Outcome(
        lines=lines,
        people=_compared(was, will),
        pending=pending.height,
        digest=digest_of(lines),
        facts=digest_of_facts(before.facts),
    )


def _touched(before: Side, after: Side, people: pl.Series) -> pl.Series:
    """Those of the people who have a fact since the first day of a version that only one of the two books has: to
    everybody else both give the same lines, since a limit is that of the fact's own version."""
    days = [version.effective_from for version in set(before.book.versions) ^ set(after.book.versions)]
    facts = after.facts.filter(pl.col("happened_on") >= min(days)) if days else after.facts.clear()
    return among(people.to_frame(), facts["person_id"].unique())["person_id"]


def with_lines(ledger: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """The ledger with lines not posted yet, under numbers of their own below zero."""
    lowest = ledger.select(pl.col("id").filter(pl.col("id") < 0).min().fill_null(0)).item()
    numbered = fresh.with_row_index("n").with_columns(
        id=pl.lit(lowest - 1, pl.Int64) - pl.col("n").cast(pl.Int64)
    )
    return pl.concat(
        [ledger, numbered.select(pl.col(name).cast(kind) for name, kind in ledger.schema.items())]
    )


def _compared(was: pl.DataFrame, will: pl.DataFrame) -> pl.DataFrame:
    wanted = ["person_id", "points", "star"]
    both = was.select(wanted).join(
        will.select(wanted), on="person_id", how="full", coalesce=True, suffix="_after"
    )
    return both.rename({"points": "points_before", "star": "star_before"}).with_columns(
        pl.exclude("person_id").fill_null(0)
    )


# ── Digests ──────────────────────────────────────────────────────────────────


def digest_of(lines: pl.DataFrame) -> str:
    """SHA-256 of the lines as canonical text, in the order given, without the day of posting; empty for none."""
    return (
        hashlib.sha256(lines.select(SAID).write_csv(include_header=False).encode()).hexdigest()
        if lines.height
        else ""
    )


def digest_of_facts(facts: pl.DataFrame) -> str:
    """SHA-256 of the facts, whatever the order in which they were read."""
    ordered = facts.select(sorted(facts.columns)).sort("person_id", "source", "source_id")
    return hashlib.sha256(ordered.write_csv(include_header=False).encode()).hexdigest()


def digest_of_all(parts: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of the shards' digests, in the order of their paths."""
    digest = hashlib.sha256()
    for path, part in sorted(parts):
        digest.update(f"{path}:{part}\n".encode())
    return digest.hexdigest()
