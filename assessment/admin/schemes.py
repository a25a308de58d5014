"""Schemes as the county writes them: a scheme with its sections, a section with its indicators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.access import load_or_404
from accounts.enums import Kind, Level
from accounts.refusals import tell_refusal
from accounts.scoped_admin import ScopedFieldsMixin, ScopedInline, ScopedModelAdmin
from assessment.engine.metrics import METRICS
from assessment.forms.schemes import CopyForm, IndicatorForm, SchemeForm, said_bands, said_parts
from assessment.models import AppraisalScheme, Indicator, Section
from assessment.services import appraisal as services
from assessment.services.appraisal.definition import definition_of
from assessment.services.appraisal.schemes import faults_of
from portal.kernel import audit, clock
from portal.kernel.errors import PortalError

CHANGE = "assessment.change_appraisalscheme"


def scheme_of(obj: Any) -> AppraisalScheme | None:
    return obj.scheme if isinstance(obj, Section) else obj


class WhileFree(ScopedFieldsMixin):
    """Lines of a scheme change until a unit has handed in a sheet, and go until sheets are opened."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not is_frozen(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not is_frozen(obj)


def is_frozen(obj: Any) -> bool:
    scheme = scheme_of(obj)
    return scheme is not None and scheme.pk is not None and services.is_frozen(scheme)


class LinesInline(WhileFree, ScopedInline):
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        scheme = scheme_of(obj)
        return (
            scheme is not None
            and scheme.pk is not None
            and not scheme.appraisals.exists()
            and request.user.has_perm(CHANGE, scheme)
        )


class SectionInline(LinesInline):
    model = Section
    fields = ("order", "name", "max_points", "remark")
    show_change_link = True


class IndicatorInline(LinesInline, admin.StackedInline):
    model = Indicator
    form = IndicatorForm
    template = "admin/edit_inline/stacked.html"
    readonly_fields = ("said_metric",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        """What is counted in words where nothing is to be changed."""
        metric = "metric" if self.has_change_permission(request, obj) else "said_metric"
        return (
            ("number", "order", "max_points"),
            ("text", "rule_text"),
            ("part_lines", "evidence_hint"),
            ("scoring", metric, "band_lines"),
            "remark",
        )

    @admin.display(description=_("what is counted"))
    def said_metric(self, indicator: Indicator) -> str:
        return str(METRICS[indicator.metric].name) if indicator.metric else self.get_empty_value_display()

    @admin.display(description=_("made of"))
    def part_lines(self, indicator: Indicator) -> str:
        """For who may only read: Django shows fields of a form by their widgets alone."""
        return said_parts(indicator) or self.get_empty_value_display()

    @admin.display(description=_("bands"))
    def band_lines(self, indicator: Indicator) -> str:
        return said_bands(indicator) or self.get_empty_value_display()


class LinesAdmin(WhileFree, ScopedModelAdmin):
    """Saves with an audit row for the head and for each line."""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        admin.ModelAdmin.save_model(self, request, obj, form, change)
        if form.changed_data or not change:
            self.trace(request, obj, "change" if change else "add", form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        for obj, fields in formset.changed_objects:
            self.trace(request, obj, "change", fields)
        for obj in formset.new_objects:
            self.trace(request, obj, "add", [])
        for obj in formset.deleted_objects:
            self.trace(request, obj, "delete", [str(obj)])

    def trace(self, request: HttpRequest, obj: Any, verb: str, fields: list[str]) -> None:
        section = obj.section if isinstance(obj, Indicator) else obj
        scheme = scheme_of(section)
        audit.record(
            f"assessment.{verb}_{obj._meta.model_name}",
            actor=request.user,
            now=clock.now(),
            obj=obj,
            path=scheme.unit.path if scheme else "",
            scheme=scheme.code if scheme else "",
            fields=fields,
        )


@admin.register(AppraisalScheme)
class AppraisalSchemeAdmin(LinesAdmin):
    form = SchemeForm
    list_display = ("name", "code", "unit", "year_runs")
    list_select_related = ("unit",)
    search_fields = ("name__startswith", "code__startswith")
    search_help_text = _("Search by the beginning of the name or the code")
    ordering = ("-pk",)
    inlines = (SectionInline,)
    change_form_template = "assessment/appraisal/scheme.html"
    fields = ("code", "name", "title", "unit", "kinds", "year_runs", "source", "remark")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The kinds in words where nothing is to be changed."""
        is_open = obj is None or self.has_change_permission(request, obj)
        return self.fields if is_open else tuple({"kinds": "said_kinds"}.get(one, one) for one in self.fields)

    @admin.display(description=_("kinds of unit it is for"))
    def said_kinds(self, scheme: AppraisalScheme) -> str:
        return pgettext("between names", ", ").join(str(Kind(kind).label) for kind in scheme.kinds)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "unit", "said_kinds") if obj else ("said_kinds",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "unit":
            field.queryset = field.queryset.filter(level=Level.COUNTY)
        return field

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        scheme = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if scheme is not None:
            definition = definition_of(scheme)
            shown = {
                "definition": definition,
                "table": list(zip(scheme.sections.order_by("order"), definition.sections, strict=True)),
                "faults": list(faults_of(definition)),
                "is_frozen": is_frozen(scheme),
                "may_copy": request.user.has_perm(CHANGE, scheme),
            }
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        copy = path(
            "<int:pk>/copy/", self.admin_site.admin_view(self.copy), name="assessment_appraisalscheme_copy"
        )
        return [copy, *super().get_urls()]

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same table under another code, for the next year or for changes."""
        scheme = load_or_404(AppraisalScheme, pk, person=request.user, permission=CHANGE)
        form = CopyForm(request.POST or None, initial={"name": scheme.name})
        if request.method == "POST" and form.is_valid():
            try:
                copied = services.copy_scheme(
                    scheme, **form.cleaned_data, actor=request.user, now=clock.now()
                )
                messages.success(request, _("The copy can be changed freely."))
                return redirect("admin:assessment_appraisalscheme_change", quote(copied.pk))
            except PortalError as refusal:
                tell_refusal(form, refusal)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Copy the scheme"),
            "subtitle": scheme.name,
            "opts": self.opts,
            "form": form,
            "button": _("Make the copy"),
        }
        return render(request, "assessment/appraisal/form.html", context)


@admin.register(Section)
class SectionAdmin(LinesAdmin):
    """Reached from its scheme; the sidebar does not name it."""

    list_display = ("name", "scheme", "order", "max_points")
    list_select_related = ("scheme",)
    ordering = ("scheme", "order")
    fields = ("scheme", "order", "name", "max_points", "remark")
    readonly_fields = ("scheme",)
    inlines = (IndicatorInline,)
    change_form_template = "assessment/appraisal/section.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def response_post_save_change(self, request: HttpRequest, obj: Section) -> HttpResponse:
        return redirect("admin:assessment_appraisalscheme_change", quote(obj.scheme_id))
