"""Who came: the roll, walk-ins, the paper sheet, corrections."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import Refused, SignedInRequest, allows, load_or_404, permission_required, scope_for
from accounts.models import Person
from events import rules
from events.enums import Method
from events.forms import ReasonForm, WalkInForm
from events.models import Attendance, Event
from events.queries import Reach, Roll, people_within, roll_of, same_device, search_people
from events.services import (
    accept_attendance,
    add_walk_in,
    enrol_walk_in,
    refuse_attendance,
    restore_attendance,
    revoke_attendance,
    take_roll,
)
from events.services.codes import read_digits
from portal.kernel import clock
from portal.kernel.errors import PortalError

ALL, NONE, WALK_IN, CLASS = "all", "none", "walk_in", "class"


def reach_of(person: Person) -> Reach:
    return Reach(
        families=scope_for(person, "parentschool.view_guardianship"),
        members=scope_for(person, "parentschool.view_membership"),
        people=scope_for(person, "accounts.view_person"),
    )


def event_for_roll(request: SignedInRequest, pk: int) -> Event:
    rows = Event.objects.select_related("host", "kind")
    return load_or_404(rows, pk, person=request.user, permission="events.add_attendance")


@permission_required("events.add_attendance")
@require_http_methods(["GET", "POST"])
def roll_call(request: SignedInRequest, pk: int) -> HttpResponse:
    """The list with one tick a person. Only what was ticked or unticked here is sent on, so that colleagues who take
    the roll at the same time do not undo each other."""
    event, now = event_for_roll(request, pk), clock.now()
    roll = roll_of(event, reach_of(request.user), class_id=_number(_asked(request, "class")))
    refusal: PortalError | None = None
    if request.method == "POST":
        here, gone = _changes(request, roll)
        try:
            taken = take_roll(
                event,
                present=here,
                absent=gone,
                actor=request.user,
                now=now,
                method=_method(request),
                reason=request.POST.get("reason", ""),
            )
        except PortalError as refused:
            refusal = refused
            _keep_ticks(roll, here, gone)
        else:
            messages.success(
                request,
                ngettext("Saved. %(n)s person is here.", "Saved. %(n)s people are here.", taken.present)
                % {"n": taken.present},
            )
            return redirect(_next_page(request, event))
    context = {
        "event": event,
        "roll": roll,
        "ticked": sum(row.ticked for row in roll.rows),
        "missing": sum(not row.ticked for row in roll.rows),
        "was": ",".join(str(row.person_id) for row in roll.rows if row.is_here and not row.is_fixed),
        "refusal": refusal,
        "needs_reason": rules.is_settled(event.ends_at, now),
        "may_begin": rules.has_begun(event.starts_at, now) and not event.is_cancelled,
        "opens_at": rules.doors(event.starts_at, event.ends_at)[0],
        "by_paper": _method(request) == Method.PAPER,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "work/roll_call.html", context)


@permission_required("events.add_attendance")
@require_http_methods(["GET", "POST"])
def walk_in(request: SignedInRequest, pk: int) -> HttpResponse:
    """Somebody who is not on the list: found by name or last four digits, or new. What is typed is posted, so that
    names do not stand in addresses."""
    event = event_for_roll(request, pk)
    may_enrol = allows(request.user, "parentschool.add_membership", event.host)
    typed = request.POST.get("q", "").strip()
    form = WalkInForm(request.POST if "name" in request.POST else None, initial={"name": _as_name(typed)})
    shown = read_digits(typed, clock.today())
    found = search_people(typed, event, reach_of(request.user), person_id=shown)
    refusal: PortalError | None = None
    try:
        if request.method == "POST" and "person" in request.POST:
            return _add_known(request, event)
        if request.method == "POST" and "name" in request.POST and may_enrol and form.is_valid():
            return _add_new(request, event, form)
    except PortalError as refused:
        refusal = refused
        if refused.details.get("field") in form.fields and form.is_bound:
            form.add_error(refused.details["field"], str(refused))
            refusal = None
    context = {
        "event": event,
        "typed": typed,
        "found": found,
        "form": form,
        "may_enrol": may_enrol,
        "refusal": refusal,
        "by_paper": _method(request) == Method.PAPER,
        "by_code": shown is not None,
    }
    return render(request, "work/walk_in.html", context)


@permission_required("events.add_attendance")
@require_GET
def sign_in_sheet(request: SignedInRequest, pk: int) -> HttpResponse:
    """A4, to be signed by hand and entered later on the roll page."""
    event = event_for_roll(request, pk)
    roll = roll_of(event, reach_of(request.user), class_id=_number(request.GET.get("class")))
    bookings = event.bookings.select_related("lecturer__person").defer("lecturer__person__phone")
    context = {
        "event": event,
        "roll": roll,
        "speakers": [str(one.lecturer) for one in bookings] or [event.speaker],
        "guests": range(len(roll.rows) + 1, len(roll.rows) + 11),
    }
    return render(request, "work/sign_in_sheet.html", context)


@permission_required("events.change_attendance")
@require_http_methods(["GET", "POST"])
def attendance_correct(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take somebody off the list or put them back, with a reason; the button says which, so that a second press of it
    does not undo the first."""
    rows = Attendance.objects.select_related("event__host", "person", "taken_by").defer(
        "person__phone", "taken_by__phone"
    )
    row: Attendance = load_or_404(rows, pk, person=request.user, permission="events.change_attendance")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        goes_back = request.POST.get("do", "back" if row.revoked_at else "off") == "back"
        correct = restore_attendance if goes_back else revoke_attendance
        try:
            correct(row, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
        except PortalError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The correction is saved; the points follow overnight."))
            return redirect("roll_call", row.event_id)
    return render(request, "work/attendance_correct.html", {"row": row, "event": row.event, "form": form})


@permission_required("events.change_attendance")
@require_http_methods(["GET", "POST"])
def attendance_doubt(request: SignedInRequest, pk: int) -> HttpResponse:
    """An odd sign-in: staff say whether the person came."""
    rows = Attendance.objects.select_related("event__host", "person", "taken_by").defer(
        "person__phone", "taken_by__phone"
    )
    row: Attendance = load_or_404(rows, pk, person=request.user, permission="events.change_attendance")
    form = ReasonForm(request.POST if request.POST.get("do") == "refuse" else None)
    refusal: PortalError | None = None
    if not row.is_pending:  # said already: by a colleague, or by an earlier press of the same button
        return redirect(
            *(("event_detail", row.event_id) if "do" in request.POST else ("attendance_correct", row.pk))
        )
    try:
        if request.POST.get("do") == "accept":
            accept_attendance(row, actor=request.user, now=clock.now())
            messages.success(request, _("%(name)s is on the list.") % {"name": row.person.name})
            return redirect("event_detail", row.event_id)
        if form.is_bound and form.is_valid():
            refuse_attendance(row, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
            messages.success(request, _("Noted: %(name)s did not come.") % {"name": row.person.name})
            return redirect("event_detail", row.event_id)
    except PortalError as refused:
        refusal = refused
    context = {
        "row": row,
        "event": row.event,
        "form": form,
        "refusal": refusal,
        "others": same_device(row).values_list("person__name", flat=True),
    }
    return render(request, "work/attendance_doubt.html", context)


def _changes(request: SignedInRequest, roll: Roll) -> tuple[list[int], list[int]]:
    """Who was ticked and who was unticked on this page, as far as they stand on the reader's own list."""
    ticked = {int(key) for key in request.POST.getlist("here") if key.isdecimal()} & roll.keys
    was = {int(key) for key in request.POST.get("was", "").split(",") if key.isdecimal()} & roll.keys
    if request.POST.get("do") == ALL:
        ticked = set(roll.keys)
    elif request.POST.get("do") == NONE:
        ticked = set()
    order = [row.person_id for row in roll.rows]
    return [key for key in order if key in ticked - was], [key for key in order if key in was - ticked]


def _keep_ticks(roll: Roll, here: list[int], gone: list[int]) -> None:
    for row in roll.rows:
        row.ticked = row.person_id in here or (row.ticked and row.person_id not in gone)


def _next_page(request: SignedInRequest, event: Event) -> str:
    do = request.POST.get("do", "")
    by = "?by=paper" if _method(request) == Method.PAPER else ""
    if do == WALK_IN:
        return reverse("walk_in", args=[event.pk]) + by
    chosen = do.removeprefix(f"{CLASS}:") if do.startswith(f"{CLASS}:") else request.POST.get("class", "")
    page = reverse("roll_call", args=[event.pk]) + by
    return f"{page}{'&' if by else '?'}class={chosen}" if chosen.isdecimal() else page


def _add_known(request: SignedInRequest, event: Event) -> HttpResponse:
    person = _person_in_reach(request)
    row = add_walk_in(event, person=person, actor=request.user, now=clock.now(), method=_method(request))
    return _added(request, event, row)


def _add_new(request: SignedInRequest, event: Event, form: WalkInForm) -> HttpResponse:
    row = enrol_walk_in(
        event,
        name=form.cleaned_data["name"],
        is_another=form.cleaned_data["is_another"],
        actor=request.user,
        now=clock.now(),
        method=_method(request),
    )
    return _added(request, event, row)


def _added(request: SignedInRequest, event: Event, row: Attendance) -> HttpResponse:
    messages.success(request, _("%(name)s is on the list.") % {"name": row.person.name})
    by = "?by=paper" if _method(request) == Method.PAPER else ""
    return redirect(reverse("walk_in", args=[event.pk]) + by)


def _person_in_reach(request: SignedInRequest) -> Person:
    key = _number(request.POST.get("person"))
    person = people_within(reach_of(request.user)).filter(pk=key).defer("phone").first() if key else None
    if person is None:
        raise Refused
    return person


def _asked(request: SignedInRequest, name: str) -> Any:
    return request.POST.get(name) or request.GET.get(name)


def _number(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 19 else None


def _method(request: SignedInRequest) -> Method:
    ways = {"paper": Method.PAPER, "personal": Method.PERSONAL_CODE}
    return ways.get(_asked(request, "by"), Method.ROLL_CALL)


def _as_name(typed: str) -> str:
    return "" if typed.isdecimal() else typed
