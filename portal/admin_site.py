"""The office: Django's admin, arranged by the work instead of by the tables."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.access import Refused, permissions_of
from accounts.scoped_admin import PickerView, ScopedFieldsMixin
from portal import dashboard
from portal.kernel import clock
from portal.navigation import arranged, office_of
from portal.oddities import ODDITIES, SHOWN


class PortalAdminSite(admin.AdminSite):
    site_title = _("Family education portal")
    site_header = _("Family education portal")
    index_title = _("Today")
    empty_value_display = "–"
    enable_nav_sidebar = False  # our own stands in admin/base_site.html

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._sidebars: dict[frozenset[str], list[dict[str, Any]]] = {}

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only classes that scope their rows are let in; libraries register theirs, which would not."""
        if admin_class is not None and issubclass(admin_class, ScopedFieldsMixin):
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: Any) -> None:
        """Libraries that replace their own registration find nothing to remove, which is fine."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        super().unregister([model for model in models if self.is_registered(model)])

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One door for everybody, with the second factor behind it; who wanted into the office meets the password."""
        wanted = request.GET.get("next", "")
        way = {"way": "password", **({"next": wanted} if wanted else {})}
        return redirect(f"{reverse('account_login')}?{urlencode(way)}")

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "office": office_of(request.user)}

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return PickerView.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The sidebar: groups by the work, only what the person may use; anything unnamed comes last."""
        if app_label:
            return super().get_app_list(request, app_label)
        held = permissions_of(request.user)
        if held not in self._sidebars:  # decided by permissions alone, and asked for on every page
            apps = super().get_app_list(request)
            self._sidebars[held] = arranged([model for app in apps for model in app["models"]])
        return self._sidebars[held]

    def get_urls(self) -> list[Any]:
        page = self.admin_view(require_GET(self.oddity))
        return [path("oddities/<slug:code>/", page, name="oddity"), *super().get_urls()]

    def oddity(self, request: HttpRequest, code: str) -> HttpResponse:
        """The rows of one oddity within reach, each with the page where it is put right."""
        found = ODDITIES.get(code)
        if found is None:
            raise Http404
        looker = dashboard.looker_of(request.user, unit=request.GET.get("unit", ""))
        reach = looker.scope(found.permission)
        if not reach:
            raise Refused
        rows = list(found.rows(reach, clock.now())[: SHOWN + 1])
        context = {
            **self.each_context(request),
            "title": found.words,
            "oddity": found,
            "rows": [(found.name(row), found.url(row)) for row in rows[:SHOWN]],
            "is_cut": len(rows) > SHOWN,
        }
        return render(request, "admin/oddity.html", context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The start page of whoever signed in; `unit` looks at one unit below."""
        board = dashboard.board_of(request.user, unit=request.GET.get("unit", ""), now=clock.now())
        return super().index(request, {"board": board, "title": board.title, **(extra_context or {})})
