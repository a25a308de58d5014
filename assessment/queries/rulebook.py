"""The rules of a county, read into plain values."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from accounts.models import Unit
from assessment.enums import BINDING, SPANS, VersionStatus
from assessment.models import PointRule, PointScheme, SchemeVersion
from assessment.rules import CAPS_OF_A_RULE, Group, Rule, RuleBook, Star, Version
from portal.kernel.models import AuditEntry

WHOLE = ("rules__kinds", "rules__items", "rules__group", "groups", "stars")
"""What to prefetch of a version that is read as a value."""

_OF_A_RULE = (
    *("code", "source", "points", "per", "once", "order", "effect", "min_minutes", "begins_on", "ends_on"),
    *("every", "span", "counted_for", "shared", "validity", "valid_months"),
    *(f"cap_{cap}" for cap in CAPS_OF_A_RULE),
)
_OF_A_STAR = (
    *("basis", "threshold", "also_kind_id", "also_times", "also_rule", "also_rule_times"),
    *("no_complaint", "keeps"),
)


def rule_book(county: Unit) -> RuleBook:
    """The published versions of all schemes of a county: where one scheme follows another, the later begun holds."""
    published = SchemeVersion.objects.filter(scheme__unit=county, status=VersionStatus.PUBLISHED)
    return RuleBook(
        tuple(
            version_of(version)
            for version in published.order_by("effective_from", "pk").prefetch_related(*WHOLE)
        )
    )


def version_before(version: SchemeVersion, day: date) -> SchemeVersion | None:
    """The county's version that holds on a day, but for the one given: what that one follows when it begins then."""
    published = SchemeVersion.objects.filter(
        scheme__unit=version.scheme.unit_id, status=VersionStatus.PUBLISHED, effective_from__lte=day
    )
    return published.exclude(pk=version.pk).select_related("scheme").order_by("effective_from", "pk").last()


def withdrawal_of(version: SchemeVersion) -> AuditEntry | None:
    """The act by which a version was withdrawn: who, when and why."""
    if version.status != VersionStatus.WITHDRAWN:
        return None
    acts = AuditEntry.objects.filter(
        action="scheme.withdraw", object_type=version._meta.label_lower, object_id=str(version.pk)
    )
    return acts.select_related("actor").order_by("pk").last()


def latest_of(scheme: PointScheme) -> SchemeVersion | None:
    """The published version that the next one follows."""
    published = scheme.versions.filter(status=VersionStatus.PUBLISHED)
    return published.order_by("effective_from", "pk").last()


def in_order_of_publication(book: RuleBook) -> list[int]:
    """The ids of a book's versions that are published now, the one published first first."""
    ids = [version.id for version in book.versions]
    published = SchemeVersion.objects.filter(pk__in=ids, status=VersionStatus.PUBLISHED)
    return list(
        published.order_by(F("published_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)
    )


def version_of(version: SchemeVersion) -> Version:
    return Version(
        id=version.pk,
        effective_from=version.effective_from,
        counting=version.counting,
        cap_day=version.cap_day,
        keeps_stars=version.keeps_stars,
        rules=tuple(
            rule_of(rule) for rule in sorted(version.rules.all(), key=lambda rule: (rule.order, rule.code))
        ),
        groups=tuple(
            Group(
                group.code, group.shared, **{f"cap_{span}": getattr(group, f"cap_{span}") for span in SPANS}
            )
            for group in sorted(version.groups.all(), key=lambda group: group.code)
        ),
        stars=tuple(
            Star(star.level, **{name.removesuffix("_id"): getattr(star, name) for name in _OF_A_STAR})
            for star in sorted(version.stars.all(), key=lambda star: (star.level, star.route))
        ),
    )


def rule_of(rule: PointRule) -> Rule:
    return rule_with(
        rule,
        kinds=frozenset(kind.pk for kind in rule.kinds.all()),
        items=frozenset(item.pk for item in rule.items.all()),
    )


def rule_with(rule: PointRule, *, kinds: frozenset[int], items: frozenset[int]) -> Rule:
    """A rule that may not be saved yet, with the kinds that are chosen for it."""
    return Rule(
        id=rule.pk or 0,
        kinds=kinds,
        items=items,
        unit_kinds=frozenset(rule.unit_kinds),
        roles=frozenset(rule.roles),
        steps=tuple((least, gives) for least, gives in rule.steps),
        group=rule.group.code if rule.group else "",
        **{name: getattr(rule, name) for name in _OF_A_RULE},
    )


def rule_codes() -> dict[int, str]:
    """The code of every rule there ever was, by id."""
    return dict(PointRule.objects.values_list("pk", "code"))


Digests = dict[int, tuple[int, str]]


def version_digests() -> Digests:
    """For each rule that was ever published, by id: its version, and that version's digest as it reads now."""
    published = SchemeVersion.objects.filter(status__in=BINDING)
    return {
        rule.id: (version.id, version.digest)
        for version in map(version_of, published.prefetch_related(*WHOLE))
        for rule in version.rules
    }
