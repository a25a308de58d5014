"""Asking the phone pages as somebody."""

from __future__ import annotations

from django.core import serializers
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from events.models import Attendance, Event
from events.services import hold_lecture
from parentschool.models import HomeVisit, Membership
from portal.kernel.models import AuditEntry
from tests.events.plans import plan
from tests.world import NOW, World


def held(world: World, unit=None, **more) -> Event:
    return hold_lecture(unit or world.schools[0], plan=plan(world, **more), actor=None, now=NOW)


def client_of(world: World, name: str) -> Client:
    return signed_in(world.as_(name))


def signed_in(somebody: Person) -> Client:
    client = Client()
    client.force_login(somebody, backend="accounts.backends.RoleBackend")
    return client


def page(name: str, *args: object) -> str:
    return reverse(name, args=args)


def on_list(event: Event) -> set[str]:
    return set(event.attendances.filter(revoked_at=None).values_list("person__name", flat=True))


def entry(world: World, **more: object) -> dict[str, object]:
    return {
        "kind": world.kinds["lecture"].pk,
        "title": "A lecture",
        "day": "2026-10-12",
        "at": "08:00",
        "minutes": "90",
        "place": "Hall",
        "lecturer": "",
        "speaker": "",
        "capacity": "",
        **more,
    }


def digest() -> dict[str, str]:
    """What the tables of this work hold; equal digests mean that nothing was written."""
    return {
        model.__name__: serializers.serialize("json", model.objects.order_by("pk"))
        for model in (Event, Attendance, HomeVisit, Membership)
    } | {
        "acts": str(sorted(AuditEntry.objects.filter(result="done").values_list("pk", "action"))),
        "people": str(sorted(Person.objects.values_list("pk", "updated_at"))),
    }
