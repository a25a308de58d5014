"""Class lists as schools send them, and what the database holds before and after."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import openpyxl
from django.apps import apps

from accounts.models import Person, Unit
from parentschool.engine.roster.report import Report, report_on
from parentschool.models import Child, Guardianship
from parentschool.services.rosters import Checked, RosterFile, check_roster, commit_roster
from tests.world import NOW

TITLES = ("孩子姓名", "性别", "班级", "家长姓名", "关系", "手机号", "家长2姓名", "家长2关系", "家长2手机号")
ZHANG = ("张小明", "男", "三年级2班", "张伟", "父亲", "13900000001", "李丽", "母亲", "13900000002")
WANG = ("王小红", "女", "三年级2班", "王强", "父亲", "13900000003", "", "", "")
UNCHANGED_BY_READING = {"kernel.job"}


def as_csv(*rows: Sequence[Any], titles: Sequence[str] = TITLES, encoding: str = "utf-8") -> io.BytesIO:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([titles, *rows])
    return io.BytesIO(text.getvalue().encode(encoding))


def as_xlsx(
    *rows: Sequence[Any], titles: Sequence[str] = TITLES, above: Sequence[Sequence[Any]] = ()
) -> io.BytesIO:
    """Texts stay texts, numbers numbers, dates dates, what begins with = a formula."""
    book = openpyxl.Workbook()
    for row in (*above, titles, *rows):
        book.active.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def roster(
    content: io.BytesIO, unit: Unit, answers: Mapping[str, str] | None = None, **more: Any
) -> RosterFile:
    filename = "list.xlsx" if content.getvalue().startswith(b"PK") else "list.csv"
    return RosterFile(content, filename, unit, answers=answers or {}, **{"by_duty": True, **more})


def check(content: io.BytesIO, unit: Unit, *, actor: Person | None = None, **more: Any) -> Checked:
    return check_roster(roster(content, unit, **more), actor=actor, now=NOW)


def told(content: io.BytesIO, unit: Unit, *, actor: Person | None = None, **more: Any) -> Report:
    checked = check(content, unit, actor=actor, **more)
    return report_on(checked.plan, scope=None, year=checked.year)


def write(content: io.BytesIO, unit: Unit, *, actor: Person | None = None, **more: Any) -> Checked:
    """Check, then confirm what was shown."""
    file = roster(content, unit, **more)
    checked = check_roster(file, actor=actor, now=NOW)
    assert checked.plan.is_ready, report_on(checked.plan, scope=None, year=checked.year)
    return commit_roster(file, digest=checked.digest, actor=actor, now=NOW)


def digests() -> dict[str, str]:
    """Every table of the portal, by a digest of all its rows."""
    found = {}
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            rows = model._base_manager.order_by(model._meta.pk.name).values_list()
            found[model._meta.label_lower] = sha256(repr(list(rows)).encode()).hexdigest()
    return found


def families(unit: Unit) -> set[tuple[str, str, str, str, str]]:
    """Class, child, guardian, phone and relation of a school, as the portal has them now."""
    held = Guardianship.objects.filter(child__path__startswith=unit.path, ended_on=None)
    held = held.filter(child__left_on=None).select_related("child__school_class", "guardian")
    return {
        (
            f"{bond.child.school_class.entry_year}.{bond.child.school_class.number}",
            bond.child.name,
            bond.guardian.name,
            bond.guardian.phone,
            bond.relation_word or bond.relation,
        )
        for bond in held
    }


def counts() -> tuple[int, int, int]:
    return Child.objects.count(), Person.objects.count(), Guardianship.objects.count()
