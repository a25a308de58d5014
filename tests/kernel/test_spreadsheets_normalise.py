# ruff: noqa: RUF001 (look-alike characters are what is tested)

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.spreadsheets.normalise import (
    CELL,
    IDENTIFIER,
    NAME,
    PHONE,
    Cleaner,
    clean_cell,
    clean_identifier,
    clean_name,
    clean_phone,
)

CLEANERS = {"cell": CELL, "name": NAME, "identifier": IDENTIFIER, "phone": PHONE}

TYPED = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "0123456789０１２３４５６７８９+＋-－ .．'　\u200b\ufeff\u00a0\t\r\n·•・張三李四ＡＢab=@"
        ),
    ),
    max_size=24,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("１２３ＡＢｃ", "123ABc"),
        ("　张三 \u00a0", "张三"),
        ("\ufeff张\u200b三\u2060", "张三"),
        ("张三\x00\x07", "张三"),
        ("一\r\n二\r三", "一\n二\n三"),
        ("备注：学生（转入），见附件！", "备注：学生（转入），见附件！"),
        ("高一①班", "高一①班"),
        ("⽣⽇", "生日"),
        ("\uf9d1", "六"),
        ("𠮷野家", "𠮷野家"),
        ("龘䶮㛃", "龘䶮㛃"),
        ("e\u0301", "é"),
        ("   ", ""),
    ],
)
def test_cell(typed, meant):
    assert clean_cell(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("张　三", "张三"),
        ("张 三", "张三"),
        ("张\n三", "张三"),
        ("阿卜杜热西提•买买提", "阿卜杜热西提·买买提"),
        ("阿卜杜热西提 ・ 买买提", "阿卜杜热西提·买买提"),
        ("买买提．艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("John  H. Smith", "John H. Smith"),
        ("𠮷 野", "𠮷野"),
        ("欧阳 娜娜", "欧阳娜娜"),
        ("李Ａ", "李A"),
    ],
)
def test_name(typed, meant):
    assert clean_name(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("13912345678", "13912345678"),
        ("13912345678.0", "13912345678"),
        ("１３９１２３４５６７８", "13912345678"),
        ("139 1234 5678", "13912345678"),
        ("139-1234-5678", "13912345678"),
        ("＋86 139-1234-5678", "13912345678"),
        ("+8613912345678", "13912345678"),
        ("008613912345678", "13912345678"),
        ("8613912345678", "13912345678"),
        ("(86)13912345678", "13912345678"),
        ("'13912345678", "13912345678"),
        ("139\u200b12345678\u00a0", "13912345678"),
        ("0736-6622345", "07366622345"),
        ("1391234567", "1391234567"),
        ("860736", "860736"),
        ("无", "无"),
    ],
)
def test_phone(typed, meant):
    assert clean_phone(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0043", "0043"),
        ("Ｇ４３０７", "G4307"),
        ("43 07 25", "430725"),
        ("2026001.00", "2026001"),
        ("1.5", "1.5"),
    ],
)
def test_identifier(typed, meant):
    assert clean_identifier(typed) == meant


@pytest.mark.parametrize("name", CLEANERS)
@settings(deadline=None)
@given(text=TYPED)
def test_cleaning_twice_changes_nothing(name: str, text: str):
    once = CLEANERS[name](text)
    assert CLEANERS[name](once) == once


@pytest.mark.parametrize("name", CLEANERS)
@settings(deadline=None)
@given(text=TYPED)
def test_nothing_invisible_stays(name: str, text: str):
    cleaned = CLEANERS[name](text)
    assert cleaned == cleaned.strip()
    assert not {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs"} - (
        {"Cc"} if "\n" in cleaned else set()
    )
    assert not set(cleaned) & set("\u200b\ufeff\u3000\u00a0\u2060")


@pytest.mark.parametrize("name", CLEANERS)
@settings(deadline=None)
@given(
    texts=st.lists(st.none() | TYPED.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
)
def test_a_column_is_cleaned_as_its_cells_are(name: str, texts: list[str | None]):
    cleaner: Cleaner = CLEANERS[name]
    column = cleaner.column(pl.Series(texts, dtype=pl.String))
    assert column.to_list() == [None if text is None else cleaner(text) or None for text in texts]


@settings(deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1))
def test_han_characters_stay_as_they_are(text: str):
    assert clean_cell(text) == clean_name(text) == text
