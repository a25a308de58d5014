"""The same people however they are spelt, and everything that must be refused rather than guessed."""

import io
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Person
from parentschool.models import Child
from parentschool.rules.headers import BadHeader
from parentschool.services.rosters import check_roster
from portal.kernel.spreadsheets import SpreadsheetRefused
from tests.kernel import spreadsheet_files as files
from tests.parentschool.class_lists import (
    TITLES,
    WANG,
    ZHANG,
    as_csv,
    as_xlsx,
    check,
    digests,
    families,
    roster,
    saved,
    told,
    write,
)
from tests.world import NOW


@pytest.fixture
def school(world):
    return world.schools[0]


def faults(report):
    return [fault["where"] for fault in report.faults]


# ── The same people ──────────────────────────────────────────────────────────


def cells(**changes):
    return tuple(changes.get(f"c{place}", text) for place, text in enumerate(ZHANG))


SAME = {
    "trailing spaces": as_csv(tuple(f"{text}  " for text in ZHANG)),
    "full-width spaces": as_csv(tuple(f"\u3000{text}\u3000" for text in ZHANG)),
    "spaces inside the names": as_csv(cells(c0="张 小 明", c3="张\u3000伟")),
    "full-width digits": as_csv(cells(c2="三年级２班", c5="\uff11\uff1390000000\uff11")),
    "country code": as_csv(cells(c5="+86 13900000001", c8="0086-139-0000-0002")),
    "dashes and brackets": as_csv(cells(c5="139-0000-0001", c8="(139)00000002")),
    "zero-width marks": as_csv(tuple(f"\u200b{text}\ufeff" for text in ZHANG)),
    "an apostrophe in front": as_csv(cells(c5="'13900000001")),
    "numbers": as_xlsx(cells(c5=13900000001, c8=13900000002.0)),
    "a float as text": as_csv(cells(c5="13900000001.0")),
    "blank rows": as_xlsx((), ("",) * 9, ZHANG, (), ("", " ", "\u3000")),
    "titles repeated in the middle": as_csv(ZHANG, TITLES),
    "lines from another system": io.BytesIO(as_csv(ZHANG).getvalue().replace(b"\r\n", b"\r")),
    "tabs": io.BytesIO(as_csv(ZHANG).getvalue().replace(b",", b"\t")),
    "a byte order mark": io.BytesIO(b"\xef\xbb\xbf" + as_csv(ZHANG).getvalue()),
    "GBK": as_csv(ZHANG, encoding="gbk"),
    "UTF-16": io.BytesIO(as_csv(ZHANG).getvalue().decode().encode("utf-16")),
    "another class name": as_csv(cells(c2="三(2)班")),
    "entry year": as_csv(cells(c2="2024级小学2班")),
    "other words for the relations": as_csv(cells(c4="爸爸", c7="妈妈")),
    "nothing, said in words": as_csv(cells(c1="无", c4="/", c7="-")),
    "reordered columns": as_csv(ZHANG[::-1], titles=TITLES[::-1]),
    "extra columns": as_csv(("1", *ZHANG, "x"), titles=("序号", *TITLES, "备注")),
    "a note at the foot": as_csv((*ZHANG, ""), (*[""] * 9, "填表人:王老师"), titles=(*TITLES, "备注")),
}


def test_the_same_people_add_nobody(world, school):
    write(as_csv(ZHANG), school)
    before = digests()
    added = {}
    for spelling, file in SAME.items():
        plan = check(file, school).plan
        if not (plan.writes.is_empty and plan.is_ready):
            added[spelling] = (plan.faults.rows(), plan.writes)
        write(file, school)
    assert added == {}
    after = digests()
    assert {name for name in after if after[name] != before[name]} == {"kernel.auditentry"}


NOISE = st.sampled_from(["", " ", "\u3000", "\u200b", "\t", "\u00a0 "])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    noise=st.lists(NOISE, min_size=36, max_size=36), order=st.permutations(range(9)), blanks=st.integers(0, 3)
)
def test_any_mixture_of_spellings_adds_nobody(world, noise, order, blanks):
    school = world.schools[0]
    if not Child.objects.filter(name="王小红").exists():
        write(as_csv(ZHANG, WANG), school)
    front, back = iter(noise[:18]), iter(noise[18:])
    noisy = [[f"{next(front)}{text}{next(back)}" for text in row] for row in (ZHANG, WANG)]
    rows = [[row[place] for place in order] for row in noisy]
    file = as_csv(*rows, *[[""] * 9] * blanks, titles=[TITLES[place] for place in order])
    if tuple(sorted((order.index(4), order.index(7)))) != (4, 7) and order.index(4) > order.index(7):
        pass
    checked = check(file, school)
    assert checked.plan.faults.is_empty()
    assert checked.plan.writes.is_empty


@pytest.mark.parametrize(
    "name", ["阿卜杜热西提·买买提", "𠮷小𠮷", "欧阳娜娜", "Anna-Maria O'Neil", "卓玛", "䶮䶮", "张伟(大)"]
)
def test_names_are_kept_whole(world, school, name):
    for file in (as_csv((name, *ZHANG[1:])), as_xlsx((name, *ZHANG[1:]))):
        write(file, school)
    assert set(Child.objects.filter(school_class__number=2).values_list("name", flat=True)) == {name}
    assert check(as_csv((name, *ZHANG[1:])), school).plan.writes.is_empty


# ── Refused at the cell ──────────────────────────────────────────────────────

BAD = {
    "scientific notation": ([cells(c5="1.39E+10")], ["F2"]),
    "a number that lost its digits": ([cells(c5=430725198503152417)], ["F2"]),
    "a formula": ([cells(c5="=1+1")], ["F2"]),
    "a hyperlink": ([cells(c3='=HYPERLINK("http://example.org","张伟")')], ["D2"]),
    "an error value": ([cells(c3="#N/A")], ["D2"]),
    "a class that became a date": ([cells(c2=date(2026, 3, 2))], ["C2"]),
    "a name that is a date": ([cells(c0=datetime(2026, 3, 2))], ["A2"]),  # noqa: DTZ001
    "a name that is a number": ([cells(c0=12345)], ["A2"]),
    "a name that is yes or no": ([cells(c3=True)], ["D2"]),
    "mojibake": ([cells(c0="锟斤拷\ufffd")], ["A2"]),
    "a name with an address": ([cells(c3="http://example.org")], ["D2"]),
    "a short phone": ([cells(c5="1390000000")], ["F2"]),
    "a landline": ([cells(c5="0736-6622222")], ["F2"]),
    "two phones in one cell": ([cells(c5="13900000001/13900000009")], ["F2"]),
    "ditto": ([ZHANG, (*WANG[:2], "同上", *WANG[3:])], ["C3"]),
    "a gender that is none": ([cells(c1="不详的")], ["B2"]),
    "a relation that is a number": ([cells(c4="13900000001")], ["E2"]),
    "an unknown class": ([cells(c2="向日葵班")], ["C2"]),
    "a grade of another stage": ([cells(c2="高一1班")], ["C2"]),
    "no child": ([cells(c0="")], ["A2"]),
    "no class": ([cells(c2="")], ["C2"]),
    "a phone without a name": ([cells(c3="")], ["D2"]),
    "several at once": (
        [cells(c0="", c5="1"), ZHANG, cells(c0="王小红", c2="x", c1="y")],
        ["A2", "F2", "B4", "C4"],
    ),
}


def test_refused_at_the_cell(world, school):
    before = digests()
    reports = {what: told(as_xlsx(*rows), school) for what, (rows, _) in BAD.items()}
    assert {what: faults(report) for what, report in reports.items()} == {
        what: at for what, (_, at) in BAD.items()
    }
    assert all(fault["why"] for report in reports.values() for fault in report.faults)
    assert not any(report.is_ready for report in reports.values())
    assert digests() == before


def test_numbers_in_columns_that_are_not_used_stop_nobody(world, school):
    file = as_xlsx((*ZHANG, 430725201501010017), titles=(*TITLES, "身份证号"))
    write(file, school)
    assert families(school) >= {("2024.2", "张小明", "张伟", "13900000001", "father")}


def test_merged_cells_never_make_a_nameless_person(world, school):
    book = openpyxl.load_workbook(as_xlsx(ZHANG, WANG, ("王小美", *WANG[1:])))
    book.active.merge_cells("C2:C4")
    book.active.merge_cells("A3:A4")
    book.active.merge_cells("D3:F4")
    people = Person.objects.count()
    report = told(saved(book), school)
    assert faults(report) == ["C3", "A4", "C4"]
    assert {fault["why"] for fault in report.faults} == {report.faults[0]["why"]}
    assert "合并" in report.faults[0]["why"]
    assert Person.objects.count() == people


def test_blank_cells_never_take_the_value_above(world, school):
    report = told(as_csv(ZHANG, ("王小红", "女", "", "王强", "父亲", "13900000003", "", "", "")), school)
    assert faults(report) == ["C3"]


# ── Refused as a whole ───────────────────────────────────────────────────────

WHOLE = {
    "empty": (io.BytesIO(b""), "list.csv"),
    "an old format": (io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600), "list.xls"),
    "another format under the name": (io.BytesIO(b"%PDF-1.7"), "list.xlsx"),
    "macros": (as_xlsx(ZHANG), "list.xlsm"),
    "cut short": (io.BytesIO(as_xlsx(ZHANG).getvalue()[:900]), "list.xlsx"),
    "broken UTF-8": (
        io.BytesIO(as_csv(ZHANG, WANG).getvalue().replace("李".encode(), b"\xe6\x9d")),
        "list.csv",
    ),
    "an entity bomb": (files.workbook(prolog='<!DOCTYPE x [<!ENTITY a "b">]>'), "list.xlsx"),
}


def test_refused_as_a_whole(world, school):
    before = digests()
    for content, name in WHOLE.values():
        with pytest.raises(SpreadsheetRefused) as refusal:
            check_roster(replace(roster(content, school), filename=name), actor=None, now=NOW)
        assert str(refusal.value)
    assert digests() == before


@pytest.mark.parametrize(
    "file",
    [
        as_csv(ZHANG, titles=("甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬")),
        as_csv(("张小明", "三年级2班"), titles=("孩子姓名", "班级")),
        as_csv(
            ZHANG,
            titles=("孩子姓名", "性别", "班级", "家长姓名", "关系", "手机号", "家长姓名", "关系", "手机号"),
        ),
    ],
)
def test_tables_without_the_needed_columns(world, school, file):
    before = digests()
    with pytest.raises(BadHeader):
        check(file, school)
    assert digests() == before


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=9, max_size=9), max_size=6))
def test_any_cells_give_a_plan_or_a_refusal(world, rows):
    try:
        checked = check(as_csv(*rows), world.schools[0])
    except (SpreadsheetRefused, BadHeader):
        return
    assert checked.plan.rows["error"] == len(set(checked.plan.faults["row"]))
