"""The pen of the ledger: the only place that inserts point entries.

Lines come in batches; each batch is one link of a chain. Two nights that post to one chain at once want the same
number in it, and two that post one cause want the same key: the database lets one of them through, the other starts
again from the facts and finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import Exists, OuterRef

from accounts.models import Unit
from assessment.engine import chain
from assessment.engine.reconcile import Difference
from assessment.enums import Posting
from assessment.models import Batch, PointEntry
from assessment.queries.rulebook import Digests, version_digests
from portal.kernel import bulk
from portal.kernel.models import Run

COLUMNS = [*chain.CANONICAL, "reverses_id", "batch_id"]
BY_HAND: bulk.Schema = {
    "key": pl.String,
    "person_id": pl.Int64,
    "points": pl.Int64,
    "source": pl.String,
    "source_id": pl.Int64,
    "happened_on": pl.Date,
    "reason": pl.String,
    "note": pl.String,
    "reverses_id": pl.Int64,
}
ORDER = ["person_id", "happened_on", "source", "source_id", "rule_id", "ordinal", "undoes"]


def hand_chain(county: Unit) -> str:
    """The name of the chain of what people post."""
    return f"hand:{county.path}"


def last_head(chain_name: str) -> tuple[int, str]:
    """Number and head of the last batch of a chain; 0 and "" where it has none."""
    return last_heads([chain_name])[chain_name]


def last_heads(chain_names: Collection[str]) -> dict[str, tuple[int, str]]:
    """The same of several chains."""
    later = Batch.objects.filter(chain=OuterRef("chain"), number__gt=OuterRef("number"))
    last = Batch.objects.filter(~Exists(later), chain__in=chain_names)
    found = {chain: (number, head) for chain, number, head in last.values_list("chain", "number", "head")}
    return {name: found.get(name, (0, "")) for name in chain_names}


@dataclass(frozen=True)
class Cause:
    """What a batch is posted for: a run of the night, rules published or withdrawn, a hand, another batch."""

    kind: str = Posting.NIGHT
    run: Run | None = None
    version_id: int | None = None
    undoes: Batch | None = None
    reason: str = ""


@dataclass(frozen=True)
class Link:
    """Lines that are to be the next batch of a chain. `after` is the end of the chain on which they were computed."""

    chain_name: str
    unit: Unit | None
    after: tuple[int, str]
    lines: pl.DataFrame
    cause: Cause


def post(links: Sequence[Link], *, posted_on: date, digests: Digests) -> list[Batch | None]:
    """Post each as the next batch of its chain, in the caller's transaction; None where it has no lines.

    Raises IntegrityError where somebody else has posted to one of the chains since.
    """
    made = iter(_append([link for link in links if not link.lines.is_empty()], posted_on, digests))
    return [None if link.lines.is_empty() else next(made) for link in links]


def post_by_hand(lines: pl.DataFrame, *, county: Unit, posted_on: date, cause: Cause) -> Batch:
    """Post lines (`BY_HAND`) that people ask for, at the end of the county's own chain of them, in the caller's
    transaction. Raises IntegrityError where the cause was posted before."""
    chain_name = hand_chain(county)
    bulk.serialise(f"ledger {chain_name}")
    dated = lines.with_columns(
        unit_id=pl.lit(None, pl.Int64),
        rule_id=pl.lit(None, pl.Int64),
        kind_id=pl.lit(None, pl.Int64),
        quantity=pl.lit(1, pl.Int64),
        cut=pl.lit(0, pl.Int64),
        cut_by=pl.lit(""),
        posted_on=pl.lit(posted_on),
    )
    link = Link(chain_name, county, last_head(chain_name), dated, cause)
    return _append([link], posted_on, version_digests())[0]


def _append(links: Sequence[Link], posted_on: date, digests: Digests) -> list[Batch]:
    batches = Batch.objects.bulk_create(_batch(link, posted_on, digests) for link in links)
    lines = [
        link.lines.with_columns(batch_id=pl.lit(batch.pk, pl.Int64)).select(COLUMNS)
        for link, batch in zip(links, batches, strict=True)
    ]
    if lines:
        bulk.copy_in(PointEntry, pl.concat(lines))
    return batches


def _batch(link: Link, posted_on: date, digests: Digests) -> Batch:
    number, previous = link.after
    lines, cause = link.lines, link.cause
    rules = chain.versions_used(lines, digests)
    return Batch(
        chain=link.chain_name,
        unit=link.unit,
        number=number + 1,
        run=cause.run,
        posted_on=posted_on,
        lines=lines.height,
        points=sum(lines["points"]),
        kind=cause.kind,
        version_id=cause.version_id,
        undoes=cause.undoes,
        reason=cause.reason,
        head=chain.head(previous, posted_on, rules, lines, chain.purpose(cause.kind, cause.version_id)),
    )


def lines_of(difference: Difference, posted_on: date) -> pl.DataFrame:
    """The lines as they will stand in the ledger, in the order in which they are posted: a reversal comes before
    the line that replaces what it undoes."""
    text = [pl.col(name).cast(pl.String) for name in ("source", "rule_code", "cut_by", "reason")]
    fresh = difference.to_post.with_columns(text).with_columns(
        key=_key(), reverses_id=pl.lit(None, pl.Int64), undoes=pl.lit(False)
    )
    undone = difference.to_reverse.with_columns(text).with_columns(
        key=pl.lit("x:") + _key(),
        points=-pl.col("points"),
        cut=pl.lit(0, pl.Int64),
        cut_by=pl.lit(""),
        reverses_id=pl.col("id"),
        undoes=pl.lit(True),
    )
    both = pl.concat([undone.select(fresh.columns), fresh])
    day = pl.lit(posted_on).alias("posted_on")
    return both.sort(ORDER).with_columns(day, note=pl.lit(""))


def _key() -> pl.Expr:
    return pl.concat_str("source", "source_id", "person_id", "rule_code", "ordinal", separator=":")
