"""Objecting on the phone: from a line to a reason in two taps, then what became of it. Works without script."""

from __future__ import annotations

from typing import TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import Refused, SignedInRequest
from assessment.forms.objections import GroundsForm
from assessment.models import Objection, PointEntry
from assessment.queries.explain import explained, explained_with_amends, for_lines, told_lines
from assessment.queries.objections import answer_days, history, standing_against
from assessment.services.objections import file_objection, withdraw_objection
from portal.kernel import clock
from portal.kernel.errors import PortalError

M = TypeVar("M", bound=Model)
SHOWN = 100


def own_or_404(rows: QuerySet[M], request: SignedInRequest, pk: int) -> M:
    """The row if it is the visitor's own, whatever else the visitor may do; otherwise it is not there."""
    found = rows.filter(pk=pk, person=request.user).first()
    if found is None:
        raise Refused
    return found


def own_objections(request: SignedInRequest) -> QuerySet[Objection]:
    return Objection.objects.filter(person=request.user).select_related("decided_by", "adjustment")


@login_required
@require_http_methods(["GET", "POST"])
def object_to_line(request: SignedInRequest, pk: int) -> HttpResponse:
    """The line with its reasons, and the objector's own words."""
    entry = own_or_404(
        PointEntry.objects.select_related("rule__version__scheme", "unit", "person"), request, pk
    )
    standing = standing_against(entry)
    if standing is not None:
        return redirect("objection", standing.pk)
    form = GroundsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = file_objection(
                entry, grounds=form.cleaned_data["grounds"], actor=request.user, now=clock.now()
            )
        except PortalError as refusal:
            form.add_error("grounds", str(refusal))
        else:
            words = _("Your objection has arrived. You get an answer by %(day)s.")
            messages.success(request, words % {"day": date_format(made.due_on)})
            return redirect("objection", made.pk)
    line = explained(PointEntry.objects.filter(pk=entry.pk))[0]
    context = {"tab": "home", "line": line, "form": form, "days": answer_days(entry)}
    return render(request, "assessment/objection/new.html", context)


@login_required
@require_GET
def objections(request: SignedInRequest) -> HttpResponse:
    found = list(own_objections(request)[:SHOWN])
    lines = told_lines(for_lines(PointEntry.objects.filter(pk__in=[each.entry_id for each in found])))
    named = {line.entry.pk: line for line in lines}
    rows = [(each, named[each.entry_id]) for each in found]
    return render(request, "assessment/objection/list.html", {"tab": "home", "rows": rows})


@login_required
@require_GET
def objection(request: SignedInRequest, pk: int) -> HttpResponse:
    found = own_or_404(own_objections(request).select_related("entry"), request, pk)
    line, amends = explained_with_amends(found)
    context = {
        "tab": "home",
        "objection": found,
        "line": line,
        "amends": amends,
        "steps": history(found),
        "may_object": standing_against(found.entry) is None,
    }
    return render(request, "assessment/objection/objection.html", context)


@login_required
@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    found = own_or_404(own_objections(request), request, pk)
    try:
        withdraw_objection(found, actor=request.user, now=clock.now())
        messages.success(request, _("The objection is withdrawn."))
    except PortalError as refusal:
        messages.error(request, str(refusal))
    return redirect("objection", pk)
