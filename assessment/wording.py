"""Rules and stars read back as sentences, so that whoever edits them sees what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext

from accounts.enums import Kind
from assessment.enums import Cap, Counting, Effect, Holder, Per, PersonRole, Span, StarBasis, Validity

if TYPE_CHECKING:
    from assessment.models import CapGroup, PointRule, SchemeVersion, StarLevel


def rule_sentence(rule: PointRule, kinds: Sequence[str], *, in_full: bool = False) -> str:
    """参加讲座、沙龙：每次 1 分，每天最多 2 分。`kinds` are the names of the kinds of event or record.

    `in_full` is for whoever edits: with the kinds of event even where the name seems to say them, since the name is
    only typed, and what is ticked counts."""
    parts = [*_conditions(rule), _earned(rule), *_once(rule), *_caps(rule), *_group(rule), *_validity(rule)]
    if rule.source == "attendance" and not kinds:
        kinds = [_("every kind of event")]
    listed = _("、").join(kinds)
    is_said = all(kind in rule.name for kind in kinds)
    if in_full and rule.source == "attendance":
        is_said = rule.name.endswith((f"（{listed}）", f"({listed})"))
    what = rule.name if is_said else _("%(name)s (%(kinds)s)") % {"name": rule.name, "kinds": listed}
    return _("%(what)s: %(earned)s.") % {"what": what, "earned": _(", ").join(parts)}


def names_of_kinds(rule: PointRule) -> list[str]:
    return [*(kind.name for kind in rule.kinds.all()), *(item.name for item in rule.items.all())]


def _conditions(rule: PointRule) -> list[str]:
    said = []
    if rule.unit_kinds:
        names = _("、").join(str(Kind(kind).label) for kind in rule.unit_kinds)
        said.append(_("only at %(kinds)s") % {"kinds": names})
    if rule.roles:
        names = _("、").join(str(PersonRole(role).label) for role in rule.roles)
        said.append(_("only for %(roles)s") % {"roles": names})
    if rule.min_minutes:
        said.append(_("from %(n)s minutes on") % {"n": rule.min_minutes})
    if rule.begins_on:
        said.append(_("from %(day)s on") % {"day": date_format(rule.begins_on)})
    if rule.ends_on:
        said.append(_("until before %(day)s") % {"day": date_format(rule.ends_on)})
    return said


def _earned(rule: PointRule) -> str:
    if rule.effect == Effect.VOID:
        return _("the points of the same event are void")
    if not rule.points:
        return _("no points fixed yet")
    if rule.steps:
        return _table(rule)
    if rule.every > 1:
        words = ngettext(
            "within %(span)s %(points)s point each time %(n)s times are full",
            "within %(span)s %(points)s points each time %(n)s times are full",
            rule.points,
        )
        return words % {"span": _within(rule), "points": rule.points, "n": rule.every}
    number = abs(rule.points)
    if rule.effect == Effect.DEDUCT:
        return _per_deducted(rule.per, number)
    if rule.effect == Effect.SPEND:
        words = ngettext(
            "%(points)s point is spent for each, the total stays",
            "%(points)s points are spent for each, the total stays",
            number,
        )
        return words % {"points": number}
    return _per(rule.per, rule.points)


def _within(rule: PointRule) -> str:
    """一学期内每人"""
    span = str(Span(rule.span).label)
    if rule.counted_for == Holder.PERSON:
        return span
    return pgettext("limits", "%(span)s (%(holder)s)") % {
        "span": span,
        "holder": Holder(rule.counted_for).label,
    }


def _table(rule: PointRule) -> str:
    steps = [(least, gives * rule.points) for least, gives in rule.steps]
    told = _(", ").join(_step(rule.per, n, points) for n, points in steps)
    if rule.per == Per.OCCURRENCE:
        return _("within %(span)s: %(table)s") % {"span": _within(rule), "table": told}
    return told


def _step(per: str, n: int, points: int) -> str:
    return {
        Per.OCCURRENCE: ngettext(
            "%(n)s times %(points)s point in all", "%(n)s times %(points)s points in all", points
        ),
        Per.LESSON: ngettext(
            "from %(n)s lesson periods on %(points)s point",
            "from %(n)s lesson periods on %(points)s points",
            points,
        ),
        Per.HOUR: ngettext(
            "from %(n)s hours on %(points)s point", "from %(n)s hours on %(points)s points", points
        ),
        Per.QUANTITY: ngettext("from %(n)s on %(points)s point", "from %(n)s on %(points)s points", points),
    }[Per(per)] % {"n": n, "points": points}


def _per(per: str, points: int) -> str:
    return {
        Per.OCCURRENCE: ngettext("%(points)s point each time", "%(points)s points each time", points),
        Per.LESSON: ngettext(
            "%(points)s point for each lesson period of 45 minutes",
            "%(points)s points for each lesson period of 45 minutes",
            points,
        ),
        Per.HOUR: ngettext(
            "%(points)s point for each full hour", "%(points)s points for each full hour", points
        ),
        Per.QUANTITY: ngettext(
            "%(points)s point for each unit recorded", "%(points)s points for each unit recorded", points
        ),
    }[Per(per)] % {"points": points}


def _per_deducted(per: str, points: int) -> str:
    words = {
        Per.OCCURRENCE: npgettext(
            "deducted", "%(points)s point off each time", "%(points)s points off each time", points
        ),
        Per.LESSON: npgettext(
            "deducted",
            "%(points)s point off for each lesson period",
            "%(points)s points off for each lesson period",
            points,
        ),
        Per.HOUR: npgettext(
            "deducted",
            "%(points)s point off for each full hour",
            "%(points)s points off for each full hour",
            points,
        ),
        Per.QUANTITY: npgettext(
            "deducted",
            "%(points)s point off for each unit recorded",
            "%(points)s points off for each unit recorded",
            points,
        ),
    }
    return words[Per(per)] % {"points": points}


def _once(rule: PointRule) -> list[str]:
    words = {
        Holder.PERSON: _("only once per person"),
        Holder.CHILD: _("only once per child"),
        Holder.FAMILY: _("only once per family"),
    }
    return [words[Holder(rule.once)]] if rule.once else []


def _caps(rule: PointRule | CapGroup) -> list[str]:
    limits = {
        Cap.EVENT: _("at most %(points)s an event"),
        Cap.DAY: _("at most %(points)s a day"),
        Cap.WEEK: _("at most %(points)s a week"),
        Cap.MONTH: _("at most %(points)s a month"),
        Cap.TERM: _("at most %(points)s a term"),
        Cap.YEAR: _("at most %(points)s a school year"),
        Cap.CALENDAR: _("at most %(points)s a calendar year"),
        Cap.EVER: _("at most %(points)s in all"),
    }
    found = [
        words % {"points": limit}
        for cap, words in limits.items()
        if (limit := getattr(rule, f"cap_{cap}", None)) is not None
    ]
    if rule.shared != Holder.PERSON and found:
        whose = {
            Holder.CHILD: pgettext("limits", "each child %(limit)s"),
            Holder.FAMILY: pgettext("limits", "each family %(limit)s"),
        }
        found = [whose[Holder(rule.shared)] % {"limit": limit} for limit in found]
    return found


def _group(rule: PointRule) -> list[str]:
    return [_("counted into the limit “%(name)s”") % {"name": rule.group.name}] if rule.group else []


def _validity(rule: PointRule) -> list[str]:
    words: dict[Any, str] = {
        Validity.SCHOOL_YEAR: _("valid to the end of the school year"),
        Validity.CALENDAR_YEAR: _("valid to the end of the calendar year"),
        Validity.MONTHS: _("valid for %(n)s months") % {"n": rule.valid_months},
    }
    return [words[rule.validity]] if rule.validity else []


def kept_back(cut: int, cap: str) -> str:
    """因“每日上限”少计 3 分: so that the points lost are not taken for the limit. `cap` is one of `enums.Cap`."""
    name = Cap(cap).label if cap in Cap.values else cap
    return ngettext(
        "%(cut)s point less because of “%(cap)s”", "%(cut)s points less because of “%(cap)s”", cut
    ) % {"cut": cut, "cap": name}


def group_sentence(group: CapGroup, rules: Sequence[str]) -> str:
    """志愿服务（午餐督查、护学岗合计）：每学期最多 10 分。"""
    limits = _(", ").join(_caps(group)) or _("no limit is set")
    return _("%(name)s (%(rules)s together): %(limits)s.") % {
        "name": group.name,
        "rules": _("、").join(rules) or _("no rule yet"),
        "limits": limits,
    }


def version_sentences(version: SchemeVersion) -> list[str]:
    """What holds for all rules of a version together: which points count, the limit over everything, kept stars."""
    counted = {
        Counting.EVER: _("Points that count for stars: all points ever."),
        Counting.SCHOOL_YEAR: _("Points that count for stars: those of the school year, each year anew."),
        Counting.CALENDAR_YEAR: _("Points that count for stars: those of the calendar year, each year anew."),
    }
    said = [counted[Counting(version.counting)]]
    if version.cap_day is not None:
        said.append(_("Over all rules at most %(points)s points a day.") % {"points": version.cap_day})
    if version.keeps_stars:
        said.append(_("Stars reached under the rules before stay to the end of the counting period."))
    return said


def change_of_counting(draft: SchemeVersion, in_force: SchemeVersion | None) -> str:
    """Where a draft counts other points for stars than the version in force: by that alone all totals change."""
    if in_force is None or in_force.counting == draft.counting:
        return ""
    return _(
        "%(version)s counts “%(before)s” for stars, this one “%(after)s”. "
        "By that alone the totals and stars of everybody may change."
    ) % {
        "version": in_force,
        "before": in_force.get_counting_display(),
        "after": draft.get_counting_display(),
    }


def star_sentence(star: StarLevel, rules: Mapping[str, str]) -> str:
    """四星级家长：满 10 分，并参加讲座不少于 2 次。`rules` are the names of the version's rules by code."""
    return _("%(star)s: %(conditions)s.") % {"star": star.name, "conditions": _way(star, rules)}


def star_sentences(stars: Iterable[StarLevel], rules: Mapping[str, str]) -> list[str]:
    """A sentence for each level, with all its ways: 一星家长：满 9 分；或者满 6 分，且没有未处理的投诉。`stars` are in
    their order."""
    said = []
    for _level, ways in groupby(stars, key=lambda star: star.level):
        kept = list(ways)
        names = _("、").join(dict.fromkeys(star.name for star in kept))
        told = _("; or ").join(_way(star, rules) for star in kept)
        said.append(_("%(star)s: %(conditions)s.") % {"star": names, "conditions": told})
    return said


def _way(star: StarLevel, rules: Mapping[str, str]) -> str:
    measured = {
        StarBasis.POINTS: _("from %(threshold)s points on"),
        StarBasis.HOURS: _("from %(threshold)s hours of service on"),
        StarBasis.COUNT: _("from %(threshold)s times on"),
    }[StarBasis(star.basis)] % {"threshold": star.threshold}
    parts = [measured if star.threshold else _("nothing to reach")]
    if star.also_kind is not None and star.also_times:
        parts.append(
            _("and having come to %(kind)s at least %(times)s times")
            % {"kind": star.also_kind.name, "times": star.also_times}
        )
    if star.also_rule and star.also_rule_times:
        parts.append(
            _("and counted under the rule “%(rule)s” at least %(times)s times")
            % {"rule": rules.get(star.also_rule, star.also_rule), "times": star.also_rule_times}
        )
    if star.no_complaint:
        parts.append(_("and no complaint open"))
    if star.keeps:
        parts.append(_("stays for %(n)s further periods") % {"n": star.keeps})
    return _(", ").join(parts)
