"""Star certificates: the own one as a PDF, and the public page that a printed code leads to."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SignedInRequest
from accounts.sign_in.devices import in_browser_of_wechat
from assessment.models import Certificate
from assessment.services import certificates
from portal.kernel import clock
from portal.kernel.errors import PortalError


@login_required
@require_POST
def certificate_new(request: SignedInRequest) -> HttpResponse:
    try:
        made = certificates.issue_certificate(request.user, now=clock.now())
    except PortalError as refusal:
        messages.error(request, str(refusal))
        return redirect("points")
    return redirect("certificate_own", made.pk)


def own_or_404(request: SignedInRequest, pk: int) -> Certificate:
    """A revoked certificate is printed no more."""
    return get_object_or_404(Certificate, pk=pk, person=request.user, revoked_at=None)


@login_required
@require_GET
def certificate_own(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the own certificate says, and the ways to the paper: a phone that cannot show a PDF keeps it as a file."""
    context = {
        "certificate": own_or_404(request, pk),
        "inside_wechat": in_browser_of_wechat(request),
        "tab": "home",
    }
    return render(request, "assessment/certificate_own.html", context)


@login_required
@require_GET
def certificate_paper(request: SignedInRequest, pk: int) -> HttpResponse:
    """The PDF, to be looked at, or with ?save to be kept as a file."""
    held = own_or_404(request, pk)
    address = request.build_absolute_uri(reverse("certificate", args=[held.code]))
    answer = HttpResponse(certificates.paper(held, address=address), content_type="application/pdf")
    way = "attachment" if "save" in request.GET else "inline"
    answer["Content-Disposition"] = f'{way}; filename="certificate-{held.code}.pdf"'
    return answer


@require_GET
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Every printed field, for who holds the paper; the page outlives a revocation and says so."""
    held = get_object_or_404(Certificate, code=code.upper().replace("-", ""))
    return render(request, "assessment/certificate.html", {"certificate": held})
