"""What is open to everybody names nobody, except whom the office names and who holds the paper (security row 74).

No page of the portal lists people in public today: no honour board, no photographs. One that is added has to ask for
the consent "honour" or "photos" first, and shows up here.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from assessment.models import Certificate
from parentschool.models import Child
from tests.matrix.routes import ROUTES, Public
from tests.matrix.rows import fill
from tests.world import NOW, build_world

BY_CODE = {"certificate"}
"""Shows the name printed on a paper to whoever holds it; its code is not to be guessed, and nothing lists them."""


@pytest.fixture
def full(db, time_machine, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    time_machine.move_to(NOW, tick=False)
    made = fill(build_world())
    for number, person in enumerate(Person.objects.order_by("pk")):
        Person.objects.filter(pk=person.pk).update(name=f"canary-person-{number}")
    for number, child in enumerate(Child.objects.order_by("pk")):
        Child.objects.filter(pk=child.pk).update(name=f"canary-child-{number}")
    Certificate.objects.update(printed_name="canary-paper")
    return made


def shown(name: str) -> str:
    access = ROUTES[name]
    assert isinstance(access, Public)
    return Client().get(reverse(name, kwargs=access.kwargs), follow=True).text


PUBLIC = sorted(name for name, access in ROUTES.items() if isinstance(access, Public))


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in BY_CODE])
def test_row_74_no_public_page_names_anybody(full, name):
    assert "canary-" not in shown(name)


def test_the_canaries_would_be_seen(full):
    assert "canary-paper" in shown("certificate")
    assert "canary-person" in signed_in_page(full)


def signed_in_page(full) -> str:
    client = Client()
    client.force_login(full.parents[0], backend="accounts.backends.RoleBackend")
    return client.get(reverse("me")).text
