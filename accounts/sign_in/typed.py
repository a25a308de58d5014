"""The code that somebody types who has asked for one."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.services.sms_codes import CodeDead, CodeWrong, redeem_code
from accounts.sign_in.forms import CodeForm
from accounts.sign_in.ticket import Ticket
from portal.kernel import clock


def is_redeemed(request: HttpRequest, form: CodeForm, kept: Ticket) -> bool:
    """Whether the right code came with this request; another is told beside the field."""
    if request.method != "POST" or not form.is_valid():
        return False
    code = form.cleaned_data["code"]
    try:
        redeem_code(kept.row_id, kept.number, secret=kept.secret, code=code, now=clock.now())
    except (CodeWrong, CodeDead) as wrong:
        form.add_error("code", str(wrong))
        return False
    return True
