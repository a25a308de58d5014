"""Whether the ledger can be trusted: its chain, sums, causes and explanations, read once from end to end."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import polars as pl
from django.db import connection
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from assessment import sources
from assessment.engine import chain
from assessment.engine.reconcile import ADJUSTMENT, HAND_MADE, SPENDING
from assessment.enums import AdjustmentStatus, Effect
from assessment.models import Adjustment, Batch, DirtyPerson, PointEntry, PointRule, Spending, Standing
from assessment.queries import entries
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import version_digests
from portal.kernel import append_only, bulk, watching
from portal.kernel.models import Run

LEDGER: bulk.Schema = {
    **entries.LINES,
    "key": pl.String,
    "reason": pl.String,
    "note": pl.String,
    "batch_id": pl.Int64,
}
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be. `code` is stable and for programs."""

    code: str
    what: str | Promise

    def __str__(self) -> str:
        return str(self.what)


def verify_ledger(*published: str) -> list[Finding]:
    """Everything wrong with the ledger; empty where all is well.

    `published` are chain heads that were made known outside the database: lines cut off the end leave a chain that is
    whole in itself, and only such a head tells.
    """
    text = [pl.col(name).fill_null("") for name in ("cut_by", "note")]
    lines = bulk.frame_of(PointEntry.objects.all(), LEDGER).with_columns(text).sort("id")
    batches = _batches()
    return [
        *_guards(),
        *_chain(lines, batches),
        *_published(batches, published),
        *_causes(lines),
        *_reversals(lines),
        *_explanations(lines),
        *_by_hand(lines),
        *_standings(lines),
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


def _guards() -> Iterator[Finding]:
    for model in (PointEntry, Batch):
        table = model._meta.db_table
        if not append_only.is_guarded(connection, table):
            yield Finding("unguarded", _said(_("The database no longer guards this table:"), table))
    for name in sorted(watching.missing(connection, sources.watches())):
        yield Finding("unwatched", _said(_("Changes of facts are no longer noted; missing:"), name))


def _chain(lines: pl.DataFrame, batches: pl.DataFrame) -> Iterator[Finding]:
    digests = version_digests()
    parts = {key[0]: part for key, part in lines.partition_by("batch_id", as_dict=True).items()}
    previous: dict[str, tuple[int, str]] = {}
    of_run: dict[int, int] = {}
    for batch in batches.iter_rows(named=True):
        name = f"{batch['chain']}:{batch['number']}"
        number, head = previous.get(batch["chain"], (0, ""))
        part = parts.pop(batch["id"], lines.clear())
        if batch["number"] != number + 1:
            yield Finding("gap", _said(_("A posting is missing before this one:"), name))
        if (part.height, sum(part["points"])) != (batch["lines"], batch["points"]):
            yield Finding("sum", _said(_("Lines or points are not those that were posted:"), name))
        purpose = chain.purpose(batch["kind"], batch["version_id"])
        rules = chain.versions_used(part, digests)
        if chain.head(head, batch["posted_on"], rules, part, purpose) != batch["head"]:
            yield Finding("chain", _said(_("The lines, their order or their rules were changed:"), name))
        previous[batch["chain"]] = (batch["number"], batch["head"])
        if batch["run_id"] is not None:
            of_run[batch["run_id"]] = batch["number"]
    for batch_id in sorted(parts):
        yield Finding("orphan", _said(_("Lines without a posting:"), _keys(parts[batch_id])))
    yield from _run_log(batches, of_run)


def _run_log(batches: pl.DataFrame, of_run: dict[int, int]) -> Iterator[Finding]:
    """Each run wrote down the head that its chain had then: that of its own last posting, or of a later one where
    it was done again after a reversal."""
    numbers = {(row[0], row[1]): row[2] for row in batches.select("chain", "head", "number").iter_rows()}
    for run in Run.objects.filter(step=POINTS).exclude(head="").order_by("pk").iterator():
        if numbers.get((run.shard, run.head), 0) < of_run.get(run.pk, 1):
            yield Finding("run", _said(_("The run log names another chain head:"), str(run)))


def _published(batches: pl.DataFrame, published: Collection[str]) -> Iterator[Finding]:
    kept = set(batches["head"])
    for head in dict.fromkeys(published):
        if head not in kept:
            yield Finding("cut", _said(_("The chain head made known is not in the ledger any more:"), head))


def _causes(lines: pl.DataFrame) -> Iterator[Finding]:
    """Every key is there once, and no cause has two lines that stand."""
    twice = lines.filter(pl.col("key").is_duplicated())
    if not twice.is_empty():
        yield Finding("duplicate", _said(_("One key stands more than once:"), _keys(twice)))
    undone = lines.select(pl.col("reverses_id").drop_nulls())
    standing = lines.filter(pl.col("reverses_id").is_null() & ~pl.col("source").is_in(HAND_MADE)).join(
        undone, left_on="id", right_on="reverses_id", how="anti"
    )
    cause = standing.with_columns(cause=pl.col("key").str.replace(r":\d+$", ""))
    both = cause.filter(pl.col("cause").is_duplicated())
    if not both.is_empty():
        yield Finding("duplicate", _said(_("One cause has several lines that stand:"), _keys(both)))
    named = pl.concat_str("source", "source_id", "person_id", separator=":") + ":"
    wrong = standing.filter(~pl.col("key").str.starts_with(named))
    if not wrong.is_empty():
        yield Finding("cause", _said(_("The key does not name the record and the person:"), _keys(wrong)))


def _reversals(lines: pl.DataFrame) -> Iterator[Finding]:
    """A reversal undoes one line of the same person, wholly."""
    undoing = lines.filter(pl.col("reverses_id").is_not_null())
    pairs = undoing.join(
        lines.select("id", "key", "person_id", "points", "rule_id", undoes="reverses_id"),
        left_on="reverses_id",
        right_on="id",
        how="left",
        suffix="_old",
    )
    wrong = pairs.filter(
        pl.col("key_old").is_null()
        | (pl.col("key") != pl.lit("x:") + pl.col("key_old"))
        | (pl.col("points") != -pl.col("points_old"))
        | (pl.col("person_id") != pl.col("person_id_old"))
        | pl.col("undoes").is_not_null()
        | pl.col("reverses_id").is_duplicated()
    )
    if not wrong.is_empty():
        yield Finding("reversal", _said(_("A reversal does not undo its line:"), _keys(wrong)))


def _explanations(lines: pl.DataFrame) -> Iterator[Finding]:
    """points + cut = points of the rule × quantity; what was cut names its cap."""
    rules = bulk.frame_of(PointRule.objects.all(), {"id": pl.Int64, "points": pl.Int64, "code": pl.String})
    earned = lines.filter(pl.col("reverses_id").is_null() & ~pl.col("source").is_in(HAND_MADE)).join(
        rules.rename({"points": "each"}), left_on="rule_id", right_on="id", how="left"
    )
    wrong = earned.filter(
        pl.col("each").is_null()
        | (pl.col("points") + pl.col("cut") != pl.col("each") * pl.col("quantity"))
        | ((pl.col("cut") > 0) != (pl.col("cut_by") != ""))
        | ~pl.col("key").str.contains(pl.lit(":") + pl.col("code") + pl.lit(":"), literal=True)
    )
    if not wrong.is_empty():
        yield Finding("explanation", _said(_("The rule does not explain the points:"), _keys(wrong)))


def _by_hand(lines: pl.DataFrame) -> Iterator[Finding]:
    """A line by hand says what the adjustment or the spending behind it says."""
    wanted: bulk.Schema = {"id": pl.Int64, "person_id": pl.Int64, "points": pl.Int64}
    posted = Adjustment.objects.filter(status=AdjustmentStatus.POSTED)
    adjusted = bulk.frame_of(posted, wanted).with_columns(source=pl.lit(ADJUSTMENT))
    spent = bulk.frame_of(Spending.objects.all(), wanted).with_columns(
        source=pl.lit(SPENDING), points=-pl.col("points")
    )
    asked = pl.concat([adjusted, spent]).rename({"id": "source_id"})
    said = lines.filter(pl.col("source").is_in(HAND_MADE) & pl.col("reverses_id").is_null())
    wrong = said.join(asked, on=["source", "source_id", "person_id", "points"], how="anti")
    if not wrong.is_empty():
        yield Finding("by_hand", _said(_("Nobody asked for these lines by hand:"), _keys(wrong)))


def _standings(lines: pl.DataFrame) -> Iterator[Finding]:
    """Points spent count on; of whom there is a note, the coming night looks again."""
    settled = Standing.objects.exclude(person__in=DirtyPerson.objects.values("person"))
    kept = bulk.frame_of(settled, {"person_id": pl.Int64, "points_ever": pl.Int64})
    spending = list(PointRule.objects.filter(effect=Effect.SPEND).values_list("pk", flat=True))
    is_spent = pl.col("rule_id").is_in(spending).fill_null(False) | (pl.col("source") == SPENDING)
    sums = lines.filter(~is_spent).group_by("person_id").agg(total=pl.col("points").sum())
    wrong = kept.join(sums, on="person_id", how="left").filter(
        pl.col("points_ever") != pl.col("total").fill_null(0)
    )
    if not wrong.is_empty():
        people = ", ".join(str(person) for person in sorted(wrong["person_id"])[:SHOWN])
        yield Finding("standing", _said(_("The standing is not the sum of the lines, for people"), people))


def _keys(lines: pl.DataFrame) -> str:
    keys = sorted(lines["key"])
    return ", ".join(keys[:SHOWN]) + (f" … ({len(keys)})" if len(keys) > SHOWN else "")


def _said(what: str | Promise, where: str) -> Promise:
    return format_lazy("{what} {where}", what=what, where=where)
