"""The phone's start page of school leads and class teachers: the three things done most, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from accounts.access import assignments_of, scope_for
from accounts.enums import NEIGHBOURHOOD
from accounts.models import Person
from assessment.queries.minimums import Minimum, minimums
from assessment.queries.reach import reach_of
from events.enums import EventStatus
from events.models import Event
from parentschool.enums import VisitOutcome
from parentschool.models import HomeVisit
from portal.home.face import url_of
from portal.home.queries.lectures import is_lecturer
from portal.home.queries.todo import Todo, todos_of
from portal.kernel import clock
from portal.kernel.calendar import Period, term_of

DAYS_AHEAD = 7
FEW = 4
"""Minimums that the start page has room for."""


@dataclass(frozen=True)
class Tile:
    words: str
    icon: str
    url: str


@dataclass(frozen=True)
class Count:
    words: str
    number: int
    url: str


@dataclass(frozen=True)
class Desk:
    places: list[str]
    day: date
    tiles: list[Tile]
    counts: list[Count]
    today: list[Event]
    later: list[Event]
    todos: list[Todo]
    minimums: list[Minimum]
    more: list[Tile]


def desk(person: Person, *, now: datetime) -> Desk:
    day = clock.day_of(now)
    near = events_of_days(person, Period(day, day + timedelta(days=1 + DAYS_AHEAD)))
    today = [event for event in near if clock.day_of(event.starts_at) == day]
    return Desk(
        places=places_of(person),
        day=day,
        tiles=tiles_of(person, today),
        counts=counts_of(person, day),
        today=today,
        later=[event for event in near if event not in today],
        todos=todos_of(person, now=now),
        minimums=minimums_of(person, day),
        more=more_of(person),
    )


def places_of(person: Person) -> list[str]:
    """The names of the units in which the person has a role."""
    return list(dict.fromkeys(assignment.unit.name for assignment in assignments_of(person)))


def allowed(person: Person, choices: list[tuple[str, str, str, str]]) -> list[Tile]:
    """Of (permission, words, icon, address) those whose page exists and is open to the person."""
    return [
        Tile(words, icon, url)
        for permission, words, icon, url in choices
        if url and person.has_perm(permission)
    ]


def tiles_of(person: Person, today: list[Event]) -> list[Tile]:
    """The roll leads straight to today's event where there is just one."""
    roll = url_of("roll_call", today[0].pk) if len(today) == 1 else url_of("event_list")
    return allowed(
        person,
        [
            ("events.add_event", _("Enter a lecture"), "pen", url_of("event_new")),
            ("events.add_attendance", _("Roll call"), "roll", roll),
            _third_tile(person),
        ],
    )


def _third_tile(person: Person) -> tuple[str, str, str, str]:
    """A village has no classes whose homes could be visited; its lead keeps the list of its people."""
    if all(assignment.unit.kind in NEIGHBOURHOOD for assignment in assignments_of(person)):
        return "parentschool.add_membership", _("People of the village"), "people", url_of("neighbour_list")
    return "parentschool.add_homevisit", _("Home visit"), "visit", url_of("visit_new")


def more_of(person: Person) -> list[Tile]:
    lectures = [Tile(_("My lectures"), "mic", url_of("my_lectures"))] if is_lecturer(person) else []
    return lectures + allowed(
        person,
        [
            ("events.view_event", _("All events"), "calendar", url_of("event_list")),
            (
                "parentschool.view_guardianship",
                _("Families not reached yet"),
                "people",
                url_of("unreached"),
            ),
            ("parentschool.add_homevisit", _("All home visits"), "visit", url_of("visit_list")),
            ("events.add_record", _("Put down a record"), "pen", url_of("record_new")),
            ("parentschool.add_schoolmessage", _("Messages to parents"), "chat", url_of("message_list")),
            ("parentschool.decide_claim", _("Parents who want to be bound"), "people", url_of("claim_list")),
            (
                "parentschool.add_guardianship",
                _("Add a guardian without a phone"),
                "person",
                url_of("managed_new"),
            ),
            ("parentschool.import_roster", _("Import a roster"), "people", url_of("roster_new")),
            (
                "assessment.self_score_appraisal",
                _("Appraisal, self-scoring"),
                "appraisal",
                url_of("work_appraisals"),
            ),
            (
                "assessment.view_unitmetric",
                _("Statutory minimums"),
                "appraisal",
                url_of("minimum_list"),
            ),
            ("accounts.view_unit", _("Lists and tables"), "today", url_of("admin:index")),
        ],
    )


def minimums_of(person: Person, day: date) -> list[Minimum]:
    """Each requirement of each own unit, while they are few; of many the page of minimums tells."""
    found = minimums(scope_for(person, "assessment.view_unitmetric"), day=day)
    own = [minimum for progress in found for minimum in progress.minimums]
    return own if len(own) <= FEW else []


def counts_of(person: Person, day: date) -> list[Count]:
    """What has been done this term in the person's own places."""
    term = term_of(day)
    held = Event.objects.within(scope_for(person, "events.view_event")).filter(
        status=EventStatus.HELD,
        starts_at__gte=clock.midnight(term.begins_on),
        starts_at__lt=clock.midnight(term.ends_on),
    )
    visits = HomeVisit.objects.within(scope_for(person, "parentschool.view_homevisit")).filter(
        outcome=VisitOutcome.CONTACT,
        revoked_at=None,
        visited_on__gte=term.begins_on,
        visited_on__lt=term.ends_on,
    )
    reach = reach_of(scope_for(person, "assessment.view_unitmetric"))
    own_visits = url_of("visit_list") if person.has_perm("parentschool.add_homevisit") else ""
    names = url_of("unreached") if person.has_perm("parentschool.view_guardianship") else ""
    left = [Count(_("families not reached yet"), reach.whole.left, names)] if reach else []
    return [
        *left,
        Count(_("events held this term"), held.count(), url_of("event_list")),
        Count(_("families visited this term"), visits.values("child").distinct().count(), own_visits),
    ]


def events_of_days(person: Person, days: Period) -> list[Event]:
    """Events in the person's reach that begin on these days, called-off ones left out, earliest first."""
    return list(
        Event.objects.within(scope_for(person, "events.view_event"))
        .filter(starts_at__gte=clock.midnight(days.begins_on), starts_at__lt=clock.midnight(days.ends_on))
        .exclude(status=EventStatus.CANCELLED)
        .select_related("host", "kind")
        .order_by("starts_at", "pk")
    )
