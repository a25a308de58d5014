"""What is kept of people and why, in words; what each has agreed to; and asking anew where a text really changed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import SignedInRequest
from accounts.enums import Asked
from accounts.forms import DecisionsForm
from accounts.middleware import CONSENTS
from accounts.models import PurposeText
from accounts.queries import consents_of, persons_in_charge, texts_in_force, told_only
from accounts.services.consents import TextsChanged, record_decisions
from portal.kernel import clock


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """Every purpose with its words, and who answers for it; open to everybody."""
    context = {"texts": texts_in_force(), "in_charge": persons_in_charge()}
    return render(request, "accounts/privacy.html", context)


@require_GET
def privacy_text(request: HttpRequest, code: str) -> HttpResponse:
    """One document: the version in force, or an earlier one; open to everybody."""
    versions = PurposeText.objects.filter(purpose__code=code).select_related("purpose").order_by("-number")
    asked = request.GET.get("version", "")
    text = (
        versions.filter(number=int(asked)).first()
        if asked.isdecimal() and len(asked) < 5
        else versions.first()
    )
    if text is None:
        raise Http404
    context = {"text": text, "versions": versions, "in_charge": persons_in_charge()}
    return render(request, "accounts/privacy_text.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def own_consents(request: SignedInRequest) -> HttpResponse:
    """Agree or withdraw, one tap each way."""
    states = consents_of(request.user)
    if request.method == "POST":
        given = request.POST
        shown = [int(pk) for pk in given.getlist("shown") if pk.isdecimal() and len(pk) < 19]
        try:
            made = record_decisions(
                request.user,
                agreed={given.get("code", ""): given.get("decision") == DecisionsForm.YES},
                shown=shown,
                asked=Asked.OWN_PAGE,
                actor=request.user,
                now=clock.now(),
            )
        except TextsChanged as refusal:
            messages.error(request, str(refusal))
        else:
            request.session.pop(CONSENTS, None)
            if made:
                messages.success(
                    request, _("Noted. It holds from now on, and you can change your mind at any time.")
                )
        return redirect("own_consents")
    context = {"states": states, "told": told_only(), "in_charge": persons_in_charge(), "tab": "me"}
    return render(request, "accounts/own_consents.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def consent_ask(request: SignedInRequest) -> HttpResponse:
    """Before anything else, where a required consent is lacking: agree, or refuse and be told what that means."""
    back = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    states = consents_of(request.user)
    if not any(state.is_lacking for state in states):
        return redirect(back)
    form = DecisionsForm(
        request.POST or None,
        texts=[state.text for state in states],
        agreed={state.purpose.code: True for state in states if state.holds},
    )
    if request.method == "POST" and form.is_valid():
        try:
            record_decisions(
                request.user,
                agreed=form.agreed,
                shown=form.cleaned_data["shown"],
                asked=Asked.SIGN_IN,
                actor=request.user,
                now=clock.now(),
            )
        except TextsChanged as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())
        if not form.refuses_required:
            return redirect(back)
    context = {
        "form": form,
        "next": back,
        "told": told_only(),
        "in_charge": persons_in_charge(),
        "refused": form.is_bound and form.is_valid(),
        "is_anew": any(state.latest for state in states),
    }
    return render(request, "accounts/consent_ask.html", context)
