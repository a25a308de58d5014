"""The families whom nobody has reached yet, by name, for those who can go and see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import tablib
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import Refused, SignedInRequest, allows, permission_required, scope_for
from accounts.exports import send_table
from accounts.models import Person, Unit
from accounts.paths import WIDTH
from accounts.scopes import Scope
from assessment.engine.metrics.near import NearGround
from assessment.queries.reach import Reach, reach_of
from assessment.queries.unreached import Family, in_order, named
from portal.kernel import clock
from portal.kernel.calendar import Period, SchoolYear, term_of

SEE = "parentschool.view_guardianship"
EXPORT = "parentschool.export_guardianship"
COUNTED = "assessment.view_unitmetric"
A_PAGE = 40


@dataclass(frozen=True)
class Asked:
    """Of which places, and in which period the families should have been reached."""

    reach: Scope
    unit: Unit | None
    day: date
    since: Period
    whole_year: bool

    @property
    def is_wide(self) -> bool:
        """Too much for one list: a station is chosen first."""
        return any(len(path) <= WIDTH for path in self.reach.paths)

    @cached_property
    def ground(self) -> NearGround | None:
        county = Unit.objects.filter(path=self.reach.paths[0][:WIDTH]).first()
        if county is None or self.is_wide:
            return None
        return NearGround(county, self.day, self.reach, since=self.since)

    @property
    def is_blank(self) -> bool:
        """Nobody is entered here whom anybody could reach."""
        return self.ground is None or (
            self.ground.own_children.is_empty() and self.ground.learners.is_empty()
        )

    def families(self) -> list[list[tuple[int | None, int | None]]]:
        return in_order(self.ground.unreached) if self.ground is not None else []


def asked_of(request: HttpRequest, person: Person, permission: str) -> Asked:
    """Raises Refused for a unit outside the person's reach."""
    reach, unit, day = scope_for(person, permission), None, clock.today()
    key = request.GET.get("unit", "")
    if key:
        unit = Unit.objects.within(reach).filter(pk=int(key)).first() if key.isdecimal() else None
        if unit is None:
            raise Refused
        reach = Scope.of(unit.path)
    whole_year = request.GET.get("in") == "year"
    since = SchoolYear.of(day).period if whole_year else term_of(day)
    return Asked(reach, unit, day, since, whole_year)


@permission_required(SEE)
@require_GET
def unreached(request: SignedInRequest) -> HttpResponse:
    """The units to choose from with what the last night counted, and the families of the chosen one as of now."""
    asked = asked_of(request, request.user, SEE)
    page = Paginator(asked.families(), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "page": page,
        "families": named(page.object_list, day=asked.day, since=asked.since, reach=asked.reach),
        "units": units_to_choose(request.user, asked),
        "may_visit": allows(request.user, "parentschool.add_homevisit"),
        "may_export": allows(request.user, EXPORT),
        "in_year": "&in=year" if asked.whole_year else "",
        "in_unit": f"&unit={asked.unit.pk}" if asked.unit else "",
    }
    return render(request, "work/unreached.html", context)


def units_to_choose(person: Person, asked: Asked) -> Reach | None:
    """The units below, those with most families left first; None where there is nothing to choose."""
    counted = scope_for(person, COUNTED)
    top = asked.reach if asked.unit else counted
    found = reach_of(top) if all(counted.covers(path) for path in top.paths) else None
    return found if found and found.below else None


@permission_required(EXPORT)
@require_POST
def unreached_export(request: SignedInRequest) -> HttpResponseBase:
    """The same families as a workbook, phones masked, with a line in the audit."""
    asked = asked_of(request, request.user, EXPORT)
    if asked.is_wide:
        raise Http404
    families = named(asked.families(), day=asked.day, since=asked.since, reach=asked.reach)
    table = tablib.Dataset(
        headers=[_("school"), _("class"), _("child's name"), _("guardians"), _("visited in vain on")]
    )
    for family in families:
        table.append(row_of(family))
    name, place = f"{_('Families not reached yet')} {asked.day}", asked.reach.paths[0]
    return send_table(request, table, table="assessment.unreached", place=place, name=name)


def row_of(family: Family) -> tuple[str | date, ...]:
    guardians = (
        " ".join(part for part in (word, person.name, person.masked_phone) if part)
        for person, word in family.guardians.items()
    )
    return (
        family.school,
        "、".join(dict.fromkeys(str(child.school_class) for child in family.children)),
        "、".join(child.name for child in family.children),
        "；".join(guardians),
        family.tried_on or "",
    )
