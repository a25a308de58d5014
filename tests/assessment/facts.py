"""Facts and schemes for tests, written as the lower apps leave them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from accounts.models import Person, Unit
from assessment.enums import VersionStatus
from assessment.models import Batch, PointEntry, PointRule, PointScheme, SchemeVersion, StarLevel
from events.enums import EventStatus, Method
from events.models import Attendance, Event, EventKind
from parentschool.enums import VisitOutcome
from parentschool.models import Child, HomeVisit
from tests.world import NOW, TODAY, World


def held(host: Unit, kind: EventKind, on: date, *, minutes: int = 90, title: str = "Talk") -> Event:
    starts_at = datetime.combine(on, time(6), tzinfo=UTC)
    return Event.objects.create(
        host=host,
        kind=kind,
        title=title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        status=EventStatus.HELD,
    )


def came(person: Person, event: Event) -> Attendance:
    return Attendance.objects.create(
        person=person, event=event, method=Method.ROLL_CALL, taken_at=event.starts_at
    )


def revoke(attendance: Attendance) -> None:
    attendance.revoked_at = NOW
    attendance.revision += 1
    attendance.save()


def met(person: Person, child: Child, on: date, visitor: Person) -> HomeVisit:
    return HomeVisit.objects.create(
        child=child, visited_on=on, outcome=VisitOutcome.CONTACT, met=person, visitor=visitor
    )


def scheme(
    world: World,
    *rules: dict[str, Any],
    begins: date = date(2026, 9, 1),
    stars: tuple[dict[str, Any], ...] = (),
    of: PointScheme | None = None,
    **version: Any,
) -> SchemeVersion:
    """A published version of a scheme; each rule as fields of `PointRule`, its kinds by code."""
    whole = of or PointScheme.objects.create(code="test", name="Test", unit=world.county)
    made = SchemeVersion.objects.create(
        scheme=whole,
        number=whole.versions.count() + 1,
        effective_from=begins,
        status=VersionStatus.PUBLISHED,
        **version,
    )
    for fields in rules:
        kinds = [world.kinds[code] for code in fields.pop("kinds", ())]
        rule = PointRule.objects.create(
            version=made, **{"name": fields["code"], "source": "attendance", "points": 1, **fields}
        )
        rule.kinds.set(kinds)
    for star in stars:
        StarLevel.objects.create(version=made, **{"name": f"{star['level']} stars", **star})
    return made


def batch() -> Batch:
    """One for lines that a test writes itself."""
    return Batch.objects.get_or_create(
        chain="test", number=1, defaults={"posted_on": TODAY, "lines": 0, "points": 0, "head": ""}
    )[0]


def ledger() -> list[tuple[str, int, str]]:
    """Key (without the person), points and reason of every line, in the order of posting."""
    return [
        (_impersonal(entry.key), entry.points, entry.reason) for entry in PointEntry.objects.order_by("pk")
    ]


def _impersonal(key: str) -> str:
    parts = key.split(":")
    parts[-3] = "p"
    return ":".join(parts)
