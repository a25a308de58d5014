"""The API's addresses, version 1. What each endpoint does lives in its app."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from accounts.api import TokenView, UnitViewSet
from events.api import AttendanceViewSet, EventKindViewSet, EventViewSet
from portal.home.api import OwnPointsView

router = SimpleRouter()
router.register("units", UnitViewSet, basename="unit")
router.register("event-kinds", EventKindViewSet, basename="eventkind")
router.register("events", EventViewSet, basename="event")
router.register("attendances", AttendanceViewSet, basename="attendance")

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("token/", TokenView.as_view(), name="token"),
    path("me/points/", OwnPointsView.as_view(), name="own-points"),
    path("", include(router.urls)),
]
