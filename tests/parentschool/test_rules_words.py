"""Relations, genders and headers of class lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parentschool.enums import Gender, Relation
from parentschool.rules.headers import (
    BadHeader,
    Field,
    GuardianColumns,
    Heading,
    looks_like_header,
    read_header,
    read_headers,
)
from parentschool.rules.relations import NamedRelation, read_gender, read_relation


@pytest.mark.parametrize(
    ("words", "relation"),
    [
        ("妈妈 母亲 母 妈 继母 母女 母子关系", Relation.MOTHER),
        ("爸爸 父亲 父 爸 继父 父子", Relation.FATHER),
        ("奶奶 祖母", Relation.PATERNAL_GRANDMOTHER),
        ("爷爷 祖父", Relation.PATERNAL_GRANDFATHER),
        ("外婆 姥姥 外祖母", Relation.MATERNAL_GRANDMOTHER),
        ("外公 姥爷 外祖父", Relation.MATERNAL_GRANDFATHER),
        ("其他 监护人 其他监护人", Relation.OTHER),
    ],
)
def test_relations_with_a_name(words, relation):
    assert {read_relation(word) for word in words.split()} == {NamedRelation(relation)}


def test_relations_without_a_name_keep_their_word():
    assert read_relation("姑姑") == NamedRelation(Relation.OTHER, "姑姑")
    assert read_relation("干妈") == NamedRelation(Relation.OTHER, "干妈", known=False)


@pytest.mark.parametrize("text", ["13800000001", "这是很长很长的一段说明文字", "=1", "", "妈妈1"])
def test_what_is_no_relation(text):
    assert read_relation(text) is None


def test_genders():
    assert {read_gender(word) for word in ("女", "女生", " 女孩", "F")} == {Gender.GIRL}
    assert {read_gender(word) for word in ("男", "男生", "M", "male")} == {Gender.BOY}
    assert read_gender("不详") is None


@pytest.mark.parametrize(
    ("titles", "heading"),
    [
        ("学生姓名 孩子姓名 幼儿姓名 学生 孩子姓名* 孩子姓名（必填） 学生的名字", Heading(Field.CHILD)),
        ("姓名 姓　名 姓名：", Heading(Field.NAME)),
        ("性别 学生性别", Heading(Field.GENDER)),
        ("班级 所在班级 年级班级 年级/班级 班别", Heading(Field.CLASS)),
        ("年级 所在年级", Heading(Field.GRADE)),
        ("学校 学校名称 所在学校 幼儿园名称", Heading(Field.SCHOOL)),
        ("学校代码 学校标识码", Heading(Field.SCHOOL_CODE)),
        ("家长姓名 家长 监护人姓名 监护人 联系人", Heading(Field.GUARDIAN)),
        ("家长2姓名 家长二姓名 第二家长姓名 监护人2 家长姓名2 家长（二）姓名 第二监护人", Heading(Field.GUARDIAN, "2")),
        ("母亲姓名 母亲 妈妈姓名", Heading(Field.GUARDIAN, Relation.MOTHER)),
        ("手机号 手机 手机号码 联系电话 电话 联系方式 家长手机号 家长电话 监护人联系电话", Heading(Field.PHONE)),
        ("手机号2 家长2手机号 第二监护人电话 家长二联系方式（选填）", Heading(Field.PHONE, "2")),
        ("父亲电话 爸爸手机号", Heading(Field.PHONE, Relation.FATHER)),
        ("关系 与孩子关系 与学生关系 家长与学生关系 称谓 家长关系", Heading(Field.RELATION)),
        ("关系2 家长2关系 家长2与孩子关系 第二监护人与学生关系", Heading(Field.RELATION, "2")),
    ],
)  # fmt: skip
def test_titles(titles, heading):
    assert {title: read_header(title) for title in titles.split(" ")} == dict.fromkeys(
        titles.split(" "), heading
    )


@pytest.mark.parametrize(
    "title", ["身份证号", "积分", "is_staff", "工作单位", "备注", "序号", "出生日期", "", "家庭住址"]
)
def test_titles_that_say_nothing_to_us(title):
    assert read_header(title) is None


def columns(*titles, needs_class=True, needs_school=False):
    lettered = {chr(65 + place): title for place, title in enumerate(titles)}
    return read_headers(lettered, needs_class=needs_class, needs_school=needs_school)


def test_one_guardian_with_everything_around():
    found = columns("序号", "学生姓名", "性别", "班级", "家长姓名", "关系", "手机号", "身份证号", "积分")
    assert (found.child, found.gender, found.class_) == ("B", "C", "D")
    assert found.guardians == (GuardianColumns("1", "E", "G", "F"),)
    assert found.unused == ("序号", "身份证号", "积分")


def test_reordered_columns():
    found = columns("联系电话", "班级", "与孩子关系", "家长", "姓名")
    assert (found.child, found.class_) == ("E", "B")
    assert found.guardians == (GuardianColumns("1", "D", "A", "C"),)


def test_two_guardians_by_number():
    found = columns("孩子姓名", "班级", "家长姓名", "手机号", "家长2姓名", "家长2关系", "手机号2")
    assert found.guardians == (GuardianColumns("1", "C", "D"), GuardianColumns("2", "E", "G", "F"))


def test_father_and_mother_with_the_same_title_twice():
    found = columns("姓名", "年级", "班级", "父亲姓名", "联系电话", "母亲姓名", "联系电话")
    father, mother = found.guardians
    assert (father.relation_said, father.phone) == (Relation.FATHER, "E")
    assert (mother.relation_said, mother.phone) == (Relation.MOTHER, "G")


def test_a_plain_name_beside_the_childs_is_the_parents():
    found = columns("学生姓名", "班级", "姓名", "电话")
    assert (found.child, found.guardians) == ("A", (GuardianColumns("1", "C", "D"),))


@pytest.mark.parametrize(
    ("titles", "says"),
    [
        (("孩子姓名", "家长姓名"), "班级"),
        (("孩子姓名", "班级"), "家长姓名"),
        (("班级", "家长姓名"), "孩子姓名"),
        (("孩子姓名", "学生姓名", "班级", "家长"), "学生姓名"),
        (("孩子姓名", "班级", "家长姓名", "母亲电话"), "母亲电话"),
        (("孩子姓名", "班级", "家长姓名", "电话", "手机号"), "手机号"),
        (("孩子姓名", "班级", "家长", "家长姓名", "电话"), "家长姓名"),
    ],
)
def test_tables_that_are_refused_as_a_whole(titles, says):
    with pytest.raises(BadHeader) as refusal:
        columns(*titles)
    assert says in str(refusal.value)


def test_a_county_file_needs_the_school():
    with pytest.raises(BadHeader, match="学校"):
        columns("孩子姓名", "班级", "家长姓名", needs_school=True)
    assert columns("学校代码", "孩子姓名", "班级", "家长姓名", needs_school=True).school_code == "A"


def test_the_row_of_titles_is_found_by_its_words():
    assert looks_like_header(["序号", "姓名", "班级"])
    assert not looks_like_header(["桃花源小学花名册", "", ""])
    assert not looks_like_header(["张三", "三年级2班", "李四"])


@given(
    st.lists(
        st.text(max_size=8)
        | st.sampled_from(["姓名", "班级", "家长", "电话", "手机号", "关系", "家长2姓名", "母亲电话"]),
        max_size=8,
    )
)
def test_any_header_is_read_or_refused(titles):
    try:
        found = columns(*titles)
    except BadHeader:
        return
    assert len(set(found.used)) == len(found.used)
