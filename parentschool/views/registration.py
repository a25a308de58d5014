"""Registering on the phone: agree, say who you are, find the school, name the child. One address a step, so that the
way back works; what was typed waits in the session until the last step sends it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.enums import NEIGHBOURHOOD
from accounts.forms import DecisionsForm
from accounts.models import Unit
from accounts.queries import persons_in_charge, texts_in_force, told_only
from accounts.refusals import tell_refusal
from accounts.services.consents import ConsentRefused
from accounts.sign_in.verified import forget_phone, verified_phone
from parentschool.enums import CLAIM_BOUND
from parentschool.forms.family import ChildClaimForm, NeighbourClaimForm, SelfForm
from parentschool.models import Claim
from parentschool.queries.schools import open_classes, parent_school
from parentschool.services.claims import Claimed
from parentschool.services.registration import Newcomer, register_parent
from parentschool.views.finding import chosen_school, school_context
from portal.kernel import clock
from portal.kernel.errors import PortalError

STEPS = 4
BACKEND = "accounts.backends.PhoneOrUsernameBackend"


class Draft:
    """What was filled in so far, kept in the session under one key."""

    KEY = "registration"

    def __init__(self, request: HttpRequest) -> None:
        self.session = request.session
        self.kept: dict[str, Any] = self.session.get(self.KEY) or {"token": secrets.token_hex(16)}

    def keep(self, **more: Any) -> None:
        self.kept.update(more)
        self.session[self.KEY] = self.kept

    def drop(self) -> None:
        self.session.pop(self.KEY, None)

    @property
    def school(self) -> Unit | None:
        chosen = self.kept.get("school")
        return parent_school(chosen) if chosen else None


def address_of_own(request: HttpRequest, address: str) -> str:
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if own else ""


def out_of_turn(request: HttpRequest, draft: Draft, *needed: str) -> HttpResponse | None:
    """Where this step has to wait: for the number, or for an earlier step."""
    if request.user.is_authenticated:
        return redirect("family")
    if verified_phone(request, now=clock.now()) is None:
        messages.info(request, _("First show by a code that the number is yours."))
        return redirect("account_login")
    first = {"agreed": "register", "name": "register_me", "school": "register_school"}
    return next((redirect(first[step]) for step in needed if step not in draft.kept), None)


@never_cache
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Step 1: what is kept and why; agree or not."""
    draft = Draft(request)
    if "next" in request.GET:
        draft.keep(next=address_of_own(request, request.GET["next"]))
    waits = out_of_turn(request, draft)
    if waits:
        return waits
    texts = [text for text in texts_in_force() if text.purpose.basis == "consent"]
    form = DecisionsForm(request.POST or None, texts=texts, agreed=draft.kept.get("agreed"))
    refused = False
    if request.method == "POST" and form.is_valid():
        draft.keep(agreed=form.agreed, shown=form.cleaned_data["shown"], agreed_at=clock.now().isoformat())
        refused = form.refuses_required
        if not refused:
            return redirect("register_me")
        draft.drop()
    context = {"form": form, "refused": refused, "told": told_only(), "in_charge": persons_in_charge()}
    return render(request, "parentschool/register_consent.html", context | progress(1))


@never_cache
@require_http_methods(["GET", "POST"])
def register_me(request: HttpRequest) -> HttpResponse:
    """Step 2: my name, and what I am to the child."""
    draft = Draft(request)
    waits = out_of_turn(request, draft, "agreed")
    if waits:
        return waits
    form = SelfForm(request.POST or None, initial=draft.kept)
    if request.method == "POST" and form.is_valid():
        draft.keep(**form.cleaned_data)
        return redirect("register_school")
    return render(request, "parentschool/register_me.html", {"form": form} | progress(2))


@never_cache
@require_http_methods(["GET", "POST"])
def register_school(request: HttpRequest) -> HttpResponse:
    """Step 3: the child's school."""
    draft = Draft(request)
    waits = out_of_turn(request, draft, "agreed", "name")
    if waits:
        return waits
    school = chosen_school(request)
    if request.method == "POST" and school:
        draft.keep(school=school.pk)
        return redirect("register_child")
    context = school_context(request) | {
        "chosen": draft.school,
        "here": "register_school",
        "back": "register_me",
    }
    return render(request, "parentschool/find_school.html", context | progress(3))


@never_cache
@require_http_methods(["GET", "POST"])
def register_child(request: HttpRequest) -> HttpResponse:
    """Step 4: class and name of the child; then the person is registered and signed in."""
    draft = Draft(request)
    waits = out_of_turn(request, draft, "agreed", "name", "school")
    if waits:
        return waits
    school = draft.school
    if school is None:
        return redirect("register_school")
    form = claim_form(request, draft, school, with_relation=False)
    if request.method == "POST" and form.is_valid():
        draft.keep(**form.cleaned_data)
        try:
            return finish(request, draft, school, form)
        except ConsentRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("register")
        except PortalError as refusal:
            tell_refusal(form, refusal)
    context = {"form": form, "school": school, "back": "register_school"}
    return render(request, "parentschool/name_child.html", context | progress(4))


def claim_form(
    request: HttpRequest, draft: Draft, school: Unit, *, with_relation: bool
) -> ChildClaimForm | NeighbourClaimForm:
    """What is asked at a school, or in a village."""
    if school.kind in NEIGHBOURHOOD:
        return NeighbourClaimForm(request.POST or None, initial=draft.kept)
    classes = open_classes(school)
    return ChildClaimForm(
        request.POST or None, classes=classes, with_relation=with_relation, initial=draft.kept
    )


def finish(
    request: HttpRequest, draft: Draft, school: Unit, form: ChildClaimForm | NeighbourClaimForm
) -> HttpResponse:
    now, kept = clock.now(), draft.kept
    claim = register_parent(
        Newcomer(
            phone=verified_phone(request, now=now) or "",
            name=kept["name"],
            agreed=kept["agreed"],
            shown=kept["shown"],
            agreed_at=datetime.fromisoformat(kept["agreed_at"]),
        ),
        Claimed(
            school=school,
            school_class=form.chosen_class,
            child_name=form.cleaned_data.get("child_name", ""),
            household=form.cleaned_data.get("household", ""),
            relation=kept["relation"],
            token=kept["token"],
        ),
        now=now,
    )
    draft.drop()
    forget_phone(request)
    login(request, claim.claimant, backend=BACKEND)
    tell(request, claim)
    return redirect(kept.get("next") or "home")


def tell(request: HttpRequest, claim: Claim) -> None:
    if claim.is_of_neighbour:
        if claim.status in CLAIM_BOUND:
            messages.success(request, _("Done. You are on the list there already."))
        else:
            messages.success(request, _("Done. The village looks at it now; that takes a few days."))
    elif claim.status in CLAIM_BOUND:
        messages.success(request, _("Done. The school knows your number: you are bound to your child."))
    else:
        messages.success(request, _("Done. The school looks at it now; that takes one or two school days."))


def progress(step: int) -> dict[str, int]:
    return {"step": step, "steps": STEPS}
