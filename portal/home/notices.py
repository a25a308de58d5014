"""What the portal tells a person: the list behind the bell. Opening one marks it as read; that is sent, not fetched,
so that a browser that looks ahead changes nothing."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SignedInRequest
from portal.kernel import clock, notices


@login_required
@require_GET
def notice_list(request: SignedInRequest) -> HttpResponse:
    shown = notices.of_person(request.user)[: notices.LATEST]
    rows = [(notice, notices.words(notice), notices.url_of(notice)) for notice in shown]
    return render(request, "home/notices.html", {"rows": rows})


@login_required
@require_POST
def notice_open(request: SignedInRequest, pk: int) -> HttpResponse:
    own = notices.of_person(request.user).filter(pk=pk)
    notice = own.first()
    if notice is None:
        raise Http404
    notices.mark_read(own, now=clock.now())
    return redirect(notices.url_of(notice) or "notices")


@login_required
@require_POST
def notices_read(request: SignedInRequest) -> HttpResponse:
    notices.mark_read(notices.of_person(request.user), now=clock.now())
    return redirect("notices")
