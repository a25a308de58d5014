"""The school's side of requests about own data: what waits, the most urgent first, and the answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import SignedInRequest, load_or_404, permission_required
from accounts.refusals import tell_refusal
from parentschool.enums import RequestStatus
from parentschool.forms.requests import AnswerForm
from parentschool.models import DataRequest
from parentschool.services import data_requests
from portal.kernel import clock
from portal.kernel.errors import PortalError

MOST = 50


@permission_required(data_requests.PERMISSION)
@require_GET
def request_list(request: SignedInRequest) -> HttpResponse:
    rows = data_requests.requests_for(request.user)
    context = {
        "waiting": rows.filter(status=RequestStatus.OPEN)[:MOST],
        "answered": rows.exclude(status=RequestStatus.OPEN).order_by("-answered_at", "-pk")[:MOST],
        "today": clock.today(),
    }
    return render(request, "work/request_list.html", context)


@permission_required(data_requests.PERMISSION)
@require_http_methods(["GET", "POST"])
def request_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    rows = DataRequest.objects.select_related("person", "child__school_class", "unit", "answered_by")
    asked: DataRequest = load_or_404(rows, pk, person=request.user, permission=data_requests.PERMISSION)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            data_requests.answer(
                asked,
                is_granted=given["decision"] == "grant",
                words=given["words"],
                actor=request.user,
                now=clock.now(),
            )
        except data_requests.ClosedAlready as refusal:
            messages.info(request, str(refusal))
            return redirect("request_list")
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            messages.success(request, _("Answered. The parent sees the answer at once."))
            return redirect("request_list")
    return render(request, "work/request_answer.html", {"asked": asked, "form": form, "today": clock.today()})
