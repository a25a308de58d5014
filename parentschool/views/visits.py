"""Home visits on a phone: whom to visit, recording a visit, the own visits."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import SignedInRequest, allows, load_or_404, permission_required, scope_for
from accounts.refusals import tell_refusal
from parentschool.enums import VisitOutcome
from parentschool.forms.visits import VisitForm, VisitRevokeForm
from parentschool.models import Child, HomeVisit
from parentschool.queries.visits import (
    MOST_CHILDREN,
    children_to_visit,
    classes_to_visit,
    guardians_of,
    recent_visits,
)
from parentschool.services.visits import record_home_visit, revoke_home_visit
from portal.kernel import clock
from portal.kernel.errors import PortalError


@permission_required("parentschool.add_homevisit")
@require_http_methods(["GET", "POST"])
def visit_new(request: SignedInRequest) -> HttpResponse:
    """Whom to visit: classes first where there are several, then children, the unreached first. A name is searched by
    post, so that it does not stand in an address."""
    reach, today = scope_for(request.user, "parentschool.add_homevisit"), clock.today()
    classes = classes_to_visit(reach, today=today)
    typed = request.POST.get("q", "").strip()
    chosen = _chosen(request.GET.get("class"), [item.pk for item in classes])
    children: list[Child] = []
    if typed or chosen is not None:
        children = children_to_visit(reach, today=today, class_id=None if typed else chosen, named=typed)
    context = {
        "classes": classes,
        "chosen": next((item for item in classes if item.pk == chosen and not typed), None),
        "children": children,
        "typed": typed,
        "is_cut": len(children) == MOST_CHILDREN,
        "met": sum(child.was_met for child in children),
    }
    return render(request, "work/visit_new.html", context)


@permission_required("parentschool.add_homevisit")
@require_http_methods(["GET", "POST"])
def visit_child(request: SignedInRequest, pk: int) -> HttpResponse:
    rows = Child.objects.select_related("school_class__school")
    child: Child = load_or_404(rows, pk, person=request.user, permission="parentschool.add_homevisit")
    form = VisitForm(request.POST or None, guardianships=guardians_of(child), today=clock.today())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            record_home_visit(
                child,
                visited_on=given["visited_on"],
                outcome=VisitOutcome(given["outcome"]),
                met=form.met_person,
                note=given["note"],
                visitor=request.user,
                actor=request.user,
                now=clock.now(),
            )
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            messages.success(request, _("The visit to %(child)s is recorded.") % {"child": child})
            return redirect("visit_list")
    earlier = child.home_visits.filter(revoked_at=None).select_related("visitor").defer("visitor__phone")
    context = {"child": child, "form": form, "earlier": earlier.order_by("-visited_on", "-pk")[:5]}
    return render(request, "work/visit_child.html", context)


@permission_required("parentschool.view_homevisit")
@require_GET
def visit_list(request: SignedInRequest) -> HttpResponse:
    """The own visits, or those of all colleagues in reach."""
    reach = scope_for(request.user, "parentschool.view_homevisit")
    may_add = allows(request.user, "parentschool.add_homevisit")
    of_all = "all" in request.GET or not may_add
    context = {
        "visits": recent_visits(reach, visitor=None if of_all else request.user),
        "of_all": of_all,
        "may_add": may_add,
        "may_revoke": allows(request.user, "parentschool.change_homevisit"),
    }
    return render(request, "work/visit_list.html", context)


@permission_required("parentschool.change_homevisit")
@require_http_methods(["GET", "POST"])
def visit_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    rows = HomeVisit.objects.select_related("child__school_class", "met", "visitor")
    visit: HomeVisit = load_or_404(rows, pk, person=request.user, permission="parentschool.change_homevisit")
    form = VisitRevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        revoke_home_visit(visit, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
        messages.success(request, _("The visit is taken back."))
        return redirect("visit_list")
    return render(request, "work/visit_revoke.html", {"visit": visit, "form": form})


def _chosen(asked: Any, offered: list[int]) -> int | None:
    """The class asked for, or the only one."""
    if isinstance(asked, str) and asked.isdecimal() and int(asked) in offered:
        return int(asked)
    return offered[0] if len(offered) == 1 else None
