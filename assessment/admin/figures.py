"""What the night counts of each unit: row by row, and as one table of a day."""

from __future__ import annotations

from typing import Any

import tablib
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import SignedInRequest, permission_required, scope_for
from accounts.exports import send_table
from accounts.scoped_admin import ReadOnlyAdmin
from assessment.engine.metrics import METRICS
from assessment.forms.figures import FiguresForm
from assessment.models import UnitMetric
from assessment.queries import stars
from assessment.queries.figures import THEN, TREES, units_to_choose
from assessment.services.figures import Table, table_of
from portal.kernel import clock

SEE = "assessment.view_unitmetric"


class MetricFilter(admin.SimpleListFilter):
    title, parameter_name = _("metric"), "metric"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, metric.name) for code, metric in METRICS.items() if not code.startswith(stars.METRIC)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[UnitMetric]) -> QuerySet[UnitMetric]:
        return queryset.filter(metric=self.value()) if self.value() else queryset


@admin.register(UnitMetric)
class UnitMetricAdmin(ReadOnlyAdmin):
    list_display = ("unit", "day", "named", "value", "base")
    list_filter = (MetricFilter,)
    list_select_related = ("unit",)
    search_fields = ("unit__name__startswith",)
    search_help_text = _("Search by the beginning of the unit's name")
    ordering = ("-pk",)
    sortable_by = ()
    empty_hint = _("The night counts these figures. They stand here from the first night on.")
    fields = readonly_fields = ("unit", "day", "named", "in_words", "value", "base")
    change_list_template = "admin/assessment/unitmetric/change_list.html"

    @admin.display(description=_("metric"))
    def named(self, row: UnitMetric) -> str:
        return str(METRICS[row.metric].name) if row.metric in METRICS else row.metric

    @admin.display(description=_("how it is counted"))
    def in_words(self, row: UnitMetric) -> str:
        return str(METRICS[row.metric].words) if row.metric in METRICS else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnitMetric]:
        """Without people by star: these are shown where small numbers are held back (`queries.stars`)."""
        return super().get_queryset(request).exclude(metric__startswith=stars.METRIC)

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any) -> Any:
            return self.admin_site.admin_view(permission_required(SEE)(view))

        return [
            path("figures/", page(require_GET(self.figures)), name="assessment_unitmetric_figures"),
            path("figures/export/", page(require_POST(self.export)), name="assessment_unitmetric_export"),
            *super().get_urls(),
        ]

    def figures(self, request: SignedInRequest) -> HttpResponse:
        """A unit and the units right below it on one day, in the tree of that day or of today."""
        form = form_of(request)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Figures of a day"),
            "opts": self.opts,
            "form": form,
            "table": asked_for(form),
            "query": request.GET.urlencode(),
        }
        return render(request, "admin/assessment/unitmetric/figures.html", context)

    def export(self, request: SignedInRequest) -> HttpResponseBase:
        """The same as a workbook, with a line in the audit."""
        table = asked_for(form_of(request))
        if table is None:
            return redirect("admin:assessment_unitmetric_figures")
        name = f"{table.under.name} {gettext('Figures of a day')} {table.day}"
        place = table.under.path
        return send_table(request, as_dataset(table), table=self.opts.label_lower, place=place, name=name)


def form_of(request: SignedInRequest) -> FiguresForm:
    """What was asked; where nothing was, the topmost unit as it stands today."""
    reach = scope_for(request.user, SEE)
    if request.GET:
        return FiguresForm(request.GET, reach=reach)
    top = units_to_choose(reach).first()
    return FiguresForm({"unit": top and top.pk, "day": clock.today(), "as_of": THEN}, reach=reach)


def asked_for(form: FiguresForm) -> Table | None:
    return table_of(**form.cleaned_data) if form.is_valid() else None


def as_dataset(table: Table) -> tablib.Dataset:
    """Shares stand beside their numbers, in columns of their own."""
    headers = [gettext("unit"), gettext("day"), gettext("units are counted")]
    for column in table.columns:
        headers += [column.name, *([f"{column.name} %"] if column.is_share else [])]
    found = tablib.Dataset(headers=headers)
    for row in table.rows:
        cells: list[Any] = [row.name, table.day, str(TREES[table.as_of])]
        for column, cell in zip(table.columns, row.cells, strict=True):
            cells += [cell and cell.value, *([cell and cell.percent] if column.is_share else [])]
        found.append(cells)
    return found
