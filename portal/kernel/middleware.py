"""Names each request for the audit, and keeps signed-in pages out of shared caches."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.kernel.tracing import Trace, traced


def client_address(request: HttpRequest) -> str:
    """The address of the client, believing only as many forwarding hops as are configured."""
    hops: int = settings.TRUSTED_PROXIES
    named: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
    forwarded = [part.strip() for part in named.split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops][:64]
    return str(request.META.get("REMOTE_ADDR", ""))


class RequestTraceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with traced(Trace(origin=client_address(request), request_id=secrets.token_hex(8))):
            response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response
