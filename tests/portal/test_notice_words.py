"""Every kind of notice that a service sends has its sentence, and every sentence its kind."""

from __future__ import annotations

import re
from pathlib import Path

from portal.kernel.notices import named_kinds

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "parentschool", "training", "events", "assessment", "portal")
KIND = re.compile(r'"((?:accounts|parentschool|training|events|assessment)\.[a-z_]+)"')


def test_what_is_sent_is_named_and_what_is_named_is_sent():
    sent: set[str] = set()
    for app in APPS:
        for path in (ROOT / app).rglob("services/**/*.py"):
            text = path.read_text()
            if "notices.send(" in text:
                sent |= set(KIND.findall(text))
    assert sent == set(named_kinds())
