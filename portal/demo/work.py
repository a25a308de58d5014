"""What the demo county did: two school years of events with those who came, and home visits."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.enums import Kind
from accounts.models import Unit
from events.enums import EnteredBy, EventStatus, Measure, Method, OnceIn
from events.models import Attendance, Event, EventKind, EventLecturer, Record, RecordKind
from parentschool.enums import VisitOutcome
from parentschool.models import Child, Guardianship, HomeVisit, Membership
from portal.demo.county import BATCH, Demo

SHANGHAI = ZoneInfo("Asia/Shanghai")
TITLES = {
    "lecture": [
        "孩子上学前的情绪准备",
        "亲子沟通从倾听开始",
        "手机怎么管，孩子才听",
        "陪孩子养成阅读习惯",
        "隔代教育的分寸",
    ],
    "salon": ["桃爸桃妈沙龙：作业怎么陪", "桃爸桃妈沙龙：二孩家庭"],
    "parents_meeting": ["期中家长会", "新学期家长会"],
    "open_day": ["家长开放日"],
    "parent_child": ["亲子运动会", "亲子共读分享"],
    "committee_meeting": ["家委会例会"],
}
WEIGHTS = {
    "lecture": 5,
    "parents_meeting": 3,
    "open_day": 1,
    "parent_child": 2,
    "salon": 2,
    "committee_meeting": 1,
}


def build_events(demo: Demo) -> None:
    kinds = {kind.code: kind for kind in EventKind.objects.filter(code__in=TITLES)}
    events = [event for host in _hosts(demo) for event in _events_of(demo, host, kinds)]
    Event.objects.bulk_create(events, batch_size=BATCH)
    _book(demo, [event for event in events if event.kind.code in ("lecture", "salon")])
    _attend(demo, [event for event in events if event.status == EventStatus.HELD])


def _hosts(demo: Demo) -> list[tuple[Unit, int]]:
    """Hosts with how many events each holds a term: schools with rosters, and every fourth village."""
    schools = {c.school.pk: c.school for c in demo.classes}.values()
    villages = Unit.objects.filter(kind__in=[Kind.VILLAGE, Kind.COMMUNITY], path__startswith=demo.county.path)
    hosts = [(school, demo.draw.choice([2, 3, 3, 4, 5, 6])) for school in schools]
    return hosts + [(village, 1) for village in villages.order_by("path")[::4]]


def _events_of(demo: Demo, host_and_pace: tuple[Unit, int], kinds: dict[str, EventKind]) -> list[Event]:
    host, pace = host_and_pace
    made = []
    for begins, ends in _terms(demo):
        for _ in range(pace):
            code = demo.draw.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]
            day = begins + timedelta(days=demo.draw.randrange((ends - begins).days))
            at = datetime.combine(
                day, demo.draw.choice([time(9), time(14, 30), time(19)]), SHANGHAI
            ).astimezone(UTC)
            kind = kinds[code]
            made.append(
                Event(
                    host=host,
                    kind=kind,
                    title=demo.draw.choice(TITLES[code]),
                    starts_at=at,
                    ends_at=at + timedelta(minutes=kind.default_minutes),
                    place=demo.draw.choice(["报告厅", "多媒体教室", "文化活动室", "操场"]),
                    status=EventStatus.HELD if day < demo.today else EventStatus.PLANNED,
                    entered_by=demo.leads.get(host.pk),
                )
            )
    return made


def _terms(demo: Demo) -> list[tuple[date, date]]:
    """Teaching weeks of last school year's two terms and of this one so far, with three weeks ahead."""
    year = demo.school_year
    ahead = demo.today + timedelta(days=21)
    terms = [
        (date(year - 1, 9, 8), date(year, 1, 15)),
        (date(year, 2, 25), date(year, 7, 1)),
        (date(year, 9, 8), date(year + 1, 1, 15)),
        (date(year + 1, 2, 25), date(year + 1, 7, 1)),
    ]
    return [(begins, min(ends, ahead)) for begins, ends in terms if begins < ahead]


def _book(demo: Demo, events: list[Event]) -> None:
    """A lecturer for each, never in two places on one day; what lies ahead goes round, so that each has some."""
    busy: dict[int, set[date]] = defaultdict(set)
    ahead: Counter[int] = Counter()
    bookings = []
    for event in events:
        day = event.starts_at.date()
        free = [lecturer for lecturer in demo.lecturers if day not in busy[lecturer.pk]]
        if free:
            lecturer = demo.draw.choice(free)
            if day >= demo.today:
                lecturer = min(free, key=lambda one: ahead[one.pk])
                ahead[lecturer.pk] += 1
            busy[lecturer.pk].add(day)
            bookings.append(
                EventLecturer(
                    event=event, lecturer=lecturer, starts_at=event.starts_at, ends_at=event.ends_at
                )
            )
    EventLecturer.objects.bulk_create(bookings, batch_size=BATCH)


def _attend(demo: Demo, events: list[Event]) -> None:
    """Some families always come, some never do: each person has a leaning of their own."""
    learners: dict[int, list[int]] = defaultdict(list)
    rows = (
        Membership.objects.filter(school_year=demo.school_year)
        .order_by("pk")
        .values_list("school_id", "person_id")
    )
    for school, person in rows:
        learners[school].append(person)
    leaning = {person: demo.draw.random() ** 1.4 for people in learners.values() for person in people}
    taken: list[Attendance] = []
    for event in events:
        method = demo.draw.choice([Method.ROLL_CALL, Method.ROLL_CALL, Method.WALL_CODE, Method.PAPER])
        lead = demo.leads.get(event.host_id) if method != Method.WALL_CODE else None
        for person in learners[event.host_id]:
            if demo.draw.random() < leaning[person]:
                taken.append(
                    Attendance(
                        event=event, person_id=person, method=method, taken_at=event.starts_at, taken_by=lead
                    )
                )
        if len(taken) > 20 * BATCH:
            Attendance.objects.bulk_create(taken, batch_size=BATCH)
            taken = []
    Attendance.objects.bulk_create(taken, batch_size=BATCH)


def build_visits(demo: Demo) -> None:
    """Every fifth child was visited this term, most of them at home."""
    begins = date(demo.school_year, 9, 8)
    span = max(1, (demo.today - begins).days)
    rows = Child.objects.filter(path__startswith=demo.county.path).order_by("pk")
    children = list(rows.values_list("pk", "school_class__school_id"))[::5]
    met_by = Guardianship.objects.filter(child__path__startswith=demo.county.path)
    guardian = dict(met_by.values_list("child_id", "guardian_id"))
    visits = []
    for child, school in children:
        visitor = demo.teachers.get(school)
        met = guardian.get(child) if demo.draw.random() < 0.85 else None
        if visitor is not None:
            visits.append(
                HomeVisit(
                    child_id=child,
                    visited_on=begins + timedelta(days=demo.draw.randrange(span)),
                    outcome=VisitOutcome.CONTACT if met else VisitOutcome.ATTEMPT,
                    met_id=met,
                    visitor=visitor,
                )
            )
    HomeVisit.objects.bulk_create(visits, batch_size=BATCH)


RECORD_KINDS: list[tuple[str, str, Measure, EnteredBy, dict[str, Any]]] = [
    ("traffic-volunteer", "志愿服务：交通志愿者", Measure.ITEMS, EnteredBy.LEADS, {}),
    ("lunch-inspection", "志愿服务：午餐督查", Measure.ITEMS, EnteredBy.LEADS, {}),
    ("service-hours", "志愿服务时长", Measure.HOURS, EnteredBy.LEADS, {"most": 8}),
    ("activity-sheet", "亲子活动表", Measure.SHEETS, EnteredBy.TEACHERS, {}),
    ("questionnaire", "园区问卷", Measure.SHEETS, EnteredBy.TEACHERS, {"once_in": OnceIn.TERM}),
    (
        "complaint",
        "志愿服务投诉",
        Measure.TIMES,
        EnteredBy.COUNTY,
        {"needs_event": True, "is_complaint": True},
    ),
]


def build_records(demo: Demo) -> None:
    """Every eighth learner did some voluntary service or handed in a sheet this term."""
    for order, (code, name, measure, entered_by, more) in enumerate(RECORD_KINDS, start=1):
        RecordKind.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "measure": measure,
                "entered_by": entered_by,
                "order": order * 10,
                **more,
            },
        )
    kinds = list(
        RecordKind.objects.filter(
            code__in=["traffic-volunteer", "lunch-inspection", "activity-sheet"]
        ).order_by("order")
    )
    begins = date(demo.school_year, 9, 8)
    span = max(1, (demo.today - begins).days)
    learners = Membership.objects.filter(path__startswith=demo.county.path, school_year=demo.school_year)
    Record.objects.bulk_create(
        [
            Record(
                kind=demo.draw.choice(kinds),
                person_id=person,
                unit_id=school,
                happened_on=begins + timedelta(days=demo.draw.randrange(span)),
                entered_by=demo.leads.get(school),
            )
            for person, school in list(learners.order_by("pk").values_list("person_id", "school_id"))[::8]
        ],
        batch_size=BATCH,
    )
