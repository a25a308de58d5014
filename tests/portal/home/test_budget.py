"""What a parent's first page weighs on the way, as the proxy sends it: gzipped, nothing cached."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client

from tests.world import World

BUDGET = 100_000
REQUESTS = 12


def test_the_first_page_stays_within_its_budget(world: World):
    client = Client()
    client.force_login(world.parents[0], backend="accounts.backends.RoleBackend")
    page = client.get("/")
    names = set(re.findall(r'(?:href|src)="/static/([^"#]+)', page.text))
    weights = {name: len(gzip.compress(Path(finders.find(name)).read_bytes(), 6)) for name in names}
    weights["the page itself"] = len(gzip.compress(page.content, 6))
    assert sum(weights.values()) <= BUDGET, weights
    assert len(weights) <= REQUESTS
