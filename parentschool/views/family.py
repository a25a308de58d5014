"""A parent's own family: children, other guardians by name, another child, something wrong."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import Refused, SignedInRequest
from accounts.refusals import tell_refusal
from parentschool.enums import Relation
from parentschool.forms.family import SentenceForm
from parentschool.models import Claim
from parentschool.queries.claims import bond_in_family, family_state, guardians_of_own, reported_by, was_own
from parentschool.services.bindings import report_binding
from parentschool.services.claims import Claimed, claim_child, withdraw_claim
from parentschool.views.finding import chosen_school, school_context
from parentschool.views.registration import Draft, claim_form, tell
from portal.kernel import clock
from portal.kernel.errors import PortalError


class AnotherChild(Draft):
    KEY = "another_child"


@login_required
@require_GET
def family(request: SignedInRequest) -> HttpResponse:
    context = {
        "tab": "me",
        "children": guardians_of_own(request.user),
        "reported": reported_by(request.user),
        "state": family_state(request.user, now=clock.now()),
    }
    return render(request, "parentschool/family.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def family_school(request: SignedInRequest) -> HttpResponse:
    """Another child, step 1: the school."""
    draft = AnotherChild(request)
    school = chosen_school(request)
    if request.method == "POST" and school:
        draft.keep(school=school.pk)
        return redirect("family_child")
    context = school_context(request) | {"chosen": draft.school, "here": "family_school", "back": "family"}
    return render(request, "parentschool/find_school.html", context | {"step": 1, "steps": 2})


@login_required
@require_http_methods(["GET", "POST"])
def family_child(request: SignedInRequest) -> HttpResponse:
    """Another child, step 2: class, name and relation."""
    draft = AnotherChild(request)
    school = draft.school
    if school is None:  # a second press finds the draft used up: what it asked for stands with the family
        return redirect("family" if request.method == "POST" else "family_school")
    form = claim_form(request, draft, school, with_relation=True)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        draft.keep(**given)
        claimed = Claimed(
            school,
            form.chosen_class,
            given.get("child_name", ""),
            given.get("relation", Relation.OTHER),
            token=draft.kept["token"],
            household=given.get("household", ""),
        )
        try:
            claim = claim_child(request.user, claimed, actor=request.user, now=clock.now())
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            draft.drop()
            tell(request, claim)
            return redirect("family")
    context = {"form": form, "school": school, "back": "family_school", "step": 2, "steps": 2}
    return render(request, "parentschool/name_child.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def binding_report(request: SignedInRequest, pk: int) -> HttpResponse:
    """Something is wrong: with the own binding, which ends at once, or with another guardian's, which the school
    looks at."""
    bond = bond_in_family(request.user, pk)
    if bond is None and request.method == "POST" and was_own(request.user, pk):
        return redirect("family")
    if bond is None:
        raise Refused
    is_own = bond.guardian_id == request.user.pk
    form = SentenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        report_binding(bond, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
        if is_own:
            messages.success(request, _("Undone. You are not bound to this child any more."))
        else:
            messages.success(request, _("The school has your note and looks at it. Nothing has changed yet."))
        return redirect("family")
    context = {"bond": bond, "is_own": is_own, "form": form, "tab": "me"}
    return render(request, "parentschool/binding_report.html", context)


@login_required
@require_POST
def claim_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    claim = Claim.objects.filter(pk=pk, claimant=request.user).first()
    if claim is None:
        raise Refused
    withdraw_claim(claim, actor=request.user, now=clock.now())
    messages.success(request, _("Taken back. The school does not see it any more."))
    return redirect("family")
