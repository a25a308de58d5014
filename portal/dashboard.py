"""The office's start page: who is not reached, what takes place, how the stars lie, what is due.

Everything is asked within the scope of the person who looks, narrowed to one unit where the page is about one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.http import Http404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import scope_for
from accounts.models import Person, Unit
from accounts.scopes import Scope
from assessment.queries.minimums import Progress, minimums
from assessment.queries.reach import Reach, reach_of
from assessment.queries.stars import StarCount, star_counts
from events.enums import EventStatus
from events.models import Attendance, Event
from portal.home.face import url_of
from portal.home.queries.todo import Todo, todos_of
from portal.kernel import clock
from portal.kernel.calendar import Period, SchoolYear, month_of, week_of
from portal.oddities import Found, oddities_within

WEEKS_BACK, WEEKS_AHEAD = 8, 4


@dataclass(frozen=True)
class Figure:
    label: str
    value: int
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Week:
    begins_on: date
    held: int
    planned: int


@dataclass(frozen=True)
class Action:
    label: str
    url: str


@dataclass(frozen=True)
class Board:
    title: str
    day: date
    unit: Unit | None
    above: list[Unit]
    reach: Reach | None = None
    awaits_night: bool = False
    unreached: str = ""
    figures: list[Figure] = field(default_factory=list)
    weeks: list[Week] = field(default_factory=list)
    stars: list[StarCount] = field(default_factory=list)
    minimums: list[Progress] = field(default_factory=list)
    oddities: list[Found] = field(default_factory=list)
    todos: list[Todo] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    @property
    def school_year(self) -> str:
        return str(SchoolYear.of(self.day))

    @property
    def weeks_chart(self) -> dict[str, Any]:
        return {
            "kind": "weeks",
            "labels": [date_format(week.begins_on, "MONTH_DAY_FORMAT") for week in self.weeks],
            "series": [
                {"name": _("held"), "values": [week.held for week in self.weeks]},
                {"name": _("planned"), "values": [week.planned for week in self.weeks]},
            ],
        }

    @property
    def stars_chart(self) -> dict[str, Any]:
        return {
            "kind": "stars",
            "labels": [star.name for star in self.stars],
            "series": [
                {"name": pgettext("how many", "people"), "values": [star.people for star in self.stars]}
            ],
        }


@dataclass(frozen=True)
class Looker:
    """Who looks, and at which unit (None: everything in reach)."""

    person: Person
    unit: Unit | None

    def scope(self, permission: str) -> Scope:
        whole = scope_for(self.person, permission)
        if self.unit is None:
            return whole
        return Scope.of(self.unit.path) if whole.covers(self.unit.path) else Scope()


def board_of(person: Person, *, unit: str = "", now: datetime) -> Board:
    """The start page of a person, or of one unit in the person's reach; any other unit is not found."""
    day = clock.day_of(now)
    looker = looker_of(person, unit=unit)
    events = Event.objects.within(looker.scope("events.view_event"))
    counted = looker.scope("assessment.view_unitmetric")
    reach = reach_of(counted)
    return Board(
        title=str(looker.unit or _("Today")),
        day=day,
        unit=looker.unit,
        above=units_above(person, looker.unit),
        reach=reach,
        awaits_night=bool(counted) and reach is None,
        figures=[*reach_figures(reach, unreached_url(looker)), *event_figures(looker, day)],
        unreached=unreached_url(looker),
        weeks=weeks_of(looker, day),
        stars=star_counts(counted),
        minimums=minimums(counted, day=day),
        oddities=oddities_within(looker.scope, now=now),
        todos=todos_of(person, now=now) if looker.unit is None else [],
        events=list(
            events.filter(ends_at__gt=now)
            .exclude(status=EventStatus.CANCELLED)
            .select_related("host", "kind")
            .order_by("starts_at", "pk")[:5]
        ),
        actions=actions_of(person),
    )


def looker_of(person: Person, *, unit: str) -> Looker:
    """Raises Http404 for a unit outside the person's reach."""
    return Looker(person, unit_in_reach(person, unit) if unit else None)


def unit_in_reach(person: Person, key: str) -> Unit:
    units = Unit.objects.within(scope_for(person, "accounts.view_unit"))
    found = units.filter(pk=int(key)).first() if key.isdecimal() else None
    if found is None:
        raise Http404
    return found


def units_above(person: Person, unit: Unit | None) -> list[Unit]:
    """From the top of the person's reach down to the unit's parent: the way back."""
    if unit is None:
        return []
    above = Unit.objects.within(scope_for(person, "accounts.view_unit")).filter(path__lt=unit.path)
    return [found for found in above.order_by("path") if unit.path.startswith(found.path)]


def actions_of(person: Person) -> list[Action]:
    """The things done most by this person, at most three."""
    possible = [
        ("events.add_event", _("Plan an event"), url_of("admin:events_event_add")),
        ("parentschool.import_roster", _("Import a roster"), url_of("roster_new")),
        (
            "assessment.export_appraisal",
            _("Export the appraisal"),
            url_of("admin:assessment_appraisal_export"),
        ),
    ]
    return [Action(words, url) for permission, words, url in possible if url and person.has_perm(permission)]


def unreached_url(looker: Looker) -> str:
    """The page that names the families; empty for who may not see them."""
    if not looker.scope("parentschool.view_guardianship"):
        return ""
    return url_of("unreached") + (f"?unit={looker.unit.pk}" if looker.unit else "")


def reach_figures(reach: Reach | None, unreached: str) -> list[Figure]:
    if reach is None:
        return []
    whole = reach.whole
    return [
        Figure(
            _("Families reached this term"),
            whole.reached,
            _("of %(families)s, %(percent)s%%") % {"families": whole.families, "percent": whole.percent},
        ),
        Figure(
            _("Not reached yet"),
            whole.left,
            _("families; nobody of them came or was met at home"),
            unreached or "#reach",
        ),
    ]


def begins_within(days: Period) -> Q:
    return Q(starts_at__gte=clock.midnight(days.begins_on), starts_at__lt=clock.midnight(days.ends_on))


def event_figures(looker: Looker, day: date) -> list[Figure]:
    scope = looker.scope("events.view_event")
    if not scope:
        return []
    month = month_of(day)
    counts = (
        Event.objects.within(scope)
        .filter(begins_within(month))
        .aggregate(
            held=Count("pk", filter=Q(status=EventStatus.HELD)),
            planned=Count("pk", filter=Q(status=EventStatus.PLANNED)),
        )
    )
    came = Attendance.objects.within(scope).filter(
        revoked_at=None,
        event__starts_at__gte=clock.midnight(month.begins_on),
        event__starts_at__lt=clock.midnight(month.ends_on),
    )
    return [
        Figure(
            _("Events held this month"),
            counts["held"],
            _("%(n)s more planned") % {"n": counts["planned"]},
            url_of("admin:events_event_changelist"),
        ),
        Figure(
            _("Sign-ins this month"),
            came.count(),
            _("times people came, counted from the lists"),
            url_of("admin:events_attendance_changelist"),
        ),
    ]


def weeks_of(looker: Looker, day: date) -> list[Week]:
    """Events by the week they begin in, from eight weeks back to four ahead."""
    scope = looker.scope("events.view_event")
    if not scope:
        return []
    this = week_of(day).begins_on
    first = this - timedelta(weeks=WEEKS_BACK)
    span = Period(first, this + timedelta(weeks=WEEKS_AHEAD + 1))
    counted = {
        clock.day_of(week): (held, planned)
        for week, held, planned in Event.objects.within(scope)
        .filter(begins_within(span))
        .annotate(week=TruncWeek("starts_at"))
        .values("week")
        .order_by("week")
        .annotate(
            held=Count("pk", filter=Q(status=EventStatus.HELD)),
            planned=Count("pk", filter=Q(status=EventStatus.PLANNED)),
        )
        .values_list("week", "held", "planned")
    }
    begins = [first + timedelta(weeks=n) for n in range(WEEKS_BACK + WEEKS_AHEAD + 1)]
    return [Week(begin, *counted.get(begin, (0, 0))) for begin in begins]


def unit_link(unit: Unit) -> str:
    return f"{reverse('admin:index')}?unit={unit.pk}"
