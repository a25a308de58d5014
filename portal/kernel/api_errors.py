"""Refusals of the domain as answers of the API: code, sentence and field, always in the same shape."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from portal.kernel.errors import PortalError


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, PortalError):
        refusal = {"code": error.code, "message": str(error), "field": error.details.get("field")}
        return Response(refusal, status=status.HTTP_400_BAD_REQUEST)
    return exception_handler(error, context)
