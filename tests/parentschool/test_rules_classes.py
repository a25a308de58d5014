"""Class names: what people write is what we understand, and what we write reads back."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Stage
from parentschool.models import SchoolClass
from parentschool.rules.classes import (
    CLASS_STAGES,
    GRADES,
    BadClassName,
    NamedClass,
    class_name,
    grade_of,
    numeral,
    read_class,
)
from portal.kernel.calendar import SchoolYear

YEAR = SchoolYear(2026)
P, J, S, K, V, SP = (
    Stage.PRIMARY,
    Stage.JUNIOR,
    Stage.SENIOR,
    Stage.KINDERGARTEN,
    Stage.VOCATIONAL,
    Stage.SPECIAL,
)

UNDERSTOOD = [
    (P, (P, 2024, 2), "三年级2班 三年级二班 三(2)班 三（2）班 三2班 3年级2班 3年级(02)班 三年2班"),
    (P, (P, 2024, 2), "三年级(2) 三年级第2班 三年级-2班 3(2)班 小三(2)班"),
    (P, (P, 2024, 2), "小学三年级2班 小三2班 2024级2班 2024级小学2班 小学2024级2班 24级2班"),
    (P, (P, 2024, 2), "2024级(2)班 2024年2班"),
    (P, (P, 2024, 12), "三年级十二班 三(12)班 2024级12班"),
    (P, (P, 2024, None), "三年级 小三 2024级"),
    (P, (K, 2024, 1), "大班1班 大一班 大(1)班 大1班 大班一班 幼儿园大班1班"),
    (K, (K, 2026, 3), "小班3班 小(3)班 小三班 2026级3班"),
    (K, (K, 2025, 2), "中班2班 中二班 中2班 中(2)班"),
    (K, (K, 2027, None), "托班"),
    (J, (J, 2026, 2), "七(2)班 七年级2班 7年级2班 初一2班 初一(2)班"),
    (J, (J, 2026, 2), "2026级2班 初2026级2班 初中2026级2班 一年级2班 初中七年级2班"),
    (J, (J, 2024, 10), "九年级10班 初三10班"),
    (Stage.NINE_YEAR, (J, 2025, 1), "八年级1班 初二1班 2025级初中1班"),
    (Stage.NINE_YEAR, (P, 2025, 1), "二年级1班 小二1班 2025级小学1班"),
    (S, (S, 2026, 3), "高一(3)班 高一3班 高中2026级3班 高2026级3班 高1(3)班 高一年级3班 一年级3班"),
    (Stage.FULL_MIDDLE, (S, 2025, 1), "高二1班 高中2025级1班"),
    (V, (V, 2026, 3), "高一3班 职高一3班 职一3班 中职一年级3班 2026级3班"),
    (SP, (SP, 2020, 1), "七年级1班 2020级1班"),
    ("", (P, 2024, 2), "三年级2班 小学2024级2班"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "expected", "text"),
    [(stage, expected, text) for stage, expected, texts in UNDERSTOOD for text in texts.split()],
)
def test_understood(stage, expected, text):
    assert read_class(text, school_stage=stage, year=YEAR) == NamedClass(*expected)


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        (stage, text)
        for stage, texts in (
            (P, "302 302班 2班 三班 小三班 3-2 3.2班 向日葵班 十年级1班 七年级1班 初一1班"),
            (P, "2018级2班 2029级1班 三年级零班 班 2024届3班 三年级100班"),
            (Stage.NINE_YEAR, "2024级3班 高一1班 十年级1班"),
            (Stage.FULL_MIDDLE, "一年级1班 2026级2班 大班1班"),
            (J, "五年级1班 高一1班 2023级1班"),
            (K, "一年级1班 小小班 大班0班 2023级1班"),
            (P, "2026-03-02 =1+1 三年级2班张老师 𠮷班"),
        )
        for text in texts.split()
    ],
)  # fmt: skip
def test_never_guessed(stage, text):
    with pytest.raises(BadClassName) as refusal:
        read_class(text, school_stage=stage, year=YEAR)
    assert str(refusal.value)


@pytest.mark.parametrize(("stage", "grade"), sorted(GRADES))
@pytest.mark.parametrize("number", [1, 9, 10, 25, 99])
def test_what_is_written_reads_back(stage, grade, number):
    with translation.override("zh-hans"):
        name = class_name(stage, YEAR.year - grade + 1, number, YEAR)
    schools = [school for school, stages in CLASS_STAGES.items() if stages == (stage,)] or [
        P,
        Stage.NINE_YEAR,
    ]
    for school in schools:
        assert read_class(name, school_stage=school, year=YEAR) == NamedClass(
            stage, YEAR.year - grade + 1, number
        ), name


def test_as_people_say_it_in_each_year():
    with translation.override("zh-hans"):
        names = [class_name(P, 2021, 2, SchoolYear(year)) for year in range(2020, 2028)]
        others = [class_name(K, 2024, 1, YEAR), class_name(S, 2025, 3, YEAR), class_name(J, 2024, 1, YEAR)]
    assert names == [
        "2021级小学2班", "一年级2班", "二年级2班", "三年级2班", "四年级2班", "五年级2班", "六年级2班", "2021级小学2班",
    ]  # fmt: skip
    assert others == ["大班1班", "高二3班", "九年级1班"]


def test_a_class_reads_as_people_say_it_today(time_machine):
    school_class = SchoolClass(stage=P, entry_year=2024, number=2)
    with translation.override("zh-hans"):
        time_machine.move_to("2026-08-31T12:00+08:00")
        assert str(school_class) == "二年级2班"
        time_machine.move_to("2026-09-01T00:00+08:00")
        assert str(school_class) == "三年级2班"


@given(
    st.text(max_size=12) | st.text("一二三四五六七八九十年级班小初高中大托()（）0123456789届", max_size=10)
)
def test_any_text_is_read_or_refused(text):
    for stage in CLASS_STAGES:
        try:
            named = read_class(text, school_stage=stage, year=YEAR)
        except BadClassName:
            continue
        assert named.stage in CLASS_STAGES[stage]
        assert (named.stage, grade_of(named.entry_year, YEAR)) in GRADES
        assert named.number is None or 1 <= named.number <= 99


@given(st.integers(1, 99))
def test_numerals(number):
    tens, ones = divmod(number, 10)
    digits = " 一二三四五六七八九"
    words = ("" if not tens else ("十" if tens == 1 else digits[tens] + "十")) + (
        digits[ones] if ones else ""
    )
    assert numeral(words) == numeral(str(number)) == numeral(f"{number:02d}") == number
