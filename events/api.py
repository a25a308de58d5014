from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import load_or_404
from accounts.scoped_api import ScopedViewSet
from events import services
from events.models import Attendance, Event, EventKind
from events.serializers import (
    AttendanceSerializer,
    EventKindSerializer,
    EventSerializer,
    ReasonSerializer,
    RollSerializer,
)
from portal.kernel import clock


class EventKindViewSet(mixins.ListModelMixin, ScopedViewSet):
    queryset = EventKind.objects.filter(is_active=True)
    serializer_class = EventKindSerializer
    pagination_class = None


class EventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Events hosted inside the caller's reach. They are called off with a reason, never deleted."""

    queryset = Event.objects.select_related("kind").prefetch_related("classes", "lecturers")
    serializer_class = EventSerializer
    filterset_fields = {"host": ["exact"], "status": ["exact"], "starts_at": ["gte", "lt"]}

    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        host = load_or_404(
            type(serializer.validated_data["host"]),
            serializer.validated_data["host"].pk,
            person=request.user,
            permission="events.add_event",
        )
        event = services.schedule_event(host, plan=serializer.plan(), actor=request.user, now=clock.now())
        return Response(self.get_serializer(event).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        event = self.get_object()
        serializer = self.get_serializer(event, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = services.change_event(event, plan=serializer.plan(), actor=request.user, now=clock.now())
        return Response(self.get_serializer(changed).data)

    @extend_schema(request=ReasonSerializer, responses=EventSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        event = load_or_404(Event, pk, person=request.user, permission="events.change_event")
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        done = services.cancel_event(event, **given.validated_data, actor=request.user, now=clock.now())
        return Response(self.get_serializer(done).data)

    @extend_schema(request=RollSerializer, responses=AttendanceSerializer(many=True))
    @action(detail=True, methods=["post"])
    def roll(self, request: Request, pk: str) -> Response:
        """Take the roll: sending the same again changes nothing."""
        event = load_or_404(Event, pk, person=request.user, permission="events.add_attendance")
        given = RollSerializer(data=request.data, context={**self.get_serializer_context(), "event": event})
        given.is_valid(raise_exception=True)
        services.take_roll(event, **given.validated_data, actor=request.user, now=clock.now())
        rows = Attendance.objects.filter(event=event).select_related("person").order_by("pk")
        return Response(AttendanceSerializer(rows, many=True).data)


class AttendanceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Who came to events inside the caller's reach."""

    queryset = Attendance.objects.select_related("person").order_by("-pk")
    serializer_class = AttendanceSerializer
    filterset_fields = ("event", "person")

    @extend_schema(request=ReasonSerializer, responses=AttendanceSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        return self._correct(request, pk, services.revoke_attendance)

    @extend_schema(request=ReasonSerializer, responses=AttendanceSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        return self._correct(request, pk, services.restore_attendance)

    def _correct(self, request: Request, pk: str, verb: Any) -> Response:
        row = load_or_404(Attendance, pk, person=request.user, permission="events.change_attendance")
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        done = verb(row, **given.validated_data, actor=request.user, now=clock.now())
        return Response(self.get_serializer(done).data)
