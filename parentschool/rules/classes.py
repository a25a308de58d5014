"""Names of classes, read and written as people say them in a school year."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.enums import Stage
from portal.kernel.calendar import SchoolYear
from portal.kernel.errors import PortalError

YEARS: dict[str, int] = {
    Stage.KINDERGARTEN: 3,
    Stage.PRIMARY: 6,
    Stage.JUNIOR: 3,
    Stage.SENIOR: 3,
    Stage.VOCATIONAL: 3,
    Stage.SPECIAL: 9,
}
"""How many grades each stage of a class has."""

CLASS_STAGES: dict[str, tuple[str, ...]] = {
    Stage.KINDERGARTEN: (Stage.KINDERGARTEN,),
    Stage.PRIMARY: (Stage.PRIMARY, Stage.KINDERGARTEN),
    Stage.JUNIOR: (Stage.JUNIOR,),
    Stage.NINE_YEAR: (Stage.PRIMARY, Stage.JUNIOR, Stage.KINDERGARTEN),
    Stage.SENIOR: (Stage.SENIOR,),
    Stage.FULL_MIDDLE: (Stage.JUNIOR, Stage.SENIOR),
    Stage.VOCATIONAL: (Stage.VOCATIONAL,),
    Stage.SPECIAL: (Stage.SPECIAL,),
    "": tuple(YEARS),
}
"""Stages that classes of a school of some stage may have; primary schools often keep a kindergarten."""

NURSERY = 0
"""The grade of kindergarten children who enter next September (托班)."""

GRADES: dict[tuple[str, int], Promise] = {
    (Stage.KINDERGARTEN, NURSERY): pgettext_lazy("class", "Nursery"),
    (Stage.KINDERGARTEN, 1): pgettext_lazy("class", "Junior kindergarten"),
    (Stage.KINDERGARTEN, 2): pgettext_lazy("class", "Middle kindergarten"),
    (Stage.KINDERGARTEN, 3): pgettext_lazy("class", "Senior kindergarten"),
    (Stage.SENIOR, 1): pgettext_lazy("class", "Senior grade 1"),
    (Stage.SENIOR, 2): pgettext_lazy("class", "Senior grade 2"),
    (Stage.SENIOR, 3): pgettext_lazy("class", "Senior grade 3"),
    (Stage.VOCATIONAL, 1): pgettext_lazy("class", "Vocational grade 1"),
    (Stage.VOCATIONAL, 2): pgettext_lazy("class", "Vocational grade 2"),
    (Stage.VOCATIONAL, 3): pgettext_lazy("class", "Vocational grade 3"),
}
NINE_GRADES = (
    pgettext_lazy("class", "Grade 1"),
    pgettext_lazy("class", "Grade 2"),
    pgettext_lazy("class", "Grade 3"),
    pgettext_lazy("class", "Grade 4"),
    pgettext_lazy("class", "Grade 5"),
    pgettext_lazy("class", "Grade 6"),
    pgettext_lazy("class", "Grade 7"),
    pgettext_lazy("class", "Grade 8"),
    pgettext_lazy("class", "Grade 9"),
)
GRADES |= {(Stage.PRIMARY, grade): name for grade, name in enumerate(NINE_GRADES[:6], 1)}
GRADES |= {(Stage.JUNIOR, grade): name for grade, name in enumerate(NINE_GRADES[6:], 1)}
GRADES |= {(Stage.SPECIAL, grade): name for grade, name in enumerate(NINE_GRADES, 1)}


def grade_of(entry_year: int, year: SchoolYear) -> int:
    """1 in the school year of entry."""
    return year.year - entry_year + 1


def class_name(stage: str, entry_year: int, number: int, year: SchoolYear) -> str:
    """As people say it in that school year: 三年级2班, 大班1班, 高二3班; 2015级小学2班 once it has left."""
    grade = GRADES.get((stage, grade_of(entry_year, year)))
    if grade is not None:
        return gettext("%(grade)s, class %(number)s") % {"grade": grade, "number": number}
    return gettext("%(stage)s class %(number)s that entered in %(year)s") % {
        "year": entry_year,
        "stage": Stage(stage).label,
        "number": number,
    }


# ── Class names ──────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class NamedClass:
    """What a class name says; without a number it is the only class of its grade."""

    stage: str
    entry_year: int
    number: int | None


class BadClassName(PortalError):
    code = "bad_class"


UNREADABLE = _("This is not understood as a class. Write for example 三年级2班, 大班1班 or 2024级3班.")
AMBIGUOUS_STAGE = _("This school has more than one stage. Write for example 2024级小学3班 or 2024级初中3班.")
NO_SUCH_GRADE = _("This school has no such grade. Please check the class and the school.")
WRONG_YEAR = _("No class that is at school this year entered then. Please check the year.")

_CHINESE = "零一二三四五六七八九"
_NUMERAL = "[0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]"
_BRACKETS = str.maketrans("（）【】[]", "()()()")
_NOISE = re.compile(r"第|(?<![0-9])[\s\-–—_·.,，、/]|[\s\-–—_·.,，、/](?![0-9])")

_STAGE_WORDS: dict[str, str] = {
    "小学": Stage.PRIMARY,
    "初中": Stage.JUNIOR,
    "初级中学": Stage.JUNIOR,
    "高中": Stage.SENIOR,
    "普高": Stage.SENIOR,
    "职高": Stage.VOCATIONAL,
    "中职": Stage.VOCATIONAL,
    "职业高中": Stage.VOCATIONAL,
    "幼儿园": Stage.KINDERGARTEN,
    "幼儿": Stage.KINDERGARTEN,
    "特教": Stage.SPECIAL,
}
_STAGE = "|".join(sorted(_STAGE_WORDS, key=len, reverse=True))
_NUMBER = rf"(?:\(?(?P<number>{_NUMERAL})\)?)"

_BY_YEAR = re.compile(
    rf"(?P<stage1>{_STAGE}|小|初|高)?(?P<year>(?:20)?[0-9]{{2}})级(?P<stage2>{_STAGE})?{_NUMBER}?班?"
)
_BY_GRADE = re.compile(rf"(?P<stage>{_STAGE})?\(?(?P<grade>{_NUMERAL})\)?年级?{_NUMBER}?班?")
_BY_SHORT_GRADE = re.compile(
    rf"(?P<stage>小学|小|初中|初|高中|高|职高|职|中职)?\(?(?P<grade>[一二三四五六七八九]|(?<=[小初高职])[1-9])\)?{_NUMBER}班?"
)
_BY_SENIOR = re.compile(
    rf"(?P<stage>初|高|职高|职|中职|小)(?P<grade>[一二三四五六1-6])(?:年级)?{_NUMBER}?班?"
)
_BY_AGE = re.compile(rf"(?:{_STAGE})?(?P<age>托|小|中|大)班{_NUMBER}?班?")
_BY_SHORT_AGE = re.compile(rf"(?:{_STAGE})?(?P<age>小|中|大){_NUMBER}班")
_BY_BARE_YEAR = re.compile(rf"(?P<year>20[0-9]{{2}})(?:年|(?=\()){_NUMBER}班?")
_BY_BRACKET = re.compile(rf"(?P<grade>[1-9])\((?P<number>{_NUMERAL})\)班?")

_SHORT_STAGES: dict[str, str] = {
    "小": Stage.PRIMARY,
    "初": Stage.JUNIOR,
    "高": Stage.SENIOR,
    "职": Stage.VOCATIONAL,
}
_AGES = {"托": NURSERY, "小": 1, "中": 2, "大": 3}


def numeral(text: str) -> int:
    """12 from "12" or "十二"; at most two digits."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _CHINESE.index(text)
    return 10 * (_CHINESE.index(tens) if tens else 1) + (_CHINESE.index(ones) if ones else 0)


def read_class(text: str, *, school_stage: str, year: SchoolYear) -> NamedClass:
    """The class that people of a school mean by this name in that school year. Raises BadClassName.

    The text is cleaned (half-width digits). Numbers such as 302 are not guessed: in some schools they count the
    third grade's second class, in others the 302nd class ever.
    """
    plain = _NOISE.sub("", text.translate(_BRACKETS))
    stages = CLASS_STAGES[school_stage]
    for pattern, reader in _READERS:
        found = pattern.fullmatch(plain)
        if found:
            stage, grade = reader(found.groupdict(), stages, year)
            if stage not in stages:
                raise BadClassName(NO_SUCH_GRADE)
            if not (NURSERY if stage == Stage.KINDERGARTEN else 1) <= grade <= YEARS[stage]:
                raise BadClassName(WRONG_YEAR if "year" in found.groupdict() else NO_SUCH_GRADE)
            return NamedClass(stage, year.year - grade + 1, _ordinal(found["number"]))
    raise BadClassName(UNREADABLE)


def _ordinal(number: str | None) -> int | None:
    ordinal = numeral(number) if number else None
    if ordinal == 0:
        raise BadClassName(UNREADABLE)
    return ordinal


_Parts = dict[str, str | None]


def _read_year(parts: _Parts, stages: tuple[str, ...], year: SchoolYear) -> tuple[str, int]:
    named = parts.get("stage1") or parts.get("stage2")
    entered = int(parts["year"] or 0) % 100 + 2000
    grade = grade_of(entered, year)
    if named:
        return _STAGE_WORDS.get(named) or _SHORT_STAGES[named], grade
    main = [stage for stage in stages if stage != Stage.KINDERGARTEN] or list(stages)
    if len(main) > 1:
        raise BadClassName(AMBIGUOUS_STAGE)
    return main[0], grade


def _read_grade(parts: _Parts, stages: tuple[str, ...], year: SchoolYear) -> tuple[str, int]:
    grade = numeral(parts["grade"] or "")
    named = parts.get("stage")
    if named:
        stage = _STAGE_WORDS.get(named) or _SHORT_STAGES[named[:1]]
        return stage, grade - 6 if stage == Stage.JUNIOR and grade > 3 else grade
    if Stage.SPECIAL in stages and len(stages) == 1:
        return Stage.SPECIAL, grade
    if grade > 6:
        return Stage.JUNIOR, grade - 6
    if Stage.PRIMARY in stages:
        return Stage.PRIMARY, grade
    if stages == (Stage.KINDERGARTEN,):
        raise BadClassName(NO_SUCH_GRADE)
    if grade > 3 or len(stages) > 1:
        raise BadClassName(NO_SUCH_GRADE if grade > 3 else AMBIGUOUS_STAGE)
    return stages[0], grade


def _read_senior(parts: _Parts, stages: tuple[str, ...], year: SchoolYear) -> tuple[str, int]:
    named = parts["stage"] or ""
    stage = _STAGE_WORDS.get(named) or _SHORT_STAGES[named[:1]]
    if stage == Stage.SENIOR and Stage.VOCATIONAL in stages and Stage.SENIOR not in stages:
        stage = Stage.VOCATIONAL
    return stage, numeral(parts["grade"] or "")


def _read_age(parts: _Parts, stages: tuple[str, ...], year: SchoolYear) -> tuple[str, int]:
    return Stage.KINDERGARTEN, _AGES[parts["age"] or ""]


def _read_short_age(parts: _Parts, stages: tuple[str, ...], year: SchoolYear) -> tuple[str, int]:
    if (
        parts["age"] == "小" and Stage.PRIMARY in stages
    ):  # 小三班: the third 小班, or grade three of the 小学?
        raise BadClassName(UNREADABLE)
    return _read_age(parts, stages, year)


_READERS = (
    (_BY_YEAR, _read_year),
    (_BY_AGE, _read_age),
    (_BY_SHORT_AGE, _read_short_age),
    (_BY_SENIOR, _read_senior),
    (_BY_GRADE, _read_grade),
    (_BY_SHORT_GRADE, _read_grade),
    (_BY_BRACKET, _read_grade),
    (_BY_BARE_YEAR, _read_year),
)
