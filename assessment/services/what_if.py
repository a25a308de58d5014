"""Trying a draft on the real facts, publishing what was tried, and seeing whether the night posted just that.

A trial writes nothing but itself. It is published by its own digest: were the draft changed since, there is nothing to
publish. See docs/decisions/0048.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from itertools import groupby

import polars as pl
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person, Unit
from assessment import ledger, sources
from assessment.engine import dirty
from assessment.engine import trial as engine
from assessment.enums import Posting, VersionStatus
from assessment.models import (
    Batch,
    DirtyPerson,
    PointEntry,
    RuleTrial,
    SchemeVersion,
    TrialCrossing,
)
from assessment.queries import entries
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import WHOLE, rule_book, rule_codes, version_of
from assessment.queries.shards import Shard, lie_in, parts, people_of, shards
from assessment.rules import RuleBook
from assessment.services.inputs import Apart, facts_for, with_shards
from assessment.services.schemes import SchemeRefused, check_publishable, publish_version
from assessment.services.trial_told import what_is_told
from portal.kernel import audit, bulk, clock, jobs, runs
from portal.kernel.beside import read_ahead
from portal.kernel.models import Job

KIND = "rule_trial"
PERMISSION = "assessment.change_schemeversion"
TOGETHER = 500_000
"""So many facts are tried in one go: both sides of a trial are held at once."""


# ── Trying ───────────────────────────────────────────────────────────────────


def ask_for_trial(version: SchemeVersion, *, effective_from: date, actor: Person) -> Job:
    """Count in the background what the draft would change from a day on. Raises SchemeRefused."""
    check_publishable(version, effective_from=effective_from)
    return jobs.ask(
        KIND,
        title=_("What would change: %(version)s") % {"version": version},
        actor=actor,
        path=version.scheme.unit.path,
        version=version.pk,
        effective_from=effective_from.isoformat(),
    )


def book_with(version: SchemeVersion, effective_from: date) -> RuleBook:
    """The county's rules as they would be with the draft published from a day on."""
    draft = replace(version_of(version), effective_from=effective_from)
    standing = rule_book(version.scheme.unit).versions
    return RuleBook(tuple(sorted([*standing, draft], key=lambda each: (each.effective_from, each.id))))


def night_of(shard: Shard, today: date) -> date:
    """The day on which the next night posts new rules: it looks at the last day begun once more."""
    return runs.last_day(POINTS, shard.path) or today


def try_version(
    version: SchemeVersion,
    *,
    effective_from: date,
    actor: Person | None,
    now: datetime,
    of: Callable[[int], None] = lambda total: None,
    at: Callable[[int], None] = lambda done: None,
    done: Callable[[RuleTrial], None] = lambda made: None,
) -> RuleTrial:
    """Count what the draft would change and keep the result. `of` and `at` are told how far it is, in shards; `done`
    what came of it, in the transaction that keeps it."""
    version = SchemeVersion.objects.select_related("scheme__unit").prefetch_related(*WHOLE).get(pk=version.pk)
    county = version.scheme.unit
    note, heads = newest_note(), heads_of(county)
    before, after = rule_book(county), book_with(version, effective_from)
    ours = [shard for shard in shards() if shard.county == county]
    of(len(ours))
    outcomes: list[engine.Outcome] = []
    digests: dict[str, str] = {}
    homes, tried = [], 0
    today = clock.day_of(now)
    most = sources.people_at_once(TOGETHER)
    alike = groupby(ours, key=lambda shard: night_of(shard, today))
    together = ((day, part) for day, own in alike for part in parts(list(own), most))
    for (_day, part), (outcome, home) in read_ahead(
        together, lambda one: _to_try(one[1], before, after, one[0]), lambda asked: asked()
    ):
        outcomes.append(outcome)
        homes.append(home)
        lines = Apart(home, [shard.path for shard in part]).of(outcome.lines)
        digests |= {path: engine.digest_of(own) for path, own in lines.items()}
        tried += len(part)
        at(tried)
    people = pl.concat([outcome.people for outcome in outcomes])
    with transaction.atomic():
        made = RuleTrial.objects.create(
            version=version,
            effective_from=effective_from,
            day=max(night_of(shard, today) for shard in ours),
            asked_by=actor,
            made_at=now,
            rules=after.digest,
            lines=engine.digest_of_all(digests.items()),
            facts=engine.digest_of_all((str(number), one.facts) for number, one in enumerate(outcomes)),
            shards=digests,
            heads=heads,
            note=note,
            result=what_is_told(version, outcomes, people, pl.concat(homes)),
        )
        crossed = people.filter(pl.col("star_before") != pl.col("star_after"))
        bulk.copy_in(TrialCrossing, crossed.with_columns(trial_id=pl.lit(made.pk, pl.Int64)))
        audit.record(
            "scheme.try",
            actor=actor,
            now=now,
            obj=version,
            path=county.path,
            number=version.number,
            digest=made.lines,
        )
        done(made)
    return made


def _to_try(
    part: Sequence[Shard], before: RuleBook, after: RuleBook, day: date
) -> Callable[[], tuple[engine.Outcome, pl.DataFrame]]:
    """What counts the outcome for some shards once all is read for it; beside it, of their people person_id, home_id,
    shard."""
    everyone = people_of(part)
    found = bulk.frame_of(everyone, {"id": pl.Int64, "path": pl.String, "home_id": pl.Int64})
    homes = found.select(person_id="id", home_id="home_id").join(with_shards(found, part), on="person_id")
    whose = homes.select("person_id")

    def facts(book: RuleBook) -> pl.DataFrame:
        return facts_for(everyone, whose, book).filter(pl.col("happened_on") <= day)

    known = facts(before)
    asks_alike = (before.asks, before.is_shared) == (after.asks, after.is_shared)
    outcome = partial(
        engine.try_rules,
        engine.Side(before, known),
        engine.Side(after, known if asks_alike else facts(after)),
        entries.lines_of(everyone),
        whose,
        day,
        codes=rule_codes(),
        loose_units=sources.loose_units(),
        lines_of=ledger.lines_of,
        doubtful=_doubtful(part, before, day),
    )
    return lambda: (outcome(), homes)


def _doubtful(part: Sequence[Shard], book: RuleBook, day: date) -> pl.Series | None:
    """Those of whom there are notes, where the night has counted the day by these rules; else all (None)."""
    done = runs.last_done_of(POINTS, [shard.path for shard in part])
    if any(
        (last := done.get(shard.path)) is None or last.day != day or last.counts.get("rules") != book.digest
        for shard in part
    ):
        return None
    return dirty.notes_of(lie_in(part, "person__path"))["person_id"].unique()


def newest_note() -> int:
    return DirtyPerson.objects.aggregate(newest=Max("pk"))["newest"] or 0


def heads_of(county: Unit) -> dict[str, str]:
    """The end of each chain of the county's shards."""
    return {shard.path: ledger.last_head(shard.path)[1] for shard in shards() if shard.county == county}


# ── Publishing ───────────────────────────────────────────────────────────────


def fits(trial: RuleTrial) -> bool:
    """Whether the draft, and the rules in force beside it, still are those that were tried."""
    version = trial.version
    if version.status != VersionStatus.DRAFT:
        return False
    fresh = SchemeVersion.objects.select_related("scheme__unit").prefetch_related(*WHOLE).get(pk=version.pk)
    return book_with(fresh, trial.effective_from).digest == trial.rules


def has_moved(trial: RuleTrial) -> bool:
    """Whether records or the ledger have changed since the trial, so that the night may post something else."""
    return newest_note() > trial.note or heads_of(trial.version.scheme.unit) != trial.heads


@transaction.atomic
def publish_tried(trial: RuleTrial, *, reason: str, actor: Person, now: datetime) -> SchemeVersion:
    """Publish the draft as it was tried, from the day it was tried for. Raises SchemeRefused."""
    if not reason.strip():
        raise SchemeRefused(
            gettext_lazy("Say why the rules change. Everybody reads it beside them."), field="reason"
        )
    version = SchemeVersion.objects.select_for_update(of=("self",)).get(pk=trial.version_id)
    trial.version = version
    if not fits(trial):
        raise SchemeRefused(
            gettext_lazy(
                "The draft or the rules beside it were changed after this trial. Please try it again."
            ),
            code="changed_since",
        )
    version.effective_from, version.reason = trial.effective_from, reason.strip()
    version.save(update_fields=["effective_from", "reason", "updated_at"])
    published = publish_version(version, actor=actor, now=now)
    RuleTrial.objects.filter(pk=trial.pk).update(published_at=now)
    trial.refresh_from_db()
    return published


# ── After the night ──────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Posted:
    """How the nights have posted what was tried: `same` shards byte for byte, `other` ones differently because
    records changed between, `waiting` ones not yet."""

    same: int
    other: int
    waiting: int

    @property
    def is_whole(self) -> bool:
        return not self.waiting


def posted_of(trial: RuleTrial) -> Posted:
    counts = {"same": 0, "other": 0, "waiting": 0}
    for path, expected in trial.shards.items():
        last = runs.last_done(POINTS, path)
        if last is None or trial.version_id not in last.counts.get("versions", ()):
            counts["waiting"] += 1
        else:
            counts["same" if posted_digest(trial, path) == expected else "other"] += 1
    return Posted(**counts)


def posted_digest(trial: RuleTrial, path: str) -> str:
    """The digest of what the night posted for the version in a shard; empty where it posted nothing. The first rules
    of all are posted with the first night."""
    batches = Batch.objects.filter(chain=path)
    first = trial.heads.get(path) == ""
    batch = (
        batches.filter(version=trial.version_id, kind=Posting.RULES).first()
        or (first and batches.filter(number=1).first())
        or None
    )
    return engine.digest_of(entries.as_posted(PointEntry.objects.filter(batch=batch))) if batch else ""
