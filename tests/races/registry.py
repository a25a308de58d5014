"""Every race there is."""

from __future__ import annotations

from tests.races import decisions, joinings, nights, quotas, seats

RACES = [*seats.RACES, *quotas.RACES, *decisions.RACES, *nights.RACES, *joinings.RACES]
