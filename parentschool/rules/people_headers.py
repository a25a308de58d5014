"""Headers of a village's or community's list of people: what each column holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from parentschool.rules.headers import (
    CHILD_WORDS,
    MISSING,
    NAMED,
    PHONE_WORDS,
    TWICE,
    BadHeader,
    plain_header,
)


class Field(StrEnum):
    NAME = "name"
    PHONE = "phone"
    HOUSEHOLD = "household"
    CHILD = "child"
    VILLAGE = "village"
    VILLAGE_CODE = "village_code"


NO_HEADER = _(
    "No row with column titles was found. The first rows need one with 姓名, and 手机号, 户主 and 孩子姓名 where you "
    "have them; download the template to see how."
)

_PEOPLE = "家长|学员|村民|居民|成员|人员|监护人"
_PATTERNS = {
    Field.CHILD: rf"(?:{CHILD_WORDS})的?{NAMED}?",
    Field.NAME: rf"(?:{_PEOPLE})?的?{NAMED}|{_PEOPLE}",
    Field.PHONE: rf"(?:本人|{_PEOPLE})?的?(?:{PHONE_WORDS})",
    Field.HOUSEHOLD: "户主(?:姓名)?|户(?:编)?号|家庭(?:编号|户号)|门牌号?|住户",
    Field.VILLAGE_CODE: "(?:所在|所属)?(?:村|社区|村社区|村居|单位|家长学校)(?:代码|编码|编号)",
    Field.VILLAGE: "(?:所在|所属|行政)?(?:村|社区|村社区|村居|村委会|居委会|家长学校)(?:名称?|全称)?",
}
_COMPILED = {what: re.compile(pattern) for what, pattern in _PATTERNS.items()}
_SLASH = re.compile(r"[()（）/、或]")


@dataclass(frozen=True)
class PeopleColumns:
    """Letters of columns; "" where there is none."""

    name: str
    phone: str = ""
    household: str = ""
    child: str = ""
    village: str = ""
    village_code: str = ""
    unused: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)
    row: int = 1
    """The number of the row of titles."""

    @property
    def used(self) -> tuple[str, ...]:
        letters = (self.name, self.phone, self.household, self.child, self.village, self.village_code)
        return tuple(letter for letter in letters if letter)


def read_people_header(title: str) -> Field | None:
    """What a column with this title holds; 村(社区) reads as 村社区."""
    for plain in (plain_header(title), plain_header(_SLASH.sub("", title))):
        for what, pattern in _COMPILED.items():
            if pattern.fullmatch(plain):
                return what
    return None


def looks_like_people(titles: Sequence[str]) -> bool:
    """Whether a row of cells is the row of titles."""
    return Field.NAME in {read_people_header(title) for title in titles if title}


def names_a_village(titles: Sequence[str]) -> bool:
    """Whether the table is one of people of several villages, so that it cannot be a class list."""
    found = {read_people_header(title) for title in titles if title}
    return Field.NAME in found and bool(found & {Field.VILLAGE, Field.VILLAGE_CODE})


def read_people_headers(titles: dict[str, str], *, needs_village: bool) -> PeopleColumns:
    """The columns of a table from its titles by letter. Raises BadHeader."""
    found: dict[Field, str] = {}
    for letter, title in titles.items():
        what = read_people_header(title) if title else None
        if what is None:
            continue
        if what in found:
            raise BadHeader(TWICE % {"first": titles[found[what]], "second": title})
        found[what] = letter
    if needs_village and not {Field.VILLAGE, Field.VILLAGE_CODE} & set(found):
        raise BadHeader(MISSING % {"names": "村"})
    columns = PeopleColumns(
        name=found.get(Field.NAME, ""),
        phone=found.get(Field.PHONE, ""),
        household=found.get(Field.HOUSEHOLD, ""),
        child=found.get(Field.CHILD, ""),
        village=found.get(Field.VILLAGE, ""),
        village_code=found.get(Field.VILLAGE_CODE, ""),
        titles=titles,
    )
    unused = [title for letter, title in titles.items() if title and letter not in columns.used]
    return replace(columns, unused=tuple(unused))
