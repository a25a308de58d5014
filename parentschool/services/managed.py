"""Guardians without a phone: on record, counted, earning; they may claim the account later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from parentschool.models import Child, Guardianship
from parentschool.rules.names import name_key
from parentschool.services.claims import LONGEST_NAME, ClaimRefused
from parentschool.services.families import add_guardian, require_basis
from portal.kernel import audit


@transaction.atomic
def register_managed(
    child: Child, *, name: str, relation: str, actor: Person | None, now: datetime
) -> Guardianship:
    """A new person without a phone as a guardian of the child. The same name again is the same guardian.

    Raises ClaimRefused, FamilyRefused.
    """
    name = " ".join(name.split())
    if not 2 <= len(name) <= LONGEST_NAME:
        raise ClaimRefused(_("Type the full name, at least two characters."), field="name")
    child = (
        Child.objects.select_for_update(of=("self",)).select_related("school_class__school").get(pk=child.pk)
    )
    require_basis(child)
    for bond in child.guardianships.filter(ended_on=None).select_related("guardian"):
        if name_key(bond.guardian.name) == name_key(name):
            return bond
    school = child.school_class.school
    person = Person(name=name, home=school, path=school.path)
    person.set_unusable_password()
    person.save()
    audit.record("person.register", actor=actor, now=now, obj=person, path=person.path, home=school.pk)
    return add_guardian(child, person, relation=relation, actor=actor, now=now)
