"""The appraisals of a year as the office sees them: the list with how far each sheet is, opening, counting, export."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.access import load_or_404, permission_required, scope_for
from accounts.enums import Level
from accounts.models import Unit
from accounts.scoped_admin import BoundedPaginator, ScopedModelAdmin, visible
from accounts.scopes import Scope
from assessment import rules_appraisal as rules
from assessment.admin import appraisal_sheet
from assessment.enums import AppraisalStatus
from assessment.forms.appraisal import ExportForm, YearForm
from assessment.models import Appraisal, AppraisalScheme
from assessment.queries.appraisal import (
    Tally,
    counts_by_status,
    tallies_of,
    with_people,
    year_words,
    years_of,
)
from assessment.services import appraisal as services
from assessment.services.appraisal.export import PERMISSION as EXPORT
from assessment.services.appraisal.export import ask_for_workbook
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError

ADD = "assessment.add_appraisal"


class ByStatus(BoundedPaginator):
    """Counts the sheets found by how they stand, and so all of them."""

    @cached_property
    def stands(self) -> dict[str, int]:
        return counts_by_status(self.object_list)

    @cached_property
    def count(self) -> int:
        return sum(self.stands.values())


class Progress(ChangeList):
    """A page of the list, with how far each of its sheets has come."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        tallies = tallies_of(self.result_list)
        for appraisal in self.result_list:
            appraisal.tally = tallies.get(appraisal.pk, Tally())
        self.stands = [
            (label, self.paginator.stands[status], self.get_query_string({"status__exact": status}, ["p"]))
            for status, label in AppraisalStatus.choices
        ]


class YearFilter(admin.SimpleListFilter):
    """A year of a scheme, as `2026` where one scheme is in use, else as `2026-SCHEME`."""

    title, parameter_name = _("year"), "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = years_of(visible(Appraisal, request.user))
        names = {scheme.pk: scheme.name for scheme, _year in found}
        if len(names) < 2:
            return [(str(year), year_words(scheme, year)) for scheme, year in found]
        return [
            (f"{year}-{scheme.pk}", f"{year_words(scheme, year)} · {scheme.name}") for scheme, year in found
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        year, _dash, scheme = (self.value() or "").partition("-")
        if year.isdecimal():
            queryset = queryset.filter(year=int(year[:4]))
        return queryset.filter(scheme=int(scheme)) if scheme.isdecimal() else queryset


class TownshipFilter(admin.SimpleListFilter):
    title, parameter_name = _("township"), "township"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        stations = visible(Unit, request.user).filter(level=Level.STATION).order_by("path")
        found = [(str(unit.pk), unit.name) for unit in stations]
        return found if len(found) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or ""
        if not value.isdecimal():
            return queryset
        station = visible(Unit, request.user).filter(pk=int(value)).first()
        return queryset.within(Scope.of(station.path)) if station else queryset.none()


@admin.register(Appraisal)
class AppraisalAdmin(ScopedModelAdmin):
    """Every change goes through the sheet's own acts; nothing is edited as a plain row."""

    list_display = ("unit", "township", "year_shown", "stand", "own_score", "final_score")
    list_filter = (YearFilter, "status", TownshipFilter)
    paginator = ByStatus
    list_select_related = ("unit__parent", "scheme")
    search_fields = ("unit__name__startswith",)
    search_help_text = _("Search by the beginning of the unit's name")
    ordering = ("-year", "unit__path")
    actions = None
    change_list_template = "assessment/appraisal/list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Progress

    @admin.display(description=_("township"))
    def township(self, appraisal: Appraisal) -> str:
        return appraisal.unit.parent.name if appraisal.unit.parent else ""

    @admin.display(description=_("year"), ordering="year")
    def year_shown(self, appraisal: Appraisal) -> str:
        return year_words(appraisal.scheme, appraisal.year)

    @admin.display(description=_("status"), ordering="status")
    def stand(self, appraisal: Appraisal) -> str:
        return format_html(
            '<span class="tag {}">{}</span>',
            TAGS[AppraisalStatus(appraisal.status)],
            _("sent back") if appraisal.return_reason else appraisal.get_status_display(),
        )

    @admin.display(description=_("self score"))
    def own_score(self, appraisal: Any) -> str:
        return progress_words(appraisal.tally.self_given, appraisal.tally.marks, appraisal.tally.self_total)

    @admin.display(description=_("county score"))
    def final_score(self, appraisal: Any) -> str:
        tally = appraisal.tally
        return progress_words(tally.county_given, tally.marks, tally.county_total)

    # ── Pages ──

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"assessment_appraisal_{name}")

        return [
            page("export/", permission_required(EXPORT)(self.export), "export"),
            page("count/", permission_required(ADD)(self.count), "count"),
            page("<int:pk>/send-back/", appraisal_sheet.send_back, "send_back"),
            page("<int:pk>/reopen/", appraisal_sheet.reopen, "reopen"),
            page("mark/<int:pk>/evidence/", appraisal_sheet.add_evidence, "evidence"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {
            "may_export": request.user.has_perm(EXPORT),
            "may_open": request.user.has_perm(ADD),
            "asked": request.GET.urlencode(),
        }
        return super().changelist_view(request, {**may, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        appraisal: Appraisal = load_or_404(
            with_people(), object_id, person=request.user, permission="assessment.view_appraisal"
        )
        return appraisal_sheet.sheet(request, appraisal, self.admin_site)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Opening the sheets of a year for all units of a scheme at once."""
        return permission_required(ADD)(self.open)(request)

    def open(self, request: HttpRequest) -> HttpResponse:
        form = YearForm(
            request.POST or None, schemes=self.schemes(request, ADD), initial={"year": this_year(request)}
        )
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                done = services.open_appraisals(
                    given["scheme"], year=given["year"], actor=request.user, now=clock.now()
                )
            except PortalError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(
                    request,
                    _("%(new)s sheets were opened; %(before)s stood open already.")
                    % {"new": done.new, "before": done.before},
                )
                return redirect(list_of(given["year"]))
        return self.form_page(request, form, _("Open the appraisal of a year"), _("Open the sheets"))

    def count(self, request: HttpRequest) -> HttpResponse:
        """Counting the indicators of a year anew from the latest figures."""
        form = YearForm(
            request.POST or None, schemes=self.schemes(request, ADD), initial={"year": this_year(request)}
        )
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            done = services.compute_marks(
                given["scheme"], year=given["year"], actor=request.user, now=clock.now()
            )
            words = _("%(scored)s indicators were counted; %(without)s have no figures.")
            messages.success(request, words % {"scored": done.scored, "without": done.without})
            return redirect(list_of(given["year"]))
        return self.form_page(request, form, _("Count the indicators anew"), _("Count now"))

    def export(self, request: HttpRequest) -> HttpResponse:
        reach = scope_for(request.user, EXPORT)
        places = Unit.objects.within(reach).filter(path__in=reach.paths).order_by("path")
        form = ExportForm(
            request.POST or None,
            schemes=self.schemes(request, "assessment.view_appraisalscheme"),
            places=places,
            initial={**asked_for(request), "place": places.first()},
        )
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            job = ask_for_workbook(
                given["scheme"], year=given["year"], place=given["place"], actor=request.user
            )
            return redirect("job", job.pk)
        return self.form_page(request, form, _("Export the appraisal workbook"), _("Make the workbook"))

    def schemes(self, request: HttpRequest, permission: str) -> QuerySet[AppraisalScheme]:
        return AppraisalScheme.objects.within(scope_for(request.user, permission)).order_by("-pk")

    def form_page(self, request: HttpRequest, form: Any, title: Any, button: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "button": button,
            "opts": self.opts,
            "form": form,
        }
        return render(request, "assessment/appraisal/form.html", context)


TAGS = {
    AppraisalStatus.OPEN: "",
    AppraisalStatus.SELF_SCORED: "tag-warn",
    AppraisalStatus.COUNTY_SCORED: "tag-good",
}


def progress_words(given: int, of: int, total: Any) -> str:
    if not given:
        return "–"
    points = _("%(points)s points") % {"points": rules.plain(total)}
    return format_html("<b>{}</b>", points) if given == of else f"{given}/{of} · {points}"


def this_year(request: HttpRequest) -> int:
    """The year whose sheets are at work: the latest one opened, else the school year that runs."""
    latest = visible(Appraisal, request.user).order_by("-year").values_list("year", flat=True).first()
    return latest or SchoolYear.of(clock.today()).year


def asked_for(request: HttpRequest) -> dict[str, Any]:
    """The year and scheme by which the list was filtered."""
    year, _dash, scheme = request.GET.get("year", "").partition("-")
    return {"year": year or this_year(request)} | ({"scheme": scheme} if scheme else {})


def list_of(year: int) -> str:
    return f"{reverse('admin:assessment_appraisal_changelist')}?year={year}"
