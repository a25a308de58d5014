"""Sweeps over every page of the matrix: what leaks, and what a request may not change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from parentschool.models import Child
from tests.conftest import OWN
from tests.matrix.routes import ROUTES
from tests.matrix.test_matrix import admin_models, admin_url, all_keys, client_of, full, visits, who
from tests.world import World

__all__ = ["full"]

OF_THE_DOOR = {"kernel.AuditEntry"}
"""Tables in which reading and refusals leave their own rows, as they must."""


def digests() -> dict[str, str]:
    """Of every table of the portal, the rows as they stand."""
    found = {}
    for label in OWN:
        for model in apps.get_app_config(label).get_models():
            if model._meta.label not in OF_THE_DOOR:
                rows = sorted(map(repr, model._base_manager.values_list()))
                found[model._meta.label] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def pages(person: Person | None) -> Iterator[str]:
    """Every address that the matrix knows: open to the person or not, of own rows and of others."""
    for route, access in ROUTES.items():
        for url, _may in visits(route, access, person, "get"):
            yield url
    for model in admin_models():
        yield from (admin_url(model, page) for page in ("changelist", "add"))
        keys = sorted(all_keys(model))
        yield from (admin_url(model, "change", pk) for pk in {*keys[:1], *keys[-1:]})


def body(response: HttpResponse) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


@pytest.mark.parametrize("name", ["school_lead:0", "class_teacher:0", "village_lead:0", "parent:0"])
def test_row_03_nothing_of_the_neighbours_is_on_any_page(full: World, name):
    """A child of the other township, in whatever format, by own and by foreign keys."""
    canary = "金丝雀甲"
    Child.objects.filter(pk=full.children[1].pk).update(name=canary)
    person = who(full, name)
    client, seen = client_of(person), 0
    for url in pages(person):
        response = client.get(url)
        assert canary not in body(response), url
        seen += response.status_code == 200
    assert seen > 40


@pytest.mark.parametrize("name", ["county_admin", "station_lead:0", "class_teacher:0"])
def test_row_05_no_page_shows_a_whole_number(full: World, name):
    """But the one that unmasks, which asks for a reason first."""
    for n, parent in enumerate(full.parents):
        assert parent.phone == f"1380000000{n}"
    person = who(full, name)
    client = client_of(person)
    for url in pages(person):
        assert "1380000000" not in body(client.get(url)), url


@pytest.mark.parametrize("name", ["county_admin", "parent:0"])
def test_row_38_a_get_changes_nothing(full: World, name):
    person = who(full, name)
    client = client_of(person)
    before = digests()
    for url in pages(person):
        client.get(url)
    assert {table for table, digest in digests().items() if digest != before[table]} == set()


@pytest.mark.parametrize("name", ["county_admin", "parent:0"])
def test_row_38_a_post_without_its_token_changes_nothing(full: World, name):
    person = who(full, name)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend="accounts.backends.RoleBackend")
    before = digests()
    refused = 0
    for url in pages(person):
        response = client.post(url, {"reason": "x", "name": "x"})
        assert response.status_code >= 400 or response.status_code == 302, url
        refused += response.status_code == 403
    assert refused > 40
    assert {table for table, digest in digests().items() if digest != before[table]} == set()


def test_the_sweep_would_see_a_change_and_a_canary(full: World):
    """Its negative control."""
    before = digests()
    Child.objects.filter(pk=full.children[1].pk).update(name="金丝雀甲")
    changed = {table for table, digest in digests().items() if digest != before[table]}
    assert "parentschool.Child" in changed
    client = client_of(who(full, "school_lead:1"))
    assert "金丝雀甲" in body(client.get(reverse("admin:parentschool_child_changelist")))
