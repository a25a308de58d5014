"""Records on a phone: of whom, what, and the latest ones."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import SignedInRequest, allows, load_or_404, permission_required, scope_for
from accounts.refusals import tell_refusal
from events.forms import ReasonForm
from events.forms.records import RecordForm
from events.models import Record
from events.queries.records import (
    MOST_PEOPLE,
    children_of,
    events_lately,
    learners_named,
    records_lately,
)
from events.services.records import kinds_for, put_down_record, settle_complaint, take_back_record
from parentschool.models import Membership
from portal.kernel import clock
from portal.kernel.errors import PortalError


@permission_required("events.add_record")
@require_http_methods(["GET", "POST"])
def record_new(request: SignedInRequest) -> HttpResponse:
    """Of whom: a name is searched by post, so that it does not stand in an address."""
    typed = request.POST.get("q", "").strip()
    reach = scope_for(request.user, "events.add_record")
    learners = learners_named(reach, typed, today=clock.today()) if typed else []
    context = {"typed": typed, "learners": learners, "is_cut": len(learners) == MOST_PEOPLE}
    return render(request, "work/record_new.html", context)


@permission_required("events.add_record")
@require_http_methods(["GET", "POST"])
def record_person(request: SignedInRequest, pk: int) -> HttpResponse:
    rows = Membership.objects.select_related("person", "school").defer("person__phone")
    learner: Membership = load_or_404(rows, pk, person=request.user, permission="events.add_record")
    kinds = kinds_for(request.user, learner.school)
    form = RecordForm(
        request.POST or None,
        kinds=kinds,
        children=children_of(learner.person),
        events=events_lately(learner.school, today=clock.today()),
        today=clock.today(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            put_down_record(
                learner.person, unit=learner.school, **form.told(), actor=request.user, now=clock.now()
            )
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            messages.success(request, _("Put down for %(person)s.") % {"person": learner.person})
            return redirect("record_list")
    return render(request, "work/record_person.html", {"learner": learner, "form": form, "kinds": kinds})


@permission_required("events.view_record")
@require_GET
def record_list(request: SignedInRequest) -> HttpResponse:
    """The own records, or those of all colleagues in reach."""
    may_add = allows(request.user, "events.add_record")
    of_all = "all" in request.GET or not may_add
    context = {
        "records": records_lately(
            scope_for(request.user, "events.view_record"), entered_by=None if of_all else request.user
        ),
        "of_all": of_all,
        "may_add": may_add,
        "may_change": allows(request.user, "events.change_record"),
    }
    return render(request, "work/record_list.html", context)


@permission_required("events.change_record")
@require_http_methods(["GET", "POST"])
def record_take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, settles=False)


@permission_required("events.change_record")
@require_http_methods(["GET", "POST"])
def record_settle(request: SignedInRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, settles=True)


def _asked(request: SignedInRequest, pk: int, *, settles: bool) -> HttpResponse:
    rows = Record.objects.select_related("kind", "person", "unit").defer("person__phone")
    record: Record = load_or_404(rows, pk, person=request.user, permission="events.change_record")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["reason"]
        try:
            if settles:
                settle_complaint(record, note=words, actor=request.user, now=clock.now())
            else:
                take_back_record(record, reason=words, actor=request.user, now=clock.now())
        except PortalError as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(
                request, _("The complaint is settled.") if settles else _("The record is taken back.")
            )
            return redirect("record_list")
    return render(request, "work/record_reason.html", {"record": record, "form": form, "settles": settles})
