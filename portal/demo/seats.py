"""Coming events with booked seats near the demo's parent: one with seats left, one where the parent is booked, one
where the family waits."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from accounts.models import Person, Unit
from events.models import Event, EventKind
from events.services import EventPlan, reserve_seats, schedule_event
from parentschool.models import Membership
from portal.demo.county import Demo
from portal.demo.work import SHANGHAI


def build_seats(demo: Demo, parent: Person) -> None:
    """Three events, booked in the morning of the day from which the demo is seen: of the parent's school, of its
    station, and of a department for the whole county."""
    now = datetime.combine(demo.today, time(8), SHANGHAI).astimezone(UTC)
    school = demo.classes[0].school
    station = Unit.objects.get(children=school)
    neighbours = _neighbours(parent, school)
    own = _event(
        demo, school, "salon", "桃爸桃妈沙龙：作业怎么陪", day=5, seats=20, place="家长接待室", now=now
    )
    town = _event(
        demo, station, "parent_child", "亲子阅读分享会", day=9, seats=6, place="乡镇文化站", now=now
    )
    county = _event(
        demo, demo.departments[0], "lecture", "隔代教育的分寸", day=12, seats=120, place="县图书馆", now=now
    )
    for number, family in enumerate(neighbours[:5]):
        _book(own, family, children=number % 2, now=now)
    for number, family in enumerate(neighbours[:4]):
        _book(town, family, children=number % 2, now=now + timedelta(minutes=number))
    _book(town, parent, children=1, now=now + timedelta(minutes=10))
    _book(town, neighbours[4], children=1, now=now + timedelta(minutes=20))
    for family in (parent, *neighbours[5:9]):
        _book(county, family, children=0, now=now)


def _neighbours(parent: Person, school: Unit) -> list[Person]:
    """Other learners of the school, in the order of its list."""
    rows = Membership.objects.filter(school=school).exclude(person=parent).order_by("pk")
    keys = list(dict.fromkeys(rows.values_list("person_id", flat=True)[:40]))[:9]
    people = Person.objects.in_bulk(keys)
    return [people[key] for key in keys]


def _event(
    demo: Demo, host: Unit, kind: str, title: str, *, day: int, seats: int, place: str, now: datetime
) -> Event:
    begins = datetime.combine(demo.today + timedelta(days=day), time(14, 30), SHANGHAI).astimezone(UTC)
    plan = EventPlan(
        kind=EventKind.objects.get(code=kind),
        title=title,
        starts_at=begins,
        ends_at=begins + timedelta(minutes=90),
        place=place,
        capacity=seats,
        needs_booking=True,
    )
    return schedule_event(host, plan=plan, actor=demo.leads.get(host.pk), now=now)


def _book(event: Event, person: Person, *, children: int, now: datetime) -> None:
    reserve_seats(event, people=[person], children=children, actor=person, now=now)
