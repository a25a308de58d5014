from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Person, Unit
from accounts.scoped_api import ScopedViewSet
from accounts.serializers import TokenSerializer, UnitSerializer
from portal.kernel import audit, clock


class UnitViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Units of the tree inside the caller's reach."""

    queryset = Unit.objects.order_by("path")
    serializer_class = UnitSerializer
    filterset_fields = ("level", "kind", "parent")


class TokenView(APIView):
    """The caller's API token. Only a browser session that has passed the second factor can make one, and a new
    one ends the old; it carries the person's own rights, read anew at each request."""

    authentication_classes = (SessionAuthentication,)

    @extend_schema(request=None, responses={201: TokenSerializer})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        person = request.user
        assert isinstance(person, Person)  # noqa: S101 - IsAuthenticated let nobody else in
        Token.objects.filter(user=person).delete()
        token = Token.objects.create(user=person)
        audit.record("api_token.issue", actor=request.user, now=clock.now(), obj=request.user)
        return Response({"token": token.key}, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    @transaction.atomic
    def delete(self, request: Request) -> Response:
        Token.objects.filter(user_id=request.user.pk).delete()
        audit.record("api_token.end", actor=request.user, now=clock.now(), obj=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
