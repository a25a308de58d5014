"""Importing a roster, of classes or of a village's people: send it, see what would happen, decide doubts, confirm."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import SignedInRequest, permission_required, scope_for
from parentschool.forms.rosters import RosterForm
from parentschool.services.rosters import PERMISSION, answer_doubts, ask_roster_check
from portal.kernel import clock, jobs
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError
from portal.kernel.models import Job
from portal.kernel.spreadsheets import Column, TableWriter

RECENT = 5
CLASS_TEMPLATE = (
    "孩子姓名", "性别", "班级", "家长姓名", "关系", "手机号", "家长2姓名", "家长2关系", "家长2手机号"
)  # fmt: skip
PEOPLE_TEMPLATE = ("姓名", "手机号", "户主", "孩子姓名")


def jobs_of(request: SignedInRequest) -> QuerySet[Job]:
    """The person's own imports, as far as the right to them still reaches their place."""
    reach = scope_for(request.user, PERMISSION).q("path")
    return Job.objects.filter(reach, kind="roster_import", asked_by=request.user)


def load(request: SignedInRequest, pk: int) -> Job:
    job = jobs_of(request).filter(pk=pk).first()
    if job is None:
        raise Http404
    return jobs.with_progress(job, clock.now())


@permission_required(PERMISSION)
@require_http_methods(["GET", "POST"])
def roster_new(request: SignedInRequest) -> HttpResponse:
    year = SchoolYear.of(clock.today())
    form = RosterForm(request.POST or None, request.FILES or None, person=request.user, year=year)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        job = ask_roster_check(
            given["unit"],
            content=given["file"],
            filename=given["file"].name,
            school_year=SchoolYear(given["school_year"]),
            class_text=given.get("class_text", "").strip(),
            by_duty=given["by_duty"],
            actor=request.user,
        )
        return redirect("roster_job", job.pk)
    context = {"form": form, "recent": jobs_of(request)[:RECENT]}
    return render(request, "work/roster_new.html", context)


@permission_required(PERMISSION)
@require_GET
def roster_job(request: SignedInRequest, pk: int) -> HttpResponse:
    job = load(request, pk)
    context: dict[str, Any] = {"job": job, "result": job.result, "decides_here": True}
    return render(request, "work/roster_job.html", context)


@permission_required(PERMISSION)
@require_GET
def roster_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    job = load(request, pk)
    response = render(request, "work/roster_progress.html", {"job": job})
    if not job.is_under_way:
        response["HX-Refresh"] = "true"
    return response


@permission_required(PERMISSION)
@require_POST
def roster_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """The doubts' answers; the list is checked again with them, so that what is confirmed has been shown."""
    job = load(request, pk)
    given = {
        key.removeprefix("answer:"): value for key, value in request.POST.items() if key.startswith("answer:")
    }
    answers = {key: value for key, value in given.items() if value}
    if not answers or not job.source:
        messages.error(request, _("Choose an answer first."))
        return redirect("roster_job", pk)
    return redirect("roster_job", answer_doubts(job, answers, actor=request.user).pk)


@permission_required(PERMISSION)
@require_POST
def roster_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    try:
        jobs.confirm(load(request, pk), actor=request.user, now=clock.now())
    except PortalError as refusal:
        messages.error(request, str(refusal))
    return redirect("roster_job", pk)


@permission_required(PERMISSION)
@require_POST
def roster_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    if jobs.cancel(load(request, pk), actor=request.user, now=clock.now()):
        messages.success(request, _("Cancelled. Nothing was changed."))
    return redirect("roster_new")


@permission_required(PERMISSION)
@require_GET
def roster_template(request: SignedInRequest) -> FileResponse:
    """An empty list for classes, or for the people of a village, every column text, so that no number loses a digit."""
    of_people = "people" in request.GET
    columns = [Column(title) for title in (PEOPLE_TEMPLATE if of_people else CLASS_TEMPLATE)]
    out = BytesIO()
    with TableWriter(out, columns, sheet_name=_("List of people") if of_people else _("Class list")) as table:
        table.write_rows([[""] * len(columns)] * 300)
    out.seek(0)
    name = _("List of people template.xlsx") if of_people else _("Class list template.xlsx")
    return FileResponse(out, as_attachment=True, filename=name)
