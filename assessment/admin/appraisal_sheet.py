"""The sheet of one unit on the office's page: everybody in reach reads it, the county scores in it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from accounts.access import allows, load_or_404
from assessment.enums import AppraisalStatus, Side
from assessment.forms.appraisal import CountySheetForm, EvidenceForm, ReasonForm
from assessment.models import Appraisal, Mark
from assessment.queries.appraisal import Row, Sheet, same_files, sheet_of, title_of, with_people
from assessment.services import appraisal as services
from assessment.views.inputs import records_url
from portal.kernel import clock
from portal.kernel.errors import PortalError

COUNTY_SCORE = "assessment.county_score_appraisal"
SELF_SCORE = "assessment.self_score_appraisal"


def sheet(request: HttpRequest, appraisal: Appraisal, site: admin.AdminSite) -> HttpResponse:
    """The page of a sheet that the person may see; a POST needs the right to score it for the county."""
    if request.method == "POST":
        load_or_404(Appraisal, appraisal.pk, person=request.user, permission=COUNTY_SCORE)
    found = sheet_of(appraisal)
    form = CountySheetForm(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and save(request, appraisal, form):
        return redirect("admin:assessment_appraisal_change", appraisal.pk)
    return shown(request, appraisal, site, found, form)


def shown(
    request: HttpRequest,
    appraisal: Appraisal,
    site: admin.AdminSite,
    found: Sheet,
    form: CountySheetForm,
    reason_form: ReasonForm | None = None,
) -> HttpResponse:
    """The page with what was typed; `reason_form` is that of a step that was refused."""
    may_score = allows(request.user, COUNTY_SCORE, appraisal)
    scoring = may_score and appraisal.status == AppraisalStatus.SELF_SCORED
    for row in found.rows:
        row.form = form.by_mark[row.mark.pk] if scoring else None
        row.records = records_of(row, appraisal)
    context = {
        **site.each_context(request),
        "title": appraisal.unit.name,
        "subtitle": title_of(appraisal.scheme, appraisal.year),
        "opts": Appraisal._meta,
        "appraisal": appraisal,
        "sheet": found,
        "scoring": scoring,
        "suggestions": scoring and found.county_given < len(found.rows),
        "may_reopen": may_score and appraisal.status == AppraisalStatus.COUNTY_SCORED,
        "may_self_score": appraisal.status == AppraisalStatus.OPEN
        and allows(request.user, SELF_SCORE, appraisal),
        "reason_form": reason_form or ReasonForm(),
        "duplicates": duplicates(found) if may_score else [],
    }
    return render(request, "assessment/appraisal/sheet.html", context)


def records_of(row: Row, appraisal: Appraisal) -> str:
    return records_url(row.mark.indicator.metric, appraisal.unit_id) if row.is_counted else ""


def save(request: HttpRequest, appraisal: Appraisal, form: CountySheetForm) -> bool:
    if not form.is_valid():
        messages.error(request, _("Nothing is saved yet. Please mend the marked rows."))
        return False
    settle = "_settle" in request.POST
    try:
        changed = services.give_county_scores(
            appraisal, scores=form.scores, actor=request.user, now=clock.now(), settle=settle
        )
    except PortalError as refusal:
        messages.error(request, str(refusal))
        form.add_faults(refusal.details.get("marks", {}))
        return False
    if settle:
        messages.success(request, _("The score is settled."))
    else:
        messages.success(request, _("Saved: %(count)s scores.") % {"count": changed})
    return True


def duplicates(found: Sheet) -> list[dict[str, Any]]:
    """Files of this sheet that stand in other units as well."""
    elsewhere = same_files(found)
    return [
        {"number": row.mark.indicator.number, "evidence": evidence, "units": elsewhere[evidence.sha256]}
        for row in found.rows
        for evidence in row.evidence
        if evidence.sha256 in elsewhere
    ]


def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    return with_reason(request, pk, services.send_back, _("The sheet went back to the unit."))


def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    return with_reason(request, pk, services.reopen, _("The sheet can be scored again."))


def with_reason(request: HttpRequest, pk: int, act: Any, done: Any) -> HttpResponse:
    """A refusal comes back on the sheet's page, beside the reason that was typed."""
    appraisal: Appraisal = load_or_404(with_people(), pk, person=request.user, permission=COUNTY_SCORE)
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        try:
            if form.is_valid():
                act(appraisal, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now())
                messages.success(request, done)
                return redirect("admin:assessment_appraisal_change", pk)
        except PortalError as refusal:
            form.add_error("reason", str(refusal))
            appraisal.refresh_from_db()
        found = sheet_of(appraisal)
        return shown(request, appraisal, admin.site, found, CountySheetForm(found, None), form)
    return redirect("admin:assessment_appraisal_change", pk)


def add_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """What the inspectors found themselves: files beside a mark, from the county's side."""
    mark = load_or_404(Mark, pk, person=request.user, permission=COUNTY_SCORE)
    form = EvidenceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.attach_evidence(
                mark,
                files=form.cleaned_data["uploads"],
                side=Side.COUNTY,
                actor=request.user,
                now=clock.now(),
            )
            return redirect("admin:assessment_appraisal_change", mark.appraisal_id)
        except PortalError as refusal:
            form.add_error(None, str(refusal))
    context = {
        **admin.site.each_context(request),
        "title": _("Add evidence"),
        "subtitle": f"{mark.indicator.number} {mark.indicator.text}",
        "opts": Appraisal._meta,
        "mark": mark,
        "form": form,
        "button": _("Add"),
        "back": mark.appraisal,
    }
    return render(request, "assessment/appraisal/form.html", context)
