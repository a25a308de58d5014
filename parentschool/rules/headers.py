"""Headers of class lists: what each column holds, and which guardian it speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from parentschool.enums import Relation
from portal.kernel.errors import PortalError


class Field(StrEnum):
    CHILD = "child"
    NAME = "name"  # "姓名": the child's where no column says so better
    GENDER = "gender"
    CLASS = "class"
    GRADE = "grade"
    SCHOOL = "school"
    SCHOOL_CODE = "school_code"
    GUARDIAN = "guardian"
    PHONE = "phone"
    RELATION = "relation"


OF_GUARDIANS = (Field.GUARDIAN, Field.PHONE, Field.RELATION)


@dataclass(frozen=True)
class Heading:
    """`slot` tells guardians apart: "1" to "4", or a relation where the header names one; "" says nothing."""

    field: Field
    slot: str = ""


class BadHeader(PortalError):
    """The table cannot be understood as a class list, as a whole."""

    code = "bad_header"


NO_HEADER = _(
    "No row with column titles was found. The first rows need one with 孩子姓名, 班级, 家长姓名, 关系 and 手机号; "
    "download the template to see how."
)
MISSING = _(
    "These columns are missing: %(names)s. Add them, or download the template and copy your table into it."
)
TWICE = _(
    "Two columns hold the same: %(first)s and %(second)s. Delete one of them, or give it another title."
)
WHOSE = _(
    "It is not clear which parent the column %(name)s belongs to. Give it a title such as 家长1手机号 or 母亲手机号."
)
NAMELESS_SLOT = _("The column %(name)s needs a column with that parent's name beside it, such as %(wanted)s.")

_KIN: dict[str, str] = {
    "父亲": Relation.FATHER,
    "爸爸": Relation.FATHER,
    "母亲": Relation.MOTHER,
    "妈妈": Relation.MOTHER,
    "外祖父": Relation.MATERNAL_GRANDFATHER,
    "外公": Relation.MATERNAL_GRANDFATHER,
    "姥爷": Relation.MATERNAL_GRANDFATHER,
    "外祖母": Relation.MATERNAL_GRANDMOTHER,
    "外婆": Relation.MATERNAL_GRANDMOTHER,
    "姥姥": Relation.MATERNAL_GRANDMOTHER,
    "祖父": Relation.PATERNAL_GRANDFATHER,
    "爷爷": Relation.PATERNAL_GRANDFATHER,
    "祖母": Relation.PATERNAL_GRANDMOTHER,
    "奶奶": Relation.PATERNAL_GRANDMOTHER,
}
_SLOT_NAMES = {
    Relation.FATHER: "父亲姓名",
    Relation.MOTHER: "母亲姓名",
    Relation.MATERNAL_GRANDFATHER: "外祖父姓名",
    Relation.MATERNAL_GRANDMOTHER: "外祖母姓名",
    Relation.PATERNAL_GRANDFATHER: "祖父姓名",
    Relation.PATERNAL_GRANDMOTHER: "祖母姓名",
}

CHILD_WORDS = "学生|孩子|幼儿|儿童|小孩|小朋友|宝宝|子女|被监护人"
_ADULT = "法定监护人|监护人|家长|联系人"
_WHOSE = rf"(?P<before>[1-4])?(?:(?P<kin>{'|'.join(_KIN)})|(?:{_ADULT}))?(?P<middle>[1-4])?的?"
_AFTER = "(?P<after>[1-4])?"
PHONE_WORDS = (
    "联系电话号码|手机号码|手机号|手机|联系电话|联系手机|联系方式|"
    "联系号码|电话号码|移动电话|移动手机|电话|号码"
)
NAMED = "(?:姓名|名字|名称)"

_PATTERNS: tuple[tuple[Field, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (Field.CHILD, rf"(?:{CHILD_WORDS})的?{NAMED}?"),
        (Field.NAME, "姓名|名字"),
        (Field.GENDER, rf"(?:{CHILD_WORDS})?的?性别"),
        (
            Field.CLASS,
            rf"(?:{CHILD_WORDS})?(?:所在|就读|现)?(?:年级)?(?:和|与|及)?(?:班级|班别|班次|班)(?:名称)?",
        ),
        (Field.GRADE, rf"(?:{CHILD_WORDS})?(?:所在|就读|现)?年级(?:名称)?"),
        (Field.SCHOOL_CODE, "(?:所在|就读)?(?:学校|幼儿园|园所)(?:标识)?(?:代码|标识码|编码|编号)"),
        (Field.SCHOOL, "(?:所在|就读)?(?:家长学校|学校|幼儿园|园所|校名|园名)(?:全称|名称)?"),
        (Field.PHONE, rf"{_WHOSE}(?:{PHONE_WORDS}){_AFTER}"),
        (Field.RELATION, rf"{_WHOSE}(?:与|和|同)?(?:{CHILD_WORDS}|本人)?的?(?:关系|称谓|称呼){_AFTER}"),
        (
            Field.GUARDIAN,
            rf"(?P<before>[1-4])?(?:(?P<kin>{'|'.join(_KIN)})|(?:{_ADULT}))(?P<middle>[1-4])?的?{NAMED}?{_AFTER}",
        ),
    )
)

_ORDINALS = str.maketrans("一二三四①②③④", "12341234")
_BRACKETED_NUMBER = re.compile(r"[(（]([1-4])[)）]")
_BRACKETED = re.compile(r"[(（\[【].*?[)）\]】]")
_MARKS = re.compile(r"[\s*\uff0a:：/、._\-—第]")


def plain_header(text: str) -> str:
    """家长（一）姓名 * → 家长1姓名; hints in brackets go."""
    text = _BRACKETED_NUMBER.sub(r"\1", text.translate(_ORDINALS))
    return _MARKS.sub("", _BRACKETED.sub("", text))


def read_header(text: str) -> Heading | None:
    """What a column with this title holds; None for a title that says nothing to us."""
    plain = plain_header(text)
    for name, pattern in _PATTERNS:
        found = pattern.fullmatch(plain)
        if found:
            parts = found.groupdict()
            kin = parts.get("kin")
            number = parts.get("before") or parts.get("middle") or parts.get("after") or ""
            return Heading(name, _KIN[kin] if kin else number)
    return None


@dataclass(frozen=True)
class GuardianColumns:
    """Columns (by their letters) of one guardian; "" where the table has none. `relation_said` by the header."""

    slot: str
    name: str
    phone: str = ""
    relation: str = ""

    @property
    def relation_said(self) -> str:
        return self.slot if self.slot in Relation.values else ""


@dataclass(frozen=True)
class Columns:
    """Where a class list keeps what. Letters of columns; "" where there is none."""

    child: str
    guardians: tuple[GuardianColumns, ...]
    class_: str = ""
    grade: str = ""
    gender: str = ""
    school: str = ""
    school_code: str = ""
    unused: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)
    row: int = 1
    """The number of the row of titles."""

    @property
    def used(self) -> tuple[str, ...]:
        single = (self.child, self.class_, self.grade, self.gender, self.school, self.school_code)
        many = [(g.name, g.phone, g.relation) for g in self.guardians]
        return tuple(letter for letter in (*single, *(x for group in many for x in group)) if letter)


def looks_like_header(titles: Sequence[str]) -> bool:
    """Whether a row of cells is the row of titles: it names a child, and a class or a guardian."""
    fields = {heading.field for title in titles if (heading := read_header(title))}
    return bool(fields & {Field.CHILD, Field.NAME}) and bool(fields & {Field.CLASS, Field.GUARDIAN})


def read_headers(titles: dict[str, str], *, needs_class: bool, needs_school: bool) -> Columns:
    """The columns of a table from its titles by letter, in the table's order. Raises BadHeader."""
    headings = {letter: heading for letter, title in titles.items() if (heading := read_header(title))}
    guardians = _guardians(headings, titles)
    single = _singles(headings, titles, has_guardians=bool(guardians))
    if not guardians and Field.NAME in single and Field.CHILD in single:
        guardians = {"1": GuardianColumns("1", single.pop(Field.NAME))}
        headings = {k: h for k, h in headings.items() if h.field != Field.GUARDIAN}
    child = single.get(Field.CHILD) or single.get(Field.NAME, "")
    _refuse_missing(child, guardians, single, needs_class=needs_class, needs_school=needs_school)
    columns = Columns(
        child=child,
        guardians=tuple(_with_details(guardians, headings, titles).values()),
        class_=single.get(Field.CLASS, ""),
        grade=single.get(Field.GRADE, ""),
        gender=single.get(Field.GENDER, ""),
        school=single.get(Field.SCHOOL, ""),
        school_code=single.get(Field.SCHOOL_CODE, ""),
        titles=titles,
    )
    unused = [title for letter, title in titles.items() if title and letter not in columns.used]
    return replace(columns, unused=tuple(unused))


def _singles(
    headings: dict[str, Heading], titles: dict[str, str], *, has_guardians: bool
) -> dict[Field, str]:
    found: dict[Field, str] = {}
    for letter, heading in headings.items():
        if heading.field in OF_GUARDIANS:
            continue
        if heading.field in found:
            raise BadHeader(TWICE % {"first": titles[found[heading.field]], "second": titles[letter]})
        found[heading.field] = letter
    return found


def _guardians(headings: dict[str, Heading], titles: dict[str, str]) -> dict[str, GuardianColumns]:
    found: dict[str, GuardianColumns] = {}
    for letter, heading in headings.items():
        if heading.field != Field.GUARDIAN:
            continue
        slot = heading.slot or "1"
        if slot in found:
            raise BadHeader(TWICE % {"first": titles[found[slot].name], "second": titles[letter]})
        found[slot] = GuardianColumns(slot, letter)
    return found


def _refuse_missing(
    child: str,
    guardians: dict[str, GuardianColumns],
    single: dict[Field, str],
    *,
    needs_class: bool,
    needs_school: bool,
) -> None:
    wanted = (
        (bool(child), "孩子姓名"),
        (Field.CLASS in single or Field.GRADE in single or not needs_class, "班级"),
        (bool(guardians), "家长姓名"),
        (Field.SCHOOL in single or Field.SCHOOL_CODE in single or not needs_school, "学校"),
    )
    missing = [name for there, name in wanted if not there]
    if missing:
        raise BadHeader(MISSING % {"names": "、".join(missing)})


def _with_details(
    guardians: dict[str, GuardianColumns], headings: dict[str, Heading], titles: dict[str, str]
) -> dict[str, GuardianColumns]:
    """Phones and relations at their guardians: first those whose title says whose, then by their place."""
    letters = list(titles)
    for letter, heading in headings.items():
        if heading.slot and heading.field in (Field.PHONE, Field.RELATION):
            slot = heading.slot
            if slot not in guardians:
                raise BadHeader(NAMELESS_SLOT % {"name": titles[letter], "wanted": _wanted(slot)})
            _give(guardians, slot, heading.field, letter, titles)
    for letter, heading in headings.items():
        if not heading.slot and heading.field in (Field.PHONE, Field.RELATION):
            others = [h for h in headings.values() if h.field == heading.field and not h.slot]
            chosen = _whose(guardians, heading.field, letters, letter, alone=len(others) == 1)
            if not chosen:
                raise BadHeader(WHOSE % {"name": titles[letter]})
            _give(guardians, chosen, heading.field, letter, titles)
    return guardians


def _wanted(slot: str) -> str:
    return _SLOT_NAMES[Relation(slot)] if slot in Relation.values else f"家长{slot}姓名"


def _whose(
    guardians: dict[str, GuardianColumns], what: Field, letters: list[str], letter: str, *, alone: bool
) -> str:
    lacking = [slot for slot, columns in guardians.items() if not getattr(columns, what)]
    if alone and "1" in lacking:
        return "1"
    left = [slot for slot in lacking if letters.index(guardians[slot].name) < letters.index(letter)]
    if left:
        return max(left, key=lambda slot: letters.index(guardians[slot].name))
    return lacking[0] if len(lacking) == 1 else ""


def _give(
    guardians: dict[str, GuardianColumns], slot: str, what: Field, letter: str, titles: dict[str, str]
) -> None:
    there = guardians[slot].phone if what == Field.PHONE else guardians[slot].relation
    if there:
        raise BadHeader(TWICE % {"first": titles[there], "second": titles[letter]})
    if what == Field.PHONE:
        guardians[slot] = replace(guardians[slot], phone=letter)
    else:
        guardians[slot] = replace(guardians[slot], relation=letter)
