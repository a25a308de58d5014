"""The pages of the door: a number, a code, and, where several people share the number, who one is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import phones
from accounts.models import Person
from accounts.services.sms_codes import (
    PROVED_GAP,
    UNPROVED_GAP,
    CodeRefused,
    request_code,
)
from accounts.sign_in import ticket, wechat_came, work
from accounts.sign_in.devices import inside_wechat
from accounts.sign_in.entering import NotByCode, enter_by_phone, is_known, people_of
from accounts.sign_in.forms import CodeForm, NumberForm, WorkForm
from accounts.sign_in.typed import is_redeemed
from accounts.sign_in.verified import remember_phone, verified_phone
from portal.kernel import clock, sms
from portal.kernel.middleware import client_address

View = Callable[..., HttpResponse]
PASSWORD = "password"  # noqa: S105 - a way to sign in, not a secret
OF_STAFF = ("/admin/", "/work/")


def for_strangers(view: View) -> View:
    """Whoever has signed in has nothing to do here."""

    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(next_of(request) or "home")
        return view(request)

    return guarded


def next_of(request: HttpRequest) -> str:
    """Where the visitor wanted to go, if that is an address of our own; empty otherwise."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else ""


def to(name: str, request: HttpRequest) -> str:
    """The address of another page of the door, which keeps where the visitor wanted to go."""
    wanted = next_of(request)
    return f"{reverse(name)}?{urlencode({'next': wanted})}" if wanted else reverse(name)


# ── The door ─────────────────────────────────────────────────────────────────


@require_http_methods(["GET", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """One address for everybody: parents give a number, staff a name and a password."""
    if wants_password(request):
        return password(request)
    return number(request)


class PasswordView(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "codes_by_sms": sms.is_offered()}


password = PasswordView.as_view()


def wants_password(request: HttpRequest) -> bool:
    if request.method == "POST":
        return "phone" not in request.POST
    if "way" in request.GET:
        return request.GET["way"] == PASSWORD
    return not sms.is_offered() or next_of(request).startswith(OF_STAFF)


@for_strangers
def number(request: HttpRequest) -> HttpResponse:
    form = NumberForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        refusal = send_code(request, form.cleaned_data["phone"], form.proof)
        if refusal is None:
            return redirect(to("account_code", request))
    return render(
        request,
        "account/number.html",
        {
            "form": form,
            "next": next_of(request),
            "inside_wechat": inside_wechat(request),
            "wechat_came": wechat_came.waiting(request) is not None,
            "challenge": work.challenge(),
            "bits": work.BITS,
            **refused(refusal),
        },
    )


def send_code(request: HttpRequest, phone: str, proof: str | None) -> CodeRefused | None:
    """Send a code and remember in the session for which number; or why none was sent."""
    now, secret = clock.now(), ticket.new_secret()
    try:
        row, code = request_code(phone, secret=secret, address=client_address(request), proof=proof, now=now)
    except CodeRefused as refusal:
        return refusal
    shown = code if settings.DEMO else ""
    ticket.keep(request, ticket.Ticket(row.pk, phone, secret, now, shown))
    return None


def refused(refusal: CodeRefused | None) -> dict[str, object]:
    if refusal is None:
        return {}
    free_at = refusal.details.get("free_at")
    seconds = max(1, round((free_at - clock.now()).total_seconds())) if free_at else 0
    return {"refusal": refusal, "free_at": free_at, "wait": seconds, "minutes": -(-seconds // 60)}


# ── The code ─────────────────────────────────────────────────────────────────


@for_strangers
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    kept = ticket.kept(request)
    if kept is None:
        return redirect(to("account_login", request))
    form = CodeForm(request.POST or None)
    if is_redeemed(request, form, kept):
        return proved(request, kept.number)
    return code_page(request, kept, form)


@for_strangers
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    kept = ticket.kept(request)
    if kept is None:
        return redirect(to("account_login", request))
    form = WorkForm(request.POST)
    refusal = send_code(request, kept.number, form.proof if form.is_valid() else None)
    if refusal is None:
        messages.success(request, _("A new code is on its way."))
        return redirect(to("account_code", request))
    return code_page(request, kept, CodeForm(), refusal)


def code_page(
    request: HttpRequest, kept: ticket.Ticket, form: CodeForm, refusal: CodeRefused | None = None
) -> HttpResponse:
    since = int((clock.now() - kept.asked_at).total_seconds())
    return render(
        request,
        "account/code.html",
        {
            "form": form,
            "next": next_of(request),
            "number": phones.mask(kept.number),
            "shown": kept.shown if settings.DEMO else "",
            "left": max(0, PROVED_GAP - since),
            "without_script": since < UNPROVED_GAP,
            "again_at": kept.asked_at + timedelta(seconds=UNPROVED_GAP),
            "challenge": work.challenge(),
            "bits": work.BITS,
            **refused(refusal),
        },
    )


def proved(request: HttpRequest, phone: str) -> HttpResponse:
    """After the right code: in, or first say who of several, or register."""
    ticket.drop(request)
    remember_phone(request, phone, now=clock.now())
    people = people_of(phone)
    if len(people) == 1:
        return enter(request, people[0])
    return redirect(to("account_who" if people else page_for_strangers(phone), request))


def page_for_strangers(phone: str) -> str:
    """Where a number goes with which nobody may sign in: to registration, or, where somebody was let in no more or
    there is no registration, to a page that says whom to ask."""
    if is_known(phone):
        return "account_nobody"
    try:
        reverse("register")
    except NoReverseMatch:
        return "account_nobody"
    return "register"


def enter(request: HttpRequest, person: Person) -> HttpResponse:
    try:
        return enter_by_phone(request, person, next_url=next_of(request))
    except NotByCode:
        return render(request, "account/staff_only.html", {"person": person, "next": next_of(request)})


@for_strangers
@require_http_methods(["GET", "POST"])
def who(request: HttpRequest) -> HttpResponse:
    """Names only, and only to somebody who has just proved to hold the phone that they share."""
    phone = verified_phone(request, now=clock.now())
    people = people_of(phone) if phone else []
    if not people:
        return redirect(to("account_login", request))
    chosen = next((each for each in people if str(each.pk) == request.POST.get("person")), None)
    if chosen is not None:
        return enter(request, chosen)
    return render(
        request,
        "account/who.html",
        {"people": people, "next": next_of(request), "number": phones.mask(phone or "")},
    )


@for_strangers
def nobody(request: HttpRequest) -> HttpResponse:
    phone = verified_phone(request, now=clock.now())
    return render(request, "account/nobody.html", {"number": phones.mask(phone or "")})
