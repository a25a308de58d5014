"""The base of every API view set: rows inside the person's scope, writes checked again after they happened."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from rest_framework import permissions, serializers, viewsets
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.access import Refused, scope_for
from accounts.scoped_admin import permission, visible

VERBS = {"GET": "view", "HEAD": "view", "OPTIONS": "view", "POST": "add", "PUT": "change", "PATCH": "change"}


class RolePermission(permissions.IsAuthenticated):
    """The role must hold the verb somewhere; which rows, the queryset says."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method not in VERBS:
            raise MethodNotAllowed(str(request.method))
        model = view.queryset.model
        if not scope_for(request.user, permission(model, VERBS[request.method])):
            raise Refused
        return True


class ScopedViewSet(viewsets.GenericViewSet):
    permission_classes = [RolePermission]

    def get_queryset(self) -> models.QuerySet:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows & visible(rows.model, self.request.user, VERBS[self.request.method or "GET"])


class ScopedRelatedField(serializers.PrimaryKeyRelatedField):
    """A foreign key that accepts only rows the person may see."""

    def get_queryset(self) -> models.QuerySet:
        rows: Any = super().get_queryset()
        request = self.context.get("request")
        return rows & visible(rows.model, request.user) if request else rows.none()


class RecheckMixin:
    """Create and update, then look whether the row still lies inside the writer's scope."""

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        self._recheck(serializer.save(), "add")

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        self._recheck(serializer.save(), "change")

    def _recheck(self, row: models.Model, verb: str) -> None:
        if not visible(type(row), self.request.user, verb).filter(pk=row.pk).exists():
            raise Refused
