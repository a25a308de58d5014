"""Classes and families in the office. Lists are imported through /work/roster/; here single rows are seen and kept."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.exports import ExportingAdmin
from accounts.reasons import ask_reason
from accounts.scoped_admin import ReadOnlyMixin, ScopedInline, ScopedModelAdmin
from parentschool.enums import VisitOutcome
from parentschool.forms.office import ChildForm, ClassTeamForm, GuardianForm, HomeVisitForm, SchoolClassForm
from parentschool.models import (
    Child,
    ClassTeamMember,
    Guardianship,
    HomeVisit,
    Membership,
    SchoolClass,
)
from parentschool.resources import ChildResource, GuardianshipResource, HomeVisitResource, MembershipResource
from parentschool.services import families, teams, visits
from parentschool.services.rosters import PERMISSION
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError


class RosterButtonMixin(ScopedModelAdmin):
    """The button that leads to the import of class lists, for who may import."""

    change_list_template = "admin/parentschool/roster_change_list.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_import"
        return [path("import/", self.admin_site.admin_view(self.import_list), name=name), *super().get_urls()]

    def import_list(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise Http404
        return redirect("roster_new")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_import = request.user.has_perm(PERMISSION)
        return super().changelist_view(request, {**(extra_context or {}), "may_import": may_import})


class SchoolYearFilter(admin.SimpleListFilter):
    """The last years by the calendar; asking the table which years it holds would read all of it."""

    title = _("school year")
    parameter_name = "school_year"
    YEARS = 5

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        latest = SchoolYear.of(clock.today()).year
        return [(str(year), str(SchoolYear(year))) for year in range(latest, latest - self.YEARS, -1)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value() or ""
        return queryset.filter(school_year=int(chosen)) if chosen.isdecimal() else queryset


@admin.register(SchoolClass)
class SchoolClassAdmin(RosterButtonMixin, ScopedModelAdmin):
    form = SchoolClassForm
    list_display = ("__str__", "school", "stage", "entry_year", "number")
    list_filter = ("stage", "entry_year")
    list_select_related = ("school",)
    search_fields = ("school__name__startswith",)
    search_help_text = _("Search by the beginning of the school's name")
    empty_hint = _("Classes open by themselves when a roster is imported.")
    autocomplete_fields = ("school",)
    fields = ("school", "stage", "entry_year", "number", "closed_on")
    ordering = ("path",)

    def get_readonly_fields(self, request: HttpRequest, obj: SchoolClass | None = None) -> tuple[str, ...]:
        return ("school", "stage", "entry_year", "number") if obj else ("closed_on",)

    def save_model(self, request: HttpRequest, obj: SchoolClass, form: ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = families.open_class(
            obj.school,
            stage=obj.stage,
            entry_year=obj.entry_year,
            number=obj.number,
            actor=request.user,
            now=clock.now(),
        )
        obj.__dict__.update(made.__dict__)


class GuardiansInline(ScopedInline):
    model = Guardianship
    fields = ("guardian", "relation", "relation_word", "ended_on")
    raw_id_fields = ("guardian",)
    verbose_name_plural = _("guardians")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """A guardianship stays with its person: another guardian is another line."""
        return super().get_formset(request, obj, form=GuardianForm, **kwargs)


@admin.register(Child)
class ChildAdmin(RosterButtonMixin, ExportingAdmin):
    form = ChildForm
    resource_classes = [ChildResource]
    list_display = ("name", "school_class", "school", "gender", "left_on")
    list_filter = ("gender",)
    list_select_related = ("school_class__school",)
    search_fields = ("name__startswith",)
    search_help_text = _("Search by the beginning of the child's name")
    empty_hint = _("Children come with the roster: import one, and their guardians become learners.")
    autocomplete_fields = ("school_class",)
    fields = ("name", "school_class", "gender", "left_on")
    readonly_fields = ("basis", "consent")
    ordering = ("path", "name")
    inlines = (GuardiansInline,)

    def get_fields(self, request: HttpRequest, obj: Child | None = None) -> tuple[str, ...]:
        return (*self.fields, *(("basis", "consent") if obj else ("by_duty",)))

    @admin.display(description=_("school"))
    def school(self, child: Child) -> str:
        return child.school_class.school.name

    def save_model(self, request: HttpRequest, obj: Child, form: ModelForm, change: bool) -> None:
        now = clock.now()
        if not change:
            made = families.add_child(
                obj.school_class,
                name=obj.name,
                gender=obj.gender,
                by_duty=form.cleaned_data["by_duty"],
                actor=request.user,
                now=now,
            )
            obj.__dict__.update(made.__dict__)
            return
        families.require_basis(obj)
        target = obj.school_class
        if "school_class" in form.changed_data:
            stored = Child.objects.select_related("school_class__school").get(pk=obj.pk)
            families.transfer_child(stored, to=target, actor=request.user, now=now)
            obj.path = target.path
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: ModelForm, formset: Any, change: bool) -> None:
        """Guardians come and go by the services, which make them learners and keep the audit."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for line in formset.forms:
            if line.has_changed():
                try:
                    self._save_guardian(request, form.instance, line, formset)
                except PortalError as refusal:
                    refusal.details["line"] = line.prefix
                    raise

    def _save_guardian(self, request: HttpRequest, child: Child, line: ModelForm, formset: Any) -> None:
        now, bond = clock.now(), line.instance
        said = {"relation": bond.relation, "word": bond.relation_word, "actor": request.user, "now": now}
        if bond.pk is None:
            formset.new_objects.append(families.add_guardian(child, bond.guardian, **said))
            return
        stored = Guardianship.objects.get(pk=bond.pk)
        if {"relation", "relation_word"} & set(line.changed_data):
            families.correct_relation(stored, **said)
        if "ended_on" in line.changed_data and bond.ended_on:
            families.end_guardianship(stored, on=bond.ended_on, actor=request.user, now=now)
        elif "ended_on" in line.changed_data:
            families.add_guardian(child, stored.guardian, **said)
        formset.changed_objects.append((stored, line.changed_data))


@admin.register(Guardianship)
class GuardianshipAdmin(ReadOnlyMixin, ExportingAdmin):
    resource_classes = [GuardianshipResource]
    list_display = ("guardian", "related_as", "child", "ended_on")
    list_filter = ("relation",)
    list_select_related = ("guardian", "child")
    list_only = ("guardian__name", "child__name", "relation", "relation_word", "ended_on")
    search_fields = ("guardian__name__startswith", "child__name__startswith")
    search_help_text = _("Search by the beginning of the guardian's or the child's name")
    ordering = ("child__path", "-pk")

    @admin.display(description=_("relation"))
    def related_as(self, bond: Guardianship) -> str:
        return str(bond.relation_name)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyMixin, ExportingAdmin):
    resource_classes = [MembershipResource]
    list_display = ("person", "school", "school_year", "joined_on", "left_on", "source")
    list_filter = (SchoolYearFilter, "source")
    list_select_related = ("person", "school")
    list_only = ("person__name", "school__name", "school_year", "joined_on", "left_on", "source")
    search_fields = ("person__name__startswith",)
    search_help_text = _("Search by the beginning of the person's name")
    ordering = ("path", "-pk")


@admin.register(ClassTeamMember)
class ClassTeamMemberAdmin(ScopedModelAdmin):
    form = ClassTeamForm
    list_display = ("school_class", "school", "duty", "person", "valid_from", "valid_until")
    list_filter = ("duty",)
    list_select_related = ("school_class__school", "person")
    search_fields = ("person__name__startswith",)
    search_help_text = _("Search by the beginning of the person's name")
    autocomplete_fields = ("school_class",)
    raw_id_fields = ("person",)
    fields = ("school_class", "person", "duty", "valid_from", "valid_until")
    ordering = ("-pk",)

    @admin.display(description=_("school"))
    def school(self, member: ClassTeamMember) -> str:
        return member.school_class.school.name

    def get_readonly_fields(
        self, request: HttpRequest, obj: ClassTeamMember | None = None
    ) -> tuple[str, ...]:
        return ("school_class", "person", "duty", "valid_from") if obj else ("valid_until",)

    def save_model(self, request: HttpRequest, obj: ClassTeamMember, form: ModelForm, change: bool) -> None:
        now = clock.now()
        if not change:
            member = teams.join_class_team(
                obj.school_class,
                obj.person,
                duty=obj.duty,
                valid_from=obj.valid_from,
                actor=request.user,
                now=now,
            )
            obj.__dict__.update(member.__dict__)
        elif "valid_until" in form.changed_data and obj.valid_until:
            stored = ClassTeamMember.objects.get(pk=obj.pk)
            teams.leave_class_team(stored, on=obj.valid_until, actor=request.user, now=now)


class VisitStandsFilter(admin.SimpleListFilter):
    title = _("counts")
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("taken back"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(revoked_at__isnull=self.value() == "yes")
        return queryset


@admin.register(HomeVisit)
class HomeVisitAdmin(ExportingAdmin):
    """Visits are recorded on the phone; here one looks, corrects with a reason, and takes back what did not happen."""

    form = HomeVisitForm
    resource_classes = [HomeVisitResource]
    list_display = ("child", "school_class", "school", "visited_on", "outcome", "met", "visitor", "stands")
    list_filter = (VisitStandsFilter, "outcome")
    list_select_related = ("child__school_class__school", "met", "visitor")
    search_fields = ("child__name__startswith", "visitor__name__startswith")
    search_help_text = _("Search by the beginning of the child's or the visitor's name")
    ordering = ("-visited_on", "-pk")
    empty_hint = _(
        "Home visits are put down by class teachers and leads on the phone page, under Home visit."
    )
    actions = ("take_back",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("met__phone", "visitor__phone")

    @admin.display(description=_("class"))
    def school_class(self, visit: HomeVisit) -> str:
        return str(visit.child.school_class)

    @admin.display(description=_("school"))
    def school(self, visit: HomeVisit) -> str:
        return visit.child.school_class.school.name

    @admin.display(description=_("child"))
    def whose(self, visit: HomeVisit) -> str:
        """A name without a link: who sees visits need not see children's pages."""
        return str(visit.child)

    @admin.display(description=_("visited by"))
    def visited_by(self, visit: HomeVisit) -> str:
        return str(visit.visitor)

    @admin.display(description=_("counts"), boolean=True)
    def stands(self, visit: HomeVisit) -> bool:
        return visit.revoked_at is None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: HomeVisit | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.revoked_at is None)

    def get_fields(self, request: HttpRequest, obj: HomeVisit | None = None) -> tuple[str, ...]:
        fixed = ("whose", "visited_on", "visited_by", "outcome", "met", "note")
        if obj and self.has_change_permission(request, obj):
            return (*fixed, "reason")
        return (*fixed, "revoked_at", "revoked_reason")

    def get_readonly_fields(self, request: HttpRequest, obj: HomeVisit | None = None) -> tuple[str, ...]:
        return ("whose", "visited_on", "visited_by", "revoked_at", "revoked_reason")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Guardians of the child, whoever's area they live in; the form narrows them."""
        if db_field.name == "met":
            return db_field.formfield(**kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: HomeVisit, form: ModelForm, change: bool) -> None:
        given = form.cleaned_data
        visits.correct_home_visit(
            HomeVisit.objects.get(pk=obj.pk),
            outcome=VisitOutcome(given["outcome"]),
            met=given["met"],
            note=given["note"],
            reason=given["reason"],
            actor=request.user,
            now=clock.now(),
        )

    @admin.action(description=_("Take the chosen visits back"), permissions=["change"])
    def take_back(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return ask_reason(
            self, request, queryset, title=_("Take the chosen visits back"), act=self._take_back
        )

    def _take_back(self, request: HttpRequest, rows: list[HomeVisit], reason: str) -> None:
        for visit in rows:
            visits.revoke_home_visit(visit, reason=reason, actor=request.user, now=clock.now())
        told = ngettext("%(n)s visit is taken back.", "%(n)s visits are taken back.", len(rows))
        messages.success(request, told % {"n": len(rows)})
