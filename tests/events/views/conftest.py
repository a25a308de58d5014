from __future__ import annotations

import pytest

from events.models import Event
from tests.events.pages import held
from tests.world import NOW


@pytest.fixture(autouse=True)
def now(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def event(world) -> Event:
    return held(world)
