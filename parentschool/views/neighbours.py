"""The people of a village on the phone of its lead: who learns here, and taking somebody in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import SignedInRequest, permission_required, scope_for
from accounts.refusals import tell_refusal
from parentschool.forms.neighbours import NeighbourForm
from parentschool.queries.neighbours import MOST, neighbourhoods, neighbours
from parentschool.services.learners import take_in_neighbour
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError

PERMISSION = "parentschool.add_membership"


@permission_required(PERMISSION)
@require_http_methods(["GET", "POST"])
def neighbour_list(request: SignedInRequest) -> HttpResponse:
    """Who learns here this school year. A name is searched by post, so that it does not stand in an address."""
    reach = scope_for(request.user, PERMISSION)
    typed = request.POST.get("q", "").strip()
    year = SchoolYear.of(clock.today())
    people = neighbours(reach, year=year, named=typed)
    context = {
        "people": people,
        "year": year,
        "typed": typed,
        "units": neighbourhoods(reach),
        "is_cut": len(people) == MOST,
    }
    return render(request, "work/neighbour_list.html", context)


@permission_required(PERMISSION)
@require_http_methods(["GET", "POST"])
def neighbour_new(request: SignedInRequest) -> HttpResponse:
    form = NeighbourForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            learner = take_in_neighbour(
                given["unit"],
                name=given["name"],
                phone=given["phone"],
                household=given["household"],
                is_another=given["is_another"],
                actor=request.user,
                now=clock.now(),
            )
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is taken in.") % {"name": learner.person.name})
            return redirect("neighbour_list")
    asks = form.is_bound and bool(form.errors.keys() & {"name", "phone"}) and form.data.get("name")
    return render(request, "work/neighbour_new.html", {"form": form, "asks": asks})
