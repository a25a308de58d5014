"""Which families have been reached this school year, and which not yet."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Person
from accounts.scopes import Scope
from parentschool.enums import VisitOutcome
from parentschool.models import Child, Guardianship, HomeVisit, SchoolClass
from portal.kernel.calendar import SchoolYear

MOST_CLASSES = 80
MOST_CHILDREN = 200


def visits_of_year(day: date) -> QuerySet[HomeVisit]:
    """Visits that stand, of the school year in which the day lies."""
    year = SchoolYear.of(day).period
    return HomeVisit.objects.filter(
        revoked_at=None, visited_on__gte=year.begins_on, visited_on__lt=year.ends_on
    )


def children_to_visit(
    reach: Scope, *, today: date, class_id: int | None = None, named: str = ""
) -> list[Child]:
    """Children at school, those whose family was not met this school year first, each with `was_met`, `was_tried`
    and `last_visit_on`."""
    visits = visits_of_year(today).filter(child=OuterRef("pk"))
    last = HomeVisit.objects.filter(child=OuterRef("pk"), revoked_at=None).order_by("-visited_on")
    children: QuerySet[Child] = Child.objects.within(reach).filter(left_on=None)
    if class_id is not None:
        children = children.filter(school_class=class_id)
    if named:
        children = children.filter(name__startswith=named)
    return list(
        children.annotate(
            was_met=Exists(visits.filter(outcome=VisitOutcome.CONTACT)),
            was_tried=Exists(visits),
            last_visit_on=Subquery(last.values("visited_on")[:1]),
        )
        .select_related("school_class")
        .order_by("was_met", "was_tried", "path", "name", "pk")[:MOST_CHILDREN]
    )


def classes_to_visit(reach: Scope, *, today: date) -> list[SchoolClass]:
    """Classes in reach with `children_count` and `met_count`, how many families were met this school year; empty
    where there are more than a phone can show."""
    at_school = Child.objects.filter(school_class=OuterRef("pk"), left_on=None).order_by()
    met = Exists(visits_of_year(today).filter(child=OuterRef("pk"), outcome=VisitOutcome.CONTACT))

    def counted(children: QuerySet[Child]) -> Coalesce:
        each = children.values("school_class").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(each, output_field=IntegerField()), 0)

    classes: Any = SchoolClass.objects.within(reach).filter(closed_on=None)
    found: list[SchoolClass] = list(
        classes.annotate(children_count=counted(at_school), met_count=counted(at_school.filter(met)))
        .select_related("school")
        .order_by("path")[: MOST_CLASSES + 1]
    )
    return found if len(found) <= MOST_CLASSES else []


def guardians_of(child: Child) -> list[Guardianship]:
    """Guardians of today, without their phones."""
    return list(
        Guardianship.objects.filter(child=child, ended_on=None)
        .select_related("guardian")
        .defer("guardian__phone")
        .order_by("pk")
    )


def recent_visits(reach: Scope, *, visitor: Person | None = None, limit: int = 40) -> list[HomeVisit]:
    """Visits in reach, of everybody or of one visitor, the latest first and revoked ones too."""
    visits: QuerySet[HomeVisit] = HomeVisit.objects.within(reach)
    if visitor is not None:
        visits = visits.filter(visitor=visitor)
    return list(
        visits.select_related("child__school_class", "met", "visitor")
        .defer("met__phone", "visitor__phone")
        .order_by("-visited_on", "-pk")[:limit]
    )
