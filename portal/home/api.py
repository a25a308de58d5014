from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Person
from portal.home.queries.points import lines_of, own_standing


class PointLineSerializer(serializers.Serializer):
    words = serializers.CharField()
    note = serializers.CharField()
    happened_on = serializers.DateField()
    points = serializers.IntegerField()
    running = serializers.IntegerField()
    none_because = serializers.CharField()


class OwnPointsSerializer(serializers.Serializer):
    """`as_of` is null before the first night has counted the caller."""

    as_of = serializers.DateField(allow_null=True)
    points = serializers.IntegerField()
    star = serializers.IntegerField()
    star_name = serializers.CharField(allow_blank=True)
    missing = serializers.CharField(allow_blank=True)
    lines = PointLineSerializer(many=True)


class OwnPointsView(APIView):
    """The caller's own points, star and lines; the lines sum to the points."""

    @extend_schema(responses=OwnPointsSerializer)
    def get(self, request: Request) -> Response:
        person = request.user
        own = own_standing(person) if isinstance(person, Person) else None
        if own is None:
            nothing: dict[str, Any] = {
                "as_of": None,
                "points": 0,
                "star": 0,
                "star_name": "",
                "missing": "",
                "lines": [],
            }
            return Response(OwnPointsSerializer(nothing).data)
        found = {
            "as_of": own.day,
            "points": own.points,
            "star": own.star,
            "star_name": own.star_name,
            "missing": own.next.words if own.next else "",
            "lines": lines_of(person, own),
        }
        return Response(OwnPointsSerializer(found).data)
