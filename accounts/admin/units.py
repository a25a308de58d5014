from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import load_or_404, scope_for
from accounts.forms import PlaceForm, SchoolImportForm, UnitForm
from accounts.models import Person, Region, Unit, UnitPlacement
from accounts.refusals import tell_refusal
from accounts.scoped_admin import ScopedInline, ScopedModelAdmin, visible
from accounts.services import units
from portal.kernel import clock, jobs
from portal.kernel.calendar import SchoolYear


class PlacementInline(ScopedInline):
    """The unit's history: read here, changed by a dated act."""

    model = UnitPlacement
    fk_name = "unit"
    fields = readonly_fields = ("name", "parent", "valid_from", "valid_until", "reason")
    verbose_name_plural = _("names and places, by day")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Unit)
class UnitAdmin(ScopedModelAdmin):
    form = UnitForm
    list_display = ("name", "code", "level", "kind", "stage", "parent", "opened_on", "closed_on")
    list_filter = ("level", "kind", "stage")
    list_select_related = ("parent",)
    search_fields = ("name__startswith", "code__startswith")
    search_help_text = _("Search by the beginning of the name or the code")
    ordering = ("path",)
    autocomplete_fields = ("region",)
    inlines = (PlacementInline,)
    change_form_template = "admin/accounts/unit/change_form.html"
    change_list_template = "admin/accounts/unit/change_list.html"

    def get_fields(self, request: HttpRequest, obj: Unit | None = None) -> list[str]:
        return [
            "code",
            "name",
            "kind",
            "stage",
            "parent",
            "region",
            "opened_on",
            *(["closed_on"] if obj else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Unit | None = None) -> tuple[str, ...]:
        return ("code", "name", "kind", "parent", "opened_on", "closed_on") if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Unit | None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["fields"] = ["code", "name", "kind", "stage", "region", "opened_on"]
        form = super().get_form(request, obj, change, **kwargs)
        if "parent" in form.base_fields:
            open_units = visible(Unit, request.user, "add").filter(closed_on=None).order_by("path")
            form.base_fields["parent"].queryset = open_units
        return form

    def save_model(self, request: HttpRequest, obj: Unit, form: ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        given = form.cleaned_data
        opened = units.open_unit(
            **{
                name: given[name]
                for name in ("code", "name", "kind", "stage", "region", "opened_on", "parent")
            },
            actor=request.user,
            now=clock.now(),
        )
        obj.__dict__.update(opened.__dict__)

    def get_urls(self) -> list[URLPattern]:
        place = path("<int:pk>/place/", self.admin_site.admin_view(self.place), name="accounts_unit_place")
        schools = path(
            "schools/", self.admin_site.admin_view(self.import_schools), name="accounts_unit_import"
        )
        return [place, schools, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_import = request.user.has_perm("accounts.import_unit")
        return super().changelist_view(request, {**(extra_context or {}), "may_import": may_import})

    def import_schools(self, request: HttpRequest) -> HttpResponse:
        """Upload a school list: it becomes a job that checks first and writes when confirmed."""
        scope = scope_for(request.user, "accounts.import_unit")
        if not scope:
            raise Http404
        first_day = SchoolYear.of(clock.today()).period.begins_on
        form = SchoolImportForm(request.POST or None, request.FILES or None, initial={"opened_on": first_day})
        if request.method == "POST" and form.is_valid():
            job = jobs.ask(
                "school_import",
                title=gettext("School import: %(file)s") % {"file": form.cleaned_data["file"].name},
                actor=request.user,
                path=scope.paths[0],
                source=form.cleaned_data["file"],
                opened_on=form.cleaned_data["opened_on"].isoformat(),
            )
            return redirect("job", job.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import schools"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
        }
        return render(request, "admin/accounts/unit/import.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        may_place = request.user.has_perm("accounts.place_unit")
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "may_place": may_place}
        )

    def place(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move, rename or close: the first sending shows what the change touches, the second makes it."""
        unit = load_or_404(Unit, pk, person=request.user, permission="accounts.place_unit")
        reach = scope_for(request.user, "accounts.place_unit")
        form = PlaceForm(request.POST or None, unit=unit, within=reach)
        touched = None
        if request.method == "POST" and form.is_valid():
            if "confirm" not in request.POST:
                touched = units.touched_by(unit)
            elif self.make(unit, form, actor=request.user):
                messages.success(request, _("The change is recorded."))
                return redirect("admin:accounts_unit_change", unit.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move, rename or close"),
            "subtitle": unit.name,
            "opts": self.opts,
            "unit": unit,
            "form": form,
            "touched": touched,
            "media": self.media + form.media,
        }
        return render(request, "admin/accounts/unit/place.html", context)

    def make(self, unit: Unit, form: PlaceForm, *, actor: Person) -> bool:
        given, now = form.cleaned_data, clock.now()
        dated: dict[str, Any] = {"on": given["on"], "reason": given["reason"], "actor": actor, "now": now}
        try:
            if given["change"] == PlaceForm.MOVE:
                units.move_unit(unit, to=given["to"], **dated)
            elif given["change"] == PlaceForm.RENAME:
                units.rename_unit(unit, name=given["name"], **dated)
            else:
                units.close_unit(unit, **dated)
        except units.UnitRefused as refusal:
            tell_refusal(form, refusal)
            return False
        return True


@admin.register(Region)
class RegionAdmin(ScopedModelAdmin):
    """The list of the statistics bureau as it was at set-up: to look at, never to edit."""

    list_display = ("name", "code", "level", "parent", "vintage")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("name__startswith", "code__startswith")
    search_help_text = _("Search by the beginning of the name or the code")
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("parent")
