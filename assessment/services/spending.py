"""What a person may still spend, asked alike wherever points are spent: by a record of a kind that takes points, which
the next night posts, or by points handed in, which are posted at once."""

from __future__ import annotations

from datetime import date

from django.utils.translation import ngettext

from accounts.models import Person, Unit
from assessment.enums import Effect, Per
from assessment.models import PointEntry
from assessment.queries.rulebook import rule_book
from assessment.queries.shards import county_of
from assessment.rules import Rule, RuleBook
from assessment.services.posting import standing_now
from events.models import Record, RecordKind
from events.services.records import RecordRefused, checks_records
from portal.kernel import clock

RECORD = "record"
"""The source of facts that the staff put down."""


@checks_records
def check_spending(person: Person, kind: RecordKind, quantity: int) -> None:
    """Asked before a record is put down, while its person is held. Raises RecordRefused."""
    county, today = county_of(person), clock.today()
    asked = _price(rule_book(county), kind.pk, quantity, today)
    if not asked:
        return
    left = max(available_of(person, county, today), 0)
    if asked > left:
        raise RecordRefused(only_available(left), field="quantity")


def only_available(left: int) -> str:
    """To whoever asks for more."""
    return ngettext("Only %(n)s point is available.", "Only %(n)s points are available.", left) % {"n": left}


def available_of(person: Person, county: Unit, day: date) -> int:
    """The points that have not expired, less those spent, by records too that no night has posted yet."""
    posted = PointEntry.objects.filter(person=person, source=RECORD).values("source_id")
    waiting = Record.objects.filter(person=person, revoked_at=None).exclude(pk__in=posted)
    rows = list(waiting.values_list("kind_id", "quantity", "happened_on"))
    book = rule_book(county) if rows else RuleBook(())
    asked = sum(_price(book, kind, quantity, on) for kind, quantity, on in rows)
    return sum(standing_now(person, county, day)["available"]) - asked


def _price(book: RuleBook, kind: int, quantity: int, day: date) -> int:
    """The points that a record of a kind takes by the rules of its day."""
    version = book.on(day)
    return sum(
        -rule.points * (quantity if rule.per == Per.QUANTITY else 1)
        for rule in (version.rules if version else ())
        if _is_spent_by(rule, kind) and _holds(rule, day)
    )


def _is_spent_by(rule: Rule, kind: int) -> bool:
    spends = rule.effect == Effect.SPEND and rule.source == RECORD
    return spends and (not rule.items or kind in rule.items)


def _holds(rule: Rule, day: date) -> bool:
    return (rule.begins_on is None or rule.begins_on <= day) and (rule.ends_on is None or day < rule.ends_on)
