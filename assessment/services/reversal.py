"""Taking back what was posted, a whole posting at a time. See docs/decisions/0043.

Lines by hand are undone line by line. What new rules posted is undone by withdrawing the version: the facts are
counted again without it and the difference is posted at once, so that the next night finds nothing to do. What
follows from recorded facts is not taken back here: correct the records, and the next night does it.
"""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from django.db import transaction
from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from assessment import ledger
from assessment.engine.reconcile import SPENDING
from assessment.enums import EntryReason, Posting, VersionStatus
from assessment.models import Batch, PointEntry, SchemeVersion, Spending
from assessment.queries.nights import POINTS
from assessment.queries.rulebook import in_order_of_publication, rule_book
from assessment.queries.shards import Shard, county_of, shards
from assessment.services import night
from assessment.services.by_hand import OWN_POINTS
from assessment.services.outlook import look
from assessment.services.posting import renew_standing, write
from portal.kernel import audit, bulk, clock, jobs, runs
from portal.kernel.errors import PortalError
from portal.kernel.models import Job

KIND = "reverse_posting"
PERMISSION = "assessment.reverse_batch"


class ReversalRefused(PortalError):
    code = "reversal_refused"


@transaction.atomic
def reverse_batch(batch: Batch, *, reason: str, actor: Person | None, now: datetime) -> list[Batch]:
    """Take a posting back, and say why; the postings that do it. Raises ReversalRefused.

    New rules are posted shard by shard; reversing one of these postings reverses all of them.
    """
    check_reversible(batch)
    _check_not_own(batch, actor)
    if not reason.strip():
        raise ReversalRefused(_("Say why the posting is taken back."), field="reason")
    posted = (
        withdraw_version(batch.version, reason=reason, actor=actor, now=now)
        if batch.version is not None
        else [_reverse_lines(batch, reason.strip(), now)]
    )
    audit.record(
        "posting.reverse",
        actor=actor,
        now=now,
        obj=batch,
        path=batch.unit.path if batch.unit else "",
        posting=f"{batch.chain}:{batch.number}",
        reason=reason.strip(),
        lines=sum(made.lines for made in posted),
        points=sum(made.points for made in posted),
    )
    return posted


def ask_for_reversal(batch: Batch, *, reason: str, actor: Person) -> Job:
    """A job that takes the posting back: new rules touch everybody of a county. Raises ReversalRefused."""
    check_reversible(batch)
    _check_not_own(batch, actor)
    return jobs.ask(
        KIND,
        title=_("Take back: %(posting)s of %(day)s")
        % {"posting": batch.get_kind_display(), "day": date_format(batch.posted_on)},
        actor=actor,
        path=batch.unit.path if batch.unit else "",
        batch=batch.pk,
        reason=reason,
    )


def ask_for_withdrawal(version: SchemeVersion, *, reason: str, actor: Person) -> Job:
    """The same for a version that has posted nothing: no night has come to it yet, or it changed nothing. Raises
    ReversalRefused."""
    check_withdrawable(version)
    return jobs.ask(
        KIND,
        title=_("Withdraw: %(version)s") % {"version": version},
        actor=actor,
        path=version.scheme.unit.path,
        version=version.pk,
        reason=reason,
    )


def check_reversible(batch: Batch) -> None:
    """Raises ReversalRefused with what to do instead."""
    if batch.kind == Posting.NIGHT:
        raise ReversalRefused(
            _(
                "These points follow from records. Correct the records, and the next night takes the points back."
            ),
            code="from_facts",
        )
    if batch.kind == Posting.REVERSAL:
        raise ReversalRefused(
            _("A reversal is not reversed. Publish the rules again, or adjust the points again."),
            code="a_reversal",
        )
    if Batch.objects.filter(undoes=batch).exists():
        raise ReversalRefused(_("This posting is taken back already."), code="reversed")
    if batch.version is not None:
        check_withdrawable(batch.version)


def _check_not_own(batch: Batch, actor: Person | None) -> None:
    """Raises ReversalRefused."""
    if batch.kind == Posting.HAND and PointEntry.objects.filter(batch=batch, person=actor).exists():
        raise ReversalRefused(OWN_POINTS, code="own_points")


def whole_posting(batch: Batch) -> dict[str, int]:
    """`lines` and `points` of what goes back together: new rules are posted shard by shard."""
    posted = Batch.objects.filter(pk=batch.pk)
    if batch.version_id is not None:
        posted = Batch.objects.filter(version=batch.version_id, kind=batch.kind)
    return posted.aggregate(lines=Sum("lines"), points=Sum("points"))


def check_withdrawable(version: SchemeVersion) -> None:
    """Raises ReversalRefused."""
    if version.status != VersionStatus.PUBLISHED:
        raise ReversalRefused(_("This version is not in force."), code="reversed")
    published = in_order_of_publication(rule_book(version.scheme.unit))
    if published[-1] != version.pk:
        later = SchemeVersion.objects.get(pk=published[-1])
        raise ReversalRefused(
            _("%(version)s was published after this one. Take that back first.") % {"version": later},
            code="not_the_last",
        )
    begun = rule_book(version.scheme.unit).only(set(published) - {version.pk}).on(clock.today())
    if len(published) == 1 or (begun is None and version.effective_from <= clock.today()):
        raise ReversalRefused(
            _("Without this version there are no rules at all. Publish other rules instead."), code="the_only"
        )


@transaction.atomic
def withdraw_version(
    version: SchemeVersion, *, reason: str, actor: Person | None, now: datetime
) -> list[Batch]:
    """Put a published version out of force as if it had never been, and post what changes by it, at once."""
    check_withdrawable(version)
    published = SchemeVersion.objects.filter(pk=version.pk, status=VersionStatus.PUBLISHED)
    if not published.update(status=VersionStatus.WITHDRAWN, updated_at=now):
        raise ReversalRefused(_("This version is not in force."), code="reversed")
    version.refresh_from_db()
    county = version.scheme.unit
    audit.record(
        "scheme.withdraw",
        actor=actor,
        now=now,
        obj=version,
        path=county.path,
        number=version.number,
        reason=reason.strip(),
    )
    made = [
        batch
        for shard in shards()
        if shard.county == county
        for batch in _counted_without(shard, version, reason.strip(), clock.day_of(now))
    ]
    return made


def _counted_without(shard: Shard, version: SchemeVersion, reason: str, today: date) -> list[Batch]:
    """Post what the shard's facts deserve without the version, as far as the nights have counted them. Late records
    are posted before, by the rules with it, so that the reversal holds nothing else."""
    last = runs.last_counted(POINTS, shard.path, "versions")
    if last is None or version.pk not in last.counts.get("versions", ()):
        return []
    bulk.serialise(f"points {shard.path}")
    without = rule_book(shard.county)
    rules = Batch.objects.filter(chain=shard.path, version=version, kind=Posting.RULES).first()
    back = ledger.Cause(Posting.REVERSAL, version_id=version.pk, undoes=rules, reason=reason[:200])
    steps = [(night.with_version(without, version), ledger.Cause()), (without, back)]
    posted_on, made = max(today, last.day), []
    for book, cause in steps:
        outlook = look(shard, last.day, book, everybody=True, posted_on=posted_on)
        batch = write([(outlook, shard, cause)], posted_on=posted_on)[0]
        if batch is not None and cause.kind == Posting.REVERSAL:
            made.append(batch)
    return made


def _reverse_lines(batch: Batch, reason: str, now: datetime) -> Batch:
    """A line against each line of the posting that still stands."""
    entries = list(
        PointEntry.objects.filter(batch=batch, reversals=None).select_related("person").order_by("pk")
    )
    rows = [
        {
            "key": f"x:{entry.key}",
            "person_id": entry.person_id,
            "points": -entry.points,
            "source": entry.source,
            "source_id": entry.source_id,
            "happened_on": entry.happened_on,
            "reason": str(EntryReason.REVERSAL),
            "note": reason[:200],
            "reverses_id": entry.pk,
        }
        for entry in entries
    ]
    lines = pl.DataFrame(rows, schema=ledger.BY_HAND)
    cause = ledger.Cause(Posting.REVERSAL, undoes=batch, reason=reason[:200])
    today = clock.day_of(now)
    made = ledger.post_by_hand(lines, county=county_of(entries[0].person), posted_on=today, cause=cause)
    spent = [entry.source_id for entry in entries if entry.source == SPENDING]
    Spending.objects.filter(pk__in=spent).update(slot=None, updated_at=now)
    # In the order in which shards are held elsewhere, so that nobody waits in a circle.
    for person in sorted({entry.person for entry in entries}, key=lambda one: (one.path, one.pk)):
        renew_standing(person, county_of(person), today)
    return made
