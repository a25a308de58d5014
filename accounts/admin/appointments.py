from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.access import SignedInRequest, load_or_404
from accounts.forms import AppointmentForm, EndForm
from accounts.models import RoleAssignment, Unit
from accounts.refusals import tell_refusal
from accounts.scoped_admin import ScopedModelAdmin, visible
from accounts.scopes import ScopedQuerySet
from accounts.services import appointments
from accounts.services.authority import roles_to_give
from portal.kernel import clock
from portal.kernel.errors import PortalError


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(ScopedModelAdmin):
    """Who is what, where, from when until when. Given and ended here, never rewritten."""

    form = AppointmentForm
    list_display = ("person", "role", "unit", "valid_from", "valid_until", "is_acting", "given_by")
    list_filter = ("role", "is_acting")
    list_select_related = ("person", "unit", "given_by")
    search_fields = ("person__name__startswith", "unit__name__startswith")
    search_help_text = _("The beginning of a person's or a unit's name")
    ordering = ("-pk",)
    autocomplete_fields = ("person", "unit")
    change_form_template = "admin/accounts/roleassignment/change_form.html"

    def get_fields(self, request: HttpRequest, obj: RoleAssignment | None = None) -> list[str]:
        if obj:
            return ["person", "role", "unit", "valid_from", "valid_until", "is_acting", "given_by"]
        return ["person", "role", "unit", "place", "valid_from", "valid_until", "is_acting"]

    def get_readonly_fields(self, request: HttpRequest, obj: RoleAssignment | None = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Looked at, and ended by its own page."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        units = list(visible(Unit, request.user, "view")[:2])
        only = {"unit": units[0].pk} if len(units) == 1 else {}
        return {"valid_from": clock.today(), **only, **super().get_changeform_initial_data(request)}

    def formfield_for_choice_field(self, db_field: Any, request: SignedInRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            offered = roles_to_give(request.user, clock.today())
            kwargs["choices"] = [("", "---------"), *((role.code, role.name) for role in offered)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: RoleAssignment, form: ModelForm, change: bool) -> None:
        given = form.cleaned_data
        made = appointments.appoint(
            given["person"],
            role=given["role"],
            unit=given["unit"],
            path=given["place"],
            valid_from=given["valid_from"],
            valid_until=given["valid_until"],
            acting=given["is_acting"],
            actor=request.user,
            now=clock.now(),
        )
        obj.__dict__.update(made.__dict__)

    def change_view(
        self, request: SignedInRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        assignment: RoleAssignment | None = self.get_object(request, object_id)
        may_end = assignment is not None and request.user.has_perm(
            "accounts.change_roleassignment", assignment
        )
        over = bool(assignment and assignment.valid_until and assignment.valid_until <= clock.today())
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "may_end": may_end and not over}
        )

    def get_urls(self) -> list[URLPattern]:
        end = path("<int:pk>/end/", self.admin_site.admin_view(self.end), name="accounts_roleassignment_end")
        return [end, *super().get_urls()]

    def end(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """End one role on a day."""
        assignment = load_or_404(
            held_rows(), pk, person=request.user, permission="accounts.change_roleassignment"
        )
        form = EndForm(request.POST or None, initial={"on": clock.today()})
        if request.method == "POST" and form.is_valid():
            try:
                appointments.end_assignment(
                    assignment, **form.cleaned_data, actor=request.user, now=clock.now()
                )
            except PortalError as refusal:
                tell_refusal(form, refusal)
            else:
                messages.success(request, _("The role ends on that day."))
                return redirect("admin:accounts_roleassignment_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("End this role"),
            "subtitle": str(assignment),
            "opts": self.opts,
            "assignment": assignment,
            "form": form,
            "media": self.media + form.media,
        }
        return render(request, "admin/accounts/roleassignment/end.html", context)


def held_rows() -> ScopedQuerySet[RoleAssignment]:
    return RoleAssignment.objects.select_related("person", "unit")
