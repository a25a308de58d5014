"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from portal import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("admin/jsi18n/", JavaScriptCatalog.as_view(packages=["django.contrib.admin"]), name="jsi18n"),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("jobs/", include("portal.jobs.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("portal.api")),
    path("", include("assessment.urls")),
    path("", include("portal.home.urls")),
    path("", include("portal.privacy.urls")),
    path("", include("events.urls")),
    path("", include("parentschool.urls")),
]
