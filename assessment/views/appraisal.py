"""Self-scoring on a phone, one indicator a page; and files of evidence, for whoever may see the sheet."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import SignedInRequest, allows, load_or_404, permission_required, scope_for
from accounts.refusals import tell_refusal
from assessment.enums import AppraisalStatus, Side
from assessment.forms.appraisal import SelfScoreForm
from assessment.models import Appraisal, Evidence, Mark
from assessment.queries.appraisal import Sheet, sheet_of, tallies_of, with_people, year_words
from assessment.services import appraisal as services
from assessment.services.appraisal.files import CONTENT_TYPES
from assessment.views.inputs import records_url
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError

SELF_SCORE = "assessment.self_score_appraisal"
COUNTY_SCORE = "assessment.county_score_appraisal"
SEE_EVIDENCE = "assessment.view_evidence"
SHOWN = 100


@permission_required(SELF_SCORE)
@require_GET
def my_appraisals(request: SignedInRequest) -> HttpResponse:
    """The sheets that the person may score for their units; a single one is opened at once."""
    reach = scope_for(request.user, SELF_SCORE)
    found = list(with_people().within(reach).order_by("-year", "status", "unit__path")[:SHOWN])
    if len(found) == 1:
        return redirect("work_appraisal", found[0].pk)
    tallies = tallies_of(found)
    rows = [
        {"appraisal": each, "tally": tallies[each.pk], "year": year_words(each.scheme, each.year)}
        for each in found
    ]
    context = {"rows": rows, "is_cut": len(found) == SHOWN}
    return render(request, "assessment/appraisal/work_list.html", context)


@login_required
@require_GET
def work_sheet(request: SignedInRequest, pk: int) -> HttpResponse:
    appraisal: Appraisal = load_or_404(with_people(), pk, person=request.user, permission=SELF_SCORE)
    sheet = sheet_of(appraisal)
    missing = sheet.missing
    context = {
        **shown(appraisal),
        "sheet": sheet,
        "first_missing": missing[0].mark if missing else None,
    }
    return render(request, "assessment/appraisal/work_sheet.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def work_mark(request: SignedInRequest, pk: int) -> HttpResponse:
    """One indicator: what it asks, what was counted, the own score with its note and files."""
    mark = load_or_404(Mark, pk, person=request.user, permission=SELF_SCORE)
    appraisal = with_people().get(pk=mark.appraisal_id)
    sheet = sheet_of(appraisal)
    row = next(row for row in sheet.rows if row.mark.pk == pk)
    form = SelfScoreForm(request.POST or None, request.FILES or None, mark=row.mark)
    if request.method == "POST" and form.is_valid() and save(request, row.mark, form):
        following = next_mark(sheet, pk)
        to_next = "_next" in request.POST and following
        return redirect("work_mark", following.pk) if to_next else redirect("work_appraisal", appraisal.pk)
    context = {
        **shown(appraisal),
        "row": row,
        "mark": row.mark,
        "indicator": row.mark.indicator,
        "form": form,
        "records": records_url(row.mark.indicator.metric, appraisal.unit_id) if row.is_counted else "",
        "next": next_mark(sheet, pk),
    }
    return render(request, "assessment/appraisal/work_mark.html", context)


def save(request: SignedInRequest, mark: Mark, form: SelfScoreForm) -> bool:
    given = form.cleaned_data
    try:
        services.give_self_score(
            mark,
            score=given["score"],
            note=given["note"],
            files=given["uploads"],
            actor=request.user,
            now=clock.now(),
        )
    except PortalError as refusal:
        tell_refusal(form, refusal)
        return False
    return True


def next_mark(sheet: Sheet, pk: int) -> Mark | None:
    marks = [row.mark for row in sheet.rows]
    at = next(n for n, mark in enumerate(marks) if mark.pk == pk)
    return marks[at + 1] if at + 1 < len(marks) else None


@login_required
@require_http_methods(["GET", "POST"])
def hand_in(request: SignedInRequest, pk: int) -> HttpResponse:
    """What is handed in, shown once more; then the unit's side is closed."""
    appraisal: Appraisal = load_or_404(with_people(), pk, person=request.user, permission=SELF_SCORE)
    if request.method == "POST":
        try:
            services.hand_in_self_score(appraisal, actor=request.user, now=clock.now())
            messages.success(request, _("Handed in. The county scores it now."))
        except PortalError as refusal:
            messages.error(request, str(refusal))
        return redirect("work_appraisal", pk)
    return render(
        request,
        "assessment/appraisal/work_hand_in.html",
        {**shown(appraisal), "sheet": sheet_of(appraisal)},
    )


def shown(appraisal: Appraisal) -> dict[str, Any]:
    return {
        "appraisal": appraisal,
        "year": year_words(appraisal.scheme, appraisal.year),
        "is_open": appraisal.status == AppraisalStatus.OPEN,
    }


# ── Files ────────────────────────────────────────────────────────────────────


@login_required
@require_GET
def evidence(request: SignedInRequest, pk: int) -> FileResponse:
    """The file itself, as an attachment under its own name. Whoever reads it leaves a trace."""
    found = load_or_404(Evidence, pk, person=request.user, permission=SEE_EVIDENCE)
    if found.removed_at is not None or not found.file or not found.file.storage.exists(found.file.name):
        raise Http404
    audit.record(
        "evidence.read",
        actor=request.user,
        now=clock.now(),
        obj=found,
        path=found.mark.appraisal.unit.path,
        name=found.name,
    )
    with found.file.open("rb") as kept:
        content = io.BytesIO(kept.read())
    return FileResponse(
        content,
        as_attachment=True,
        filename=found.name,
        content_type=CONTENT_TYPES.get(found.kind, "application/octet-stream"),
    )


@login_required
@require_POST
def remove_evidence(request: SignedInRequest, pk: int) -> HttpResponse:
    """By the side that put it there, while that side is at work."""
    found = load_or_404(Evidence, pk, person=request.user, permission=SEE_EVIDENCE)
    needed = SELF_SCORE if found.side == Side.UNIT else COUNTY_SCORE
    if not allows(request.user, needed, found):
        raise Http404
    try:
        services.remove_evidence(found, actor=request.user, now=clock.now())
        messages.success(request, _("“%(name)s” was taken away.") % {"name": found.name})
    except PortalError as refusal:
        messages.error(request, str(refusal))
    if found.side == Side.UNIT:
        return redirect("work_mark", found.mark_id)
    return redirect("admin:assessment_appraisal_change", found.mark.appraisal_id)
