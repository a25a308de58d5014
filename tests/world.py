"""One small county that every test may use: enough places and people for leaks to have something to leak.

Two townships with two parent schools each (a school and a village), a class and a family in each school, one person
per role per place. Names are letters, so that nobody mistakes them for people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from accounts import phones
from accounts.enums import Basis, Kind, Level, Stage
from accounts.models import Person, RoleAssignment, Unit, UnitPlacement
from accounts.paths import child_path
from events.models import Event, EventKind
from parentschool.enums import MembershipSource, Relation
from parentschool.models import Child, Guardianship, Membership, SchoolClass

OPENED = date(2020, 9, 1)
NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
TODAY = date(2026, 10, 12)
KINDS = {"lecture": "讲座", "salon": "沙龙", "parents_meeting": "家长会", "training": "培训"}
PASSWORD = "a long test password"


@dataclass
class World:
    county: Unit
    stations: list[Unit] = field(default_factory=list)
    schools: list[Unit] = field(default_factory=list)
    villages: list[Unit] = field(default_factory=list)
    department: Unit | None = None
    classes: list[SchoolClass] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    parents: list[Person] = field(default_factory=list)
    staff: dict[str, Person] = field(default_factory=dict)
    kinds: dict[str, EventKind] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def as_(self, name: str) -> Person:
        """A freshly loaded staff person, e.g. "county_admin", "school_lead:0", "station_lead:1"."""
        return Person.objects.get(pk=self.staff[name].pk)


def unit(name: str, kind: Kind, level: Level, parent: Unit | None, number: int, **more: object) -> Unit:
    path = child_path(parent.path if parent else "", number)
    made = Unit.objects.create(
        code=f"U{path}", name=name, kind=kind, level=level, parent=parent, path=path, opened_on=OPENED, **more
    )
    UnitPlacement.objects.create(unit=made, parent=parent, name=name, valid_from=OPENED)
    return made


def person(name: str, *, home: Unit | None = None, phone: str = "", username: str | None = None) -> Person:
    made = Person(
        name=name, username=username, home=home, path=home.path if home else "", **phones.columns(phone)
    )
    made.set_password(PASSWORD) if username else made.set_unusable_password()
    made.save()
    return made


def appoint(who: Person, role: str, at: Unit, path: str = "") -> RoleAssignment:
    return RoleAssignment.objects.create(
        person=who, role=role, unit=at, path=path or at.path, valid_from=OPENED
    )


def build_world() -> World:
    county = unit("County", Kind.CENTRE, Level.COUNTY, None, 1)
    world = World(county=county)
    for code, name in KINDS.items():
        world.kinds[code], _ = EventKind.objects.get_or_create(code=code, defaults={"name": name})
    for s in range(2):
        station = unit(f"Town {s}", Kind.STATION, Level.STATION, county, s + 1)
        world.stations.append(station)
        world.schools.append(unit(f"School {s}", Kind.SCHOOL, Level.SCHOOL, station, 1, stage=Stage.PRIMARY))
        world.villages.append(unit(f"Village {s}", Kind.VILLAGE, Level.SCHOOL, station, 2))
    world.department = unit("Department", Kind.DEPARTMENT, Level.DEPARTMENT, county, 3)
    for i, school in enumerate(world.schools):
        school_class = SchoolClass.objects.create(
            school=school, stage=Stage.PRIMARY, entry_year=2024, number=1, path=child_path(school.path, 1)
        )
        child = Child.objects.create(
            basis=Basis.DUTY, name=f"Child {i}", school_class=school_class, path=school_class.path
        )
        parent = person(f"Parent {i}", home=school, phone=f"1380000000{i}", username=f"parent{i}")
        Guardianship.objects.create(guardian=parent, child=child, relation=Relation.MOTHER)
        Membership.objects.create(
            person=parent,
            school=school,
            school_year=2026,
            joined_on=date(2026, 9, 1),
            source=MembershipSource.ROSTER,
            path=school.path,
        )
        world.classes.append(school_class)
        world.children.append(child)
        world.parents.append(parent)
        world.events.append(
            Event.objects.create(
                host=school,
                kind=world.kinds["lecture"],
                title=f"Lecture {i}",
                starts_at=datetime(2026, 10, 10, 6, 0, tzinfo=UTC),
                ends_at=datetime(2026, 10, 10, 7, 30, tzinfo=UTC),
            )
        )
    _staff(world)
    return world


def _staff(world: World) -> None:
    def hire(name: str, role: str, at: Unit, path: str = "") -> None:
        world.staff[name] = person(name, home=at, username=name.replace(":", "_"))
        appoint(world.staff[name], role, at, path)

    assert world.department is not None
    hire("county_admin", "county_admin", world.county)
    hire("county_staff", "county_staff", world.county)
    hire("inspector", "inspector", world.county)
    hire("liaison", "liaison", world.department)
    for i in range(2):
        hire(f"station_lead:{i}", "station_lead", world.stations[i])
        hire(f"school_lead:{i}", "school_lead", world.schools[i])
        hire(f"village_lead:{i}", "school_lead", world.villages[i])
        hire(f"class_teacher:{i}", "class_teacher", world.schools[i], world.classes[i].path)
        hire(f"lecturer:{i}", "lecturer", world.schools[i])
