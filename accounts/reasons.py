"""Asking for one reason before an action on several rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.scoped_admin import ScopedModelAdmin, visible
from portal.kernel.errors import PortalError

MOST = 200
"""Rows of one action; the page names each of them."""


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=_("reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a few words why.")},
    )


def ask_reason(
    model_admin: ScopedModelAdmin,
    request: HttpRequest,
    queryset: QuerySet,
    *,
    title: Any,
    act: Callable[[HttpRequest, list[Any], str], None],
) -> HttpResponse | None:
    """The page that names the rows and asks why; sent with a reason, it acts on those that the person may change, on
    all or on none. What is refused is said at the reason, which stays."""
    rows = list(queryset & visible(queryset.model, request.user, "change"))[:MOST]
    form = WhyForm(request.POST if "reason" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            with transaction.atomic():
                act(request, rows, form.cleaned_data["reason"])
        except PortalError as refusal:
            form.add_error("reason", str(refusal))
        else:
            return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "rows": rows,
        "form": form,
        "action": request.POST.get("action", ""),
        "checkbox": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
    }
    return render(request, "admin/reason.html", context)
