"""How one signs in oneself: ways, open sessions, and proving once more who is there."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import PasswordSetView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import phones
from accounts.access import SignedInRequest
from accounts.models import WeChatBinding
from accounts.services.sessions import NoSuchSession, end_all_sessions, end_session, open_sessions
from accounts.services.sms_codes import CodeRefused
from accounts.sign_in import ticket, wechat_came, work
from accounts.sign_in.devices import inside_wechat
from accounts.sign_in.entering import BY_CODE
from accounts.sign_in.forms import CodeForm, WorkForm
from accounts.sign_in.pages import next_of, refused, send_code, to
from accounts.sign_in.typed import is_redeemed
from portal.kernel import clock, sms


@login_required
@require_GET
def own_sign_in(request: SignedInRequest) -> HttpResponse:
    person = request.user
    kinds = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    return render(
        request,
        "account/own.html",
        {
            "tab": "me",
            "sessions": open_sessions(person, current_key=request.session.session_key),
            "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
            "offers_codes": sms.is_offered(),
            "has_wechat": WeChatBinding.objects.filter(person=person).exists(),
            "wechat_waits": wechat_came.waiting(request) is not None,
            "inside_wechat": inside_wechat(request),
            "has_app": Authenticator.Type.TOTP in kinds,
            "has_password": person.has_usable_password(),
        },
    )


@login_required
@require_POST
def end_one(request: SignedInRequest, pk: int) -> HttpResponse:
    try:
        end_session(request.user, pk, now=clock.now())
    except NoSuchSession as gone:
        raise Http404 from gone
    messages.success(request, _("That device is signed out."))
    return redirect("account_own")


@login_required
@require_POST
def end_all(request: SignedInRequest) -> HttpResponse:
    end_all_sessions(request.user, now=clock.now())
    logout(request)
    messages.success(request, _("You are signed out on every device."))
    return redirect("account_login")


class SetPasswordView(PasswordSetView):
    def get_success_url(self) -> str:
        return reverse("account_own")


set_password = SetPasswordView.as_view()


class AddPasskeyView(AddWebAuthnView):
    """A passkey needs no recovery codes: the code by SMS and the password stay."""

    def get_success_url(self) -> str:
        return reverse("mfa_list_webauthn")


add_passkey = AddPasskeyView.as_view()


# ── Proving once more, by a code ─────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def proof(request: SignedInRequest) -> HttpResponse:
    """Ask for a code to the number on record, never to another."""
    refusal = None
    if request.method == "POST" and request.user.phone:
        form = WorkForm(request.POST)
        refusal = send_code(request, request.user.phone, form.proof if form.is_valid() else None)
        if refusal is None:
            return redirect(to("account_proof_code", request))
    return proof_page(request, "account/proof.html", refusal)


@login_required
@require_http_methods(["GET", "POST"])
def proof_code(request: SignedInRequest) -> HttpResponse:
    kept = ticket.kept(request)
    if kept is None or kept.number != request.user.phone:
        return redirect(to("account_proof", request))
    form = CodeForm(request.POST or None)
    if is_redeemed(request, form, kept):
        ticket.drop(request)
        record_authentication(request, request.user, BY_CODE, reauthenticated=True)
        return redirect(next_of(request) or "account_own")
    return proof_page(
        request, "account/proof_code.html", form=form, shown=kept.shown if settings.DEMO else ""
    )


def proof_page(
    request: SignedInRequest, template: str, refusal: CodeRefused | None = None, **more: Any
) -> HttpResponse:
    shown = {
        "number": phones.mask(request.user.phone),
        "next": next_of(request),
        "challenge": work.challenge(),
        "bits": work.BITS,
    }
    return render(request, template, {**shown, **refused(refusal), **more})
