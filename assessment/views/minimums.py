"""How far the statutory minimums are met in the person's reach."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import SignedInRequest, allows, permission_required, scope_for
from assessment.queries.minimums import minimums
from portal.kernel import clock

PERMISSION = "assessment.view_unitmetric"
FEW = 20
"""More units than a page shows one below the other; they stand folded up under the units they belong to."""


@permission_required(PERMISSION)
@require_GET
def minimum_list(request: SignedInRequest) -> HttpResponse:
    """One requirement at a time, the units that lack something first."""
    found = minimums(scope_for(request.user, PERMISSION), day=clock.today())
    asked = request.GET.get("of", "")
    chosen = next((one for one in found if str(one.requirement.pk) == asked), found[0] if found else None)
    groups = chosen.by_parent() if chosen and len(chosen.minimums) > FEW else []
    context = {
        "progress": found,
        "chosen": chosen,
        "groups": groups if len(groups) > 1 else (),
        "rows": chosen.minimums if chosen and len(groups) < 2 else (),
        "may_see_events": allows(request.user, "events.view_event"),
    }
    return render(request, "work/minimum_list.html", context)
