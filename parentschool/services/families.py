"""Classes, children, their guardians and the learners of a parent school, one at a time."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.enums import CAMPUS, Basis, Level
from accounts.models import Consent, Person, Unit
from accounts.paths import child_path, last_number
from accounts.queries import consent_to
from accounts.services.consents import CHILDREN
from parentschool.enums import MembershipSource, Relation
from parentschool.models import Child, Guardianship, Membership, SchoolClass
from parentschool.rules.classes import CLASS_STAGES
from portal.kernel import audit, clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError


class FamilyRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "family_refused"


NO_BASIS = _(
    "A child's data may not be written yet: either the school keeps the child's record by its statutory duty, or a "
    "guardian agrees to the rules on children's information."
)


@transaction.atomic
def open_class(
    school: Unit, *, stage: str, entry_year: int, number: int, actor: Person | None, now: datetime
) -> SchoolClass:
    """A class that entered its stage in September of a year. Raises FamilyRefused."""
    if school.kind not in CAMPUS:
        raise FamilyRefused(_("Only schools and kindergartens have classes."), field="school")
    if stage not in CLASS_STAGES[school.stage]:
        raise FamilyRefused(_("This school has no such stage."), field="stage")
    Unit.objects.select_for_update().get(pk=school.pk)
    if SchoolClass.objects.filter(school=school, stage=stage, entry_year=entry_year, number=number).exists():
        raise FamilyRefused(_("This class is there already."), field="number")
    last = SchoolClass.objects.filter(school=school).order_by("path").last()
    path = child_path(school.path, last_number(last.path) + 1 if last else 1)
    made = SchoolClass.objects.create(
        school=school, stage=stage, entry_year=entry_year, number=number, path=path
    )
    audit.record("class.open", actor=actor, now=now, obj=made, path=path)
    return made


@transaction.atomic
def add_child(
    school_class: SchoolClass,
    *,
    name: str,
    gender: str = "",
    by_duty: bool = False,
    consent: Consent | None = None,
    actor: Person | None,
    now: datetime,
) -> Child:
    """By the statutory duty of the school that keeps the record, or by a guardian's consent that holds.

    Raises FamilyRefused where there is neither, or where the class has a child of this name.
    """
    if not by_duty and not _holds(consent):
        raise FamilyRefused(NO_BASIS, code="no_basis", field="by_duty")
    name = " ".join(name.split())
    _refuse_namesake(school_class, name)
    made = Child.objects.create(
        name=name,
        gender=gender,
        school_class=school_class,
        path=school_class.path,
        basis=Basis.DUTY if by_duty else Basis.CONSENT,
        consent=None if by_duty else consent,
    )
    audit.record(
        "child.add",
        actor=actor,
        now=now,
        obj=made,
        path=made.path,
        basis=made.basis,
        consent=made.consent_id,
    )
    return made


def require_basis(child: Child) -> None:
    """Before anything is written about a child whose record stands on a guardian's consent alone: it must not have
    been withdrawn. Raises FamilyRefused."""
    if child.basis != Basis.DUTY and not _holds(child.consent):
        raise FamilyRefused(NO_BASIS, code="no_basis")


def _holds(consent: Consent | None) -> bool:
    return consent is not None and consent_to(consent.person, CHILDREN) == consent


@transaction.atomic
def transfer_child(child: Child, *, to: SchoolClass, actor: Person | None, now: datetime) -> Child:
    """To another class; the same class changes nothing. Guardians of a child that comes to another school become
    its learners. Raises FamilyRefused."""
    require_basis(child)
    before = child.school_class
    if before.pk == to.pk:
        return child
    _refuse_namesake(to, child.name)
    child.school_class, child.path = to, to.path
    child.save(update_fields=["school_class", "path", "updated_at"])
    if before.school_id != to.school_id:
        for bond in child.guardianships.filter(ended_on=None).select_related("guardian"):
            enrol_member(bond.guardian, school=to.school, actor=actor, now=now)
    audit.record(
        "child.transfer", actor=actor, now=now, obj=child, path=to.path, from_class=before.pk, to_class=to.pk
    )
    return child


@transaction.atomic
def add_guardian(
    child: Child, guardian: Person, *, relation: str, word: str = "", actor: Person | None, now: datetime
) -> Guardianship:
    """The guardian also becomes a learner of the child's school. The same again changes nothing; an ended guardianship
    begins again. Raises FamilyRefused."""
    require_basis(child)
    bond, is_new = Guardianship.objects.get_or_create(
        child=child, guardian=guardian, defaults={"relation": relation, "relation_word": word}
    )
    if not is_new and bond.ended_on is None:
        return bond
    if bond.ended_on is not None:
        bond.ended_on, bond.relation, bond.relation_word = None, Relation(relation), word
        bond.save(update_fields=["ended_on", "relation", "relation_word", "updated_at"])
    enrol_member(guardian, school=child.school_class.school, actor=actor, now=now)
    audit.record(
        "guardianship.add", actor=actor, now=now, obj=bond, path=child.path, child=child.pk, relation=relation
    )
    return bond


@transaction.atomic
def correct_relation(
    bond: Guardianship, *, relation: str, word: str, actor: Person | None, now: datetime
) -> None:
    """What the guardian is to the child, as it should have been written; the same again changes nothing."""
    if (bond.relation, bond.relation_word) == (relation, word):
        return
    before = bond.relation_name
    bond.relation, bond.relation_word = Relation(relation), word
    bond.save(update_fields=["relation", "relation_word", "updated_at"])
    audit.record(
        "guardianship.change",
        actor=actor,
        now=now,
        obj=bond,
        path=bond.child.path,
        relation=[str(before), str(bond.relation_name)],
    )


@transaction.atomic
def end_guardianship(bond: Guardianship, *, on: date, actor: Person | None, now: datetime) -> None:
    """From that day on the person is not this child's guardian; a second call changes nothing."""
    if bond.ended_on is not None:
        return
    if on > clock.day_of(now):
        raise FamilyRefused(_("The day lies in the future."), field="ended_on")
    bond.ended_on = on
    bond.save(update_fields=["ended_on", "updated_at"])
    audit.record(
        "guardianship.end",
        actor=actor,
        now=now,
        obj=bond,
        path=bond.child.path,
        child=bond.child_id,
        on=str(on),
    )


@transaction.atomic
def enrol_member(
    person: Person,
    *,
    school: Unit,
    source: MembershipSource = MembershipSource.STAFF,
    actor: Person | None,
    now: datetime,
) -> Membership:
    """A learner of this parent school in the school year of `now`; who is one stays so, who left is one again."""
    if school.level != Level.SCHOOL:
        raise FamilyRefused(_("Only parent schools have learners."), field="school")
    today = clock.day_of(now)
    learner, is_new = Membership.objects.get_or_create(
        person=person,
        school=school,
        school_year=SchoolYear.of(today).year,
        defaults={"joined_on": today, "source": source, "path": school.path},
    )
    if learner.left_on is not None:
        learner.left_on, is_new = None, True
        learner.save(update_fields=["left_on", "updated_at"])
    if is_new:
        audit.record("membership.add", actor=actor, now=now, obj=learner, path=school.path)
    return learner


def _refuse_namesake(school_class: SchoolClass, name: str) -> None:
    if school_class.children.filter(name=name, left_on=None).exists():
        raise FamilyRefused(
            _(
                "The class has a child of this name already. If there are two, write the names apart, "
                "for example 张伟大 and 张伟小."
            ),
            field="name",
        )
