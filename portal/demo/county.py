"""The demo county's schools, departments and people: rows in bulk, the same for the same seed and day."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password

from accounts import phones
from accounts.enums import LEVEL_OF, Basis, Kind, Stage
from accounts.models import Person, RoleAssignment, Unit, UnitPlacement
from accounts.paths import child_path, last_number
from parentschool.enums import MembershipSource, Relation, TeamDuty
from parentschool.models import Child, ClassTeamMember, Guardianship, Membership, SchoolClass
from portal.demo.names import Cast
from training.enums import Tier
from training.models import Lecturer

SCHOOLS = 276
CHILDREN = 111_000
"""Schools and pupils of 桃源县 (county-taoyuan.txt)."""
CLASS_SIZE = 42
PASSWORD = "yanshi-2026-demo"  # noqa: S105 - printed for everybody; such people sign in nowhere but in the demo
BATCH = 2000
UNUSABLE = UNUSABLE_PASSWORD_PREFIX + "demo"

STAGES = [
    (Kind.KINDERGARTEN, Stage.KINDERGARTEN, "中心幼儿园", 3),
    (Kind.SCHOOL, Stage.PRIMARY, "中心小学", 6),
    (Kind.SCHOOL, Stage.JUNIOR, "中学", 3),
    (Kind.SCHOOL, Stage.PRIMARY, "第二小学", 6),
    (Kind.KINDERGARTEN, Stage.KINDERGARTEN, "第二幼儿园", 3),
    (Kind.SCHOOL, Stage.NINE_YEAR, "九年一贯制学校", 9),
    (Kind.SCHOOL, Stage.PRIMARY, "第三小学", 6),
    (Kind.SCHOOL, Stage.PRIMARY, "实验小学", 6),
    (Kind.SCHOOL, Stage.SENIOR, "高级中学", 3),
    (Kind.KINDERGARTEN, Stage.KINDERGARTEN, "第三幼儿园", 3),
]
DEPARTMENTS = ["县妇女联合会", "县教育局", "县司法局", "团县委", "县关心下一代工作委员会", "县民政局"]
RELATIONS = [Relation.MOTHER] * 8 + [Relation.FATHER] * 6 + [Relation.PATERNAL_GRANDMOTHER] * 3
RELATIONS += [Relation.PATERNAL_GRANDFATHER, Relation.MATERNAL_GRANDMOTHER, Relation.MATERNAL_GRANDFATHER]


@dataclass
class Demo:
    """What has been made so far."""

    county: Unit
    today: date
    scale: float
    draw: random.Random
    cast: Cast
    opened_on: date
    schools: list[Unit] = field(default_factory=list)
    departments: list[Unit] = field(default_factory=list)
    classes: list[SchoolClass] = field(default_factory=list)
    leads: dict[int, Person] = field(default_factory=dict)
    teachers: dict[int, Person] = field(default_factory=dict)
    lecturers: list[Lecturer] = field(default_factory=list)

    @property
    def school_year(self) -> int:
        return self.today.year if self.today.month >= 9 else self.today.year - 1


def build_schools(demo: Demo) -> None:
    """276 schools over the stations in turn, and the departments beside the stations."""
    stations = list(
        Unit.objects.filter(parent=demo.county, kind=Kind.STATION).order_by("path").select_related("region")
    )
    used = {s.pk: _last_child(s) for s in stations}
    for number in range(SCHOOLS):
        station = stations[number % len(stations)]
        kind, stage, ending, _years = STAGES[number // len(stations) % len(STAGES)]
        used[station.pk] += 1
        place = station.region.name if station.region else station.name
        demo.schools.append(
            _unit(demo, f"YS{number + 1:04d}", f"{place}{ending}", kind, station, used[station.pk], stage)
        )
    last = _last_child(demo.county)
    for number, name in enumerate(DEPARTMENTS, start=1):
        demo.departments.append(
            _unit(demo, f"YSBM{number:02d}", name, Kind.DEPARTMENT, demo.county, last + number, "")
        )
    units = [*demo.schools, *demo.departments]
    Unit.objects.bulk_create(units)
    UnitPlacement.objects.bulk_create(
        UnitPlacement(unit=unit, parent=unit.parent, name=unit.name, valid_from=demo.opened_on)
        for unit in units
    )


def _last_child(unit: Unit) -> int:
    last = Unit.objects.filter(parent=unit).order_by("path").values_list("path", flat=True).last()
    return last_number(last) if last else 0


def _unit(demo: Demo, code: str, name: str, kind: Kind, parent: Unit, number: int, stage: str) -> Unit:
    return Unit(
        code=code,
        name=name,
        kind=kind,
        level=LEVEL_OF[kind],
        stage=stage,
        parent=parent,
        path=child_path(parent.path, number),
        opened_on=demo.opened_on,
    )


def build_families(demo: Demo) -> None:
    """Classes, children and guardians of the schools that have handed in their rosters.

    At full scale every school has; at a smaller one fewer schools have, so that classes keep their real size.
    """
    wanted = round(CHILDREN * demo.scale)
    rostered = demo.schools[: max(1, min(SCHOOLS, round(wanted / 60)))]
    per_school = wanted / len(rostered)
    _build_classes(demo, rostered, max(1, round(per_school / CLASS_SIZE)))
    share, extra = divmod(wanted, len(demo.classes))
    for index, school_class in enumerate(demo.classes):
        _build_class(demo, school_class, share + (index < extra))


def _build_classes(demo: Demo, schools: list[Unit], each: int) -> None:
    years = {unit_stage: years for _kind, unit_stage, _ending, years in STAGES}
    for school in schools:
        for number in range(each):
            entered = demo.school_year - 1 - number % max(1, years[Stage(school.stage)] - 1)
            stage = Stage.PRIMARY if school.stage == Stage.NINE_YEAR else Stage(school.stage)
            demo.classes.append(
                SchoolClass(
                    school=school,
                    stage=stage,
                    entry_year=entered,
                    number=number // max(1, years[Stage(school.stage)] - 1) + 1,
                    path=child_path(school.path, number + 1),
                )
            )
    SchoolClass.objects.bulk_create(demo.classes, batch_size=BATCH)


def _build_class(demo: Demo, school_class: SchoolClass, size: int) -> None:
    surnames = [demo.cast.surname() for _ in range(size)]
    children = Child.objects.bulk_create(
        (
            Child(
                basis=Basis.DUTY,
                name=name,
                school_class=school_class,
                gender=demo.draw.choice("fm"),
                path=school_class.path,
            )
            for name in _distinct(demo, surnames)
        ),
        batch_size=BATCH,
    )
    pairs = [(child, relation) for child in children for relation in _guardians(demo)]
    people = [_parent(demo, school_class.school, child, relation) for child, relation in pairs]
    Person.objects.bulk_create(people, batch_size=BATCH)
    Guardianship.objects.bulk_create(
        (
            Guardianship(guardian=person, child=child, relation=relation)
            for person, (child, relation) in zip(people, pairs, strict=True)
        ),
        batch_size=BATCH,
    )
    school = school_class.school
    Membership.objects.bulk_create(
        (
            Membership(
                person=person,
                school=school,
                school_year=year,
                joined_on=date(year, 9, 1),
                source=MembershipSource.ROSTER,
                path=school.path,
            )
            for person in people
            for year in (demo.school_year - 1, demo.school_year)
        ),
        batch_size=BATCH,
    )


def _distinct(demo: Demo, surnames: list[str]) -> list[str]:
    """No two children of a class share a name."""
    names: dict[str, None] = {}
    for surname in surnames:
        name = demo.cast.name(surname)
        while name in names:
            name = demo.cast.name(surname) + demo.draw.choice("一二三四五六七八九")
        names[name] = None
    return list(names)


def _guardians(demo: Demo) -> list[Relation]:
    chosen = {demo.draw.choice(RELATIONS)}
    if demo.draw.random() < 0.35:
        chosen.add(demo.draw.choice(RELATIONS))
    return sorted(chosen)


def _parent(demo: Demo, home: Unit, child: Child, relation: Relation) -> Person:
    """Grandparents often have no phone."""
    elder = relation not in (Relation.MOTHER, Relation.FATHER)
    number = "" if elder and demo.draw.random() < 0.5 else demo.cast.phone()
    surname = child.name[0] if relation in (Relation.FATHER, Relation.PATERNAL_GRANDFATHER) else ""
    return demo_person(demo.cast.name(surname), home, number)


def demo_person(
    name: str, home: Unit, phone: str, username: str | None = None, hashed: str = UNUSABLE
) -> Person:
    return Person(
        name=name,
        home=home,
        path=home.path,
        username=username,
        password=hashed,
        is_demo=True,
        **phones.columns(phone),
    )


def build_staff(demo: Demo) -> list[tuple[str, Person, Unit]]:
    """A lead for every station and rostered school, a head teacher for every class, lecturers; and one person
    of each role with a sign-in that can be remembered: (role, person, unit)."""
    hashed = make_password(PASSWORD)
    stations = list(Unit.objects.filter(parent=demo.county, kind=Kind.STATION).order_by("path"))
    rostered = list({c.school.pk: c.school for c in demo.classes}.values())
    posts: list[tuple[str, Unit, str, str]] = [
        ("county_admin", demo.county, demo.county.path, "admin"),
        ("county_staff", demo.county, demo.county.path, "county"),
        ("inspector", demo.county, demo.county.path, "inspector"),
        ("liaison", demo.departments[0], demo.departments[0].path, "liaison"),
        *(("station_lead", s, s.path, "station" if i == 0 else "") for i, s in enumerate(stations)),
        *(("school_lead", s, s.path, "school" if i == 0 else "") for i, s in enumerate(rostered)),
        *(
            ("class_teacher", c.school, c.path, "teacher" if i == 0 else "")
            for i, c in enumerate(demo.classes)
        ),
        *(("lecturer", demo.county, demo.county.path, "lecturer" if i == 0 else "") for i in range(12)),
    ]
    village = Unit.objects.filter(kind=Kind.VILLAGE, parent=stations[0]).order_by("path").first()
    if village is not None:
        posts.append(("school_lead", village, village.path, "village"))
    people = [
        demo_person(
            demo.cast.name(), unit, demo.cast.phone(), username or None, hashed if username else UNUSABLE
        )
        for _role, unit, _path, username in posts
    ]
    Person.objects.bulk_create(people, batch_size=BATCH)
    assignments = RoleAssignment.objects.bulk_create(
        (
            RoleAssignment(person=person, role=role, unit=unit, path=path, valid_from=demo.opened_on)
            for person, (role, unit, path, _username) in zip(people, posts, strict=True)
        ),
        batch_size=BATCH,
    )
    _seat(demo, people, posts, assignments)
    return [(post[0], person, post[1]) for person, post in zip(people, posts, strict=True) if post[3]]


def _seat(
    demo: Demo,
    people: list[Person],
    posts: list[tuple[str, Unit, str, str]],
    assignments: list[RoleAssignment],
) -> None:
    class_at = {school_class.path: school_class for school_class in demo.classes}
    team, pool = [], []
    for person, (role, unit, path, _username), assignment in zip(people, posts, assignments, strict=True):
        if role == "school_lead":
            demo.leads[unit.pk] = person
        elif role == "class_teacher":
            demo.teachers[unit.pk] = person
            team.append(
                ClassTeamMember(
                    school_class=class_at[path],
                    person=person,
                    duty=TeamDuty.HEAD,
                    assignment=assignment,
                    valid_from=demo.opened_on,
                )
            )
        elif role == "lecturer":
            tier = demo.draw.choice([Tier.EXPERT, Tier.COUNTY, Tier.COUNTY])
            topics = "、".join(
                demo.draw.sample(["亲子沟通", "隔代教育", "青春期", "阅读", "心理健康", "手机管理"], 2)
            )
            pool.append(
                Lecturer(person=person, unit=unit, tier=tier, specialities=topics, valid_from=demo.opened_on)
            )
    ClassTeamMember.objects.bulk_create(team, batch_size=BATCH)
    demo.lecturers = Lecturer.objects.bulk_create(pool)
