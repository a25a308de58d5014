"""Signing in inside WeChat, where the county has an official account: WeChat says which account is here, and that
account opens the door for the person to whom it was bound.

Binding comes after a code to the phone in the same session: an account that nobody knows leads to the number first, and
the own page then offers to bind it (wechat_came).
"""

from __future__ import annotations

import hmac
import logging
import secrets
from datetime import datetime, timedelta

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SignedInRequest
from accounts.backends import may_enter
from accounts.services.wechat import BindingRefused, bind_wechat, person_of, unbind_wechat
from accounts.sign_in import wechat_came
from accounts.sign_in.entering import BY_CODE, NotByCode, enter_by_wechat
from accounts.sign_in.pages import next_of
from portal.kernel import clock, wechat

ASKED = "wechat_asked"
ANSWER_WITHIN = timedelta(minutes=10)

logger = logging.getLogger(__name__)


@never_cache
@require_GET
def ask(request: HttpRequest) -> HttpResponse:
    """Off to WeChat, with a state that only this session knows."""
    if not wechat.is_offered():
        raise Http404
    state = secrets.token_hex(16)
    request.session[ASKED] = {"state": state, "next": next_of(request), "at": int(clock.now().timestamp())}
    back = request.build_absolute_uri(reverse("account_wechat_back"))
    return redirect(wechat.page_to_ask(back, state))


@never_cache
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Back from WeChat: in, where the account is bound; to the phone first, where it is not."""
    if not wechat.is_offered():
        raise Http404
    asked = request.session.pop(ASKED, None)
    if not _is_answer(asked, request.GET.get("state", "")):
        messages.error(request, _("That took too long or was not begun here. Please try again."))
        return redirect("account_login")
    if not request.GET.get("code"):
        messages.info(request, _("WeChat has not told who you are. Please sign in with your number."))
        return redirect("account_login")
    try:
        openid = wechat.openid_of(request.GET["code"][:200])
    except wechat.WeChatRefused:
        messages.error(request, _("That took too long or was not begun here. Please try again."))
        return redirect("account_login")
    except wechat.WeChatDown as down:
        logger.warning("WeChat was asked in vain: %s", down.details["reason"])
        messages.error(request, _("WeChat does not answer just now. Please sign in with your number."))
        return redirect("account_login")
    return _come_in(request, openid, asked["next"])


@login_required
@require_POST
def bind(request: SignedInRequest) -> HttpResponse:
    """Bind what came back from WeChat, after a code to the phone in this session."""
    openid = wechat_came.waiting(request)
    if openid is None:
        return redirect("account_own")
    if not proved_by_phone(request):
        messages.info(request, _("First show by a code that the number is yours; then bind WeChat."))
        return redirect(f"{reverse('account_proof')}?{urlencode({'next': reverse('account_own')})}")
    try:
        bind_wechat(request.user, openid=openid, now=clock.now())
    except BindingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Bound. Inside WeChat you need no code any more."))
    wechat_came.forget(request)
    return redirect("account_own")


@login_required
@require_POST
def unbind(request: SignedInRequest) -> HttpResponse:
    unbind_wechat(request.user, now=clock.now())
    messages.success(request, _("This WeChat opens nothing here any more."))
    return redirect("account_own")


def proved_by_phone(request: SignedInRequest) -> bool:
    return any(record["method"] == BY_CODE for record in get_authentication_records(request, request.user))


def _is_answer(asked: dict[str, str | int] | None, state: str) -> bool:
    if not asked or not hmac.compare_digest(str(asked["state"]).encode(), state.encode()):
        return False
    since = datetime.fromtimestamp(int(asked["at"]), clock.now().tzinfo)
    return clock.now() - since < ANSWER_WITHIN


def _come_in(request: HttpRequest, openid: str, wanted: str) -> HttpResponse:
    person = None if request.user.is_authenticated else person_of(openid)
    if person is not None and may_enter(person):
        try:
            return enter_by_wechat(request, person, next_url=wanted)
        except NotByCode:
            return redirect("account_login")
    wechat_came.keep(request, openid)
    if request.user.is_authenticated:
        return redirect("account_own")
    messages.info(request, _("Sign in with your number this once; then WeChat can open the door for you."))
    return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('account_own')})}")
