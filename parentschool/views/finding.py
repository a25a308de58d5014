"""Finding a parent school: by township or by name. They are no secret; who is in their classes and villages is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accounts.enums import NEIGHBOURHOOD
from accounts.models import Unit
from parentschool.queries.schools import known_as, parent_school, schools_named, schools_of, towns


def school_context(request: HttpRequest) -> dict[str, Any]:
    """Townships first; then the schools of one, or those of a name."""
    asked, town = request.GET.get("town", ""), None
    typed = " ".join(request.GET.get("q", "").split())[:40]
    schools: list[Unit] = []
    offered = towns()
    known = known_as(offered)
    if typed:
        schools = schools_named(typed)
    elif asked.isdecimal():
        town = next((unit for unit in offered if str(unit.pk) == asked), None)
        schools = schools_of(town) if town else []
    return {
        "towns": known,
        "town": known[town.pk] if town else "",
        "typed": typed,
        "schools": [unit for unit in schools if unit.kind not in NEIGHBOURHOOD],
        "villages": [unit for unit in schools if unit.kind in NEIGHBOURHOOD],
    }


def chosen_school(request: HttpRequest) -> Unit | None:
    """The school of the button that was pressed."""
    pressed = request.POST.get("school", "")
    return parent_school(int(pressed)) if pressed.isdecimal() and len(pressed) < 19 else None
