"""The nights: how far each has come, shard by shard, why something failed, and counting it again."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.access import Refused, SignedInRequest, permission_required, scope_for
from accounts.models import Unit
from accounts.scoped_admin import ReadOnlyAdmin
from assessment.enums import NightStep
from assessment.queries.night_board import Night, Part, nights, nights_of
from assessment.services import recounts
from portal.kernel import clock
from portal.kernel.models import Run

SEE = "kernel.view_run"
COUNTED = {
    "people": _("people looked at"),
    "posted": _("lines posted"),
    "reversed": _("lines taken back"),
    "standings": _("standings renewed"),
    "rows": _("figures counted"),
    "scored": _("indicators scored"),
}


def day_asked(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


class StepFilter(admin.SimpleListFilter):
    title, parameter_name = _("step"), "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(NightStep.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        return queryset.filter(step=self.value()) if self.value() else queryset


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("day", "shown_step", "shown_unit", "status", "attempts", "started_at", "shown_counts")
    list_filter = (StepFilter, "status")
    ordering = ("-day", "-pk")
    sortable_by = ()
    fields = readonly_fields = (
        "day",
        "shown_step",
        "shown_unit",
        "status",
        "attempts",
        "started_at",
        "finished_at",
        "shown_counts",
        "head",
        "said",
    )
    change_list_template = "admin/kernel/run/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        name = Subquery(Unit.objects.filter(path=OuterRef("shard")).values("name")[:1])
        rows = super().get_queryset(request).filter(scope_for(request.user, SEE).q("shard"))
        return rows.annotate(unit_name=name)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **how: Any) -> HttpResponse:
        run: Run = how["obj"]
        context["named"] = _("%(step)s of %(day)s · %(unit)s") % {
            "step": self.shown_step(run),
            "day": date_format(run.day),
            "unit": self.shown_unit(run),
        }
        return super().render_change_form(request, context, **how)

    @admin.display(description=_("step"))
    def shown_step(self, run: Run) -> str:
        return str(dict(NightStep.choices).get(run.step, run.step))

    @admin.display(description=_("unit"))
    def shown_unit(self, run: Any) -> str:
        return run.unit_name or run.shard

    @admin.display(description=_("counts"))
    def shown_counts(self, run: Run) -> str:
        said = _("%(what)s: %(number)s")
        return " · ".join(
            said % {"what": words, "number": run.counts[name]}
            for name, words in COUNTED.items()
            if name in run.counts
        )

    @admin.display(description=_("error"))
    def said(self, run: Run) -> str:
        return run.said or self.get_empty_value_display()

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "nights/", wrap(require_GET(permission_required(SEE)(self.nights))), name="kernel_run_nights"
            ),
            path("nights/recount/", wrap(self.recount), name="kernel_run_recount"),
            *super().get_urls(),
        ]

    def nights(self, request: SignedInRequest) -> HttpResponse:
        """The last nights, and one of them part by part."""
        reach, now = scope_for(request.user, SEE), clock.now()
        known = nights(reach, now=now)
        asked = day_asked(request)
        if asked is None:
            night = known[0] if known else None
        else:
            night = next((one for one in known if one.day == asked), None) or _old_night(reach, asked, now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("The nights"),
            "opts": self.opts,
            "nights": known,
            "night": night,
            "troubles": [(part, recounts.reason_of(part)) for part in night.broken] if night else [],
            "may_recount": request.user.has_perm(recounts.PERMISSION),
        }
        return render(request, "admin/kernel/run/nights.html", context)

    def recount(self, request: SignedInRequest) -> HttpResponse:
        """What counting again means for this part, or why nothing needs doing; then the work, as a job."""
        step, shard, day = request.GET.get("step", ""), request.GET.get("shard", ""), day_asked(request)
        if not scope_for(request.user, recounts.PERMISSION).covers(shard):
            raise Refused
        if day is None:
            raise Http404
        part: Part | None = None
        refusal = ""
        try:
            part = recounts.part_to_recount(step, shard, day, now=clock.now())
            if request.method == "POST":
                job = recounts.ask_for_recount(part, actor=request.user, now=clock.now())
                return redirect("job", job.pk)
        except LookupError:
            raise Http404 from None
        except recounts.RecountRefused as refused:
            refusal = str(refused)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Count again"),
            "opts": self.opts,
            "part": part,
            "day": day,
            "reason": recounts.reason_of(part) if part else "",
            "refusal": refusal,
        }
        return render(request, "admin/kernel/run/recount.html", context)


def _old_night(reach: Any, day: date, now: Any) -> Night:
    """A day that the list of the last nights does not show; not found where nothing was counted."""
    if not Run.objects.filter(reach.q("shard"), day=day).exists():
        raise Http404
    return nights_of(reach, [day], now=now)[0]
