"""The school's side, on a phone: claims that wait, wrong bindings, guardians without a phone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import SignedInRequest, load_or_404, permission_required, scope_for
from accounts.refusals import tell_refusal
from parentschool.enums import ClaimStatus
from parentschool.forms.family import ClaimForm, ManagedForm, NeighbourDecisionForm, SentenceForm
from parentschool.models import Child, Claim, Guardianship
from parentschool.queries.claims import Finding, claims_to_show, findings, lately_bound, open_reports
from parentschool.queries.schools import open_classes
from parentschool.queries.visits import MOST_CHILDREN, children_to_visit, classes_to_visit
from parentschool.services.bindings import keep_binding, undo_binding
from parentschool.services.claims import approve_claim, refuse_claim, take_in_claimant
from parentschool.services.managed import register_managed
from portal.kernel import clock
from portal.kernel.errors import PortalError

DECIDE = "parentschool.decide_claim"
UNDO = "parentschool.change_guardianship"
ADD = "parentschool.add_guardianship"


@permission_required(DECIDE)
@require_GET
def claim_list(request: SignedInRequest) -> HttpResponse:
    reach = scope_for(request.user, DECIDE)
    undoes = scope_for(request.user, UNDO)
    context = {
        "findings": findings(claims_to_show(reach)),
        "reports": open_reports(undoes),
        "bound": lately_bound(undoes, now=clock.now()),
        "may_undo": bool(undoes),
    }
    return render(request, "work/claim_list.html", context)


@permission_required(DECIDE)
@require_http_methods(["GET", "POST"])
def claim(request: SignedInRequest, pk: int) -> HttpResponse:
    """Yes or no to one claim; the list sends its yes here too."""
    rows = Claim.objects.select_related("claimant", "school", "school_class__school")
    found: Claim = load_or_404(rows, pk, person=request.user, permission=DECIDE)
    if found.status != ClaimStatus.PENDING:
        messages.info(request, _("This claim is decided already."))
        return redirect("claim_list")
    finding = findings([found])[0]
    if found.is_of_neighbour:
        return _decide_on_neighbour(request, finding)
    classes = open_classes(found.school) if not finding.children and found.school_class is None else []
    form = ClaimForm(request.POST or None, children=finding.children, classes=classes)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            if request.POST.get("decision") == "refuse":
                refuse_claim(found, reason=form.cleaned_data["reason"], actor=request.user, now=now)
                messages.success(request, _("Refused. The parent reads your sentence."))
            else:
                approve_claim(
                    found,
                    child=form.chosen_child or finding.child,
                    school_class=form.chosen_class,
                    actor=request.user,
                    now=now,
                )
                told = {"name": found.claimant.name, "child": found.child_name}
                messages.success(request, _("%(name)s is bound to %(child)s.") % told)
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            return redirect("claim_list")
    return render(request, "work/claim.html", {"finding": finding, "claim": found, "form": form})


def _decide_on_neighbour(request: SignedInRequest, finding: Finding) -> HttpResponse:
    claimed, refuses = finding.claim, request.POST.get("decision") == "refuse"
    form = NeighbourDecisionForm(request.POST or None, records=finding.records, deciding=not refuses)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            if refuses:
                refuse_claim(claimed, reason=form.cleaned_data["reason"], actor=request.user, now=now)
                messages.success(request, _("Refused. The parent reads your sentence."))
            else:
                take_in_claimant(claimed, record=form.chosen_record, actor=request.user, now=now)
                told = {"name": claimed.claimant.name, "village": claimed.school}
                messages.success(request, _("%(name)s learns in %(village)s now.") % told)
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            return redirect("claim_list")
    return render(request, "work/claim.html", {"finding": finding, "claim": claimed, "form": form})


@permission_required(UNDO)
@require_http_methods(["GET", "POST"])
def binding_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo one guardianship with what came of it; or, where it was reported, find it right."""
    rows = Guardianship.objects.select_related("guardian", "child__school_class__school")
    bond: Guardianship = load_or_404(rows, pk, person=request.user, permission=UNDO)
    reports = list(bond.reports.filter(status="open").select_related("reported_by"))
    form = SentenceForm(request.POST or None, initial={"reason": reports[0].reason if reports else ""})
    if request.method == "POST" and request.POST.get("decision") == "keep":
        for report in reports:
            keep_binding(report, actor=request.user, now=clock.now())
        messages.success(request, _("Noted: the binding is right."))
        return redirect("claim_list")
    if request.method == "POST" and form.is_valid():
        undo_binding(bond, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
        messages.success(request, _("Undone. Points follow by tomorrow morning."))
        return redirect("claim_list")
    return render(request, "work/binding_undo.html", {"bond": bond, "reports": reports, "form": form})


@permission_required(ADD)
@require_http_methods(["GET", "POST"])
def managed_new(request: SignedInRequest) -> HttpResponse:
    """A guardian without a phone, step 1: whose child. A name is searched by post."""
    reach, today = scope_for(request.user, ADD), clock.today()
    classes = classes_to_visit(reach, today=today)
    typed = " ".join(request.POST.get("q", "").split())
    asked = request.GET.get("class", "")
    only = [item for item in classes if str(item.pk) == asked] or (classes if len(classes) == 1 else [])
    chosen = only[0] if only and not typed else None
    children: list[Child] = []
    if typed or chosen:
        children = children_to_visit(reach, today=today, class_id=chosen.pk if chosen else None, named=typed)
        children.sort(key=lambda child: (child.path, child.name))
    context = {
        "classes": classes,
        "chosen": chosen,
        "children": children,
        "typed": typed,
        "is_cut": len(children) == MOST_CHILDREN,
    }
    return render(request, "work/managed_new.html", context)


@permission_required(ADD)
@require_http_methods(["GET", "POST"])
def managed_child(request: SignedInRequest, pk: int) -> HttpResponse:
    """Step 2: the guardian's name and relation."""
    rows = Child.objects.select_related("school_class__school")
    child: Child = load_or_404(rows, pk, person=request.user, permission=ADD)
    form = ManagedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            bond = register_managed(child, **given, actor=request.user, now=clock.now())
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            told = {"name": bond.guardian.name, "child": child.name}
            messages.success(request, _("%(name)s is on record as guardian of %(child)s.") % told)
            return redirect("managed_new")
    guardians = child.guardianships.filter(ended_on=None).select_related("guardian").defer("guardian__phone")
    context = {"child": child, "form": form, "guardians": guardians.order_by("pk")}
    return render(request, "work/managed_child.html", context)
