"""Named reads of units, people and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet

from accounts.enums import Basis, Decision
from accounts.models import (
    Consent,
    Person,
    PersonInCharge,
    Purpose,
    PurposeText,
    RoleAssignment,
    Unit,
    UnitPlacement,
)
from accounts.scopes import Scope


@dataclass(frozen=True)
class Placed:
    """A unit as it stood on a day. `lineage` lists unit ids from the county down to the unit itself."""

    unit_id: int
    name: str
    parent_id: int | None
    lineage: tuple[int, ...]


def open_units(on: date) -> QuerySet[Unit]:
    return Unit.objects.filter(opened_on__lte=on).filter(Q(closed_on=None) | Q(closed_on__gt=on))


def tree_on(day: date) -> dict[int, Placed]:
    """Every unit that stood on the day, by id, with its name and lineage of that day."""
    rows = UnitPlacement.objects.filter(valid_from__lte=day).filter(
        Q(valid_until=None) | Q(valid_until__gt=day)
    )
    above = {unit: (parent, name) for unit, parent, name in rows.values_list("unit_id", "parent_id", "name")}

    def lineage(unit_id: int) -> tuple[int, ...]:
        line: list[int] = []
        at: int | None = unit_id
        while at is not None and at in above:
            line.append(at)
            at = above[at][0]
        return tuple(reversed(line))

    return {
        unit: Placed(unit_id=unit, name=name, parent_id=parent, lineage=lineage(unit))
        for unit, (parent, name) in above.items()
    }


def assignments_on(person: Person, day: date) -> list[RoleAssignment]:
    """What the person holds on a day; nothing for somebody who may not sign in."""
    if not person.is_active:
        return []
    held = RoleAssignment.objects.filter(person=person, valid_from__lte=day)
    return list(held.filter(Q(valid_until=None) | Q(valid_until__gt=day)).select_related("unit"))


def texts_in_force() -> list[PurposeText]:
    """The latest text of each purpose, in the order in which they are shown."""
    return [versions[-1] for versions in _versions(PurposeText.objects.all())]


def _versions(texts: QuerySet[PurposeText]) -> list[list[PurposeText]]:
    """All texts, purpose by purpose, the oldest first."""
    by_purpose: dict[int, list[PurposeText]] = {}
    for text in texts.select_related("purpose").order_by("purpose__order", "purpose__code", "number"):
        by_purpose.setdefault(text.purpose_id, []).append(text)
    return list(by_purpose.values())


@dataclass(frozen=True)
class ConsentState:
    """What a person last decided on a purpose. `holds`: they agreed, and nothing real has changed since."""

    text: PurposeText
    latest: Consent | None
    holds: bool

    @property
    def purpose(self) -> Purpose:
        return self.text.purpose

    @property
    def is_lacking(self) -> bool:
        """Required, and not, or no more, agreed to."""
        return self.purpose.is_required and not self.holds


def consents_of(person: Person) -> list[ConsentState]:
    """Every purpose that people are asked about, as it stands with this person."""
    return _states(person, PurposeText.objects.all())


def _states(person: Person, texts: QuerySet[PurposeText]) -> list[ConsentState]:
    asked = _versions(texts.filter(purpose__basis=Basis.CONSENT))
    decided: dict[int, Consent] = {}
    if asked:
        rows = Consent.objects.filter(person=person).select_related("text").defer("text__text")
        decided = {consent.text.purpose_id: consent for consent in rows.order_by("pk")}
    found = []
    for versions in asked:
        latest = decided.get(versions[-1].purpose_id)
        changed = max((text.number for text in versions if text.is_real_change), default=0)
        found.append(ConsentState(versions[-1], latest, _holds(latest, changed)))
    return found


def _holds(latest: Consent | None, changed: int) -> bool:
    return latest is not None and latest.decision == Decision.AGREED and latest.text.number >= changed


def consent_to(person: Person, code: str) -> Consent | None:
    """The consent to a purpose that holds now, if there is one."""
    found = next((each for each in consents_of(person) if each.purpose.code == code), None)
    return found.latest if found and found.holds else None


def lacks_consent(person: Person) -> bool:
    """Whether something required is not, or no more, agreed to."""
    required = PurposeText.objects.filter(purpose__is_required=True).defer("text")
    return any(state.is_lacking for state in _states(person, required))


def persons_in_charge() -> QuerySet[PersonInCharge]:
    return PersonInCharge.objects.select_related("unit").order_by(F("unit__path"))


def told_only() -> list[PurposeText]:
    """What people are told of but not asked about: the basis is statutory duty (个人信息保护法 35)."""
    return [text for text in texts_in_force() if text.purpose.basis == Basis.DUTY]


def perhaps_the_same(person: Person, scope: Scope) -> QuerySet[Person]:
    """Other records in a scope that may be this very person: of the same name, or of the same number."""
    alike = Q(name=person.name)
    if person.phone_index:
        alike |= Q(phone_index=person.phone_index)
    others = Person.objects.within(scope).filter(alike, joined_into=None).exclude(pk=person.pk)
    return others.select_related("home").order_by("path", "pk")
