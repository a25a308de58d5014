"""Point schemes: loading a ready one, drafting, publishing. What is published is never edited again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from assessment.enums import Effect, VersionStatus
from assessment.models import CapGroup, PointRule, PointScheme, SchemeVersion, StarLevel
from events.models import EventKind, RecordKind
from portal.kernel import audit
from portal.kernel.errors import PortalError

READY = Path(__file__).resolve().parent.parent / "schemes"


class SchemeRefused(PortalError):
    code = "scheme_refused"


@dataclass(frozen=True)
class Loaded:
    scheme: PointScheme
    is_new: bool


def read_ready_scheme(name: str) -> dict[str, Any]:
    """A ready scheme by its short name or the path of its file. Raises SchemeRefused."""
    path = READY / f"points_{name}.json" if "/" not in name and not name.endswith(".json") else Path(name)
    try:
        given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        ready = "、".join(sorted(p.stem.removeprefix("points_") for p in READY.glob("points_*.json")))
        raise SchemeRefused(
            _("There is no scheme %(name)s. Ready are: %(ready)s.") % {"name": name, "ready": ready}
        ) from error
    except ValueError as error:
        raise SchemeRefused(
            _("%(name)s is not a scheme file: %(why)s") % {"name": name, "why": error}
        ) from error
    return given


@transaction.atomic
def load_scheme(
    given: dict[str, Any], *, county: Unit, effective_from: date, actor: Person | None, now: datetime
) -> Loaded:
    """A ready scheme with its kinds of record. What has a published value is published as the first version; rules
    for which the source gives none stay in a draft, to be filled in. A scheme that stands is left as it is."""
    code = f"{given['code']}-{county.code[:6]}"
    standing = PointScheme.objects.filter(code=code).first()
    if standing is not None:
        return Loaded(standing, is_new=False)
    scheme = PointScheme.objects.create(
        code=code,
        name=given["name"],
        unit=county,
        source=given["source"][:300],
        source_url=given.get("source_url", ""),
        gaps="\n".join(given.get("gaps", [])),
    )
    audit.record("scheme.load", actor=actor, now=now, obj=scheme, path=county.path, code=code)
    names = _Names(_record_kinds(given.get("records", [])))
    known = [fields for fields in given["rules"] if fields["points"] is not None]
    if known:
        version = _version_of(scheme, {**given, "rules": known}, names, effective_from)
        publish_version(version, actor=actor, now=now)
    if len(known) < len(given["rules"]):
        _version_of(scheme, given, names, effective_from + timedelta(days=1) if known else effective_from)
    return Loaded(scheme, is_new=True)


class _Names:
    """Kinds by their codes. Raises SchemeRefused for a code that nobody has."""

    def __init__(self, items: dict[str, RecordKind]) -> None:
        self._items = items
        self._kinds = {kind.code: kind for kind in EventKind.objects.all()}

    def kind(self, code: str) -> EventKind:
        if code not in self._kinds:
            raise SchemeRefused(_("There is no kind of event %(code)s.") % {"code": code})
        return self._kinds[code]

    def item(self, code: str) -> RecordKind:
        if code not in self._items:
            raise SchemeRefused(_("There is no kind of record %(code)s.") % {"code": code})
        return self._items[code]


def _record_kinds(given: list[dict[str, Any]]) -> dict[str, RecordKind]:
    """The kinds of record that a scheme brings, by its codes; one that stands under the code or the name is used."""
    found = {}
    for order, fields in enumerate(given, start=1):
        there = RecordKind.objects.filter(Q(code=fields["code"]) | Q(name=fields["name"])).first()
        found[fields["code"]] = there or RecordKind.objects.create(order=order * 10, **fields)
    return found


def _version_of(
    scheme: PointScheme, given: dict[str, Any], names: _Names, effective_from: date
) -> SchemeVersion:
    version = SchemeVersion.objects.create(
        scheme=scheme,
        number=scheme.versions.count() + 1,
        effective_from=effective_from,
        counting=given["counting"],
        cap_day=given.get("cap_day"),
    )
    groups = {
        fields["code"]: CapGroup.objects.create(version=version, **fields)
        for fields in given.get("groups", [])
    }
    for order, fields in enumerate(given["rules"], start=1):
        own = {
            key: value for key, value in fields.items() if key not in ("kinds", "items", "group", "points")
        }
        rule = PointRule.objects.create(
            version=version,
            order=order * 10,
            points=fields["points"] or 0,
            group=groups.get(fields.get("group", "")),
            **own,
        )
        rule.kinds.set([names.kind(code) for code in fields.get("kinds", [])])
        rule.items.set([names.item(code) for code in fields.get("items", [])])
    for fields in given["stars"]:
        also = fields.get("also_kind")
        StarLevel.objects.create(
            version=version, **{**fields, "also_kind": names.kind(also) if also else None}
        )
    return version


@transaction.atomic
def copy_as_draft(
    version: SchemeVersion, *, effective_from: date, actor: Person | None, now: datetime
) -> SchemeVersion:
    """A new draft with the same rules, shared limits and stars, to be edited and published later."""
    scheme = PointScheme.objects.select_for_update().get(pk=version.scheme_id)
    draft = SchemeVersion.objects.create(
        scheme=scheme,
        number=next_number(scheme),
        effective_from=effective_from,
        counting=version.counting,
        cap_day=version.cap_day,
        keeps_stars=version.keeps_stars,
    )
    groups = {group.pk: _copied(group, draft) for group in version.groups.all()}
    for rule in version.rules.all():
        kinds, items = list(rule.kinds.all()), list(rule.items.all())
        rule.group = groups[rule.group_id] if rule.group_id else None
        _copied(rule, draft)
        rule.kinds.set(kinds)
        rule.items.set(items)
    for star in version.stars.all():
        _copied(star, draft)
    audit.record(
        "scheme.draft", actor=actor, now=now, obj=draft, path=scheme.unit.path, copied_from=version.number
    )
    return draft


def _copied(row: Any, draft: SchemeVersion) -> Any:
    row.pk, row._state.adding, row.version = None, True, draft
    row.save()
    return row


@transaction.atomic
def publish_version(version: SchemeVersion, *, actor: Person | None, now: datetime) -> SchemeVersion:
    """Put a draft in force from its day on; the next night posts what changes. Raises SchemeRefused."""
    version = SchemeVersion.objects.select_for_update().select_related("scheme__unit").get(pk=version.pk)
    check_publishable(version)
    version.status = VersionStatus.PUBLISHED
    version.published_at, version.published_by = now, actor
    version.save(update_fields=["status", "published_at", "published_by", "updated_at"])
    audit.record(
        "scheme.publish",
        actor=actor,
        now=now,
        obj=version,
        path=version.scheme.unit.path,
        number=version.number,
        effective_from=str(version.effective_from),
        reason=version.reason,
    )
    return version


def hold_draft(version_id: int) -> None:
    """Nobody publishes it before the transaction ends in which it, or one of its rules, is changed. Raises
    SchemeRefused where somebody has."""
    held = SchemeVersion.objects.select_for_update(of=("self",)).only("status").get(pk=version_id)
    if held.status != VersionStatus.DRAFT:
        raise SchemeRefused(_("This version is published already."))


def check_publishable(version: SchemeVersion, *, effective_from: date | None = None) -> None:
    """Raises SchemeRefused with what has to be mended first. `effective_from` is asked instead of the draft's own
    day."""
    begins = effective_from or version.effective_from
    if version.status != VersionStatus.DRAFT:
        raise SchemeRefused(_("This version is published already."))
    if not version.rules.exists():
        raise SchemeRefused(_("A version without rules gives nobody points. Add at least one rule."))
    empty = version.rules.filter(points=0).exclude(effect=Effect.VOID).order_by("order").first()
    if empty is not None:
        raise SchemeRefused(_("The rule “%(name)s” has no points yet.") % {"name": empty.name})
    if out_of_order(version.stars.values_list("level", "route", "basis", "threshold")):
        raise SchemeRefused(_("A higher star must not take less than a lower one. Please check the stars."))
    codes = set(version.rules.values_list("code", flat=True))
    for star in version.stars.exclude(also_rule="").order_by("level", "route"):
        if star.also_rule not in codes:
            raise SchemeRefused(
                _("“%(star)s” asks for the rule “%(code)s”, which this version does not have.")
                % {"star": star.name, "code": star.also_rule}
            )
    check_day(version.scheme, begins)


def out_of_order(stars: Iterable[tuple[int, int, str, int]]) -> dict[tuple[int, int], int]:
    """Of stars (level, route, basis, threshold), by level and route those that take less than a lower one by the same
    route and basis, each with the least that they must take."""
    found: dict[tuple[int, int], int] = {}
    most: dict[tuple[int, str], int] = {}
    for level, route, basis, threshold in sorted(stars):
        least = most.get((route, basis), threshold)
        if threshold < least:
            found[level, route] = least
        most[route, basis] = max(least, threshold)
    return found


def check_day(scheme: PointScheme, begins: date) -> None:
    """Versions follow one another: a new one begins after all that are in force. Raises SchemeRefused."""
    published = scheme.versions.filter(status=VersionStatus.PUBLISHED)
    later = published.filter(effective_from__gte=begins).order_by("-effective_from").first()
    if later is not None:
        raise SchemeRefused(
            _("Version %(number)s is in force from %(day)s. Choose a later day for this one.")
            % {"number": later.number, "day": date_format(later.effective_from)},
            field="effective_from",
        )


def next_number(scheme: PointScheme) -> int:
    highest: int = scheme.versions.aggregate(highest=Max("number"))["highest"] or 0
    return highest + 1
