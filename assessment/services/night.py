"""The night: what the facts deserve is compared with what the ledger says, shard by shard, day by day.

Reading and counting take no lock; then one short transaction posts the difference, renews the standings, takes away
the notes and marks the run as done. A run that is killed leaves nothing but a row that says it was started, and is
done again. Two runs of one shard at once cannot both post: the second is refused by the database and counts anew.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, TypeGuard

import polars as pl
from django.db import IntegrityError, transaction

from accounts.models import Person, Unit
from assessment import ledger
from assessment.engine import dirty
from assessment.engine.standings import standings
from assessment.enums import Posting
from assessment.models import Batch, SchemeVersion, Standing
from assessment.queries import entries
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import in_order_of_publication, rule_book, version_of
from assessment.queries.shards import Shard, lie_in, parts, shard_of, shards
from assessment.rules import RuleBook, counting_period
from assessment.services.inputs import Reader
from assessment.services.outlook import Outlook, Question, answer, ask, changed_standings, look
from assessment.sources import people_at_once
from portal.kernel import bulk, runs
from portal.kernel.beside import read_ahead
from portal.kernel.models import Run

log = logging.getLogger(__name__)

ATTEMPTS = 3
OVERTAKEN = 50
"""How often a night looks anew because others have posted meanwhile; each time they have come further."""
TOGETHER = 1_000_000
"""So many facts are looked at in one go, and the next ones read meanwhile: so memory does not grow with a county."""
SATURDAY = 5


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
class Before:
    """How far a shard has come: the latest day begun, and the run of the latest one done."""

    latest: date | None
    last: Run | None

    @classmethod
    def of(cls, shards: Collection[Shard]) -> dict[Shard, Before]:
        paths = [shard.path for shard in shards]
        latest, last = runs.last_days_of(POINTS, paths), runs.last_done_of(POINTS, paths)
        return {shard: cls(latest.get(shard.path), last.get(shard.path)) for shard in shards}


def count_points(
    shard: Shard,
    day: date,
    *,
    everybody: bool = False,
    ahead: Outlook | None = None,
    before: Before | None = None,
) -> Run | None:
    """Post what the facts of the shard's people up to `day` deserve, and renew their standings.

    Looks at the people of whom there are notes; at everybody where asked to, where rules or counting period are no
    longer those of the last run, and each Saturday. A day before the last one begun is late: nothing happens.
    `ahead` is what was found of this day together with other shards; it is used where it still answers the question.
    `before` may be a moment old: what matters of it is asked again before anything is written.
    """
    before = before or Before.of([shard])[shard]
    last = before.last
    if before.latest is not None and day < before.latest:
        return None
    book = ahead.book if ahead is not None else rule_book(shard.county)
    if book.is_shared:
        dirty.spread_to_families()
    everybody = everybody or _is_due_for_everybody(last, day, book)
    if last is not None and last.day == day and not everybody and _is_still(last, shard, ahead):
        return last
    run = runs.start(POINTS, day, shard.path)
    try:
        refusals = overtaken = 0
        while True:
            try:
                _count(shard, day, run, last, book, everybody=everybody, ahead=ahead)
                return run
            except (IntegrityError, RulesChanged, Overtaken) as refusal:
                overtaken += isinstance(refusal, Overtaken)
                refusals += not isinstance(refusal, Overtaken)
                if refusals == ATTEMPTS or overtaken == OVERTAKEN:
                    raise
                run.refresh_from_db()
                ahead = None
                book = rule_book(shard.county)
    except DayPassed:
        runs.left_to_another(run)
        return None
    except Exception as error:
        runs.failed(run, error)
        raise


def _count(
    shard: Shard,
    day: date,
    run: Run,
    last: Run | None,
    book: RuleBook,
    *,
    everybody: bool,
    ahead: Outlook | None,
) -> None:
    steps = steps_since(run if "versions" in run.counts else last, book)
    for step in steps:
        if len(steps) == 1 and _answers(ahead, step.book, everybody=everybody):
            outlook = ahead
        else:
            outlook = look(
                shard, day, step.book, everybody=everybody, is_rule_change=step.version_id is not None
            )
        with transaction.atomic():
            bulk.serialise(f"points {shard.path}")
            check_still_published(step.book)
            _check_not_overtaken(outlook, shard, run)
            batch = write(outlook, shard, posted_on=day, cause=step.cause(run))
            counts = _added_up(run.counts, outlook, step.book)
            if step is not steps[-1]:
                runs.counted(run, counts)
                continue
            dirty.take_away(outlook.seen)
            runs.done(run, head=batch.head if batch else outlook.after[1], **counts)


def _is_still(last: Run, shard: Shard, ahead: Outlook | None) -> bool:
    """Whether there is nothing to write for a day that is done: nobody was noted, or only for what is to come."""
    if ahead is None or ahead.counts["everybody"]:
        return not dirty.are_there(lie_in([shard], "person__path"))
    nothing = ahead.difference.is_empty and ahead.standings.is_empty() and ahead.seen.is_empty()
    return nothing and ahead.after[1] == last.head


def _answers(ahead: Outlook | None, book: RuleBook, *, everybody: bool) -> TypeGuard[Outlook]:
    return ahead is not None and ahead.book == book and ahead.counts["everybody"] == everybody


def steps_since(last: Run | None, book: RuleBook) -> list[Step]:
    """One step by the rules in force; but where versions were published since the last run, first one by the rules
    from before, then one for each such version. So its own lines stand in a batch of their own: what it changes
    and nothing else, as the trial of it showed, and as a reversal takes it back. A run that was killed between two
    steps is itself the last: by older rules it would take back what its own steps have posted."""
    known = set(last.counts.get("versions", ())) if last is not None else set()
    fresh = [number for number in in_order_of_publication(book) if number not in known]
    if not known or not fresh:
        return [Step(book)]
    steps = [Step(book.only(known))]
    for number in fresh:
        known.add(number)
        steps.append(Step(book.only(known), number))
    return steps


def with_version(book: RuleBook, version: SchemeVersion) -> RuleBook:
    """The rules as if this version were published too."""
    whole = [*(known for known in book.versions if known.id != version.pk), version_of(version)]
    return RuleBook(tuple(sorted(whole, key=lambda known: (known.effective_from, known.id))))


def check_still_published(book: RuleBook) -> None:
    """Raises RulesChanged. In the transaction of the posting, after it was let through."""
    if not set(in_order_of_publication(book)) >= {version.id for version in book.versions}:
        raise RulesChanged


def _check_not_overtaken(outlook: Outlook, shard: Shard, run: Run) -> None:
    """Raises DayPassed or Overtaken. In the transaction of the posting, after it was let through: a worker that was
    held up since it looked knows neither of later days nor of rules that another has posted by meanwhile."""
    latest = runs.last_day(POINTS, shard.path)
    if latest is not None and run.day < latest:
        raise DayPassed
    counts = Run.objects.values_list("counts", flat=True).get(pk=run.pk)
    by_hand = ledger.hand_chain(shard.county)
    heads = ledger.last_heads([shard.path, by_hand])
    if counts.get("versions") != run.counts.get("versions") or heads != {
        shard.path: outlook.after,
        by_hand: outlook.after_hands,
    }:
        raise Overtaken


def _added_up(before: dict[str, Any], outlook: Outlook, book: RuleBook) -> dict[str, Any]:
    """What the run has counted so far, and which rules it has come to."""
    return {
        **outlook.counts,
        "rules": book.digest,
        "versions": sorted(version.id for version in book.versions),
        **{name: before.get(name, 0) + outlook.counts[name] for name in ("posted", "reversed")},
    }


def _is_due_for_everybody(last: Run | None, day: date, book: RuleBook) -> bool:
    if last is None or last.counts.get("rules") != book.digest:
        return True
    if day.weekday() == SATURDAY and last.day != day:
        return True
    return _counting(book, last.day) != _counting(book, day) or book.may_expire(last.day, day)


def _counting(book: RuleBook, day: date) -> object:
    version = book.on(day)
    return version and (version.id, counting_period(version.counting, day))


def write(outlook: Outlook, shard: Shard, *, posted_on: date, cause: ledger.Cause) -> Batch | None:
    """Post it and renew the standings, in the caller's transaction."""
    batch = ledger.post(
        outlook.difference,
        chain_name=shard.path,
        unit=Unit.objects.filter(path=shard.path).first(),
        after=outlook.after,
        posted_on=posted_on,
        cause=cause,
        digests=outlook.digests,
    )
    keep_standings(outlook.standings)
    return batch


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


def days_to_do(step: str, shard: str, through: date) -> list[date]:
    """The days that a shard lacks, in order, `through` last; the last day begun is looked at again."""
    return _days(runs.last_day(step, shard), through)


def _days(latest: date | None, through: date) -> list[date]:
    if latest is None:
        return [through]
    return [latest + timedelta(days=n) for n in range((through - latest).days + 1)]


def count_shard_through(shard: Shard, through: date, *, everybody: bool = False) -> Iterator[Run]:
    """The shard's missing days in order; the last run is the failed one, where one fails."""
    for day in days_to_do(POINTS, shard.path, through):
        run, is_done = _counted(shard, day, everybody=everybody and day == through)
        if run is not None:
            yield run
        if not is_done:
            return


def count_through(through: date, *, everybody: bool = False) -> Iterator[Run]:
    """Every shard, those of a county that lack the same days together; the last run of a shard is the failed one,
    where one fails."""
    for county, own in groupby(shards(), key=lambda shard: shard.county):
        theirs = list(own)
        days = {shard: _days(before.latest, through) for shard, before in Before.of(theirs).items()}
        failed: set[Shard] = set()
        reader = Reader()
        for day in sorted({day for lacking in days.values() for day in lacking}):
            due = [shard for shard, lacking in days.items() if day in lacking and shard not in failed]
            wholly = everybody and day == through
            befores = Before.of(due)
            for shard, ahead in _looked_at_together(befores, county, day, reader, everybody=wholly):
                run, is_done = _counted(shard, day, everybody=wholly, ahead=ahead, before=befores[shard])
                if not is_done:
                    failed.add(shard)
                if run is not None:
                    yield run


def _looked_at_together(
    due: dict[Shard, Before], county: Unit, day: date, reader: Reader, *, everybody: bool
) -> Iterator[tuple[Shard, Outlook | None]]:
    """Each shard with what was found of it, in order; with nothing where it is better looked at by itself."""
    book = rule_book(county)
    if book.is_shared:
        dirty.spread_to_families()
    whole = {shard: everybody or _is_due_for_everybody(due[shard].last, day, book) for shard in due}
    alike = [list(group) for _, group in groupby(due, key=lambda shard: whole[shard])]
    most = people_at_once(TOGETHER) if any(whole.values()) else 0
    together = (part for group in alike for part in (parts(group, most) if whole[group[0]] else [group]))

    def asked(part: list[Shard]) -> Question | None:
        if len(part) == 1 and not whole[part[0]]:
            return None
        try:
            return ask(part, day, book, everybody=whole[part[0]], reader=reader)
        except Exception:
            log.exception("%s shards cannot be read together on %s", len(part), day)
            return None

    def answered(question: Question | None) -> dict[str, Outlook]:
        try:
            return answer(question) if question is not None else {}
        except Exception:
            log.exception("shards cannot be looked at together on %s", day)
            return {}

    for part, found in read_ahead(together, asked, answered):
        for shard in part:
            yield shard, found.get(shard.path)


def _counted(
    shard: Shard,
    day: date,
    *,
    everybody: bool,
    ahead: Outlook | None = None,
    before: Before | None = None,
) -> tuple[Run | None, bool]:
    """The run, and whether it came to its end."""
    try:
        return count_points(shard, day, everybody=everybody, ahead=ahead, before=before), True
    except Exception:
        log.exception("the points of %s on %s failed", shard.path, day)
        return Run.objects.get(step=POINTS, day=day, shard=shard.path), False
