"""What must hold of the lines of the ledger, fed piece by piece: of each by itself, and of all together as far as small
numbers carry it: two hashes a line tell whether keys and causes are there once, a sum for each person the standing."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from assessment.engine.reconcile import ADJUSTMENT, HAND_MADE, SPENDING
from assessment.enums import AdjustmentStatus, Effect
from assessment.models import Adjustment, DirtyPerson, PointEntry, PointRule, Spending, Standing
from assessment.queries import entries
from portal.kernel import bulk

LEDGER: bulk.Schema = {
    **entries.LINES,
    "key": pl.String,
    "reason": pl.String,
    "note": pl.String,
    "batch_id": pl.Int64,
}
SAID = ["cut_by", "note"]
"""Columns where SQLite's empty text may be PostgreSQL's null."""
SHOWN = 5
BUCKETS = 8
"""Into so many parts the hashes are taken apart before they are sorted."""

OF_HAND = ["source", "source_id"]
IS_EARNED = pl.col("reverses_id").is_null() & ~pl.col("source").is_in(HAND_MADE)
CAUSE = pl.col("key").str.replace(r":\d+$", "")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be. `code` is stable and for programs."""

    code: str
    what: str | Promise

    def __str__(self) -> str:
        return str(self.what)


def said(what: str | Promise, where: str) -> Promise:
    return format_lazy("{what} {where}", what=what, where=where)


@dataclass
class Faulty:
    """Lines that share a fault: how many, and the least of their keys."""

    number: int = 0
    keys: list[str] = field(default_factory=list)

    def add(self, lines: pl.DataFrame) -> None:
        self.number += lines.height
        self.keys = heapq.nsmallest(SHOWN, [*self.keys, *lines["key"].sort().head(SHOWN)])

    def __str__(self) -> str:
        return ", ".join(self.keys) + (f" … ({self.number})" if self.number > SHOWN else "")


class Lines:
    """Add every line of the ledger once, in any order, then ask for the findings."""

    def __init__(self) -> None:
        undoing = PointEntry.objects.filter(reverses__isnull=False)
        self._undone = bulk.frame_of(undoing, {"reverses_id": pl.Int64})["reverses_id"].sort()
        self._rules = bulk.frame_of(
            PointRule.objects.all(), {"id": pl.Int64, "points": pl.Int64, "code": pl.String}
        ).rename({"id": "rule_id", "points": "each"})
        self._spending = list(PointRule.objects.filter(effect=Effect.SPEND).values_list("pk", flat=True))
        self._asked = _asked_by_hand()
        self._answered = [self._asked.select(OF_HAND).clear()]
        self._cause, self._reversal, self._explanation, self._by_hand = (Faulty() for _number in range(4))
        self._keys = [pl.Series(dtype=pl.UInt64)]
        self._causes = [pl.Series(dtype=pl.UInt64)]
        self._totals = pl.DataFrame(schema={"person_id": pl.Int64, "total": pl.Int64})

    def add(self, batches: Collection[int], lines: pl.DataFrame) -> None:
        """`lines` (columns `LEDGER`) are those of these postings."""
        standing = self._standing(lines)
        self._keys.append(lines["key"].hash())
        self._causes.append(standing.select(CAUSE)["key"].hash())
        self._cause.add(_misnamed(standing))
        self._reversal.add(self._undoing_wrongly(batches, lines))
        self._explanation.add(self._unexplained(lines))
        self._by_hand.add(self._unasked(lines))
        self._answered.append(_of_hands(lines).select(OF_HAND))
        self._totals = pl.concat([self._totals, self._sums(lines)]).group_by("person_id").sum()

    def findings(self, again: Iterable[pl.DataFrame]) -> Iterator[Finding]:
        """`again` are the pieces once more, read only where a key or cause may be there twice."""
        twice, both = self._duplicates(again)
        for code, what, wrong in (
            ("duplicate", _("One key stands more than once:"), twice),
            ("duplicate", _("One cause has several lines that stand:"), both),
            ("cause", _("The key does not name the record and the person:"), self._cause),
            ("reversal", _("A reversal does not undo its line:"), self._reversal),
            ("explanation", _("The rule does not explain the points:"), self._explanation),
            ("by_hand", _("Nobody asked for these lines by hand:"), self._by_hand),
            ("by_hand", _("What was posted by hand has no line any more:"), self._unanswered()),
        ):
            if wrong.number:
                yield Finding(code, said(what, str(wrong)))
        yield from self._standings()

    def _standing(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Lines of facts that nothing has reversed."""
        if lines.is_empty():
            return lines
        near = self._undone.filter(self._undone.is_between(lines["id"].min(), lines["id"].max()))
        return lines.filter(IS_EARNED & ~pl.col("id").is_in(near.implode()))

    def _undoing_wrongly(self, batches: Collection[int], lines: pl.DataFrame) -> pl.DataFrame:
        """A reversal undoes one line of the same person, wholly, and no other does."""
        undoing = lines.filter(pl.col("reverses_id").is_not_null())
        if undoing.is_empty():
            return undoing
        wanted: bulk.Schema = {
            name: LEDGER[name] for name in ("id", "key", "person_id", "points", "reverses_id")
        }
        undone = bulk.frame_of(PointEntry.objects.filter(reversals__batch__in=batches), wanted).unique()
        twice = self._undone.filter(self._undone.is_duplicated()).unique()
        pairs = undoing.join(
            undone.rename({"reverses_id": "undoes"}),
            left_on="reverses_id",
            right_on="id",
            how="left",
            suffix="_old",
        )
        return pairs.filter(
            pl.col("key_old").is_null()
            | (pl.col("key") != pl.lit("x:") + pl.col("key_old"))
            | (pl.col("points") != -pl.col("points_old"))
            | (pl.col("person_id") != pl.col("person_id_old"))
            | pl.col("undoes").is_not_null()
            | pl.col("reverses_id").is_in(twice.implode())
        )

    def _unexplained(self, lines: pl.DataFrame) -> pl.DataFrame:
        """points + cut = points of the rule × quantity; what was cut names its cap."""
        earned = lines.filter(IS_EARNED).join(self._rules, on="rule_id", how="left")
        return earned.filter(
            pl.col("each").is_null()
            | (pl.col("points") + pl.col("cut") != pl.col("each") * pl.col("quantity"))
            | ((pl.col("cut") > 0) != (pl.col("cut_by") != ""))
            | ~pl.col("key").str.contains(pl.lit(":") + pl.col("code") + pl.lit(":"), literal=True)
        )

    def _unasked(self, lines: pl.DataFrame) -> pl.DataFrame:
        """A line by hand says what the adjustment or the spending behind it says."""
        return _of_hands(lines).join(
            self._asked, on=["source", "source_id", "person_id", "points"], how="anti"
        )

    def _unanswered(self) -> Faulty:
        """Each adjustment posted and each spending has its line: one that was cut off the end leaves no other trace."""
        missing = Faulty()
        lost = self._asked.join(pl.concat(self._answered), on=OF_HAND, how="anti")
        missing.add(lost.select(key=pl.concat_str(OF_HAND, separator=":")))
        return missing

    def _sums(self, lines: pl.DataFrame) -> pl.DataFrame:
        is_spent = pl.col("rule_id").is_in(self._spending).fill_null(False) | (pl.col("source") == SPENDING)
        return lines.filter(~is_spent).group_by("person_id").agg(total=pl.col("points").sum())

    def _duplicates(self, again: Iterable[pl.DataFrame]) -> tuple[Faulty, Faulty]:
        """Every key is there once, and no cause has two lines that stand. Equal hashes may be chance: then the keys
        themselves are laid side by side."""
        keys, causes = _twice(self._keys), _twice(self._causes)
        twice, both = Faulty(), Faulty()
        if keys.is_empty() and causes.is_empty():
            return twice, both
        alike, standing = [], []
        for lines in again:
            alike.append(lines.select("key").filter(pl.col("key").hash().is_in(keys.implode())))
            standing.append(self._standing(lines).select("key").filter(CAUSE.hash().is_in(causes.implode())))
        twice.add(pl.concat(alike).filter(pl.col("key").is_duplicated()))
        both.add(pl.concat(standing).filter(CAUSE.is_duplicated()))
        return twice, both

    def _standings(self) -> Iterator[Finding]:
        """Points spent count on; of whom there is a note, the coming night looks again."""
        settled = Standing.objects.exclude(person__in=DirtyPerson.objects.values("person"))
        kept = bulk.frame_of(settled, {"person_id": pl.Int64, "points_ever": pl.Int64})
        wrong = kept.join(self._totals, on="person_id", how="left").filter(
            pl.col("points_ever") != pl.col("total").fill_null(0)
        )
        if not wrong.is_empty():
            people = ", ".join(str(person) for person in sorted(wrong["person_id"])[:SHOWN])
            yield Finding("standing", said(_("The standing is not the sum of the lines, for people"), people))


def _of_hands(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.filter(pl.col("source").is_in(HAND_MADE) & pl.col("reverses_id").is_null())


def _misnamed(standing: pl.DataFrame) -> pl.DataFrame:
    named = pl.concat_str("source", "source_id", "person_id", separator=":") + ":"
    return standing.filter(~pl.col("key").str.starts_with(named))


def _asked_by_hand() -> pl.DataFrame:
    wanted: bulk.Schema = {"id": pl.Int64, "person_id": pl.Int64, "points": pl.Int64}
    posted = Adjustment.objects.filter(status=AdjustmentStatus.POSTED)
    adjusted = bulk.frame_of(posted, wanted).with_columns(source=pl.lit(ADJUSTMENT))
    spent = bulk.frame_of(Spending.objects.all(), wanted).with_columns(
        source=pl.lit(SPENDING), points=-pl.col("points")
    )
    return pl.concat([adjusted, spent]).rename({"id": "source_id"})


def _twice(parts: list[pl.Series]) -> pl.Series:
    """The values that are there more than once, each once."""
    values = pl.concat(parts)
    found = [pl.Series(dtype=pl.UInt64)]
    for bucket in range(BUCKETS):
        ordered = values.filter(values % BUCKETS == bucket).sort()
        found.append(ordered.filter(ordered == ordered.shift()).unique())
    return pl.concat(found)
