"""Claims: whom the roster knows, what the school sees beside each, and how a parent stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, QuerySet

from accounts.models import Person, Unit
from accounts.scopes import Scope
from parentschool.enums import CLAIM_BOUND, ClaimStatus, ReportStatus
from parentschool.models import BindingReport, Child, Claim, Guardianship, Membership, SchoolClass
from parentschool.rules.names import name_key
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear

MOST = 100
RECENT = timedelta(days=30)


def children_named(school: Unit, school_class: SchoolClass | None, name: str) -> list[Child]:
    """Children at the school, or in the one class, whose name is this one however it is typed."""
    key = name_key(name)
    rows = Child.objects.filter(school_class__school=school, left_on=None)
    if school_class is not None:
        rows = rows.filter(school_class=school_class)
    rows = rows.filter(name__istartswith=key[:1]).select_related("school_class__school")
    return [child for child in rows.order_by("pk") if name_key(child.name) == key]


def own_bond(
    person: Person, school: Unit, school_class: SchoolClass | None, name: str
) -> Guardianship | None:
    """The guardianship that the person has already."""
    children = children_named(school, school_class, name)
    return Guardianship.objects.filter(guardian=person, child__in=children, ended_on=None).first()


def bond_by_phone(
    person: Person, school: Unit, school_class: SchoolClass | None, name: str
) -> Guardianship | None:
    """A guardianship of a child of this name whose guardian has the person's number: who that is, the roster knows."""
    if not person.phone_index:
        return None
    children = children_named(school, school_class, name)
    bonds = Guardianship.objects.filter(
        child__in=children, ended_on=None, guardian__phone_index=person.phone_index
    ).exclude(guardian=person)
    return bonds.select_related("child__school_class__school").order_by("pk").first()


def record_without_phone(child: Child, name: str, *, but: Person) -> Person | None:
    """The guardian of the child of this name whom the school keeps without a phone, if there is just one."""
    bonds = child.guardianships.filter(ended_on=None, guardian__phone_index="").select_related("guardian")
    found = [
        bond.guardian
        for bond in bonds.exclude(guardian=but)
        if name_key(bond.guardian.name) == name_key(name)
    ]
    return found[0] if len(found) == 1 else None


@dataclass
class Finding:
    """What the school's records say beside a claim."""

    claim: Claim
    children: list[Child] = field(default_factory=list)
    guardians: list[Guardianship] = field(default_factory=list)
    records: list[Membership] = field(default_factory=list)
    """In a village: whom it keeps by the claimant's name without a phone."""

    @property
    def child(self) -> Child | None:
        return self.children[0] if len(self.children) == 1 else None

    @property
    def namesakes(self) -> list[Guardianship]:
        """Guardians of the child who bear the claimant's name."""
        key = name_key(self.claim.claimant.name)
        return [bond for bond in self.guardians if name_key(bond.guardian.name) == key]

    @property
    def is_same_person(self) -> bool:
        """The school keeps the claimant without a phone: the two records become one."""
        return len(self.namesakes) == 1 and not self.namesakes[0].guardian.phone_tail

    @property
    def has_other_number(self) -> bool:
        """The school has a guardian of this name with another number."""
        return any(bond.guardian.phone_tail for bond in self.namesakes)

    @property
    def is_plain(self) -> bool:
        """One tap is enough: the child is there, and nobody of the claimant's name has another number; in a village,
        nobody whom it keeps without a phone has that name."""
        if self.claim.is_of_neighbour:
            return not self.records
        return self.child is not None and not self.has_other_number


def findings(claims: Iterable[Claim]) -> list[Finding]:
    """For each claim what the roster says, in three queries for all of them."""
    every = list(claims)
    wanted = [claim for claim in every if not claim.is_of_neighbour]
    schools = {claim.school_id for claim in wanted}
    firsts = {name_key(claim.child_name)[:1] for claim in wanted}
    named: dict[tuple[int, str], list[Child]] = defaultdict(list)
    rows = Child.objects.filter(school_class__school__in=schools, left_on=None)
    for child in _beginning(rows, firsts).select_related("school_class__school").order_by("pk"):
        named[child.school_class.school_id, name_key(child.name)].append(child)
    found = []
    for claim in wanted:
        children = named[claim.school_id, name_key(claim.child_name)]
        in_class = [child for child in children if child.school_class_id == claim.school_class_id]
        found.append(Finding(claim, in_class or children if claim.school_class_id is None else in_class))
    _with_guardians(found)
    neighbours = _of_neighbours([claim for claim in every if claim.is_of_neighbour])
    order = {claim.pk: number for number, claim in enumerate(every)}
    return sorted([*found, *neighbours], key=lambda finding: order[finding.claim.pk])


def _of_neighbours(claims: list[Claim]) -> list[Finding]:
    if not claims:
        return []
    rows = Membership.objects.filter(
        school__in={claim.school_id for claim in claims},
        school_year=SchoolYear.of(clock.today()).year,
        left_on=None,
        person__phone_index="",
        person__is_active=True,
    )
    kept: dict[tuple[int, str], list[Membership]] = defaultdict(list)
    for row in rows.select_related("person").order_by("pk"):
        kept[row.school_id, name_key(row.person.name)].append(row)
    return [Finding(claim, records=kept[claim.school_id, name_key(claim.claimant.name)]) for claim in claims]


def _beginning(rows: QuerySet[Child], firsts: set[str]) -> QuerySet[Child]:
    chosen = rows.none()
    for first in sorted(firsts):
        chosen = chosen | rows.filter(name__istartswith=first)
    return chosen


def _with_guardians(found: list[Finding]) -> None:
    children = [finding.child for finding in found if finding.child]
    bonds: dict[int, list[Guardianship]] = defaultdict(list)
    rows = Guardianship.objects.filter(child__in=children, ended_on=None).select_related("guardian")
    for bond in rows.defer("guardian__phone").order_by("pk"):
        bonds[bond.child_id].append(bond)
    for finding in found:
        if finding.child:
            finding.guardians = bonds[finding.child.pk]


def waiting_claims(reach: Scope) -> QuerySet[Claim]:
    """Claims in reach that nobody has decided, the oldest first."""
    return Claim.objects.within(reach).filter(status=ClaimStatus.PENDING).order_by("made_at", "pk")


def claims_to_show(reach: Scope) -> list[Claim]:
    rows = waiting_claims(reach).select_related("claimant", "school", "school_class__school")
    return list(rows.defer("claimant__phone")[:MOST])


def reported_by(person: Person) -> set[int]:
    """The guardianships, by pk, that this person has called wrong and the school has not looked at yet."""
    reports = BindingReport.objects.filter(reported_by=person, status=ReportStatus.OPEN)
    return set(reports.values_list("guardianship_id", flat=True))


def open_reports(reach: Scope) -> list[BindingReport]:
    rows = BindingReport.objects.within(reach).filter(status=ReportStatus.OPEN)
    rows = rows.select_related(
        "guardianship__guardian", "guardianship__child__school_class__school", "reported_by"
    )
    return list(
        rows.defer("guardianship__guardian__phone", "reported_by__phone").order_by("reported_at")[:MOST]
    )


def lately_bound(reach: Scope, *, now: datetime) -> list[Claim]:
    """What was bound in the last thirty days, by a match or by a colleague: who sees a wrong one can undo it."""
    rows = Claim.objects.within(reach).filter(
        status__in=CLAIM_BOUND,
        decided_at__gt=now - RECENT,
        guardianship__isnull=False,
        guardianship__ended_on=None,
    )
    rows = rows.select_related("guardianship__guardian", "guardianship__child__school_class__school")
    return list(rows.defer("guardianship__guardian__phone").order_by("-decided_at", "-pk")[:20])


@dataclass(frozen=True)
class FamilyState:
    """Whether a parent belongs to a school, and what became of the claims."""

    waiting: list[Claim]
    refused: list[Claim]
    is_bound: bool

    @property
    def is_worth_saying(self) -> bool:
        return bool(self.waiting or self.refused) or not self.is_bound


UNSETTLED = (ClaimStatus.PENDING, ClaimStatus.REFUSED)


def family_signs(person: Person) -> dict[str, Exists]:
    """For an annotation: whether the person belongs to a school, and whether there are claims to tell of."""
    bound = Guardianship.objects.filter(guardian=person, ended_on=None)
    learns = Membership.objects.filter(person=person, left_on=None)
    claims = Claim.objects.filter(claimant=person, status__in=UNSETTLED)
    return {"is_bound": Exists(bound), "learns": Exists(learns), "has_claims": Exists(claims)}


def family_state(person: Person, *, now: datetime, signs: Mapping[str, bool] | None = None) -> FamilyState:
    """`signs` may be given by who has asked for them already, together with other things."""
    asked: Any = Person.objects.filter(pk=person.pk)
    known = signs or asked.values(**family_signs(person)).get()
    rows = Claim.objects.filter(claimant=person, status__in=UNSETTLED)
    rows = rows.select_related("school", "school_class__school").order_by("-made_at", "-pk")
    claims = list(rows[:20]) if known["has_claims"] else []
    waiting = [claim for claim in claims if claim.status == ClaimStatus.PENDING]
    refused = [
        claim
        for claim in claims
        if claim.status == ClaimStatus.REFUSED and claim.decided_at and claim.decided_at > now - RECENT
    ]
    return FamilyState(waiting, refused, known["is_bound"] or known["learns"])


def guardians_of_own(person: Person) -> list[tuple[Guardianship, list[Guardianship]]]:
    """Each of the person's own guardianships with those of the child's other guardians."""
    own = list(
        Guardianship.objects.filter(guardian=person, ended_on=None, child__left_on=None)
        .select_related("child__school_class__school")
        .order_by("child__name", "pk")
    )
    others: dict[int, list[Guardianship]] = defaultdict(list)
    rows = Guardianship.objects.filter(child__in=[bond.child_id for bond in own], ended_on=None)
    for bond in (
        rows.exclude(guardian=person).select_related("guardian").defer("guardian__phone").order_by("pk")
    ):
        others[bond.child_id].append(bond)
    return [(bond, others[bond.child_id]) for bond in own]


def bond_in_family(person: Person, pk: int) -> Guardianship | None:
    """A guardianship of the person, or of another guardian of an own child."""
    own = Guardianship.objects.filter(guardian=person, ended_on=None, child__left_on=None)
    rows = Guardianship.objects.filter(pk=pk, ended_on=None, child__in=own.values("child"))
    return rows.select_related("child__school_class__school", "guardian").first()


def was_own(person: Person, pk: int) -> bool:
    """Whether it is a guardianship of the person that has ended, by an earlier press of the same button say."""
    return Guardianship.objects.filter(pk=pk, guardian=person).exclude(ended_on=None).exists()
