"""Refusals at an entrance. Who asks for what is not theirs leaves a row in the audit: who asked for which page, never
what was in it. Other refusals are told at their place in the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest
from rest_framework.exceptions import PermissionDenied as ApiPermissionDenied
from rest_framework.response import Response

from portal.kernel import audit, clock
from portal.kernel.api_errors import answer
from portal.kernel.errors import PortalError
from portal.kernel.models import AuditEntry


def note_refusal(request: HttpRequest) -> None:
    page = request.resolver_match
    audit.record(
        "access.refused",
        actor=request.user,
        now=clock.now(),
        result=AuditEntry.Result.REFUSED,
        page=page.view_name if page else "",
        method=request.method,
        at={name: str(value)[:40] for name, value in page.kwargs.items()} if page else {},
    )


def tell_refusal(form: BaseForm, refusal: PortalError) -> None:
    """Beside the field that it is about; above the form where that has no such field."""
    field = refusal.details.get("field")
    form.add_error(field if field in form.fields else None, str(refusal))


def refused_because(check: Callable[..., Any], *about: Any) -> str:
    """Why a check refuses, in words; empty where it does not."""
    try:
        check(*about)
    except PortalError as refusal:
        return str(refusal)
    return ""


def answer_in_api(error: Exception, context: dict[str, Any]) -> Response | None:
    """Rows that are not the asker's are not found, and noted; other refusals are answered as ever."""
    request = context["request"]
    if isinstance(error, (Http404, PermissionDenied, ApiPermissionDenied)) and request.user.is_authenticated:
        note_refusal(request._request)
    return answer(error, context)
