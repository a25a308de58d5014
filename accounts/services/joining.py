"""Two records of one human become one.

What hangs on a person is declared relation by relation in `accounts.belongings`; a relation that nobody declared stops
the joining rather than leave rows behind. Rows that only grow stay where they are: the ledger of the record that goes
is emptied by the next night, which posts the same facts to the record that stays. Whoever writes about the record that
goes in the same moment, or by a form from before, is neither waited for nor refused; the night has that follow.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.belongings import How, belongings, is_doer, rows_of, undeclared
from accounts.models import Person
from accounts.services.authority import require_authority_over, sign_out_everywhere
from portal.kernel import audit, bulk
from portal.kernel.errors import PortalError


class JoiningRefused(PortalError):
    code = "joining_refused"


@dataclass(frozen=True)
class Joining:
    """What would become of two records. `moves`: in words what goes to the record that stays, and how many rows."""

    kept: Person
    gone: Person
    moves: list[tuple[str, int]]


def look_at_joining(one: Person, other: Person) -> Joining:
    """Writes nothing. Raises JoiningRefused."""
    kept, gone = _choose(one, other)
    moves: Counter[str] = Counter()
    for belonging in belongings():
        if belonging.how == How.MOVES and not is_doer(belonging) and belonging.label != "accounts.person":
            words = str(apps.get_model(belonging.label)._meta.verbose_name_plural)
            moves[words] += rows_of(belonging, gone).count()
    return Joining(kept, gone, [(words, number) for words, number in moves.items() if number])


@transaction.atomic
def join_records(one: Person, other: Person, *, reason: str, actor: Person, now: datetime) -> Person:
    """The office joins two records of one person, for a reason; the record that stays. A second time nothing happens.

    Raises NotYours where the actor has not both in hand, JoiningRefused.
    """
    take_turns()
    one, other = _hold(one.pk, other.pk)
    for person in (one, other):
        require_authority_over(person, permission="accounts.change_person", actor=actor, now=now)
    if (kept := _joined_already(one, other)) is not None:
        return kept
    if one.joined_into_id or other.joined_into_id:
        raise JoiningRefused(_("One of these records was joined with another one meanwhile."))
    if not may_be_one(one, other):
        raise JoiningRefused(
            _("Only records of the same name or the same number are joined. Correct the name first.")
        )
    return join_people(one, other, actor=actor, now=now, reason=reason.strip())


def take_turns() -> None:
    """One joining after the other. Who may come to join records asks for the turn before holding anything that a
    joining moves, such as a claim: else they wait for each other in a circle."""
    bulk.serialise("joining")


def _joined_already(one: Person, other: Person) -> Person | None:
    """The record that stayed."""
    if one.joined_into_id == other.pk:
        return other
    return one if other.joined_into_id == one.pk else None


def may_be_one(one: Person, other: Person) -> bool:
    return one.name == other.name or bool(one.phone_index and one.phone_index == other.phone_index)


@transaction.atomic
def join_people(
    one: Person, other: Person, *, actor: Person | None, now: datetime, reason: str = ""
) -> Person:
    """The record that stays. It is the one with a way of its own to sign in or an office; else the one with lines in
    the ledger, which cannot move; else the first named. It takes over the number, and the other signs in no more.
    A second time nothing happens.

    Raises JoiningRefused.
    """
    take_turns()
    one, other = _hold(one.pk, other.pk)
    if (kept := _joined_already(one, other)) is not None:
        return kept
    kept, gone = _choose(one, other)
    missing = undeclared()
    if missing:
        raise JoiningRefused(
            _("These two records cannot be joined yet."), relations=sorted(map(str, missing))
        )
    _move(gone, kept, now)
    _hand_over(gone, kept)
    audit.record(
        "person.join",
        actor=actor,
        now=now,
        obj=kept,
        path=kept.path,
        gone=gone.pk,
        phone=kept.masked_phone,
        **({"reason": reason} if reason else {}),
    )
    return kept


def follow_joined(people: QuerySet[Person], *, now: datetime) -> int:
    """What came to these people's records after they were joined goes to the records that stay; how many rows.
    A second time finds nothing."""
    joined = people.exclude(joined_into=None).select_related("joined_into").order_by("pk")
    pairs = [(gone, gone.joined_into) for gone in joined if gone.joined_into]
    return sum([_follow(gone, kept, now) for gone, kept in pairs])


@transaction.atomic
def _follow(gone: Person, kept: Person, now: datetime) -> int:
    gone, kept = _hold(gone.pk, kept.pk)
    moved = _move(gone, kept, now)
    if moved:
        audit.record("person.follow", actor=None, now=now, obj=kept, path=kept.path, gone=gone.pk, rows=moved)
    return moved


def _hold(*keys: int) -> list[Person]:
    """Held until the transaction ends, in one order whoever joins them. Rows that point at them may come meanwhile:
    who writes one waits for nobody, and so never in a circle."""
    rows = Person.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    held = {person.pk: person for person in rows}
    return [held[key] for key in keys]


def _move(gone: Person, kept: Person, now: datetime) -> int:
    """How many rows went along."""
    moved = 0
    for belonging in belongings():
        if belonging.how == How.MOVES:
            behind = belonging.settle(gone, kept, now) if belonging.settle else set()
            moved += rows_of(belonging, gone).exclude(pk__in=behind).update(**{belonging.field: kept})
    return moved


def _choose(one: Person, other: Person) -> tuple[Person, Person]:
    if one.pk == other.pk:
        raise JoiningRefused(_("These are the same record."))
    if one.phone_index and other.phone_index and one.phone_index != other.phone_index:
        raise JoiningRefused(_("The two records have different numbers. Ask which is right first."))
    fixed = [person for person in (one, other) if _has(person, How.HOLDS) or person.username]
    if len(fixed) == 2:
        raise JoiningRefused(_("Both records can sign in or hold an office. Ask the county's administrator."))
    if fixed:
        return fixed[0], other if fixed[0] is one else one
    with_lines = [person for person in (one, other) if _has(person, How.LEDGER)]
    if with_lines == [other]:
        return other, one
    return one, other


def _has(person: Person, how: How) -> bool:
    return any(rows_of(belonging, person).exists() for belonging in belongings() if belonging.how == how)


def _hand_over(gone: Person, kept: Person) -> None:
    number = kept.phone or gone.phone
    for column, value in phones.columns(number).items():
        setattr(kept, column, value)
    kept.save(update_fields=["phone", "phone_index", "phone_tail", "updated_at"])
    for column, value in phones.columns("").items():
        setattr(gone, column, value)
    gone.is_active, gone.joined_into = False, kept
    sign_out_everywhere(gone)
    gone.save(
        update_fields=[
            "phone",
            "phone_index",
            "phone_tail",
            "is_active",
            "joined_into",
            "session_generation",
            "updated_at",
        ]
    )
