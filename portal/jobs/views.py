"""Long work seen from outside: one's own jobs, one job's progress, its result, its download.

Each request asks anew whether the asker may still see what the job made: who lost the role or the place since
finds nothing here, by link or by number.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SignedInRequest
from portal.jobs.queries import jobs_open_to
from portal.kernel import audit, clock, jobs
from portal.kernel.errors import PortalError
from portal.kernel.models import Job

PER_PAGE = 20


def office(request: SignedInRequest, **context: Any) -> dict[str, Any]:
    """What the staff pages' frame needs around a page of our own."""
    return {**admin.site.each_context(request), **context}


def load(request: SignedInRequest, pk: int) -> Job:
    job = jobs_open_to(request.user).filter(pk=pk).first()
    if job is None:
        raise Http404
    return jobs.with_progress(job, clock.now())


@login_required
@require_GET
def job_list(request: SignedInRequest) -> HttpResponse:
    page = Paginator(jobs_open_to(request.user), PER_PAGE).get_page(request.GET.get("page"))
    now = clock.now()
    page.object_list = [jobs.with_progress(job, now) for job in page.object_list]
    return render(request, "jobs/list.html", office(request, title=_("Jobs"), page=page))


@login_required
@require_GET
def job_page(request: SignedInRequest, pk: int) -> HttpResponse:
    job = load(request, pk)
    kind = jobs.kind_of(job)
    return render(
        request,
        "jobs/job.html",
        office(
            request,
            title=job.title,
            job=job,
            result=job.result,
            result_template=kind.template,
        ),
    )


@login_required
@require_GET
def job_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The bar alone; once the work has ended, the word to load the whole page again."""
    job = load(request, pk)
    response = render(request, "jobs/progress.html", {"job": job})
    if not job.is_under_way:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def confirm_job(request: SignedInRequest, pk: int) -> HttpResponse:
    try:
        jobs.confirm(load(request, pk), actor=request.user, now=clock.now())
    except PortalError as refusal:
        messages.error(request, str(refusal))
    return redirect("job", pk)


@login_required
@require_POST
def cancel_job(request: SignedInRequest, pk: int) -> HttpResponse:
    if jobs.cancel(load(request, pk), actor=request.user, now=clock.now()):
        messages.success(request, _("Cancelled. Nothing was changed."))
    return redirect("job", pk)


@login_required
@require_GET
def download(request: SignedInRequest, pk: int) -> FileResponse:
    job = load(request, pk)
    if not job.product:
        raise Http404
    audit.record("job.downloaded", actor=request.user, now=clock.now(), obj=job, path=job.path, kind=job.kind)
    return FileResponse(job.product.open("rb"), as_attachment=True, filename=job.product_name)
