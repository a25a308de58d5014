"""Where a person's day begins."""

from __future__ import annotations

from accounts.access import assignments_of
from accounts.models import Person

PHONE_FIRST = frozenset({"school_lead", "class_teacher"})


def start_page(person: Person) -> str:
    """The name of a staff person's first page; empty for a parent."""
    if not person.is_staff:
        return ""
    roles = {assignment.role for assignment in assignments_of(person)}
    if roles == {"lecturer"}:
        return "my_lectures"
    return "work" if roles <= PHONE_FIRST else "admin:index"
