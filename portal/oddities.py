"""What in the data looks odd: each oddity in a sentence with what to do, and its rows with the page where it is done.

An oddity is not an error: nothing is refused or changed because of it. Rows are those within reach of who looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Level
from accounts.models import Person, RoleAssignment, Unit
from accounts.queries import open_units
from accounts.scopes import Scope
from events.enums import EventStatus
from events.models import Attendance, Event
from parentschool.models import Child, Guardianship, SchoolClass
from portal.home.face import url_of
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear

ROLL_IS_LATE = timedelta(days=7)
SHOWN = 200
"""Rows that a page lists; counts stop there too."""
KEPT = 60
"""Seconds for which the start page keeps the counts of a reach."""

Rows = Callable[[Scope, datetime], "QuerySet[Any]"]


@dataclass(frozen=True)
class Oddity:
    """`permission` is needed for what is to be done; `words` says what is odd, `advice` what to do about it."""

    code: str
    permission: str
    words: str | Promise
    advice: str | Promise
    rows: Rows
    name: Callable[[Any], str]
    url: Callable[[Any], str]


@dataclass(frozen=True)
class Found:
    oddity: Oddity
    number: int

    @property
    def is_more(self) -> bool:
        return self.number > SHOWN


def children_without_guardian(reach: Scope, now: datetime) -> QuerySet[Child]:
    cares = Guardianship.objects.filter(child=OuterRef("pk"), ended_on=None)
    children: QuerySet[Child] = Child.objects.within(reach).filter(~Exists(cares), left_on=None)
    return children.select_related("school_class__school").order_by("path", "name")


def classes_without_children(reach: Scope, now: datetime) -> QuerySet[SchoolClass]:
    children = Child.objects.filter(school_class=OuterRef("pk"), left_on=None)
    classes: QuerySet[SchoolClass] = SchoolClass.objects.within(reach).filter(
        ~Exists(children), closed_on=None
    )
    return classes.select_related("school").order_by("path")


def signed_in_too_early(reach: Scope, now: datetime) -> QuerySet[Attendance]:
    """On the list of an event of a day to come."""
    tomorrow = clock.midnight(clock.day_of(now) + timedelta(days=1))
    early: QuerySet[Attendance] = Attendance.objects.within(reach).filter(
        revoked_at=None, event__starts_at__gte=tomorrow
    )
    return early.select_related("person", "event__host").order_by("event__starts_at", "pk")


def events_without_roll(reach: Scope, now: datetime) -> QuerySet[Event]:
    """Of this school year, ended a week ago or longer, and nobody on the list."""
    year = SchoolYear.of(clock.day_of(now)).period
    came = Attendance.objects.filter(event=OuterRef("pk"), revoked_at=None)
    events: QuerySet[Event] = (
        Event.objects.within(reach)
        .filter(~Exists(came), ends_at__lte=now - ROLL_IS_LATE, starts_at__gte=clock.midnight(year.begins_on))
        .exclude(status=EventStatus.CANCELLED)
    )
    return events.select_related("host").order_by("-ends_at", "-pk")


def perhaps_one_person(reach: Scope, now: datetime) -> QuerySet[Person]:
    """Another record in reach has the same name and the same number; the later of the two is shown."""
    people = Person.objects.within(reach).exclude(phone_index="")
    several = people.order_by().values("phone_index").annotate(n=Count("pk")).filter(n__gt=1)
    twin = Person.objects.within(reach).filter(
        name=OuterRef("name"), phone_index=OuterRef("phone_index"), joined_into=None, pk__lt=OuterRef("pk")
    )
    return (
        people.filter(phone_index__in=several.values("phone_index"))
        .filter(Exists(twin), joined_into=None, is_active=True)
        .select_related("home")
        .defer("phone")
        .order_by("path", "name", "pk")
    )


def schools_without_lead(reach: Scope, now: datetime) -> QuerySet[Unit]:
    day = clock.day_of(now)
    leads = RoleAssignment.objects.filter(
        unit=OuterRef("pk"), role="school_lead", valid_from__lte=day
    ).filter(Q(valid_until=None) | Q(valid_until__gt=day))
    schools = open_units(day).filter(reach.q("path"), ~Exists(leads), level=Level.SCHOOL)
    return schools.annotate(above=F("parent__name")).order_by("path")


ODDITIES: dict[str, Oddity] = {
    oddity.code: oddity
    for oddity in (
        Oddity(
            "early",
            "events.change_attendance",
            _("People are on the list of an event that has not taken place"),
            _("Check the day of the event, or take these people off its list."),
            signed_in_too_early,
            lambda row: f"{row.person.name} · {row.event} · {date_format(clock.day_of(row.event.starts_at))}",
            lambda row: url_of("attendance_correct", row.pk),
        ),
        Oddity(
            "no_roll",
            "events.add_attendance",
            _("Events ended a week ago or longer, and nobody is on the list"),
            _("Take the roll from the paper list, or call the event off if it did not take place."),
            events_without_roll,
            lambda row: f"{row.title} · {row.host} · {date_format(clock.day_of(row.starts_at))}",
            lambda row: url_of("roll_call", row.pk),
        ),
        Oddity(
            "no_guardian",
            "parentschool.change_child",
            _("Children without a guardian"),
            _("Enter the guardian who looks after the child; without one the family cannot be reached."),
            children_without_guardian,
            lambda row: f"{row.name} · {row.school_class.school} {row.school_class}",
            lambda row: url_of("admin:parentschool_child_change", row.pk),
        ),
        Oddity(
            "no_children",
            "parentschool.change_schoolclass",
            _("Classes without children"),
            _("Import the class list, or close the class if it is no more."),
            classes_without_children,
            lambda row: f"{row.school} {row}",
            lambda row: url_of("admin:parentschool_schoolclass_change", row.pk),
        ),
        Oddity(
            "twice",
            "accounts.change_person",
            _("Two records with the same name and the same number"),
            _("See whether they are one person; if so, join the two records."),
            perhaps_one_person,
            lambda row: f"{row.name} · ****{row.phone_tail} · {row.home or '–'}",
            lambda row: url_of("admin:accounts_person_join", row.pk),
        ),
        Oddity(
            "no_lead",
            "accounts.add_roleassignment",
            _("Parent schools without a lead"),
            _("Give somebody the role of parent-school lead, so that events and rolls can be entered there."),
            schools_without_lead,
            lambda row: f"{row.name} · {row.above}",
            lambda row: f"{url_of('admin:accounts_roleassignment_add')}?unit={row.pk}&role=school_lead",
        ),
    )
}


def oddities_within(scopes: Callable[[str], Scope], *, now: datetime) -> list[Found]:
    """Those that occur; `scopes` gives the reach of a permission. Counts are kept for a minute."""
    found = []
    for oddity in ODDITIES.values():
        reach = scopes(oddity.permission)
        if not reach:
            continue
        key = f"oddity-{oddity.code}-{'-'.join(reach.paths)}"
        number: int | None = cache.get(key)
        if number is None:
            number = oddity.rows(reach, now).order_by()[: SHOWN + 1].count()
            cache.set(key, number, KEPT)
        if number:
            found.append(Found(oddity, number))
    return found
