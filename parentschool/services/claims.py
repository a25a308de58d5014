"""Claiming a child, and the school's word on it.

A claim is bound at once where the roster has a guardian of a child of that name with the claimant's number, which the
claimant has proved. Everything else waits for the school and is answered alike, whether the child exists or not. The
school's yes makes the guardianship; where the school kept the parent as somebody without a phone, the two records
become one, and nothing that was earned is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import NEIGHBOURHOOD
from accounts.models import Person, Unit
from accounts.queries import consent_to
from accounts.services.consents import CHILDREN
from accounts.services.joining import join_people, take_turns
from parentschool.enums import ClaimStatus, MembershipSource
from parentschool.models import Child, Claim, Membership, SchoolClass
from parentschool.queries.claims import bond_by_phone, children_named, own_bond, record_without_phone
from parentschool.services.families import add_child, add_guardian, enrol_member
from portal.kernel import audit, clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError

MOST_CLAIMS = 10
"""How many claims a person may make within a day: enough for any family, too few to try out names."""
A_DAY = timedelta(days=1)
LONGEST_NAME = 60


class ClaimRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "claim_refused"


@dataclass(frozen=True)
class Claimed:
    """What a parent says of a child, or of themselves in a village; `token` is that of the form."""

    school: Unit
    school_class: SchoolClass | None
    child_name: str
    relation: str
    token: str
    word: str = ""
    household: str = ""

    @property
    def path(self) -> str:
        where: str = self.school_class.path if self.school_class else self.school.path
        return where


def claim_child(person: Person, claimed: Claimed, *, actor: Person | None, now: datetime) -> Claim:
    """Bound at once or waiting. The same form sent again, also at the same moment, is the same claim.

    Raises ClaimRefused.
    """
    try:
        with transaction.atomic():
            return _claim(person, claimed, actor, now)
    except IntegrityError:
        earlier = _earlier(person, claimed)
        if earlier is None:
            raise
        return earlier


def _claim(person: Person, claimed: Claimed, actor: Person | None, now: datetime) -> Claim:
    earlier = _earlier(person, claimed)
    if earlier is not None:
        return earlier
    if claimed.school.kind in NEIGHBOURHOOD:
        return _claim_as_neighbour(person, claimed, actor, now)
    name = _checked(person, claimed, now)
    bond = own_bond(person, claimed.school, claimed.school_class, name)
    if bond is None:
        listed = bond_by_phone(person, claimed.school, claimed.school_class, name)
        if listed is not None:
            bond = add_guardian(
                listed.child, person, relation=claimed.relation, word=claimed.word, actor=actor, now=now
            )
    made = Claim.objects.create(
        token=claimed.token,
        claimant=person,
        school=claimed.school,
        school_class=claimed.school_class,
        child_name=name,
        relation=claimed.relation,
        relation_word=claimed.word,
        status=ClaimStatus.MATCHED if bond else ClaimStatus.PENDING,
        made_at=now,
        guardianship=bond,
        decided_at=now if bond else None,
        path=claimed.path,
    )
    audit.record("claim.make", actor=actor, now=now, obj=made, path=made.path, status=made.status)
    return made


def _claim_as_neighbour(person: Person, claimed: Claimed, actor: Person | None, now: datetime) -> Claim:
    """In a village: bound at once who is on its list already, all others wait for its lead."""
    _ask_limit(person, now)
    learns = Membership.objects.filter(
        person=person,
        school=claimed.school,
        school_year=SchoolYear.of(clock.day_of(now)).year,
        left_on=None,
    )
    known = learns.exists()
    made = Claim.objects.create(
        token=claimed.token,
        claimant=person,
        school=claimed.school,
        household=" ".join(claimed.household.split())[:LONGEST_NAME],
        relation=claimed.relation,
        status=ClaimStatus.MATCHED if known else ClaimStatus.PENDING,
        made_at=now,
        decided_at=now if known else None,
        path=claimed.path,
    )
    audit.record("claim.make", actor=actor, now=now, obj=made, path=made.path, status=made.status)
    return made


def _earlier(person: Person, claimed: Claimed) -> Claim | None:
    by_token = Claim.objects.filter(token=claimed.token).first()
    name = " ".join(claimed.child_name.split())
    waiting = Claim.objects.filter(
        claimant=person, school=claimed.school, child_name=name, status=ClaimStatus.PENDING
    )
    return by_token or waiting.first()


def _checked(person: Person, claimed: Claimed, now: datetime) -> str:
    """The child's name. Nothing of a child is written before the guardian agreed to it."""
    if consent_to(person, CHILDREN) is None:
        raise ClaimRefused(_("First agree to the rules on children's information."), code="no_basis")
    if claimed.school_class is not None and claimed.school_class.school_id != claimed.school.pk:
        raise ClaimRefused(_("Choose a class of this school."), field="school_class")
    name = " ".join(claimed.child_name.split())
    if not 2 <= len(name) <= LONGEST_NAME:
        raise ClaimRefused(_("Write the child's full name, at least two characters."), field="child_name")
    _ask_limit(person, now)
    return name


def _ask_limit(person: Person, now: datetime) -> None:
    if Claim.objects.filter(claimant=person, made_at__gt=now - A_DAY).count() >= MOST_CLAIMS:
        raise ClaimRefused(
            _("That is enough for today. Please ask the class teacher, or try again tomorrow."),
            code="too_many_claims",
        )


@transaction.atomic
def approve_claim(
    claim: Claim,
    *,
    child: Child | None = None,
    school_class: SchoolClass | None = None,
    actor: Person,
    now: datetime,
) -> Claim:
    """The school says yes: to the child named, to the child of the claimed name, or to a new child of the class.

    A claim that is decided already stays as it was decided. Raises ClaimRefused, FamilyRefused.
    """
    take_turns()
    if not _take(claim, ClaimStatus.APPROVED, actor, now):
        return Claim.objects.get(pk=claim.pk)
    claim = Claim.objects.select_related("claimant", "school", "school_class").get(pk=claim.pk)
    child = child or _child_of(claim, school_class, actor, now)
    if child.school_class.school_id != claim.school_id:
        raise ClaimRefused(_("This child is at another school."), field="child")
    person = claim.claimant
    managed = record_without_phone(child, person.name, but=person)
    if managed is not None:
        person = join_people(person, managed, actor=actor, now=now)
    bond = add_guardian(
        child, person, relation=claim.relation, word=claim.relation_word, actor=actor, now=now
    )
    Claim.objects.filter(pk=claim.pk).update(guardianship=bond, path=child.path)
    audit.record(
        "claim.approve",
        actor=actor,
        now=now,
        obj=claim,
        path=child.path,
        child=child.pk,
        person=person.pk,
        joined=managed.pk if managed else None,
    )
    return Claim.objects.get(pk=claim.pk)


@transaction.atomic
def take_in_claimant(claim: Claim, *, record: Person | None = None, actor: Person, now: datetime) -> Claim:
    """The village says yes: the claimant learns there from now on. `record` is whom the village keeps without a phone
    and who is the claimant: the two records become one, and nothing that was earned is lost.

    A claim that is decided already stays as it was decided. Raises ClaimRefused, JoiningRefused.
    """
    if not claim.is_of_neighbour:
        raise ClaimRefused(_("Only villages and communities take people in without a class."))
    if record is not None and (
        record.phone_index or not record.memberships.filter(school=claim.school).exists()
    ):
        raise ClaimRefused(_("Choose somebody whom the village keeps without a phone."), field="record")
    take_turns()
    if not _take(claim, ClaimStatus.APPROVED, actor, now):
        return Claim.objects.get(pk=claim.pk)
    claim = Claim.objects.select_related("claimant", "school").get(pk=claim.pk)
    person = join_people(claim.claimant, record, actor=actor, now=now) if record else claim.claimant
    learner = enrol_member(person, school=claim.school, source=MembershipSource.CLAIM, actor=actor, now=now)
    if claim.household and not learner.household:
        learner.household = claim.household
        learner.save(update_fields=["household", "updated_at"])
    audit.record(
        "claim.approve",
        actor=actor,
        now=now,
        obj=claim,
        path=claim.path,
        person=person.pk,
        joined=record.pk if record else None,
    )
    return Claim.objects.get(pk=claim.pk)


@transaction.atomic
def refuse_claim(claim: Claim, *, reason: str, actor: Person, now: datetime) -> Claim:
    """The school says no, and why. A claim that is decided already stays as it was decided. Raises ClaimRefused."""
    if not reason.strip():
        raise ClaimRefused(_("Write a sentence to the parent: what does not fit?"), field="reason")
    if _take(claim, ClaimStatus.REFUSED, actor, now, reason=reason.strip()):
        audit.record("claim.refuse", actor=actor, now=now, obj=claim, path=claim.path, reason=reason.strip())
    return Claim.objects.get(pk=claim.pk)


@transaction.atomic
def withdraw_claim(claim: Claim, *, actor: Person, now: datetime) -> Claim:
    """The parent takes back a claim that still waits; a second call changes nothing."""
    waiting = Claim.objects.filter(pk=claim.pk, claimant=actor, status=ClaimStatus.PENDING)
    if waiting.update(status=ClaimStatus.WITHDRAWN, decided_at=now, updated_at=now):
        audit.record("claim.withdraw", actor=actor, now=now, obj=claim, path=claim.path)
    return Claim.objects.get(pk=claim.pk)


def _take(claim: Claim, status: ClaimStatus, actor: Person, now: datetime, reason: str = "") -> bool:
    """Whether this decision is the first: one conditional UPDATE, so that of two at once one wins."""
    if claim.claimant_id == actor.pk:
        raise ClaimRefused(_("Nobody decides on their own claim. Ask a colleague."))
    waiting = Claim.objects.filter(pk=claim.pk, status=ClaimStatus.PENDING)
    return bool(
        waiting.update(status=status, decided_by=actor, decided_at=now, reason=reason, updated_at=now)
    )


def _child_of(claim: Claim, school_class: SchoolClass | None, actor: Person, now: datetime) -> Child:
    """The child of the claimed name, or a new one on the guardian's consent."""
    place = school_class or claim.school_class
    found = children_named(claim.school, place, claim.child_name)
    if len(found) > 1:
        raise ClaimRefused(_("The school has several children of this name. Choose one."), field="child")
    if found:
        return found[0]
    if place is None:
        raise ClaimRefused(_("Choose the child's class."), field="school_class")
    if place.school_id != claim.school_id:
        raise ClaimRefused(_("Choose a class of this school."), field="school_class")
    consent = consent_to(claim.claimant, CHILDREN)
    return add_child(place, name=claim.child_name, consent=consent, actor=actor, now=now)
