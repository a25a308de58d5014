"""Every admin, page and endpoint × every role × own, sibling, parent and child unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Person
from accounts.roles import ROLES
from accounts.scopes import ScopedModel
from events.models import Event
from tests.matrix.places import PLACE, holds, meant_for, rows_in_reach
from tests.matrix.routes import FOREIGN, ROUTES, BySecret, Meant, Needs, Own, Public
from tests.matrix.rows import fill
from tests.world import NOW, World, build_world

ANONYMOUS = "anonymous"
PLACED = ("station_lead", "school_lead", "village_lead", "class_teacher", "lecturer", "parent")
EVERYBODY = [
    "county_admin",
    "county_staff",
    "inspector",
    "liaison",
    *(f"{name}:{place}" for name in PLACED for place in (0, 1)),
    ANONYMOUS,
]
STANDARD_ADMIN = ("changelist", "add", "change", "delete", "history")
ADMIN_PAGES = {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n",
               "view_on_site", "app_list", None}  # fmt: skip


@pytest.fixture
def full(db, time_machine, settings, tmp_path) -> World:
    time_machine.move_to(NOW, tick=False)
    settings.MEDIA_ROOT = tmp_path
    settings.STAFF_SECOND_FACTOR = False
    return fill(build_world())


def who(world: World, name: str) -> Person | None:
    if name.startswith("parent:"):
        return world.parents[int(name[-1])]
    return None if name == ANONYMOUS else world.staff[name]


def client_of(person: Person | None) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend="accounts.backends.RoleBackend")
    return client


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}"
        else:
            yield from routes(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)


def refused(response: HttpResponse) -> bool:
    """Not found, forbidden, unauthorised, or sent to the door."""
    if response.status_code in (401, 403, 404):
        return True
    return response.status_code == 302 and response["Location"].startswith(
        (reverse("account_login"), reverse("admin:login"))
    )


def admin_models() -> list[type]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def admin_url(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def all_keys(model: type) -> list[object]:
    return list(model._default_manager.order_by("pk").values_list("pk", flat=True))


def sample(keys: set) -> list:
    """The first and the last: pages are asked for these; the gate itself is asked for every row."""
    ordered = sorted(keys)
    return ordered[:1] + ordered[1:][-1:]


def rows_opened(model: type, person: Person | None) -> set:
    """The rows whose page the admin would open, asked of the same gate as the page asks."""
    if person is None:
        return set()
    request = RequestFactory().get("/")
    request.user = Person.objects.get(pk=person.pk)
    model_admin = admin.site._registry[model]
    found = {pk: model_admin.get_object(request, str(pk)) for pk in all_keys(model)}
    return {
        pk
        for pk, row in found.items()
        if row is not None and model_admin.has_view_or_change_permission(request, row)
    }


def perms(model: type, *verbs: str) -> list[str]:
    return [f"{model._meta.app_label}.{verb}_{model._meta.model_name}" for verb in verbs]


def test_row_01_every_route_is_in_the_table():
    walked = {
        f"admin:{m._meta.app_label}_{m._meta.model_name}_{page}"
        for m in admin_models()
        for page in STANDARD_ADMIN
    } | {f"admin:{name}" for name in ADMIN_PAGES}
    missing = {
        name
        for name in routes()
        if name not in ROUTES
        and name not in walked
        and not (name.startswith(tuple(FOREIGN)) and not name.startswith("admin:"))
    }
    assert missing == set(), "name these routes in tests/matrix/routes.py"


def test_every_registered_admin_is_scoped_and_has_rows_to_leak(full):
    from accounts.scoped_admin import ScopedFieldsMixin

    for model, model_admin in admin.site._registry.items():
        assert isinstance(model_admin, ScopedFieldsMixin), model
        assert model._default_manager.exists(), f"add rows of {model} to tests/matrix/rows.py"
        if issubclass(model, ScopedModel):
            assert model in PLACE, f"say in tests/matrix/places.py where a {model} belongs"


def test_everybody_is_somebody_of_each_role(full):
    assert set(EVERYBODY) == {*full.staff, "parent:0", "parent:1", ANONYMOUS}
    assert {held.role for person in full.staff.values() for held in person.assignments.all()} == set(ROLES)


@pytest.mark.parametrize("name", EVERYBODY)
def test_row_02_every_admin_for_every_role(full, name):
    person = who(full, name)
    client = client_of(person)
    cases = 0
    for model in admin_models():
        reachable = rows_in_reach(person, model, *perms(model, "view", "change"))
        may = holds(person, *perms(model, "view", "change"))
        page = client.get(admin_url(model, "changelist"))
        assert refused(page) is not may, (model, page.status_code)
        assert page.status_code < 500, model
        if may and page.status_code == 200:
            shown = set(page.context["cl"].queryset.values_list("pk", flat=True))
            assert shown == reachable, model
        assert rows_opened(model, person) == reachable, model
        for pk in sample(reachable) + sample(set(all_keys(model)) - reachable):
            page = client.get(admin_url(model, "change", pk))
            assert page.status_code < 500, (model, pk)
            assert refused(page) is (pk not in reachable), (model, pk, page.status_code)
            cases += 1
        page = client.get(admin_url(model, "add"))
        assert page.status_code < 500, model
        if not holds(person, *perms(model, "add")):
            assert refused(page), model
        cases += 2
    assert cases >= 2 * len(admin_models())


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("method", ["get", "post"])
def test_row_02_every_page_for_every_role(full, method, name):
    person = who(full, name)
    client = client_of(person)
    cases = 0
    for route, access in ROUTES.items():
        for url, may in visits(route, access, person, method):
            with transaction.atomic():
                response = getattr(client, method)(url)
                transaction.set_rollback(True)
            assert response.status_code < 500, (method, url)
            if method == "get" and may and response.status_code != 405:
                assert not refused(response), (url, response.status_code)
            if not may:
                assert refused(response) or response.status_code == 405, (method, url)
            cases += 1
    assert cases >= len(ROUTES)


def visits(route: str, access: object, person: Person | None, method: str) -> Iterator[tuple[str, bool]]:
    """The addresses of a route, each with whether the person may go there."""
    if isinstance(access, Needs) and access.post and method == "post":
        access = replace(access, permissions=(access.post,), post="")
    if isinstance(access, Own):
        rows = list(access.model._default_manager.filter(**access.rows))
        own = {str(access.kwargs(row)) for row in rows if person and getattr(row, access.owner) == person}
        for row in rows:
            yield reverse(route, kwargs=access.kwargs(row)), str(access.kwargs(row)) in own
    elif isinstance(access, Meant):
        for event in Event.objects.all():
            yield reverse(route, args=[event.pk]), meant_for(person, event)
    elif isinstance(access, BySecret):
        yield reverse(route, kwargs=access.kwargs), False
    elif isinstance(access, Public):
        yield reverse(route, kwargs=access.kwargs), True
    elif not isinstance(access, Needs):
        yield reverse(route, kwargs=access.kwargs), person is not None
    elif access.model is None:
        args = [access.token] if access.token else []
        yield reverse(route, args=args) + access.query, holds(person, *access.permissions)
    else:
        reachable = rows_in_reach(person, access.model, *access.permissions, also_at=access.also_at)
        for row in access.rows() if access.rows else access.model._default_manager.all():
            yield reverse(route, kwargs=access.kwargs(row)) + access.query, row.pk in reachable
