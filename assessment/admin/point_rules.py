"""A point rule on its own page: what it says as a sentence, and what it gives in plain cases, counted by the engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.scoped_admin import ScopedModelAdmin, visible
from assessment.engine.examples import examples
from assessment.enums import VersionStatus
from assessment.forms.point_rules import CAPS, RuleForm
from assessment.models import PointRule, SchemeVersion
from assessment.queries.rulebook import WHOLE, rule_of, rule_with, version_of
from assessment.rules import Rule
from assessment.services.schemes import SchemeRefused, hold_draft
from assessment.wording import names_of_kinds, rule_sentence

PLACE = 10
"""Rules are numbered in tens, so that one may be put between two."""


def is_draft(version: SchemeVersion) -> bool:
    return version.status == VersionStatus.DRAFT


@admin.register(PointRule)
class PointRuleAdmin(ScopedModelAdmin):
    """Reached from its version; the sidebar does not name it."""

    form = RuleForm
    list_display = ("name", "version", "effect", "points")
    list_select_related = ("version__scheme",)
    search_fields = ("name__startswith",)
    search_help_text = _("Search by the beginning of the name")
    ordering = ("-version", "order")
    change_form_template = "admin/assessment/pointrule/change_form.html"
    fieldsets = (
        (_("What counts"), {"fields": ("version", "name", "source", "kinds", "items")}),
        (
            _("How much"),
            {"fields": (("effect", "points", "per"), "once", ("every", "span", "counted_for"), "step_lines")},
        ),
        (
            _("At most how much"),
            {
                "fields": (CAPS[:4], CAPS[4:], ("shared", "group")),
                "description": _("Empty: no limit. Points beyond a limit are shown as kept back."),
            },
        ),
        (
            _("For whom, where, when"),
            {"fields": (("roles", "unit_kinds"), "min_minutes", ("begins_on", "ends_on"))},
        ),
        (
            _("Validity and origin"),
            {"fields": (("validity", "valid_months"), "source_item", ("code", "order"))},
        ),
    )

    readonly_fields = (
        "said_source",
        "said_kinds",
        "said_items",
        "said_steps",
        "said_roles",
        "said_unit_kinds",
    )
    SAID = {
        "source": "said_source",
        "kinds": "said_kinds",
        "items": "said_items",
        "step_lines": "said_steps",
        "roles": "said_roles",
        "unit_kinds": "said_unit_kinds",
    }
    """What is kept as codes, and the method that says it where nothing is to be changed."""

    def get_fieldsets(self, request: HttpRequest, obj: PointRule | None = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return [
            (name, {**options, "fields": [self._said(field) for field in options["fields"]]})
            for name, options in self.fieldsets
        ]

    def _said(self, field: Any) -> Any:
        if isinstance(field, tuple):
            return tuple(self._said(one) for one in field)
        return self.SAID.get(field, field)

    def _chosen(self, field: str, codes: list[str]) -> str:
        words = dict(RuleForm.base_fields[field].choices)
        return self._listed(str(words.get(code, code)) for code in codes)

    def _listed(self, names: Iterable[str]) -> str:
        return pgettext("between names", ", ").join(names) or self.get_empty_value_display()

    @admin.display(description=_("source of facts"))
    def said_source(self, rule: PointRule) -> str:
        return self._chosen("source", [rule.source])

    @admin.display(description=_("kinds of event"))
    def said_kinds(self, rule: PointRule) -> str:
        return self._listed(kind.name for kind in rule.kinds.all())

    @admin.display(description=_("kinds of record"))
    def said_items(self, rule: PointRule) -> str:
        return self._listed(item.name for item in rule.items.all())

    @admin.display(description=_("by table"))
    def said_steps(self, rule: PointRule) -> str:
        return self._listed(
            gettext("from %(least)s on %(gives)s points") % {"least": least, "gives": gives}
            for least, gives in rule.steps
        )

    @admin.display(description=_("only for"))
    def said_roles(self, rule: PointRule) -> str:
        return self._chosen("roles", rule.roles)

    @admin.display(description=_("only at"))
    def said_unit_kinds(self, rule: PointRule) -> str:
        return self._chosen("unit_kinds", rule.unit_kinds)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def has_change_permission(self, request: HttpRequest, obj: PointRule | None = None) -> bool:
        """What is published is read only: points rest on it."""
        return (obj is None or is_draft(obj.version)) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """From the page of a draft, which says for which version."""
        return super().has_add_permission(request, obj) and (
            "version" in request.GET or request.method == "POST"
        )

    def has_delete_permission(self, request: HttpRequest, obj: PointRule | None = None) -> bool:
        """A rule of a draft may go again; nothing has been counted by it."""
        return obj is not None and self.has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("version__scheme")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "version":
            field.queryset = field.queryset.filter(status=VersionStatus.DRAFT)
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        version = self._version_asked(request)
        last = version.rules.order_by("-order").first()
        return {"version": version.pk, "order": (last.order if last else 0) + PLACE}

    def _version_asked(self, request: HttpRequest) -> SchemeVersion:
        """A rule is always made for a version."""
        asked = request.GET.get("version", "")
        drafts = visible(SchemeVersion, request.user, "change").filter(status=VersionStatus.DRAFT)
        found: SchemeVersion | None = drafts.filter(pk=asked).first() if asked.isdecimal() else None
        if found is None:
            raise Http404
        return found

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_POST(self.preview))
        return [path("preview/", preview, name="assessment_pointrule_preview"), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        rule = self.get_object(request, object_id) if object_id else None
        shown: dict[str, Any] = {"may_preview": request.user.has_perm("assessment.add_pointrule")}
        if rule is not None:
            shown |= {
                "version": rule.version,
                "sentence": rule_sentence(rule, names_of_kinds(rule), in_full=True),
                "examples": self._examples(rule_of(rule), rule.version),
            }
        elif request.method == "GET":
            shown["version"] = self._version_asked(request)
        answer: HttpResponse = super().changeform_view(
            request, object_id, form_url, {**shown, **(extra_context or {})}
        )
        return answer

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The sentence and the cases of what stands in the form now, of a rule that may be saved already. Saves
        nothing."""
        if not request.user.has_perm("assessment.add_pointrule"):
            raise Http404
        saved = self._rule_asked(request)
        form = self.get_form(request, saved)(request.POST, instance=saved)
        shown: dict[str, Any] = {"form": form}
        if form.is_valid():
            rule, chosen = form.instance, form.cleaned_data
            kinds = [*chosen["kinds"], *chosen["items"]]
            value = rule_with(
                rule,
                kinds=frozenset(kind.pk for kind in chosen["kinds"]),
                items=frozenset(item.pk for item in chosen["items"]),
            )
            shown["sentence"] = rule_sentence(rule, [kind.name for kind in kinds], in_full=True)
            shown["examples"] = self._examples(value, rule.version)
        return render(request, "admin/assessment/pointrule/preview.html", shown)

    def _rule_asked(self, request: HttpRequest) -> PointRule | None:
        """Without the rule itself its own code would count as taken."""
        if "rule" not in request.GET:
            return None
        found: PointRule | None = self.get_object(request, request.GET["rule"])
        if found is None or not self.has_change_permission(request, found):
            raise Http404
        return found

    def _examples(self, rule: Rule, version: SchemeVersion) -> list[Any]:
        whole = SchemeVersion.objects.prefetch_related(*WHOLE).get(pk=version.pk)
        return examples(rule, version_of(whole)) if rule.points or rule.effect == "void" else []

    def response_post_save_change(self, request: HttpRequest, obj: PointRule) -> Any:
        return redirect("admin:assessment_schemeversion_change", obj.version_id)

    response_post_save_add = response_post_save_change

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        for version_id in sorted({obj.version_id, form.initial.get("version", obj.version_id)}):
            hold_draft(version_id)
        super().save_model(request, obj, form, change)

    def note_saved(
        self, request: HttpRequest, obj: Any, form: ModelForm, change: bool, **details: Any
    ) -> None:
        super().note_saved(request, obj, form, change, name=obj.name, of_version=obj.version_id, **details)

    def delete_model(self, request: HttpRequest, obj: PointRule) -> None:
        try:
            hold_draft(obj.version_id)
        except SchemeRefused as refusal:
            raise PermissionDenied from refusal
        self.note_deleted(request, obj, name=obj.name, of_version=obj.version_id)
        super().delete_model(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        super().response_delete(request, obj_display, obj_id)
        return redirect("admin:assessment_schemeversion_changelist")
