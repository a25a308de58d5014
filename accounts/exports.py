"""Lists of the office as workbooks: django-import-export's resources and export of a list, within the person's reach.

Rows are those that the list shows with its search and filters, inside one place of the right to export. A few go out at
once, more than that as a job; either leaves a line in the audit. Cells hold texts, numbers and dates, never formulas.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import tablib
from django import forms
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.resources import Resource
from import_export.widgets import Widget

from accounts.access import Refused, SignedInRequest, scope_for
from accounts.models import Unit
from accounts.scoped_admin import ScopedModelAdmin, permission
from accounts.scopes import Scope
from portal.kernel import audit, clock, jobs
from portal.kernel.errors import PortalError
from portal.kernel.jobs import Progress
from portal.kernel.spreadsheets.formats import FastXLSX

AT_ONCE = 2_000
"""Rows that a page may wait for."""
COUNTED = 200_000
"""Rows counted for the page that asks; more are called “more than”."""


class ExportRefused(PortalError):
    code = "export_refused"


class AsShown(Widget):
    """Numbers and dates as such, everything else in words."""

    def render(self, value: Any, obj: Any = None, **more: Any) -> Any:
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, datetime):
            return timezone.localtime(value).replace(tzinfo=None)
        return value if isinstance(value, int | date) else str(value)


def column(attribute: str, title: Any) -> Field:
    """A column of a list: what an attribute holds, or a method without arguments says."""
    return Field(attribute=attribute, column_name=title, widget=AsShown(), readonly=True)


class ListResource(Resource):
    """The columns of a list; rows are counted into the progress of the job that writes them."""

    related: tuple[str, ...] = ()
    """What the columns reach over, read along with the rows."""

    def __init__(self, progress: Progress | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.progress = progress

    def iter_queryset(self, queryset: QuerySet) -> Any:
        for number, row in enumerate(super().iter_queryset(queryset), start=1):
            yield row
            if self.progress is not None:
                self.progress.at(number)


class ExportForm(forms.Form):
    """For which place, where the person may export in several."""

    place = forms.ChoiceField(label=gettext_lazy("for which unit"))

    def __init__(self, data: Any, *, scope: Scope) -> None:
        super().__init__(data, initial={"place": scope.paths[0]})
        names = dict(Unit.objects.filter(path__in=scope.paths).values_list("path", "name"))
        place: Any = self.fields["place"]
        place.choices = [(path, names.get(path, path)) for path in scope.paths]
        if len(scope.paths) == 1:
            place.widget = forms.HiddenInput()


def note_export(request: SignedInRequest, *, table: str, rows: int, place: str) -> None:
    """The line in the audit without which no workbook goes out."""
    audit.record(
        "table.export",
        actor=request.user,
        now=clock.now(),
        path=place,
        table=table,
        rows=rows,
        filtered=sorted(request.GET),
    )


def send_table(
    request: SignedInRequest, found: tablib.Dataset, *, table: str, place: str, name: str
) -> FileResponse:
    """A page's table as a workbook, with its line in the audit. `name` is without an ending."""
    note_export(request, table=table, rows=len(found), place=place)
    content = ContentFile(FastXLSX().export_data(found))
    return FileResponse(content, as_attachment=True, filename=f"{name}.xlsx")


class ExportingAdmin(ExportMixin, ScopedModelAdmin):
    """A list that goes out as a workbook, for who holds `app.export_model`; `resource_classes` says its columns."""

    import_export_change_list_template = None
    export_formats = [FastXLSX]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.export_kind = f"export_{self.opts.label_lower}"
        jobs.job_kind(self.export_kind, permission=permission(self.model, "export"))(self._export_job)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(permission(self.model, "export")))

    def export_action(self, request: SignedInRequest) -> HttpResponseBase:
        """Asks first: what goes out, how much of it, and that it is noted."""
        scope = scope_for(request.user, permission(self.model, "export"))
        if not scope:
            raise Refused
        form = ExportForm(request.POST or None, scope=scope)
        if request.method == "POST" and form.is_valid():
            return self._export(request, form.cleaned_data["place"])
        rows = self.get_export_queryset(request).order_by().filter(scope.q(self.model.path_lookup()))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Export: %(name)s") % {"name": self.opts.verbose_name_plural},
            "opts": self.opts,
            "form": form,
            "count": rows[: COUNTED + 1].count(),
            "counted": COUNTED,
            "at_once": AT_ONCE,
            "columns": self._resource(request).get_export_headers(),
            "is_filtered": bool(request.GET),
            "button": _("Export"),
        }
        return render(request, "admin/export.html", context)

    def rows_to_export(self, request: HttpRequest, place: str) -> QuerySet:
        """Whole rows of the list as the address filters it, inside the place."""
        rows = self.get_export_queryset(request).defer(None)
        within: QuerySet = rows.filter(Scope.of(place).q(self.model.path_lookup()))
        return within.select_related(*self._resource(request).related)

    def _resource(self, request: HttpRequest) -> ListResource:
        found: ListResource = self.get_export_resource_classes(request)[0]()
        return found

    def _export(self, request: SignedInRequest, place: str) -> HttpResponseBase:
        rows = self.rows_to_export(request, place)
        if rows.order_by()[: AT_ONCE + 1].count() > AT_ONCE:
            job = jobs.ask(
                self.export_kind,
                title=_("Export: %(name)s") % {"name": self.opts.verbose_name_plural},
                actor=request.user,
                path=place,
                query=request.GET.urlencode(),
            )
            return redirect("job", job.pk)
        content = self.get_export_data(FastXLSX(), request, rows)
        self._note(request, count=rows.count(), place=place)
        return FileResponse(ContentFile(content), as_attachment=True, filename=self._file_name())

    def get_export_data(self, file_format: Any, request: Any, queryset: QuerySet, **more: Any) -> bytes:
        resource = self.get_export_resource_classes(request)[0](progress=more.get("progress"))
        content: bytes = file_format.export_data(resource.export(queryset))
        return content

    def _note(self, request: SignedInRequest, *, count: int, place: str) -> None:
        note_export(request, table=self.opts.label_lower, rows=count, place=place)

    def _file_name(self) -> str:
        return f"{self.opts.verbose_name_plural} {clock.today()}.xlsx"

    def _export_job(self, progress: Progress) -> None:
        """The list as it was filtered, of what the asker may export by the time it is written."""
        job, request = progress.job, SignedInRequest()
        asker, right = job.asked_by, permission(self.model, "export")
        if asker is None or not scope_for(asker, right).covers(job.path):
            raise ExportRefused(_("You may not export this list any more."))
        request.method, request.user, request.GET = "GET", asker, QueryDict(job.params["query"])
        rows = self.rows_to_export(request, job.path)
        count = rows.order_by().count()
        progress.of(count)
        content = self.get_export_data(FastXLSX(), request, rows, progress=progress)
        told = ngettext("%(n)s row is in the workbook.", "%(n)s rows are in the workbook.", count)
        with transaction.atomic():
            self._note(request, count=count, place=job.path)
            progress.deliver(self._file_name(), ContentFile(content))
            progress.end({"message": told % {"n": count}})
