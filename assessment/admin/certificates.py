from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.reasons import ask_reason
from accounts.scoped_admin import ReadOnlyAdmin, permission
from assessment.models import Certificate
from assessment.services.certificates import revoke_certificate
from portal.kernel import clock


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    """What was printed, and taking it back."""

    list_display = ("spaced_code", "printed_name", "star_name", "period", "issued_on", "revoked_at")
    list_filter = ("star", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("printed_name__startswith", "code__startswith")
    search_help_text = _("The beginning of the name or of the number")
    empty_hint = _("Parents print their own certificate once they hold a star. Each one printed stands here.")
    exclude = ("person", "version")
    ordering = ("-pk",)
    actions = ("revoke",)

    @admin.display(description=_("certificate number"))
    def spaced_code(self, certificate: Certificate) -> str:
        return certificate.spaced_code

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permission(Certificate, "change"))

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def act(request: HttpRequest, rows: list[Any], reason: str) -> None:
            for row in rows:
                revoke_certificate(row, reason=reason, actor=request.user, now=clock.now())
            messages.success(request, _("Revoked. The page behind the printed code says so from now on."))

        return ask_reason(self, request, queryset, title=_("Revoke these certificates"), act=act)
