"""The postings of the ledger, each a link of its chain, and taking one back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.access import load_or_404
from accounts.scoped_admin import ReadOnlyAdmin
from assessment.enums import Posting
from assessment.forms.by_hand import WhyForm
from assessment.models import Batch
from assessment.services import reversal
from portal.kernel.errors import PortalError


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("posted_on", "kind", "unit", "number", "lines", "points", "version", "said_reason")
    list_filter = ("kind",)
    list_select_related = ("unit", "version__scheme")
    search_fields = ("unit__name__startswith", "head__startswith")
    search_help_text = _("Search by the beginning of the unit's name, or of the chain head")
    ordering = ("-pk",)
    sortable_by = ()
    fields = readonly_fields = (
        "posted_on",
        "kind",
        "unit",
        "chain",
        "number",
        "lines",
        "points",
        "version",
        "undoes",
        "said_reason",
        "head",
    )
    change_form_template = "admin/assessment/batch/change_form.html"

    @admin.display(description=_("reason"))
    def said_reason(self, batch: Batch) -> str:
        """New rules are posted for the reason that their publication gave."""
        given = batch.version.reason if batch.version and batch.kind == Posting.RULES else ""
        return batch.reason or given or self.get_empty_value_display()

    def get_urls(self) -> list[URLPattern]:
        reverse = self.admin_site.admin_view(self.reverse)
        return [path("<int:pk>/reverse/", reverse, name="assessment_batch_reverse"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more = {"may_reverse": request.user.has_perm(reversal.PERMISSION)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def reverse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What taking back means here, or why it cannot be; then the work, as a job."""
        rows = Batch.objects.select_related("unit", "version__scheme__unit")
        batch = load_or_404(rows, pk, person=request.user, permission=reversal.PERMISSION)
        form = WhyForm(request.POST or None)
        refusal = None
        try:
            reversal.check_reversible(batch)
            if request.method == "POST" and form.is_valid():
                job = reversal.ask_for_reversal(batch, reason=form.cleaned_data["reason"], actor=request.user)
                return redirect("job", job.pk)
        except PortalError as refused:
            refusal = str(refused)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Take this posting back"),
            "opts": self.opts,
            "batch": batch,
            "whole": reversal.whole_posting(batch),
            "form": form,
            "refusal": refusal,
        }
        return render(request, "admin/assessment/batch/reverse.html", context)
