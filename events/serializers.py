from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Person, Unit
from accounts.scoped_admin import visible
from accounts.scoped_api import ScopedRelatedField
from events.enums import BY_STAFF
from events.models import Attendance, Event, EventKind
from events.queries import expected_people
from events.services import EventPlan
from parentschool.models import SchoolClass
from training.models import Lecturer


class EventKindSerializer(serializers.ModelSerializer):
    class Meta:
        model = EventKind
        fields = ("id", "code", "name", "default_minutes")
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer):
    """An event; host, classes and lecturers are accepted only from the caller's reach."""

    host = ScopedRelatedField(queryset=Unit.objects.all())
    kind = serializers.SlugRelatedField(slug_field="code", queryset=EventKind.objects.filter(is_active=True))
    classes = ScopedRelatedField(queryset=SchoolClass.objects.all(), many=True, required=False)
    lecturers = ScopedRelatedField(queryset=Lecturer.objects.all(), many=True, required=False)

    class Meta:
        model = Event
        fields = (
            "id",
            "host",
            "kind",
            "title",
            "starts_at",
            "ends_at",
            "place",
            "capacity",
            "audience",
            "classes",
            "lecturers",
            "speaker",
            "needs_booking",
            "book_until",
            "seats_taken",
            "seats_waiting",
            "status",
        )
        read_only_fields = ("id", "seats_taken", "seats_waiting", "status")

    def plan(self) -> EventPlan:
        """What was sent, over what stands already where this is a change of some fields."""
        given: dict[str, Any] = dict(self.validated_data)
        if self.instance is not None:
            given = {
                **{name: getattr(self.instance, name) for name in EventPlan.plain()},
                "classes": tuple(self.instance.classes.all()),
                "lecturers": tuple(self.instance.lecturers.all()),
                **given,
            }
        given.pop("host", None)
        for many in ("classes", "lecturers"):
            given[many] = tuple(given.get(many, ()))
        return EventPlan(**given)


class AttendanceSerializer(serializers.ModelSerializer):
    person_name = serializers.CharField(source="person.name", read_only=True)

    class Meta:
        model = Attendance
        fields = (
            "id",
            "event",
            "person",
            "person_name",
            "method",
            "taken_at",
            "revoked_at",
            "correction_reason",
        )
        read_only_fields = fields


class RollSerializer(serializers.Serializer):
    """Who was there and, where the caller says so, who was not; a correction of a roll needs a reason.

    People are given by their keys, and must be expected at the event or inside the caller's reach.
    """

    present = serializers.ListField(child=serializers.IntegerField(), max_length=2000)
    absent = serializers.ListField(child=serializers.IntegerField(), max_length=2000, required=False)
    method = serializers.ChoiceField(choices=[(m.value, m.label) for m in BY_STAFF], required=False)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        asked = {*attrs["present"], *attrs.get("absent", ())}
        expected = set(
            expected_people(self.context["event"]).filter(pk__in=asked).values_list("pk", flat=True)
        )
        reach = visible(Person, self.context["request"].user).filter(pk__in=asked - expected)
        strangers = asked - expected - set(reach.values_list("pk", flat=True))
        if strangers:
            raise serializers.ValidationError({"present": [_("Some of these people are not known here.")]})
        return attrs


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)
