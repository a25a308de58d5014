"""What a night would post, computed without writing: for one shard, or for several in one go.

Data frames cost as much for one row as for thousands, so shards that are in the same state are looked at together and
taken apart again. What is found holds for the ends of the chains that were read first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from assessment import ledger, sources
from assessment.engine.reconcile import Difference, reconcile
from assessment.engine.standings import standings
from assessment.queries.rulebook import Digests, rule_codes, version_digests
from assessment.queries.shards import Shard
from assessment.rules import RuleBook
from assessment.services.inputs import Apart, Inputs, Reader


@dataclass(frozen=True)
class Outlook:
    """What a night would do, and the state on which it was computed: the ends of the shard's chain and of the chain of
    what people post in the county."""

    book: RuleBook
    digests: Digests
    difference: Difference
    standings: pl.DataFrame
    seen: pl.DataFrame
    after: tuple[int, str]
    after_hands: tuple[int, str]
    counts: dict[str, int | bool]

    @property
    def rows(self) -> int:
        """How many there are to write."""
        difference = self.difference
        return difference.to_post.height + difference.to_reverse.height + self.standings.height


@dataclass(frozen=True)
class Question:
    """All that a look rests on, read: `after`, the end of each shard's chain, and that of the chain of what people
    post, before all else; `codes` of every rule, `kept` the standings of the people looked at."""

    day: date
    posted_on: date
    book: RuleBook
    everybody: bool
    is_rule_change: bool
    digests: Digests
    codes: dict[int, str]
    after: dict[str, tuple[int, str]]
    after_hands: tuple[int, str]
    inputs: Inputs
    kept: pl.DataFrame


def look(
    shard: Shard,
    day: date,
    book: RuleBook,
    *,
    everybody: bool,
    posted_on: date | None = None,
    is_rule_change: bool = False,
) -> Outlook:
    """What the facts up to `day` would have posted by these rules, on that day or on `posted_on`. Writes nothing."""
    asked = ask([shard], day, book, everybody=everybody, posted_on=posted_on, is_rule_change=is_rule_change)
    return answer(asked)[shard.path]


def ask(
    together: Sequence[Shard],
    day: date,
    book: RuleBook,
    *,
    everybody: bool,
    posted_on: date | None = None,
    is_rule_change: bool = False,
    reader: Reader | None = None,
) -> Question:
    """What there is to look at of shards of one county. A `reader` keeps what it read for the next day."""
    digests = version_digests()
    by_hand = ledger.hand_chain(together[0].county)
    after = ledger.last_heads([by_hand, *(shard.path for shard in together)])
    after_hands = after.pop(by_hand)
    inputs = (reader or Reader()).read(together, book, everybody=everybody)
    return Question(
        day=day,
        posted_on=posted_on or day,
        book=book,
        everybody=everybody,
        is_rule_change=is_rule_change,
        digests=digests,
        codes=rule_codes(),
        after=after,
        after_hands=after_hands,
        inputs=inputs,
        kept=inputs.standings(),
    )


def answer(asked: Question) -> dict[str, Outlook]:
    """What is found of each shard, by its path. Asks nothing of the database."""
    day, book, inputs = asked.day, asked.book, asked.inputs
    facts, posted = inputs.facts, inputs.lines
    known = facts.filter(pl.col("happened_on") <= day)
    difference = reconcile(
        inputs.due_on(day),
        posted,
        facts=known,
        book=book,
        codes=asked.codes,
        loose_units=sources.loose_units(),
    )
    # What is still to come needs a later night: facts of later days, and lines that people posted since the day.
    ahead = posted.filter(pl.col("posted_on") > asked.posted_on).select("person_id")
    to_come = pl.concat([facts.filter(pl.col("happened_on") > day).select("person_id"), ahead])
    renewed = standings(_after(posted, difference, asked.posted_on), book, asked.posted_on)
    changed = changed_standings(renewed, asked.kept)
    parts = Apart(inputs.whose, list(asked.after))
    to_post, to_reverse = parts.of(difference.to_post), parts.of(difference.to_reverse)
    standing = parts.of(changed.join(ahead, on="person_id", how="anti"))
    noted = parts.of(inputs.notes)
    seen = parts.of(_seen(inputs.notes, book).join(to_come, on="person_id", how="anti"))
    number = {name: parts.number(frame) for name, frame in (("people", inputs.whose), ("facts", known))}
    found = {}
    for path in parts.paths:
        theirs = Difference(to_post[path], to_reverse[path])
        is_unasked = asked.everybody and not asked.is_rule_change
        found[path] = Outlook(
            book=book,
            digests=asked.digests,
            difference=theirs,
            standings=standing[path],
            seen=seen[path],
            after=asked.after[path],
            after_hands=asked.after_hands,
            counts={
                "everybody": asked.everybody,
                **{name: numbers.get(path, 0) for name, numbers in number.items()},
                "posted": theirs.to_post.height,
                "reversed": theirs.to_reverse.height,
                "standings": standing[path].height,
                "unnoted": _unnoted(theirs, noted[path]) if is_unasked else 0,
            },
        )
    return found


def _seen(notes: pl.DataFrame, book: RuleBook) -> pl.DataFrame:
    """The notes that may go; where rules count for families, only those that the families were told of."""
    return notes.filter("is_spread") if book.is_shared else notes


def _unnoted(difference: Difference, notes: pl.DataFrame) -> int:
    """People for whom something changes though no note spoke of them."""
    changed = pl.concat([difference.to_post.select("person_id"), difference.to_reverse.select("person_id")])
    return changed.unique().join(notes, on="person_id", how="anti").height


def _after(posted: pl.DataFrame, difference: Difference, day: date) -> pl.DataFrame:
    """The lines as they will stand once the difference is posted."""
    fresh = ledger.lines_of(difference, day).with_columns(id=pl.lit(0, pl.Int64))
    return pl.concat([posted, fresh.select(pl.col(name).cast(kind) for name, kind in posted.schema.items())])


def changed_standings(renewed: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """The standings that differ from what is kept; `id` is null where the person has none yet."""
    same = [name for name in renewed.columns if name != "id"]
    return renewed.join(kept, on=same, how="anti").join(
        kept.select("id", "person_id"), on="person_id", how="left"
    )
