"""Taking people in as learners, one at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.enums import NEIGHBOURHOOD, Level
from accounts.models import Person, Unit
from parentschool.engine.roster.sentences import masked_name
from parentschool.enums import MembershipSource
from parentschool.models import Membership
from parentschool.services.families import enrol_member
from portal.kernel import audit, clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError


class NameNeeded(PortalError):
    code = "name_needed"


class LearnerRefused(PortalError):
    """`details["field"]` names what has to change."""

    code = "learner_refused"


LONGEST_NAME = 60


@transaction.atomic
def enrol_learner(
    unit: Unit,
    *,
    name: str,
    actor: Person | None,
    now: datetime,
    source: MembershipSource = MembershipSource.WALK_IN,
) -> Person:
    """A new person without a phone, at home in the unit and a learner there this school year.

    Only a parent school has learners: at a station or the centre the person is recorded without a membership.
    Raises NameNeeded.
    """
    person = _new_person(_full_name(name), unit, phone="")
    if unit.level == Level.SCHOOL:
        day = clock.day_of(now)
        Membership.objects.create(
            person=person,
            school=unit,
            school_year=SchoolYear.of(day).year,
            joined_on=day,
            source=source,
            path=unit.path,
        )
    audit.record("learner.enrol", actor=actor, now=now, obj=person, path=unit.path, source=source)
    return person


@transaction.atomic
def take_in_neighbour(
    village: Unit,
    *,
    name: str,
    phone: str = "",
    household: str = "",
    is_another: bool = False,
    actor: Person | None,
    now: datetime,
) -> Membership:
    """A learner of a village or community, recognised by phone and name wherever in the county. `is_another` says that
    it is somebody else than the person whom the number or the name suggests.

    Raises NameNeeded, BadPhone, LearnerRefused.
    """
    if village.kind not in NEIGHBOURHOOD:
        raise LearnerRefused(_("Only villages and communities take people in without a class."), field="unit")
    name, number, household = _full_name(name), phones.normalise(phone), " ".join(household.split())
    Unit.objects.select_for_update(no_key=True).only("pk").get(pk=village.pk)  # one by one in a village
    behind = list(Person.objects.filter(phone_index=phones.index(number)).order_by("pk")) if number else []
    known = next((person for person in behind if person.name == name), None)
    if known is None and not is_another:
        _refuse_known(village, name, household, behind)
    person = known or _new_person(name, village, phone=number)
    learner = enrol_member(person, school=village, actor=actor, now=now)
    if household and learner.household != household:
        learner.household = household
        learner.save(update_fields=["household", "updated_at"])
    if known is None:
        audit.record(
            "learner.enrol",
            actor=actor,
            now=now,
            obj=person,
            path=village.path,
            source=MembershipSource.STAFF,
        )
    return learner


def _refuse_known(village: Unit, name: str, household: str, behind: list[Person]) -> None:
    if behind:
        raise LearnerRefused(
            _("This number is on record for %(other)s. If two people share it, tick the box below.")
            % {"other": masked_name(behind[0].name)},
            field="phone",
        )
    namesakes = Membership.objects.filter(school=village, person__name=name)
    if household:
        namesakes = namesakes.filter(Q(household="") | Q(household=household))
    if namesakes.exists():
        raise LearnerRefused(
            _(
                "%(name)s is on record here already. If this is somebody else of that name, tick the box below and "
                "write the household."
            )
            % {"name": name},
            field="name",
        )


def _full_name(name: str) -> str:
    name = " ".join(name.split())
    if not 2 <= len(name) <= LONGEST_NAME:
        raise NameNeeded(_("Type the full name, at least two characters."), field="name")
    return name


def _new_person(name: str, home: Unit, *, phone: str) -> Person:
    person = Person(name=name, home=home, path=home.path, **phones.columns(phone))
    person.set_unusable_password()
    person.save()
    return person
