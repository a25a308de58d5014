"""The queue of objections, overdue ones first, and the page on which one is decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.access import allows, load_or_404
from accounts.refusals import refused_because, tell_refusal
from accounts.scoped_admin import ReadOnlyAdmin, visible
from assessment.admin.ledger import ledger_url
from assessment.enums import ObjectionStatus
from assessment.forms.objections import DecisionForm
from assessment.models import Objection
from assessment.queries.explain import explained_with_amends
from assessment.queries.objections import (
    URGENT_FIRST,
    correction_words,
    history,
    is_correctable_by,
    overdue,
    record_of,
    waiting,
)
from assessment.services.objections import check_fit, decide_objection
from portal.kernel import clock
from portal.kernel.errors import PortalError

SEE, DECIDE = "assessment.view_objection", "assessment.decide_objection"
TAGS = {
    ObjectionStatus.OPEN: "tag-warn",
    ObjectionStatus.UPHELD: "tag-good",
    ObjectionStatus.REFUSED: "",
    ObjectionStatus.WITHDRAWN: "",
}


class StandFilter(admin.SimpleListFilter):
    title, parameter_name = _("status"), "stand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("overdue", pgettext("objections", "overdue")),
            ("waits", _("upheld, waits for a second person")),
            *ObjectionStatus.choices,
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Objection]) -> QuerySet[Objection]:
        if self.value() == "overdue":
            return overdue(queryset, clock.today())
        if self.value() == "waits":
            return waiting(queryset)
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    list_display = ("whose", "grounds", "stand", "answer_by", "asked_at", "decided_by")
    list_filter = (StandFilter,)
    list_select_related = ("person", "decided_by", "adjustment")
    search_fields = ("person__name__startswith",)
    search_help_text = _("Search by the beginning of the person's name")
    sortable_by = ()
    actions = None
    empty_hint = _("Parents object to a line from their own points. What they send in comes here.")

    def get_ordering(self, request: HttpRequest) -> Any:
        return URGENT_FIRST

    @admin.display(description=_("objector"))
    def whose(self, objection: Objection) -> str:
        return objection.person.name

    @admin.display(description=_("asked at"))
    def asked_at(self, objection: Objection) -> datetime:
        return objection.filed_at

    @admin.display(description=_("answer due by"))
    def answer_by(self, objection: Objection) -> date | None:
        """While an answer is owed."""
        return objection.due_on if objection.is_open else None

    @admin.display(description=_("status"))
    def stand(self, objection: Objection) -> str:
        late = objection.is_open and objection.due_on < clock.today()
        return format_html(
            '<span class="tag {}">{}</span>',
            "tag-bad" if late else TAGS[ObjectionStatus(objection.status)],
            pgettext("objections", "overdue") if late else objection.stand,
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        rows = visible(Objection, request.user).select_related(
            "person__home", "entry__person", "entry__unit", "decided_by", "adjustment"
        )
        needed = DECIDE if request.method == "POST" else SEE
        objection: Objection = load_or_404(rows, object_id, person=request.user, permission=needed)
        record = record_of(objection.entry)
        correction = (
            correction_words(record)
            if record is not None and is_correctable_by(request.user, record, objection.entry)
            else ""
        )
        form = DecisionForm(request.POST or None, objection=objection, correction=correction)
        if request.method == "POST" and form.is_valid() and self.decide(request, objection, form):
            return redirect("admin:assessment_objection_change", objection.pk)
        line, amends = explained_with_amends(objection)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Objection of %(name)s") % {"name": objection.person.name},
            "opts": self.opts,
            "objection": objection,
            "is_late": objection.is_open and objection.due_on < clock.today(),
            "lines": [
                (_("The line"), line),
                *([(_("The line that makes it good"), amends)] if amends else []),
            ],
            "steps": history(objection, for_office=True),
            "ledger": ledger_url(objection.person_id)
            if allows(request.user, "assessment.view_pointentry", objection.person)
            else "",
            "unfit": refused_because(check_fit, objection, request.user),
            "form": form if objection.is_open and allows(request.user, DECIDE, objection) else None,
        }
        return render(request, "assessment/objection/decide.html", context)

    def decide(self, request: HttpRequest, objection: Objection, form: DecisionForm) -> bool:
        try:
            decide_objection(objection, form.decision, actor=request.user, now=clock.now())
        except PortalError as refusal:
            tell_refusal(form, refusal)
            return False
        if objection.waits:
            words = _(
                "The objection is upheld; the points wait for a second person, and the parent reads that."
            )
            messages.info(request, words)
        else:
            messages.success(request, _("The objection is decided; the parent reads the answer now."))
        return True
