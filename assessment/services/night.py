"""The night: what the facts deserve is compared with what the ledger says, shard by shard, day by day.

Reading and counting take no lock; then one short transaction posts the difference, renews the standings, takes away
the notes and marks the run as done. A run that is killed leaves nothing but a row that says it was started, and is
done again. Two runs of one shard at once cannot both post: the second is refused by the database and counts anew.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TypeGuard

from django.db import IntegrityError, transaction

from accounts.models import Unit
from assessment.engine import dirty
from assessment.models import SchemeVersion
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import in_order_of_publication, rule_book, version_of
from assessment.queries.shards import Shard, lie_in, parts, shards
from assessment.rules import RuleBook, counting_period
from assessment.services.inputs import Reader
from assessment.services.outlook import Outlook, Question, answer, ask, look
from assessment.services.posting import DayPassed, Overtaken, RulesChanged, Step, Turn, carry_out
from assessment.sources import people_at_once
from portal.kernel import runs
from portal.kernel.beside import read_ahead
from portal.kernel.models import Run

log = logging.getLogger(__name__)

ATTEMPTS = 3
OVERTAKEN = 50
"""How often a night looks anew because others have posted meanwhile; each time they have come further."""
TOGETHER = 1_000_000
"""So many facts are looked at in one go, and the next ones read meanwhile: so memory does not grow with a county."""
AT_ONCE = 100_000
"""So many rows of several shards are written in one transaction; who would post to one of them waits until it ends."""
SATURDAY = 5


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
    book = ahead.book if ahead is not None else rule_book(shard.county)
    if book.is_shared:
        dirty.spread_to_families()
    everybody = everybody or _is_due_for_everybody(last, day, book)
    if last is not None and last.day == day and not everybody and _is_still(last, shard, ahead):
        return last
    run = runs.start_in_order(POINTS, day, shard.path)
    if run is None:
        return None
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
        carry_out([Turn(shard, run, step, outlook, is_last=step is steps[-1])])


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
    if not known or known >= {version.id for version in book.versions}:
        return [Step(book)]
    fresh = [number for number in in_order_of_publication(book) if number not in known]
    if not fresh:
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


def _is_due_for_everybody(last: Run | None, day: date, book: RuleBook) -> bool:
    if last is None or last.counts.get("rules") != book.digest:
        return True
    if day.weekday() == SATURDAY and last.day != day:
        return True
    return _counting(book, last.day) != _counting(book, day) or book.may_expire(last.day, day)


def _counting(book: RuleBook, day: date) -> object:
    version = book.on(day)
    return version and (version.id, counting_period(version.counting, day))


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
            for part, ahead in _looked_at_together(befores, county, day, reader, everybody=wholly):
                written = _written_together(ahead, befores, day)
                for shard in part:
                    run, is_done = written.get(shard), True
                    if run is None:
                        run, is_done = _counted(
                            shard, day, everybody=wholly, ahead=ahead.get(shard), before=befores[shard]
                        )
                    if not is_done:
                        failed.add(shard)
                    if run is not None:
                        yield run


def _looked_at_together(
    due: dict[Shard, Before], county: Unit, day: date, reader: Reader, *, everybody: bool
) -> Iterator[tuple[list[Shard], dict[Shard, Outlook]]]:
    """The shards, in order, those together that were looked at together, with what was found of them: nothing where
    they are better looked at each by itself."""
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
        yield part, {shard: found[shard.path] for shard in part if shard.path in found}


def _written_together(
    ahead: Mapping[Shard, Outlook], befores: Mapping[Shard, Before], day: date
) -> dict[Shard, Run]:
    """The runs of the shards that could be written in one transaction: of those that begin the day and have one step
    to take, and are not many rows. Where it is refused nothing is written, and each is to be counted by itself."""
    steps = {}
    for shard, outlook in ahead.items():
        before = befores[shard]
        if before.latest is None or before.latest < day:
            steps[shard] = steps_since(before.last, outlook.book)
    ready = {shard: own[0] for shard, own in steps.items() if len(own) == 1}
    if len(ready) < 2 or sum(ahead[shard].rows for shard in ready) > AT_ONCE:
        return {}
    try:
        with transaction.atomic():
            turns = [
                Turn(shard, run, step, ahead[shard])
                for shard, step in ready.items()
                if (run := runs.start_in_order(POINTS, day, shard.path)) is not None
            ]
        if turns:
            carry_out(turns)
    except Exception:
        log.warning("shards cannot be written together on %s", day, exc_info=True)
        return {}
    return {turn.shard: turn.run for turn in turns}


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
