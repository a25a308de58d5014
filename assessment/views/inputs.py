"""Where a counted figure comes from: the list of its records, as far as there is one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

OF_EVENTS = frozenset({"lectures_held", "events_held", "lesson_periods", "participants", "person_times"})


def records_url(metric: str, unit_id: int) -> str:
    """The unit's events behind what is counted from events; else the unit's figure, day by day."""
    if metric in OF_EVENTS:
        return f"{reverse('admin:events_event_changelist')}?{urlencode({'host__id__exact': unit_id})}"
    asked = {"unit__id__exact": unit_id, "metric__exact": metric}
    return f"{reverse('admin:assessment_unitmetric_changelist')}?{urlencode(asked)}"
