"""Spending points: nobody spends more than the last night says is there, less what was put down since."""

from __future__ import annotations

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from assessment.enums import Effect, Per, VersionStatus
from assessment.models import PointEntry, PointRule, Standing
from events.models import Record, RecordKind
from events.services.records import RecordRefused, checks_records


@checks_records
def check_spending(person: Person, kind: RecordKind, quantity: int) -> None:
    """Asked before a record of a kind is put down by which points are spent. Raises RecordRefused."""
    rule = (
        PointRule.objects.filter(items=kind, effect=Effect.SPEND, version__status=VersionStatus.PUBLISHED)
        .order_by("-version__effective_from", "-pk")
        .first()
    )
    if rule is None:
        return
    left = points_to_spend(person, kind, rule)
    if price(rule, quantity) > left:
        raise RecordRefused(_("Only %(n)s points can be spent.") % {"n": max(left, 0)}, field="quantity")


def price(rule: PointRule, quantity: int) -> int:
    return -rule.points * (quantity if rule.per == Per.QUANTITY else 1)


def points_to_spend(person: Person, kind: RecordKind, rule: PointRule) -> int:
    """What the last night says, less what was put down since and no night has posted yet."""
    standing = Standing.objects.filter(person=person).values_list("available", flat=True).first() or 0
    posted = PointEntry.objects.filter(person=person, source="record").values("source_id")
    since = Record.objects.filter(person=person, kind=kind, revoked_at=None).exclude(pk__in=posted)
    if rule.per != Per.QUANTITY:
        return standing - price(rule, 1) * since.count()
    return standing - price(rule, since.aggregate(n=Sum("quantity"))["n"] or 0)
