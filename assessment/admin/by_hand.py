"""Points by hand: asked for here, decided here by a second person, never edited."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.access import load_or_404
from accounts.refusals import refused_because, tell_refusal
from accounts.scoped_admin import ScopedModelAdmin
from assessment.enums import AdjustmentStatus
from assessment.forms.by_hand import AdjustmentForm, DecisionForm, SpendingForm
from assessment.models import Adjustment, Spending
from assessment.services import by_hand
from portal.kernel import clock
from portal.kernel.errors import PortalError

APPROVE = "assessment.approve_adjustment"


class AskedAdmin(ScopedModelAdmin):
    """Rows that a service writes from the form, to look at afterwards."""

    autocomplete_fields = ("person",)
    list_select_related: ClassVar[Any] = ("person__home",)
    search_fields = ("person__name__startswith",)
    search_help_text = _("Search by the beginning of the person's name")
    sortable_by = ()
    asked: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @admin.display(description=_("home unit"))
    def home(self, asked: Any) -> str:
        """Namesakes are told apart by it."""
        return str(asked.person.home or "–")

    @admin.display(description=_("phone"))
    def phone(self, asked: Any) -> str:
        return asked.person.masked_phone or "–"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else (*self.asked, "token")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Without the hints of what to type where nothing is typed."""
        return super().get_form(request, obj, **({"help_texts": {}} if obj else {}), **kwargs)


@admin.register(Adjustment)
class AdjustmentAdmin(AskedAdmin):
    form = AdjustmentForm
    asked = ("person", "points", "reason", "note", "about")
    list_display = ("person", "home", "points", "reason", "status", "asked_by", "asked_at", "decided_by")
    list_filter = ("status",)
    list_select_related = ("person__home", "asked_by", "decided_by")
    empty_hint = _("For points that no record can give. Where a record is wrong, correct the record instead.")
    shown = (
        "person",
        "home",
        "phone",
        "points",
        "reason",
        "note",
        "about",
        "counts_on",
        "status",
        "asked_by",
        "asked_at",
        "decided_by",
        "decided_at",
        "decision",
    )
    change_form_template = "admin/assessment/adjustment/change_form.html"

    def save_model(self, request: HttpRequest, obj: Adjustment, form: ModelForm, change: bool) -> None:
        given = form.cleaned_data
        asked = by_hand.adjust(
            given["person"],
            **{name: given[name] for name in ("points", "reason", "note", "about", "token")},
            actor=request.user,
            now=clock.now(),
        )
        obj.__dict__.update(asked.__dict__)
        if asked.status == AdjustmentStatus.PENDING:
            messages.info(
                request, _("More than one person may adjust alone: now a colleague has to approve.")
            )

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide)
        return [path("<int:pk>/decide/", decide, name="assessment_adjustment_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more = {"may_decide": request.user.has_perm(APPROVE)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve or refuse; whoever asked, or gets the points, may look only."""
        adjustment = load_or_404(Adjustment, pk, person=request.user, permission=APPROVE)
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            asked = {"actor": request.user, "now": clock.now()}
            try:
                if "approve" in request.POST:
                    by_hand.approve_adjustment(adjustment, **asked)
                else:
                    by_hand.refuse_adjustment(adjustment, reason=form.cleaned_data["reason"], **asked)
            except PortalError as refusal:
                tell_refusal(form, refusal)
            else:
                messages.success(
                    request, _("Decided: %(status)s.") % {"status": adjustment.get_status_display()}
                )
                return redirect("admin:assessment_adjustment_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide on this adjustment"),
            "opts": self.opts,
            "adjustment": adjustment,
            "form": form,
            "unfit": refused_because(by_hand.check_decider, adjustment, request.user),
        }
        return render(request, "admin/assessment/adjustment/decide.html", context)


@admin.register(Spending)
class SpendingAdmin(AskedAdmin):
    form = SpendingForm
    asked = ("person", "points", "what")
    list_display = ("person", "home", "points", "what", "spent_on", "entered_by")
    list_select_related = ("person__home", "entered_by")
    empty_hint = _("What people spend points on, where the scheme lets them spend.")
    shown = ("person", "home", "phone", "points", "what", "spent_on", "entered_by")

    def save_model(self, request: HttpRequest, obj: Spending, form: ModelForm, change: bool) -> None:
        given = form.cleaned_data
        spent = by_hand.spend(
            given["person"],
            **{name: given[name] for name in ("points", "what", "token")},
            actor=request.user,
            now=clock.now(),
        )
        obj.__dict__.update(spent.__dict__)
