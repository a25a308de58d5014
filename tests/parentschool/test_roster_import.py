"""A class list from file to families: what is created, what is recognised, what stays as it is."""

from datetime import date

import pytest

from accounts import phones
from accounts.models import Person
from parentschool.enums import MembershipSource, Relation
from parentschool.models import Child, Guardianship, Membership, SchoolClass
from portal.kernel.calendar import SchoolYear
from portal.kernel.models import AuditEntry
from tests.parentschool.class_lists import (
    TITLES,
    WANG,
    ZHANG,
    as_csv,
    as_xlsx,
    check,
    digests,
    families,
    told,
    write,
)
from tests.world import NOW, TODAY, appoint


@pytest.fixture
def school(world):
    return world.schools[0]


BEFORE = {("2024.1", "Child 0", "Parent 0", "13800000000", "mother")}
BOTH = {
    ("2024.2", "张小明", "张伟", "13900000001", "father"),
    ("2024.2", "张小明", "李丽", "13900000002", "mother"),
    ("2024.2", "王小红", "王强", "13900000003", "father"),
}


@pytest.mark.parametrize(
    "file", [as_csv(ZHANG, WANG), as_csv(ZHANG, WANG, encoding="gb18030"), as_xlsx(ZHANG, WANG)]
)
def test_a_list_becomes_families(world, school, file):
    checked = write(file, school, actor=world.as_("school_lead:0"))
    assert families(school) == BEFORE | BOTH
    assert checked.plan.rows == {"create": 2, "update": 0, "same": 0, "suspect": 0, "error": 0}


def test_everything_that_belongs_to_a_new_family(world, school):
    write(as_csv(ZHANG), school)
    child = Child.objects.get(name="张小明")
    father = Person.objects.get(name="张伟")
    school_class = SchoolClass.objects.get(number=2)
    assert (school_class.school, school_class.stage, school_class.entry_year) == (school, "primary", 2024)
    assert school_class.path == f"{school.path}0002"
    assert (child.path, child.school_class, child.gender, child.left_on) == (
        school_class.path,
        school_class,
        "m",
        None,
    )
    assert (father.home, father.path, father.username, father.is_active) == (school, school.path, None, True)
    assert (father.phone, father.phone_tail) == ("13900000001", "0001")
    assert father.phone_index == phones.index("13900000001")
    assert not father.has_usable_password()
    assert (father.created_at, father.updated_at) == (NOW, NOW)
    learner = Membership.objects.get(person=father)
    assert (learner.school, learner.school_year, learner.joined_on) == (school, 2026, TODAY)
    assert (learner.path, learner.source, learner.left_on) == (school.path, MembershipSource.ROSTER, None)


def test_the_check_alone_writes_nothing(world, school):
    before = digests()
    assert told(as_csv(ZHANG, WANG), school).creates == {
        "classes": 1,
        "children": 2,
        "people": 3,
        "bonds": 3,
        "memberships": 3,
    }
    assert digests() == before


def test_importing_again_changes_nothing(world, school):
    write(as_csv(ZHANG, WANG), school)
    before = digests()
    again = check(as_csv(ZHANG, WANG), school)
    assert again.plan.writes.is_empty
    assert again.plan.rows["same"] == 2
    write(as_csv(ZHANG, WANG), school)
    after = digests()
    assert {name for name in after if after[name] != before[name]} == {"kernel.auditentry"}


def test_one_audit_row_for_a_batch(world, school):
    lead = world.as_("school_lead:0")
    write(as_csv(ZHANG, WANG), school, actor=lead)
    entry = AuditEntry.objects.get(action="roster.import")
    assert (entry.actor, entry.path, entry.at) == (lead, school.path, NOW)
    assert entry.summary["written"]["children"] == 2
    assert "13900000001" not in str(entry.summary)
    assert "张" not in str(entry.summary)


def test_siblings_share_their_parents(world, school):
    write(as_csv(ZHANG, ("张小亮", "男", "一年级1班", "张伟", "父亲", "13900000001", "", "", "")), school)
    assert Person.objects.filter(name="张伟").count() == 1
    assert {bond.child.name for bond in Guardianship.objects.filter(guardian__name="张伟")} == {
        "张小明",
        "张小亮",
    }


def test_twins_stay_two(world, school):
    twins = [("张小一", *ZHANG[1:]), ("张小二", *ZHANG[1:])]
    write(as_csv(*twins), school)
    assert set(Child.objects.filter(school_class__number=2).values_list("name", flat=True)) == {
        "张小一",
        "张小二",
    }
    assert Person.objects.filter(name__in=["张伟", "李丽"]).count() == 2
    assert check(as_csv(*twins), school).plan.writes.is_empty


def test_a_parent_known_at_another_school_is_recognised(world, school):
    row = ("新小孩", "", "三年级1班", "Parent 1", "母亲", "13800000001", "", "", "")
    write(as_csv(row), school)
    assert {bond.child.name for bond in world.parents[1].guardianships.all()} == {"Child 1", "新小孩"}
    assert {learner.school for learner in world.parents[1].memberships.all()} == set(world.schools)
    world.parents[1].refresh_from_db()
    assert world.parents[1].home == world.schools[1]


def test_grandparents_without_a_phone_belong_to_the_family(world, school):
    rows = [
        ("张小明", "男", "三年级2班", "李丽", "母亲", "13900000002", "王秀英", "奶奶", ""),
        ("张小亮", "男", "一年级1班", "李丽", "母亲", "13900000002", "王秀英", "奶奶", "无"),
        ("赵小龙", "男", "一年级1班", "钱芳", "母亲", "13900000009", "王秀英", "奶奶", ""),
    ]
    write(as_csv(*rows), school)
    cared = [
        {bond.child.name for bond in person.guardianships.all()}
        for person in Person.objects.filter(name="王秀英").order_by("pk")
    ]
    assert sorted(cared, key=len) == [{"赵小龙"}, {"张小明", "张小亮"}]
    assert check(as_csv(*rows), school).plan.writes.is_empty
    later = ("张小美", "女", "二年级1班", "李丽", "母亲", "13900000002", "王秀英", "奶奶", "")
    write(as_csv(later), school)
    assert Person.objects.filter(name="王秀英").count() == 2


def test_a_guardian_named_twice_in_a_row_is_one(world, school):
    write(as_csv(("张小明", "男", "三年级2班", "李丽", "母亲", "13900000002", "李丽", "", "")), school)
    assert Person.objects.filter(name="李丽").count() == 1


def test_absent_rows_are_never_removed(world, school):
    write(as_csv(ZHANG, WANG), school)
    checked = check(as_csv(ZHANG), school)
    assert checked.plan.notes["absent"] == 1
    write(as_csv(ZHANG), school)
    assert families(school) == BEFORE | BOTH


def test_blank_cells_take_nothing_away(world, school):
    write(as_csv(ZHANG), school)
    bare = ("张小明", "", "三年级2班", "张伟", "", "", "", "", "")
    assert check(as_csv(bare), school).plan.writes.is_empty


def test_changes_are_shown_at_the_cell_and_written(world, school):
    write(as_csv(ZHANG, WANG), school)
    changed = ("张小明", "女", "三年级3班", "张伟", "爷爷", "13900000077", "李丽", "姑姑", "13900000002")
    report = told(as_csv(changed, WANG), school)
    assert {(c["where"], c["who"], c["old"], c["new"]) for c in report.changes} == {
        ("B2", "张小明", "男", "女"),
        ("C2", "张小明", "三年级2班", "三年级3班"),
        ("F2", "张伟", "****0001", "139****0077"),
        ("E2", "张伟", "父亲", "爷爷"),
        ("H2", "李丽", "母亲", "姑姑"),
    }
    assert report.rows == {"create": 0, "update": 1, "same": 1, "suspect": 0, "error": 0}
    write(as_csv(changed, WANG), school)
    assert families(school) == BEFORE | {
        ("2024.3", "张小明", "张伟", "13900000077", "grandpa_p"),
        ("2024.3", "张小明", "李丽", "13900000002", "姑姑"),
        ("2024.2", "王小红", "王强", "13900000003", "father"),
    }
    assert check(as_csv(changed, WANG), school).plan.writes.is_empty


def test_a_new_number_reaches_all_children_of_the_parent(world, school):
    write(as_csv(ZHANG), school)
    newer = [("张小明", "男", "三年级2班", "张伟", "父亲", "13900000055", "", "", ""),
             ("张小亮", "男", "一年级1班", "张伟", "父亲", "13900000055", "", "", "")]  # fmt: skip
    write(as_csv(*newer), school)
    father = Person.objects.get(name="张伟")
    assert (father.phone, father.guardianships.count()) == ("13900000055", 2)


def test_a_first_number_is_added(world, school):
    write(as_csv(("张小明", "男", "三年级2班", "王秀英", "奶奶", "", "", "", "")), school)
    write(as_csv(("张小明", "男", "三年级2班", "王秀英", "奶奶", "13900000066", "", "", "")), school)
    assert [person.phone for person in Person.objects.filter(name="王秀英")] == ["13900000066"]


def test_two_people_of_one_name_do_not_both_take_one_number(world, school):
    """Two fathers without a number, who turn out to be one by the number that a later list gives both."""

    def listed(number):
        return as_csv(
            ("甲小一", "男", "三年级2班", "张伟", "父亲", number, "", "", ""),
            ("乙小二", "男", "三年级3班", "张伟", "父亲", number, "", "", ""),
        )

    number = "13900000001"
    write(listed(""), school)
    assert Person.objects.filter(name="张伟").count() == 2
    write(listed(number), school)
    assert Person.objects.filter(name="张伟", phone_index=phones.index(number)).count() == 1
    assert check(listed(number), school).plan.writes.is_empty


def test_the_number_of_staff_is_never_changed_by_a_list(world, school):
    write(as_csv(ZHANG), school)
    appoint(Person.objects.get(name="张伟"), "school_lead", school)
    changed = as_csv(("张小明", "男", "三年级2班", "张伟", "父亲", "13900000077", "", "", ""))
    checked = check(changed, school)
    assert checked.plan.notes["kept"] == ["张伟"]
    assert checked.plan.writes.is_empty


def test_unknown_relations_keep_their_word(world, school):
    checked = write(
        as_csv(("张小明", "男", "三年级2班", "张伟", "干爹", "13900000001", "李丽", "姨妈", "")), school
    )
    assert checked.plan.notes["relations"] == ["干爹"]
    bonds = Guardianship.objects.filter(child__name="张小明").order_by("guardian__name")
    assert [(b.relation, b.relation_word, b.relation_name) for b in bonds] == [
        (Relation.OTHER, "干爹", "干爹"),
        (Relation.OTHER, "姨妈", "姨妈"),
    ]


def test_a_list_without_relations_leaves_those_on_record(world, school):
    write(as_csv(ZHANG), school)
    titles = ("孩子姓名", "班级", "家长姓名", "手机号")
    same = as_csv(("张小明", "三年级2班", "李丽", "13900000002"), titles=titles)
    assert check(same, school).plan.writes.is_empty


def test_father_and_mother_columns(world, school):
    titles = ("姓名", "年级", "班级", "父亲姓名", "联系电话", "母亲姓名", "联系电话")
    write(
        as_csv(("张小明", "三年级", "2", "张伟", "13900000001", "李丽", "13900000002"), titles=titles), school
    )
    assert families(school) == BEFORE | {row for row in BOTH if row[1] == "张小明"}


def test_titles_below_a_heading_and_a_list_without_a_class_column(world, school):
    titles = ("序号", "姓名", "家长姓名", "关系", "手机号")
    file = as_xlsx(
        (1, "张小明", "张伟", "父亲", 13900000001),
        titles=titles,
        above=[("桃花源小学家长花名册",), ("填表日期", date(2026, 9, 1))],
    )
    with pytest.raises(Exception, match="班级"):
        check(file, school)
    write(file, school, class_text="三年级2班")
    assert families(school) == BEFORE | {("2024.2", "张小明", "张伟", "13900000001", "father")}


def test_a_child_without_a_guardian_is_taken_in_and_counted(world, school):
    checked = write(as_csv(("张小明", "男", "三年级2班", "", "", "", "", "", "")), school)
    assert checked.plan.notes["alone"] == 1
    assert Child.objects.get(name="张小明").guardianships.count() == 0


def test_another_school_year_reads_classes_and_learners_for_that_year(world, school):
    write(as_csv(ZHANG), school)
    next_year = ("张小明", "男", "四年级2班", *ZHANG[3:])
    checked = write(as_csv(next_year), school, school_year=SchoolYear(2027))
    assert (len(checked.plan.changes), checked.plan.rows["update"]) == (0, 1)
    assert SchoolClass.objects.filter(entry_year=2024, number=2).count() == 1
    learner_years = Membership.objects.filter(person__name="张伟").values_list("school_year", flat=True)
    assert set(learner_years) == {2026, 2027}


def test_a_grade_without_number_is_its_only_class(world, school):
    write(as_csv(("张小明", "", "六年级", "", "", "", "", "", "")), school)
    assert Child.objects.get(name="张小明").school_class.number == 1
    write(as_csv(("张小亮", "", "六年级2班", "", "", "", "", "", "")), school)
    report = told(as_csv(("张小美", "", "六年级", "", "", "", "", "", "")), school)
    assert [fault["where"] for fault in report.faults] == ["C2"]


def test_county_staff_import_for_many_schools(world):
    titles = ("学校", *TITLES)
    other = world.schools[1]
    rows = [("School 0", *ZHANG), (other.code, *WANG)]
    write(as_csv(*rows, titles=titles), world.county, actor=world.as_("county_staff"))
    assert families(world.schools[0]) == BEFORE | {row for row in BOTH if row[1] == "张小明"}
    assert {row[1] for row in families(other)} == {"Child 1", "王小红"}


def test_a_station_lead_reaches_the_own_schools_only(world):
    titles = ("学校名称", *TITLES)
    file = as_csv(("School 0", *ZHANG), ("School 1", *WANG), titles=titles)
    report = told(file, world.stations[0], actor=world.as_("station_lead:0"))
    assert [fault["where"] for fault in report.faults] == ["A3"]


def test_two_schools_of_one_name_need_the_code(world):
    world.schools[1].name = "School 0"
    world.schools[1].save()
    file = as_csv(("School 0", *ZHANG), titles=("学校", *TITLES))
    assert [fault["where"] for fault in told(file, world.county).faults] == ["A2"]


def test_a_school_column_must_name_the_school_that_imports(world, school):
    titles = ("学校", *TITLES)
    report = told(as_csv(("School 0", *ZHANG), ("School 1", *WANG), titles=titles), school)
    assert [fault["where"] for fault in report.faults] == ["A3"]


def test_extra_columns_are_never_stored(world, school):
    titles = (*TITLES, "is_staff", "积分", "身份证号", "密码")
    row = (*ZHANG, "1", "9999", "430725201501010017", "secret")
    report = told(as_csv(row, titles=titles), school)
    assert report.notes["unused"] == ["is_staff", "积分", "身份证号", "密码"]
    write(as_csv(row, titles=titles), school)
    father = Person.objects.get(name="张伟")
    assert (father.is_staff, father.has_usable_password(), father.username) == (False, False, None)
