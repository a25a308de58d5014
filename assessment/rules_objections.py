"""Who may decide an objection, and what may follow what: pure, on ids and values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assessment.enums import ObjectionStatus, Unfit

AFTER = {
    ObjectionStatus.OPEN: frozenset(
        {ObjectionStatus.UPHELD, ObjectionStatus.REFUSED, ObjectionStatus.WITHDRAWN}
    ),
    ObjectionStatus.UPHELD: frozenset({ObjectionStatus.OPEN}),
    ObjectionStatus.REFUSED: frozenset(),
    ObjectionStatus.WITHDRAWN: frozenset(),
}
"""What an objection may become. What is decided is never edited, and the parent may object again; only points that a
second person does not approve leave it without an end, open as before."""


@dataclass(frozen=True)
class Involved:
    """Who stands too near to an objection to decide it, as ids of people."""

    objector: int
    recorders: frozenset[int] = frozenset()
    relatives: frozenset[int] = frozenset()
    judges: frozenset[int] = frozenset()
    """Who decided an earlier objection against the same line."""


def unfit_because(decider: int, involved: Involved) -> Unfit | None:
    """Why this person may not decide; None where nothing speaks against it."""
    near: tuple[tuple[Unfit, Collection[int]], ...] = (
        (Unfit.OWN, {involved.objector}),
        (Unfit.RECORDED, involved.recorders),
        (Unfit.RELATIVE, involved.relatives),
        (Unfit.JUDGED, involved.judges),
    )
    return next((why for why, people in near if decider in people), None)
