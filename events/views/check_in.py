"""What a scan of the wall opens, in anybody's browser.

Looking changes nothing: the scan leaves a signed claim in a cookie of this browser, and one button signs in whoever of
the family came. Who has to sign in to the portal or to register first comes back to the same address, where the claim
counts although the code has expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import SignedInRequest, assignments_of
from accounts.models import Person
from events import rules
from events.engine.check_in import Pass
from events.enums import Method
from events.forms import HostCodeForm
from events.models import Attendance, Event
from events.queries import Household, household
from events.services import check_in, scan_by_host_code
from events.services.codes import (
    CodeExpired,
    Scan,
    claim_of,
    event_of_code,
    new_mark,
    pass_of,
    read_claim,
    sign_claim,
)
from portal.kernel import clock
from portal.kernel.errors import PortalError

MARK_LIFE = 24 * 3600
"""Seconds for which a browser keeps its mark: it serves one event."""


@dataclass(frozen=True)
class Comer:
    """Somebody of the family on the page: who, as what, and whether they are on the list already."""

    pk: int
    name: str
    relation: str
    row: Attendance | None
    ticked: bool


@never_cache
@require_http_methods(["GET", "POST"])
def check_in_scan(request: HttpRequest, token: str) -> HttpResponse:
    try:
        mark = mark_of(request)
        claim = _claim(request, token, mark)
        scan = read_claim(claim, clock.now(), mark=mark)
    except CodeExpired as refusal:
        return _refused(request, refusal)
    if not request.user.is_authenticated:
        return _remember(request, redirect_to_login(request.path), scan, mark)
    return _remember(request, _family_page(request, scan), scan, mark)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def check_in_family(request: SignedInRequest) -> HttpResponse:
    """The same page once more, by the claim alone: others of the family came too."""
    try:
        scan = read_claim(_kept_claim(request), clock.now(), mark=mark_of(request))
    except CodeExpired as refusal:
        return _refused(request, refusal)
    return _family_page(request, scan)


@login_required
@require_http_methods(["GET", "POST"])
def check_in_by_code(request: SignedInRequest) -> HttpResponse:
    """For who cannot scan: six digits from the wall."""
    form, mark = HostCodeForm(request.POST or None), mark_of(request)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            scan = scan_by_host_code(form.cleaned_data["code"], person_id=request.user.pk, mark=mark, now=now)
            check_in(scan, person_id=request.user.pk, now=now)
        except PortalError as refusal:
            form.add_error("code", str(refusal))
        else:
            return _remember(request, redirect("check_in_done", scan.event_id), scan, mark)
    return render(request, "events/check_in_by_code.html", {"form": form})


@login_required
@require_GET
def check_in_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """For the person who signed in, and for nobody else."""
    own = Q(person=request.user) | Q(taken_by=request.user, method=Method.WALL_CODE)
    rows = list(
        Attendance.objects.filter(own, event=pk)
        .select_related("event__host", "event__kind", "person")
        .defer("person__phone")
        .order_by("pk")
    )
    rows = [row for row in rows if row.revoked_at is None or row.is_pending]
    if not rows:
        raise Http404
    event = rows[0].event
    signed_in = {row.person_id for row in rows}
    context = {
        "event": event,
        "rows": rows,
        "pending": [row for row in rows if row.is_pending],
        "may_add": _holds_claim(request, event)
        and any(one.pk not in signed_in for one in household(request.user, event).others),
    }
    return render(request, "events/check_in_done.html", context)


def mark_of(request: HttpRequest) -> str:
    """What tells this browser from another; a new one for a browser that has none."""
    return request.COOKIES.get(settings.CHECK_IN_MARK_COOKIE_NAME) or new_mark()


def _family_page(request: Any, scan: Scan) -> HttpResponse:
    event = Event.objects.select_related("host", "kind").filter(pk=scan.event_id).first()
    if event is None:
        raise Http404
    refusal: PortalError | None = None
    if request.method == "POST":
        try:
            check_in(
                scan,
                person_id=request.user.pk,
                people=_keys(request.POST.getlist("who")) if "family" in request.POST else None,
                child_id=next(iter(_keys([request.POST.get("child", "")])), None),
                now=clock.now(),
            )
        except PortalError as refused:
            if refused.details.get("field") != "who":
                return _refused(request, refused, event)
            refusal = refused
        else:
            return redirect("check_in_done", event.pk)
    family = household(request.user, event)
    comers = _comers(request.user, event, family)
    context = {
        "event": event,
        "comers": comers,
        "me": comers[0],
        "children": family.children.items() if len(family.children) > 1 else (),
        "is_done": all(one.row for one in comers),
        "refusal": refusal,
    }
    return render(request, "events/check_in.html", context, status=409 if refusal else 200)


def _comers(person: Person, event: Event, family: Household) -> list[Comer]:
    """The person first, then who else cares for the same children."""
    keys = [person.pk, *(one.pk for one in family.others)]
    standing = {
        row.person_id: row
        for row in event.attendances.filter(person__in=keys)
        if row.revoked_at is None or row.is_pending
    }
    me = Comer(person.pk, person.name, "", standing.get(person.pk), ticked=True)
    return [me] + [
        Comer(one.pk, one.name, one.relation, standing.get(one.pk), ticked=False) for one in family.others
    ]


def _claim(request: HttpRequest, token: str, mark: str) -> str:
    """The claim of this scan: made now of a living code, or left by an earlier look at the same event's code.
    Raises CodeExpired."""
    now = clock.now()
    try:
        return claim_of(token, now, mark=mark)
    except CodeExpired as refusal:
        kept = _kept_claim(request)
        if not kept:
            raise
        if read_claim(kept, now, mark=mark).event_id != event_of_code(token):
            raise refusal from None
        return kept


def _kept_claim(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.CHECK_IN_COOKIE_NAME, "")


def _holds_claim(request: HttpRequest, event: Event) -> bool:
    try:
        return read_claim(_kept_claim(request), clock.now(), mark=mark_of(request)).event_id == event.pk
    except CodeExpired:
        return False


def _remember(request: HttpRequest, response: HttpResponse, scan: Scan, mark: str) -> HttpResponse:
    claim = sign_claim(scan, _pass(request), session_key=request.session.session_key or "")
    for name, value, life in (
        (settings.CHECK_IN_COOKIE_NAME, claim, int(rules.CLAIM_LIFE.total_seconds())),
        (settings.CHECK_IN_MARK_COOKIE_NAME, mark, MARK_LIFE),
    ):
        response.set_cookie(
            name, value, max_age=life, secure=settings.PRODUCTION, httponly=True, samesite="Lax"
        )
    return response


def _pass(request: HttpRequest) -> Pass | None:
    """For parents, who may take the short way while the claim lives; not for whoever holds a role, nor where the
    session ends before the claim does."""
    if not isinstance(request.user, Person) or assignments_of(request.user):
        return None
    _idle, in_all = settings.SESSION_LIMITS["others"]
    ends = request.session.get("began_at", 0) + in_all
    if ends <= (clock.now() + rules.CLAIM_LIFE).timestamp():
        return None
    return pass_of(request.user)


def _keys(texts: list[str]) -> list[int]:
    return list(dict.fromkeys(int(text) for text in texts if text.isdecimal() and len(text) < 19))


def _refused(request: HttpRequest, refusal: PortalError, event: Event | None = None) -> HttpResponse:
    context = {"refusal": refusal, "event": event, "title": _("Not signed in")}
    return render(request, "events/check_in_refused.html", context, status=409)
