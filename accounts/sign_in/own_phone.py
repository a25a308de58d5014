"""A new number of one's own: typed, proved by a code that goes to it, and put in the place of the old one. The pages
ask for a fresh sign-in first (`step_up`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import phones
from accounts.access import SignedInRequest
from accounts.services.own_phone import change_own_phone
from accounts.sign_in import ticket, work
from accounts.sign_in.forms import CodeForm, NumberForm
from accounts.sign_in.pages import refused, send_code
from accounts.sign_in.typed import is_redeemed
from portal.kernel import clock


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def new_number(request: SignedInRequest) -> HttpResponse:
    """Ask for a code to another number. Staff sign in to the office by theirs, so the office changes it."""
    if request.user.is_staff:
        messages.info(request, _("Numbers of staff are changed by whoever keeps the accounts of your unit."))
        return redirect("account_own")
    form, refusal = NumberForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["phone"]
        if number == request.user.phone:
            form.add_error("phone", _("This is the number that you have here already."))
        else:
            refusal = send_code(request, number, form.proof)
            if refusal is None:
                return redirect("account_phone_code")
    return _page(request, "account/phone.html", form, **refused(refusal))


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def new_number_code(request: SignedInRequest) -> HttpResponse:
    kept = ticket.kept(request)
    if kept is None or kept.number == request.user.phone or request.user.is_staff:
        return redirect("account_own")
    form = CodeForm(request.POST or None)
    if is_redeemed(request, form, kept):
        ticket.drop(request)
        change_own_phone(request.user, number=kept.number, now=clock.now())
        messages.success(request, _("Your new number is saved. From now on you sign in with it."))
        return redirect("account_own")
    shown = kept.shown if settings.DEMO else ""
    return _page(request, "account/phone_code.html", form, number=phones.mask(kept.number), shown=shown)


def _page(request: SignedInRequest, template: str, form: Any, **more: Any) -> HttpResponse:
    context = {"tab": "me", "form": form, "challenge": work.challenge(), "bits": work.BITS}
    return render(request, template, {**context, **more})
