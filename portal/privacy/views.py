"""The own data: what is kept and why, a copy, questions about it, and the end of the account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import SignedInRequest
from accounts.refusals import tell_refusal
from parentschool.enums import Wish
from parentschool.forms.requests import AskForm
from parentschool.models import DataRequest
from parentschool.services import data_requests
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.privacy import copies
from portal.privacy.erasure import erase_person
from portal.privacy.forms import EraseForm
from portal.privacy.uses import USES

KINDS = {
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_GET
def what(request: HttpRequest) -> HttpResponse:
    """What the portal keeps of anybody, for what and how long; open without signing in."""
    return render(request, "privacy/what.html", {"tab": "me", "uses": USES.values()})


@never_cache
@login_required
@require_GET
def own(request: SignedInRequest) -> HttpResponse:
    context = {
        "tab": "me",
        "parts": copies.own_data(request.user),
        "asked": DataRequest.objects.filter(person=request.user)
        .select_related("child", "unit")
        .order_by("-pk"),
    }
    return render(request, "privacy/own.html", context)


@login_required
@require_POST
def copy(request: SignedInRequest, kind: str) -> HttpResponse:
    """A copy to take away, as a file for programs or for people."""
    if kind not in KINDS:
        raise Http404
    made = copies.copy_of(request.user, kind=kind, now=clock.now())
    answer = HttpResponse(made, content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="my-data.{kind}"'
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: SignedInRequest) -> HttpResponse:
    form = AskForm(
        request.POST or None,
        initial={"kind": request.GET.get("kind", Wish.CORRECT)},
        children=data_requests.own_children(request.user),
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = data_requests.ask(
                request.user,
                kind=Wish(given["kind"]),
                child=given["child"],
                words=given["words"],
                now=clock.now(),
            )
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            said = _("Received. %(unit)s answers by %(day)s at the latest.")
            day = f"{made.due_on.year}年{made.due_on.month}月{made.due_on.day}日"
            messages.success(request, said % {"unit": made.unit, "day": day})
            return redirect("own_data")
    return render(request, "privacy/ask.html", {"tab": "me", "form": form})


@login_required
@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    asked = get_object_or_404(DataRequest.objects.select_related("unit"), pk=pk, person=request.user)
    try:
        data_requests.withdraw(asked, actor=request.user, now=clock.now())
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Taken back."))
    return redirect("own_data")


@login_required
@require_http_methods(["GET", "POST"])
def erase(request: SignedInRequest) -> HttpResponse:
    form = EraseForm(request.POST or None, name=request.user.name)
    if request.method == "POST" and form.is_valid():
        try:
            erase_person(request.user, actor=request.user, now=clock.now())
        except PortalError as refusal:
            form.add_error(None, str(refusal))
        else:
            logout(request)
            return redirect("erased")
    return render(request, "privacy/erase.html", {"tab": "me", "form": form})


@require_GET
def erased(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/erased.html")
