"""The page that a projector shows: title, code, six digits, how many are there."""

from __future__ import annotations

from typing import Any

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import SignedInRequest, permission_required
from events import rules
from events.models import Event
from events.queries import present
from events.services.codes import wall_code
from events.views.roll import event_for_roll
from portal.kernel import clock

QUIET = 2
"""Modules of white around the code."""


@permission_required("events.add_attendance")
@require_GET
def wall(request: SignedInRequest, pk: int) -> HttpResponse:
    event = event_for_roll(request, pk)
    return render(request, "work/wall.html", {"event": event, **_state(request, event)})


@permission_required("events.add_attendance")
@require_GET
def wall_state(request: SignedInRequest, pk: int) -> HttpResponse:
    """The part that changes; asked for every few seconds."""
    event = event_for_roll(request, pk)
    return render(request, "work/wall_state.html", {"event": event, **_state(request, event)})


def _state(request: SignedInRequest, event: Event) -> dict[str, Any]:
    now = clock.now()
    opens_at, closes_at = rules.doors(event.starts_at, event.ends_at)
    state: dict[str, Any] = {
        "opens_at": opens_at,
        "closes_at": closes_at,
        "is_early": now < opens_at,
        "is_open": opens_at <= now < closes_at and not event.is_cancelled,
        "came": present(event).count(),
        "life": int(rules.CODE_LIFE.total_seconds()),
    }
    if state["is_open"]:
        code = wall_code(event, now)
        address = request.build_absolute_uri(reverse("check_in_scan", args=[code.token]))
        state |= {
            "digits": f"{code.host_code[:3]} {code.host_code[3:]}",
            "address": address,
            "typing_place": request.get_host() + reverse("check_in"),
            **qr_drawing(address),
        }
    return state


def qr_drawing(text: str) -> dict[str, Any]:
    """A QR code as one path of an SVG of `side` units: a run of dark modules is one rectangle."""
    modules = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    runs = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                runs.append(f"M{x + QUIET} {y + QUIET}h{width}v1h-{width}z")
            x += width or 1
    return {"path": "".join(runs), "side": len(modules) + 2 * QUIET}
