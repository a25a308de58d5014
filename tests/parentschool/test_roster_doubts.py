"""What a list leaves open is asked, never guessed: shared phones, one name twice, children who moved or came back."""

import pytest

from accounts.models import Person
from parentschool.models import Child, Guardianship
from parentschool.services.rosters import RosterRefused, check_roster, commit_roster
from tests.parentschool.class_lists import ZHANG, as_csv, check, digests, families, roster, told, write
from tests.world import NOW, TODAY, appoint


@pytest.fixture
def school(world):
    return world.schools[0]


def row(child="新小孩", class_="三年级2班", name="李丽", relation="母亲", phone="13900000002"):
    return (child, "", class_, name, relation, phone, "", "", "")


def kinds(report):
    return [
        (doubt["kind"], doubt["where"], [choice for choice, _ in doubt["choices"]]) for doubt in report.doubts
    ]


def assert_waits(file, unit):
    """A list with an open doubt cannot be confirmed, and leaves everything as it was."""
    waiting = roster(file, unit)
    checked = check_roster(waiting, actor=None, now=NOW)
    before = digests()
    with pytest.raises(RosterRefused) as refusal:
        commit_roster(waiting, digest=checked.digest, actor=None, now=NOW)
    assert refusal.value.code == "roster_not_ready"
    assert digests() == before


def test_a_phone_of_another_familys_parent_never_binds(world, school):
    file = as_csv(row(name="陌生人", phone="13800000000"))
    report = told(file, school)
    assert kinds(report) == [("phone_name", "F2", ["apart"])]
    assert report.rows["suspect"] == 1
    assert_waits(file, school)
    write(file, school, answers={"phone_name:2:0": "apart"})
    stranger = Person.objects.get(name="陌生人")
    assert stranger.pk != world.parents[0].pk
    assert {bond.child.name for bond in world.parents[0].guardianships.all()} == {"Child 0"}
    assert {bond.child.name for bond in stranger.guardianships.all()} == {"新小孩"}
    again = check(file, school)
    assert (again.plan.writes.is_empty, again.plan.is_ready) == (True, True)


def test_one_phone_for_two_names_in_the_list(world, school):
    file = as_csv(row(), row(child="另一个", name="王芳"))
    report = told(file, school)
    assert kinds(report) == [("phone_name", "F3", ["apart"])]
    assert "李丽" in report.doubts[0]["why"]
    assert "2" in report.doubts[0]["why"]
    assert_waits(file, school)
    write(file, school, answers={"phone_name": "apart"})
    assert set(Person.objects.filter(phone_tail="0002").values_list("name", flat=True)) == {"李丽", "王芳"}


def test_father_and_mother_on_one_phone_are_asked_about_once(world, school):
    both = ("张小明", "男", "三年级2班", "张伟", "父亲", "13900000001", "李丽", "母亲", "13900000001")
    sibling = ("张小亮", "男", "一年级1班", *both[3:])
    report = told(as_csv(both, sibling), school)
    assert kinds(report) == [("phone_name", "I2", ["apart"])]
    write(as_csv(both, sibling), school, answers={"phone_name:2:1": "apart"})
    assert Person.objects.filter(name__in=["张伟", "李丽"]).count() == 2
    assert check(as_csv(both, sibling), school).plan.writes.is_empty


def test_a_misspelt_name_may_be_corrected(world, school):
    write(as_csv(ZHANG), school)
    file = as_csv(row(child="张小明", name="李莉"))
    assert kinds(told(file, school)) == [("phone_name", "F2", ["rename", "apart"])]
    write(file, school, answers={"phone_name:2:0": "rename"})
    mother = Person.objects.get(phone_tail="0002")
    assert (mother.name, mother.guardianships.count()) == ("李莉", 1)
    assert check(file, school).plan.writes.is_empty


def test_a_correction_reaches_the_siblings_rows(world, school):
    write(as_csv(ZHANG), school)
    file = as_csv(row(child="张小明", name="李莉"), row(child="张小亮", name="李莉"))
    write(file, school, answers={"phone_name": "rename"})
    assert Person.objects.filter(phone_tail="0002").count() == 1
    assert {bond.child.name for bond in Guardianship.objects.filter(guardian__name="李莉")} == {
        "张小明",
        "张小亮",
    }


def test_the_name_of_staff_is_not_corrected_by_a_list(world, school):
    write(as_csv(ZHANG), school)
    appoint(Person.objects.get(name="李丽"), "school_lead", school)
    assert kinds(told(as_csv(row(child="张小明", name="李莉")), school)) == [("phone_name", "F2", ["apart"])]


def test_a_name_is_not_corrected_while_the_list_also_holds_the_old_one(world, school):
    write(as_csv(ZHANG), school)
    file = as_csv(row(child="张小明", name="李莉"), row(child="张小亮", name="李丽"))
    assert kinds(told(file, school)) == [("phone_name", "F2", ["apart"])]


def test_names_from_elsewhere_are_masked(world, school):
    lead = world.as_("school_lead:0")
    world.parents[1].name = "欧阳春花"
    world.parents[1].save()
    file = as_csv(
        row(name="陌生人", phone="13800000001"), row(child="邻家", name="陌生人", phone="13800000000")
    )
    from parentschool.engine.roster.report import report_on
    from parentschool.services.rosters import people_scope

    checked = check(file, school, actor=lead)
    said = [
        doubt["why"] for doubt in report_on(checked.plan, scope=people_scope(lead), year=checked.year).doubts
    ]
    assert "欧***" in said[0]
    assert "春花" not in said[0]
    assert "Parent 0" in said[1]


def test_one_name_twice_in_a_class_is_asked_at_the_cell(world, school):
    file = as_csv(row(), row(name="王强", relation="父亲", phone="13900000003"))
    assert kinds(told(file, school)) == [("child_twice", "A3", ["same"])]
    assert_waits(file, school)
    write(file, school, answers={"child_twice:3": "same"})
    child = Child.objects.get(name="新小孩")
    assert {bond.guardian.name for bond in child.guardianships.all()} == {"李丽", "王强"}
    again = check(file, school)
    assert (again.plan.writes.is_empty, again.plan.is_ready) == (True, True)


def test_two_children_of_one_name_are_written_apart(world, school):
    file = as_csv(row(child="张伟大"), row(child="张伟小", name="王强", relation="父亲", phone="13900000003"))
    write(file, school)
    assert Child.objects.filter(name__startswith="张伟").count() == 2


def test_the_same_name_in_another_class_is_another_child(world, school):
    write(as_csv(row(), row(class_="三年级3班", name="王强", phone="13900000003")), school)
    assert Child.objects.filter(name="新小孩").count() == 2


def test_one_child_in_two_classes_of_the_list(world, school):
    file = as_csv(row(), row(class_="三年级3班"))
    assert kinds(told(file, school)) == [("child_elsewhere", "A3", ["apart"])]
    write(file, school, answers={"child_elsewhere": "apart"})
    assert check(file, school).plan.is_ready


def test_a_child_who_stays_and_its_double_in_another_class(world, school):
    write(as_csv(row()), school)
    file = as_csv(row(class_="三年级3班"), row())
    assert kinds(told(file, school)) == [("child_elsewhere", "A2", ["apart"])]
    assert_waits(file, school)


def test_a_child_moves_between_classes_of_a_school_without_a_question(world, school):
    write(as_csv(row()), school)
    write(as_csv(row(class_="三年级3班")), school)
    assert [(child.school_class.number, child.path) for child in Child.objects.filter(name="新小孩")] == [
        (3, f"{school.path}0003")
    ]


@pytest.mark.parametrize(("answer", "children"), [("same", 1), ("apart", 2)])
def test_a_child_from_another_school_is_asked_about(world, school, answer, children):
    other = world.schools[1]
    write(as_csv(row()), other)
    file = as_csv(row(class_="一年级1班"))
    assert kinds(told(file, school)) == [("moved_school", "A2", ["same", "apart"])]
    assert_waits(file, school)
    write(file, school, answers={"moved_school:2": answer})
    found = Child.objects.filter(name="新小孩")
    assert found.count() == children
    assert found.filter(path__startswith=school.path).count() == 1
    assert Person.objects.filter(name="李丽").count() == 1
    assert check(file, school).plan.writes.is_empty


def test_where_a_moved_child_was_is_said_only_to_who_may_know(world, school):
    from parentschool.engine.roster.report import report_on
    from parentschool.services.rosters import people_scope

    write(as_csv(row()), world.schools[1])

    def said(name):
        actor = world.as_(name)
        checked = check(as_csv(row()), school, actor=actor)
        return report_on(checked.plan, scope=people_scope(actor), year=checked.year).doubts[0]["why"]

    assert "School 1" in said("county_staff")
    assert "School 1" not in said("school_lead:0")


def test_a_child_who_had_left_comes_back_only_when_said_so(world, school):
    write(as_csv(row()), school)
    Child.objects.filter(name="新小孩").update(left_on=TODAY)
    assert kinds(told(as_csv(row()), school)) == [("came_back", "A2", ["again"])]
    assert_waits(as_csv(row()), school)
    write(as_csv(row()), school, answers={"came_back:2": "again"})
    assert [child.left_on for child in Child.objects.filter(name="新小孩")] == [None]


def test_an_ended_guardianship_is_not_revived_silently(world, school):
    write(as_csv(ZHANG), school)
    Guardianship.objects.filter(guardian__name="李丽").update(ended_on=TODAY)
    assert kinds(told(as_csv(ZHANG), school)) == [("ended", "G2", ["again"])]
    assert_waits(as_csv(ZHANG), school)
    write(as_csv(ZHANG), school, answers={"ended:2:1": "again"})
    assert {person for _, _, person, _, _ in families(school)} == {"Parent 0", "张伟", "李丽"}


def test_answers_that_fit_no_question_are_nothing(world, school):
    file = as_csv(row(), row(child="另一个", name="王芳"))
    for answers in (
        {"phone_name:3:0": "same"},
        {"phone_name:2:0": "apart"},
        {"child_twice": "same"},
        {"x": "y"},
    ):
        assert not check(file, school, answers=answers).plan.is_ready


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([ZHANG, ("张小亮", "男", "一年级1班", "张伟", "父亲", "13900000009", "", "", "")], []),
        (
            [("张小明", "男", "三年级2班", "张伟", "父亲", "13900000001", "张伟", "父亲", "13900000009")],
            ["I2"],
        ),
        ([("张小明", "男", "三年级2班", "张伟", "父亲", "13900000001", "张伟", "叔叔", "")], ["H2"]),
    ],
)
def test_contradictions_inside_the_list(world, school, rows, where):
    assert [fault["where"] for fault in told(as_csv(*rows), school).faults] == where


def test_two_new_numbers_for_one_person_on_record(world, school):
    write(as_csv(ZHANG, ("张小亮", "男", "一年级1班", *ZHANG[3:])), school)
    one = ("张小明", "男", "三年级2班", "张伟", "父亲", "13900000011", "", "", "")
    two = ("张小亮", "男", "一年级1班", "张伟", "父亲", "13900000012", "", "", "")
    assert [fault["where"] for fault in told(as_csv(one, two), school).faults] == ["F3"]
    three = ("张小亮", "男", "一年级1班", "张伟", "父亲", "13900000001", "", "", "")
    assert [fault["where"] for fault in told(as_csv(one, three), school).faults] == ["F3"]
