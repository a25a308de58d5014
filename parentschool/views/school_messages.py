"""Messages from the school: the lead or the class teacher writes, parents read. Opening one marks it as read, which is
sent and not fetched (`portal.home.notices`)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import Refused, SignedInRequest, allows, load_or_404, permission_required, scope_for
from accounts.models import Unit
from accounts.refusals import tell_refusal
from parentschool.forms.school_messages import MessageForm
from parentschool.models import SchoolClass, SchoolMessage
from parentschool.queries.school_messages import (
    SEND,
    TAKE_BACK,
    VIEW,
    Readers,
    message_to,
    messages_to,
    readers_of,
    sent_lately,
    to_tell_in_person,
)
from parentschool.services.school_messages import send_message, take_back_message
from portal.kernel import clock
from portal.kernel.errors import PortalError


@login_required
@require_GET
def my_messages(request: SignedInRequest) -> HttpResponse:
    return render(request, "parentschool/my_messages.html", {"rows": messages_to(request.user)})


@login_required
@require_GET
def my_message(request: SignedInRequest, pk: int) -> HttpResponse:
    found = message_to(request.user, pk)
    if found is None:
        raise Refused
    return render(request, "parentschool/my_message.html", {"message": found[0], "notice": found[1]})


@permission_required(VIEW)
@require_GET
def message_list(request: SignedInRequest) -> HttpResponse:
    context = {"rows": sent_lately(scope_for(request.user, VIEW)), "may_send": allows(request.user, SEND)}
    return render(request, "work/message_list.html", context)


@permission_required(SEND)
@require_http_methods(["GET", "POST"])
def message_new(request: SignedInRequest) -> HttpResponse:
    reach = scope_for(request.user, SEND)
    classes = SchoolClass.objects.within(reach).filter(closed_on=None).order_by("path")
    units = Unit.objects.filter(closed_on=None).filter(reach.q("path") | reach.q("classes__path")).distinct()
    form = MessageForm(
        request.POST or None,
        units=units.order_by("path"),
        classes=classes,
        may_reach_all=Unit.objects.within(reach).exists(),
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            sent = send_message(
                given["unit"],
                classes=list(given["classes"]),
                title=given["title"],
                text=given["text"],
                token=given["token"],
                actor=request.user,
                now=clock.now(),
            )
        except PortalError as refusal:
            tell_refusal(form, refusal)
        else:
            people = sum(readers.people for readers in readers_of(sent).values())
            words = ngettext("Sent to %(n)s parent.", "Sent to %(n)s parents.", people)
            messages.success(request, words % {"n": people})
            return redirect("message_list")
    return render(request, "work/message_new.html", {"form": form})


@permission_required(VIEW)
@require_GET
def message_sent(request: SignedInRequest, pk: int) -> HttpResponse:
    """A message as it was sent, how many have read it, and who has to be told in person."""
    message = _message(request, pk, VIEW)
    context = {
        "message": message,
        "readers": readers_of([message]).get(message.pk, Readers()),
        "without_phone": to_tell_in_person(message),
        "may_take_back": message.taken_back_at is None and allows(request.user, TAKE_BACK, message),
    }
    return render(request, "work/message_sent.html", context)


@permission_required(TAKE_BACK)
@require_POST
def message_take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    message = _message(request, pk, TAKE_BACK)
    try:
        take_back_message(message, actor=request.user, now=clock.now())
    except PortalError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Taken back. Parents see it no more."))
    return redirect("message_sent", pk)


def _message(request: SignedInRequest, pk: int, permission: str) -> SchoolMessage:
    rows = SchoolMessage.objects.select_related("unit", "school_class", "sent_by").defer("sent_by__phone")
    found: SchoolMessage = load_or_404(rows, pk, person=request.user, permission=permission)
    return found
