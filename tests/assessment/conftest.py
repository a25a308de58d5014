from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from tests.assessment.sheets import Sheets, build_sheets
from tests.kill_night import Night
from tests.world import NOW, World


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def sheets(world: World) -> Sheets:
    return build_sheets(world)


@pytest.fixture(scope="session")
def whole_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A county before its night, in databases and processes of its own."""
    url = os.environ.get("DATABASE_URL", "")
    with Night(folder=tmp_path_factory.mktemp("night"), url=url) as ready:
        yield ready


@pytest.fixture
def at_noon(settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_(client, sheets, settings):
    """The browser of a staff person, or of "parent"."""
    settings.STAFF_SECOND_FACTOR = False

    def sign_in(name: str) -> Client:
        person = sheets.world.parents[0] if name == "parent" else sheets.by(name)
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return sign_in


@pytest.fixture
def office(world: World, client: Client) -> Callable[[str], Client]:
    """Signs somebody of the staff in and gives the browser."""

    def sign_in(name: str) -> Client:
        client.force_login(world.staff[name], backend="accounts.backends.RoleBackend")
        return client

    return sign_in
