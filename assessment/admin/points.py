from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.access import load_or_404
from accounts.enums import Level
from accounts.scoped_admin import ScopedInline, ScopedModelAdmin, visible
from assessment.admin.trials import TrialPages, said_by
from assessment.enums import SPANS, VersionStatus
from assessment.forms.versions import GroupFormSet, StarForm, StarFormSet, VersionForm
from assessment.models import CapGroup, PointRule, PointScheme, SchemeVersion, StarLevel
from assessment.queries.rulebook import latest_of
from assessment.services.schemes import copy_as_draft, hold_draft, next_number
from assessment.wording import star_sentence
from portal.kernel import clock


class OfVersionInline(ScopedInline):
    """Rows of a version: edited while it is a draft, read afterwards."""

    def is_open(self, obj: SchemeVersion | None) -> bool:
        return obj is None or obj.status == VersionStatus.DRAFT

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_open(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A row of a draft may go again; nothing has been counted by it."""
        return self.is_open(obj) and super().has_change_permission(request, obj)


class GroupInline(OfVersionInline):
    model = CapGroup
    formset = GroupFormSet
    fields = ("code", "name", "shared", *(f"cap_{span}" for span in SPANS))


class StarInline(OfVersionInline):
    model = StarLevel
    form = StarForm
    formset = StarFormSet
    fields = (
        ("level", "route", "name"),
        ("basis", "threshold", "keeps", "no_complaint"),
        ("also_kind", "also_times", "also_rule", "also_rule_times"),
        "says",
    )
    template = "admin/edit_inline/stacked.html"
    readonly_fields = ("says",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The sentence alone where nothing is to be changed: it says everything."""
        return self.fields if self.has_change_permission(request, obj) else ("says",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows = super().get_queryset(request).select_related("also_kind")
        return rows.prefetch_related("version__rules", "version__stars")

    @admin.display(description=_("says"))
    def says(self, row: StarLevel) -> str:
        if not row.pk:
            return ""
        said = star_sentence(row, {rule.code: rule.name for rule in row.version.rules.all()})
        ways = sum(star.level == row.level for star in row.version.stars.all())
        return (
            gettext("%(sentence)s One of the ways to this star suffices.") % {"sentence": said}
            if ways > 1
            else said
        )


@admin.register(PointScheme)
class PointSchemeAdmin(ScopedModelAdmin):
    list_display = ("name", "code", "unit")
    list_select_related = ("unit",)
    search_fields = ("name__startswith",)
    search_help_text = _("Search by the beginning of the name")
    fields = (
        "code",
        "name",
        "unit",
        "source",
        "source_url",
        "gaps",
        "approve_above",
        "answer_days",
        "spending",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: PointScheme | None = None) -> tuple[str, ...]:
        """The county stays: with another one the rules would go from under the points that rest on them."""
        return ("code", "unit") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "unit":
            field.queryset = field.queryset.filter(level=Level.COUNTY)
        return field


@admin.register(SchemeVersion)
class SchemeVersionAdmin(TrialPages):
    list_display = ("scheme", "number", "status", "effective_from", "published_at", "published_by")
    list_filter = ("status",)
    list_select_related = ("scheme", "published_by")
    fields = (
        ("scheme", "number", "status"),
        ("effective_from", "counting"),
        ("cap_day", "keeps_stars"),
        "reason",
    )
    form = VersionForm
    readonly_fields = ("status", "said_keeps_stars")
    inlines = (GroupInline, StarInline)
    change_form_template = "admin/assessment/schemeversion/change_form.html"

    def has_change_permission(self, request: HttpRequest, obj: SchemeVersion | None = None) -> bool:
        """What is published is read only: points rest on it."""
        is_open = obj is None or obj.status == VersionStatus.DRAFT
        return is_open and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: SchemeVersion | None = None) -> Any:
        """Yes and no in words where nothing is to be changed."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fields
        return (*self.fields[:2], ("cap_day", "said_keeps_stars"), "reason")

    @admin.display(description=_("stars reached before stay"))
    def said_keeps_stars(self, version: SchemeVersion) -> str:
        return gettext("yes") if version.keeps_stars else gettext("no")

    def get_inlines(self, request: HttpRequest, obj: SchemeVersion | None) -> Any:
        """Without an empty table of shared limits where none can be added."""
        is_empty = (
            obj is not None and not self.has_change_permission(request, obj) and not obj.groups.exists()
        )
        return (StarInline,) if is_empty else self.inlines

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From the version in force: another choice of which points count changes everybody's total."""
        schemes = visible(PointScheme, request.user)[:2]
        if len(schemes) != 1:
            return super().get_changeform_initial_data(request)
        given: dict[str, Any] = {"scheme": schemes[0].pk, "number": next_number(schemes[0])}
        if last := latest_of(schemes[0]):
            given |= {"counting": last.counting, "cap_day": last.cap_day}
        return {**given, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """The audit tells the version and its lines in one row, which `save_related` writes."""
        if change:
            hold_draft(obj.pk)
        admin.ModelAdmin.save_model(self, request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        lines = {
            "lines_added": [str(line) for formset in formsets for line in formset.new_objects],
            "lines_changed": [str(line) for formset in formsets for line, _fields in formset.changed_objects],
            "lines_removed": [str(line) for formset in formsets for line in formset.deleted_objects],
        }
        told = {name: these for name, these in lines.items() if these}
        if form.changed_data or told or not change:
            self.note_saved(request, form.instance, form, change, **told)

    def acts_on(self, key: str) -> models.Q:
        """With those on its rules, which may be gone."""
        of_rules = models.Q(object_type=PointRule._meta.label_lower, summary__of_version=int(key))
        return super().acts_on(key) | of_rules if key.isdecimal() else super().acts_on(key)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/copy/", wrap(require_POST(self.copy)), name="assessment_schemeversion_copy"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        version = self.get_object(request, object_id)
        more: dict[str, Any] = said_by(version) if version else {}
        more |= {
            "may_change_rules": version is not None and self.has_change_permission(request, version),
            "may_publish": request.user.has_perm("assessment.publish_schemeversion"),
            "may_try": request.user.has_perm("assessment.change_schemeversion"),
            "may_reverse": request.user.has_perm("assessment.reverse_batch"),
            "may_copy": request.user.has_perm("assessment.add_schemeversion"),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = load_or_404(
            SchemeVersion, pk, person=request.user, permission="assessment.add_schemeversion"
        )
        tomorrow = clock.today() + timedelta(days=1)
        draft = copy_as_draft(version, effective_from=tomorrow, actor=request.user, now=clock.now())
        messages.success(request, _("A new draft with the same rules. Edit it, then publish it."))
        return redirect("admin:assessment_schemeversion_change", draft.pk)
