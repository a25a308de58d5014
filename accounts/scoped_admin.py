"""The base of every admin class: rows, choices, filters, autocompletes and inlines inside the person's scope.

Each lock stands alone: the list filters rows, the form offers only rows in scope and so refuses a forged key, and
after the save the row must still lie inside the writer's scope, in the same transaction.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext

from accounts.access import Refused, scope_for
from accounts.audit_words import act_words, told
from accounts.refusals import tell_refusal
from accounts.scopes import ScopedModel
from portal.kernel import audit, clock
from portal.kernel.choosing import RowsField
from portal.kernel.errors import PortalError
from portal.kernel.models import AuditEntry


def permission(model: type[models.Model], verb: str) -> str:
    return f"{model._meta.app_label}.{verb}_{model._meta.model_name}"


def visible(model: type[models.Model], person: Any, verb: str = "view") -> models.QuerySet:
    """The rows of a model that a person may see (or otherwise act upon); all rows of an unscoped model
    only where the person holds the permission at all."""
    scope = scope_for(person, permission(model, verb))
    if issubclass(model, ScopedModel):
        return model.objects.within(scope)
    return model._default_manager.all() if scope else model._default_manager.none()


class ScopedFieldsMixin(BaseModelAdmin):
    """Form fields offer and accept only rows that the person may see."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = visible(db_field.remote_field.model, request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = visible(db_field.remote_field.model, request.user)
        kwargs.setdefault("form_class", RowsField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj, "view") or self._may(request, obj, "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, None, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Facts are corrected or ended, never deleted."""
        return False

    def _may(self, request: HttpRequest, obj: Any, verb: str) -> bool:
        own = obj if isinstance(obj, self.model) else None
        return request.user.has_perm(permission(self.model, verb), own)


class ScopedInline(ScopedFieldsMixin, admin.TabularInline):
    extra = 0

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request) & visible(self.model, request.user)


class ScopedRelatedFilter(admin.RelatedFieldListFilter):
    """A drop-down that names only rows in scope."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        ordering = self.field_admin_ordering(field, request, model_admin)
        rows = visible(field.remote_field.model, request.user)
        return [(row.pk, str(row)) for row in (rows.order_by(*ordering) if ordering else rows)[:500]]


class BoundedPaginator(Paginator):
    """Counts no further than anybody leafs, so that a list of a whole county opens as fast as a school's. What lies
    beyond is found by searching."""

    LIMIT = 1_000

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[: self.LIMIT].count() if isinstance(rows, models.QuerySet) else len(rows)

    @property
    def has_more(self) -> bool:
        return self.count == self.LIMIT


class QuickChangeList(ChangeList):
    """Reads only what the list shows (`list_only` of its admin), and asks the address of a row's page once for the
    list instead of once for each row."""

    def get_ordering(self, request: HttpRequest, queryset: models.QuerySet) -> list[Any]:
        """What no heading sorts by, no address sorts by either: Django leaves out the links alone."""
        if not self.sortable_by:
            self.params.pop(ORDER_VAR, None)
        found: list[Any] = super().get_ordering(request, queryset)
        return found

    def get_queryset(self, *args: Any, **kwargs: Any) -> models.QuerySet:
        rows = super().get_queryset(*args, **kwargs)
        shown: tuple[str, ...] = self.model_admin.list_only
        return rows.only(*shown) if shown else rows

    @cached_property
    def _address(self) -> tuple[str, str]:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        before, _sample, after = reverse(
            name, args=["0"], current_app=self.model_admin.admin_site.name
        ).rpartition("0")
        return before, after

    def url_for_result(self, result: models.Model) -> str:
        before, after = self._address
        return f"{before}{quote(getattr(result, self.pk_attname))}{after}"


def refused_form(form: type[ModelForm], refusal: PortalError) -> type[ModelForm]:
    """The form with the refusal at the field that it names; `refusal_fields` of a form says which of its fields
    stands for another name. What was said about a line of an inline stands there, see `_create_formsets`."""

    class Refused(form):  # type: ignore[misc, valid-type]
        def clean(self) -> Any:
            given = super().clean()
            if refusal.details.get("line"):
                return given
            named = refusal.details.get("field")
            field = getattr(self, "refusal_fields", {}).get(named, named)
            self.add_error(field if field in self.fields else None, str(refusal))
            return given

    return Refused


class PickerView(AutocompleteJsonView):
    """What a look-up box finds, each as its admin class says it, with the look-ups of that class's list."""

    model_admin: ScopedModelAdmin

    def get_queryset(self) -> models.QuerySet:
        joined = self.model_admin.list_select_related
        rows = super().get_queryset()
        return rows if isinstance(joined, bool) else rows.select_related(*joined)

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": self.model_admin.picked_as(obj)}


class ScopedModelAdmin(ScopedFieldsMixin, admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    paginator = BoundedPaginator
    save_on_top = False
    list_only: tuple[str, ...] = ()
    HISTORY = 100
    """As many acts as the history of a row shows, the latest."""
    empty_hint: Any = ""
    """What an empty list says: where its rows come from, and what to do next."""

    def picked_as(self, row: Any) -> str:
        """As a look-up box names the row."""
        return str(row)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QuickChangeList

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request) & visible(self.model, request.user)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: Any) -> Any:
        """What a person may not see is not there."""
        raise Refused

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A service's refusal comes back as an error of the form, at its field, with everything typed kept."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except PortalError as refusal:
            request.refusal = refusal
            return super().changeform_view(request, *args, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Under the words of the button that led here."""
        title = gettext("Add %(name)s") % {"name": self.opts.verbose_name}
        return super().add_view(request, form_url, {"title": title, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """What the audit tells of the row, for those who may read it: services write there, not in Django's log."""
        kept = visible(AuditEntry, request.user).filter(self.acts_on(unquote(object_id)))
        acts = [
            (entry, act_words(entry.action), told(entry.summary, entry.object_type, of_row=True))
            for entry in kept.select_related("actor").order_by("-pk")[: self.HISTORY]
        ]
        return super().history_view(request, object_id, {"acts": acts, **(extra_context or {})})

    def acts_on(self, key: str) -> models.Q:
        """The acts of the audit that the history of a row tells."""
        return models.Q(object_type=self.opts.label_lower, object_id=key)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        refusal: PortalError | None = getattr(request, "refusal", None)
        return refused_form(form, refusal) if refusal else form

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        """With the refusal at the line whose prefix it carries as `line`."""
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]  # not in the stubs
        refusal: PortalError | None = getattr(request, "refusal", None)
        if refusal is not None and refusal.details.get("line"):
            for line in (form for formset in formsets for form in formset.forms):
                if line.prefix == refusal.details["line"] and line.is_valid():
                    tell_refusal(line, refusal)
        return formsets, inlines

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Plain rows are saved here with their audit; models with verbs override this with one service call."""
        super().save_model(request, obj, form, change)
        self.note_saved(request, obj, form, change)

    def note_saved(
        self, request: HttpRequest, obj: Any, form: ModelForm, change: bool, **details: Any
    ) -> None:
        """The audit's row of what a form saved."""
        verb = "change" if change else "add"
        audit.record(
            permission(self.model, verb),
            actor=request.user,
            now=clock.now(),
            obj=obj,
            path=self.told_at(request, obj, verb),
            fields=[name for name in form.changed_data if name not in {"phone", "password"}],
            **details,
        )

    def note_deleted(self, request: HttpRequest, obj: Any, **details: Any) -> None:
        """The audit's row of what is about to be taken out."""
        audit.record(
            permission(self.model, "delete"),
            actor=request.user,
            now=clock.now(),
            obj=obj,
            path=self.told_at(request, obj, "change"),
            **details,
        )

    def told_at(self, request: HttpRequest, obj: Any, verb: str) -> str:
        """The place whose readers of the audit are told: the row's, or where whoever acts may do so on rows that
        belong to no place."""
        if isinstance(obj, ScopedModel):
            return obj.row_path
        return next(iter(scope_for(request.user, permission(self.model, verb)).paths), "")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if (
            not visible(self.model, request.user, "change" if change else "add")
            .filter(pk=form.instance.pk)
            .exists()
        ):
            raise PermissionDenied


class ReadOnlyMixin(ScopedFieldsMixin):
    """Rows to look at only, whatever the role holds."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnlyMixin, ScopedModelAdmin):
    pass
