"""A village's list of people: who is taken in, who is recognised, what is asked; children stay out of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Person, Unit
from accounts.phones import index
from parentschool.models import Child, Guardianship, Membership
from parentschool.rules.neighbours import OnRecord, Records, Row, recognise
from parentschool.rules.people_headers import Field, read_people_header
from parentschool.services.families import enrol_member
from parentschool.services.rosters import RosterRefused
from portal.kernel.calendar import SchoolYear
from portal.kernel.models import AuditEntry
from tests.parentschool.class_lists import as_csv, as_xlsx, check, digests, told, write
from tests.world import NOW, TODAY, appoint, person

TITLES = ("姓名", "手机号", "户主", "孩子姓名")
LIU = ("刘大山", "13700000001", "刘大山", "刘小山")
CHEN = ("陈秀英", "", "刘大山", "")


def listed(*rows, titles=TITLES):
    return as_csv(*rows, titles=titles)


@pytest.fixture
def village(world):
    return world.villages[0]


def learners(unit: Unit) -> set[tuple[str, str, str]]:
    rows = Membership.objects.filter(school=unit, school_year=2026).select_related("person")
    return {(row.person.name, row.person.phone, row.household) for row in rows}


@pytest.mark.parametrize("file", [listed(LIU, CHEN), as_xlsx(LIU, CHEN, titles=TITLES)])
def test_a_list_becomes_learners_of_the_village(world, village, file):
    checked = write(file, village, actor=world.as_("village_lead:0"))
    assert learners(village) == {("刘大山", "13700000001", "刘大山"), ("陈秀英", "", "刘大山")}
    assert checked.plan.rows == {"create": 2, "update": 0, "same": 0, "suspect": 0, "error": 0}
    liu = Person.objects.get(name="刘大山")
    assert (liu.home, liu.path, liu.phone_index) == (village, village.path, index("13700000001"))
    assert not liu.has_usable_password()
    learner = Membership.objects.get(person=liu)
    assert (learner.path, learner.joined_on, learner.source) == (village.path, TODAY, "roster")


def test_children_only_help_to_recognise_and_are_not_stored(world, village):
    checked = write(listed(LIU), village)
    assert not Child.objects.filter(name="刘小山").exists()
    assert checked.plan.notes["strange_children"] == 1
    assert AuditEntry.objects.get(action="roster.import").summary["written"]["children"] == 0


def test_the_check_alone_writes_nothing_and_speaks_of_people(world, village):
    before = digests()
    report = told(listed(LIU, CHEN), village)
    assert digests() == before
    assert {line["words"]: line["count"] for line in report.lines if line["count"]} == {
        "有新人员的行": 2,
        "新登记人员": 2,
        "本学年新学员": 2,
    }


def test_importing_again_changes_nothing(world, village):
    rows = [LIU, CHEN, ("陈秀英", "", "陈家", ""), ("刘大山", "13700000009", "西头", "")]
    write(listed(*rows), village, answers={"other_number": "apart"})
    before = digests()
    again = write(listed(*rows), village)
    assert (again.plan.writes.is_empty, again.plan.rows["same"]) == (True, 4)
    assert {name for name, digest in digests().items() if digest != before[name]} == {"kernel.auditentry"}


def test_a_parent_of_a_school_is_recognised_by_phone_and_name(world, village):
    write(listed(("Parent 1", "138 0000 0001", "", "")), village)
    assert {learner.school for learner in world.parents[1].memberships.all()} == {world.schools[1], village}
    assert world.parents[1].home == world.schools[1]


def test_without_a_phone_the_own_child_in_the_township_tells_who_it_is(world, village):
    write(listed(("Parent 0", "", "", "Child 0"), ("Parent 1", "", "", "Child 1")), village)
    assert world.parents[0].memberships.filter(school=village).exists()
    assert Person.objects.filter(name="Parent 0").count() == 1
    assert not world.parents[1].memberships.filter(school=village).exists(), "a child of another township"
    assert Person.objects.filter(name="Parent 1").count() == 2


def test_namesakes_are_told_apart_by_household(world, village):
    write(listed(("王秀英", "", "东头", ""), ("王秀英", "", "西头", "")), village)
    assert learners(village) == {("王秀英", "", "东头"), ("王秀英", "", "西头")}
    report = told(listed(("王秀英", "", "", "")), village)
    assert [(fault["where"], "户" in fault["why"]) for fault in report.faults] == [("A2", True)]


def test_a_name_twice_without_anything_else_is_asked(world, village):
    file = [("王秀英", "", "", ""), ("王秀英", "", "", "")]
    report = told(listed(*file), village)
    assert [(d["kind"], d["where"]) for d in report.doubts] == [("person_twice", "A3")]
    write(listed(*file), village, answers={"person_twice": "same"})
    assert learners(village) == {("王秀英", "", "")}
    assert check(listed(*file), village).plan.is_ready


def test_a_number_of_somebody_else_is_asked_about(world, village):
    report = told(listed(("陌生人", "13800000000", "", "")), village)
    assert [(d["kind"], [choice for choice, _ in d["choices"]]) for d in report.doubts] == [
        ("phone_name", ["apart"])
    ]
    write(listed(("陌生人", "13800000000", "", "")), village, answers={"phone_name": "apart"})
    assert learners(village) == {("陌生人", "13800000000", "")}


def test_the_name_of_somebody_out_of_reach_is_masked(world, village):
    from parentschool.engine.roster.report import report_on
    from parentschool.services.rosters import people_scope

    lead = world.as_("village_lead:0")
    checked = check(listed(("陌生人", "13800000000", "", "")), village, actor=lead)
    report = report_on(checked.plan, scope=people_scope(lead), year=checked.year)
    assert "Parent 0" not in report.doubts[0]["why"]
    assert "P*******" in report.doubts[0]["why"]


def test_a_learner_who_married_gets_the_new_name_where_somebody_says_so(world, village):
    write(listed(LIU), village)
    renamed = ("刘大川", "13700000001", "", "")
    write(listed(renamed), village, answers={"phone_name:2": "rename"})
    assert learners(village) == {("刘大川", "13700000001", "刘大山")}
    assert check(listed(renamed), village).plan.writes.is_empty


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        ("same", {("陈秀英", "13700000002", "")}),
        ("apart", {("陈秀英", "", ""), ("陈秀英", "13700000002", "")}),
    ],
)
def test_a_first_number_is_added_once_somebody_says_whose_it_is(world, village, answer, after):
    write(listed(("陈秀英", "", "", "")), village)
    write(listed(("陈秀英", "13700000002", "", "")), village, answers={"first_number": answer})
    assert learners(village) == after


def test_in_the_same_household_a_new_number_needs_no_question(world, village):
    write(listed(LIU), village)
    report = told(listed(("刘大山", "13700000003", "刘大山", "")), village)
    assert [(c["where"], c["old"], c["new"]) for c in report.changes] == [("B2", "****0001", "137****0003")]
    write(listed(("刘大山", "13700000003", "刘大山", "")), village)
    assert learners(village) == {("刘大山", "13700000003", "刘大山")}


def test_the_number_of_staff_is_not_changed(world, village):
    write(listed(LIU), village)
    appoint(Person.objects.get(name="刘大山"), "school_lead", village)
    checked = write(listed(("刘大山", "13700000003", "刘大山", "")), village)
    assert (checked.plan.notes["kept"], checked.plan.writes.is_empty) == (["刘大山"], True)


def test_contradictions_are_refused_at_the_cell(world, village):
    report = told(
        listed(LIU, ("刘大山", "13700000009", "刘大山", ""), ("刘大山", "13700000001", "西头", "")), village
    )
    assert {(fault["where"], fault["why"][:5]) for fault in report.faults} == {
        ("B3", "第 2 行"),
        ("C4", "第 2 行"),
    }


def test_faults_stand_at_their_cells(world, village):
    file = as_xlsx(
        ("", "13700000001", "", ""),
        ("刘大山", "1370000", "", ""),
        ("同上", "", "", ""),
        ("3·8", "", "", ""),
        ("陈秀英", "", "很" * 31, ""),
        titles=TITLES,
    )
    assert {fault["where"] for fault in told(file, village).faults} == {"A2", "B3", "A4", "A5", "C6"}


def test_a_household_corrected_and_one_carried_into_the_next_year(world, village):
    write(listed(LIU), village)
    report = told(listed(("刘大山", "13700000001", "刘老三", "")), village)
    assert [(c["where"], c["old"], c["new"]) for c in report.changes] == [("C2", "刘大山", "刘老三")]
    write(listed(("刘大山", "13700000001", "刘老三", "")), village)
    write(listed(("刘大山", "13700000001", "", "")), village, school_year=SchoolYear(2027))
    assert Membership.objects.get(school_year=2027).household == "刘老三"


def test_absent_people_stay(world, village):
    write(listed(LIU, CHEN), village)
    checked = write(listed(LIU), village)
    assert checked.plan.notes["absent_people"] == 1
    assert len(learners(village)) == 2


def test_a_station_sends_one_list_for_its_villages(world):
    titles = ("村(社区)", *TITLES)
    rows = [("Village 0", *LIU), (world.villages[0].code, *CHEN), ("Village 1", "外人", "", "", "")]
    report = told(as_csv(*rows, titles=titles), world.stations[0], actor=world.as_("station_lead:0"))
    assert [fault["where"] for fault in report.faults] == ["A4"]
    write(as_csv(*rows[:2], titles=titles), world.stations[0], actor=world.as_("station_lead:0"))
    assert {name for name, _, _ in learners(world.villages[0])} == {"刘大山", "陈秀英"}


@pytest.mark.parametrize("who", ["village_lead:1", "school_lead:0", "station_lead:1", "class_teacher:0"])
def test_import_for_a_village_out_of_scope_is_refused(world, village, who):
    before = digests()
    with pytest.raises(RosterRefused) as refusal:
        check(listed(LIU), village, actor=world.as_(who))
    assert refusal.value.code == "out_of_scope"
    assert digests() == before


def test_a_list_without_names_is_refused_as_a_whole(world, village):
    with pytest.raises(Exception, match="姓名"):
        check(as_csv(("13700000001", "东头"), titles=("手机号", "户主")), village)


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("姓名", Field.NAME), ("家长姓名 *", Field.NAME), ("村民", Field.NAME), ("联系电话", Field.PHONE),
        ("手机号（选填）", Field.PHONE), ("户主姓名", Field.HOUSEHOLD), ("户号", Field.HOUSEHOLD),
        ("门牌号", Field.HOUSEHOLD), ("孩子", Field.CHILD), ("学生姓名", Field.CHILD), ("村(社区)", Field.VILLAGE),
        ("所在村", Field.VILLAGE), ("村代码", Field.VILLAGE_CODE), ("村民小组", None), ("身份证号", None),
    ],
)  # fmt: skip
def test_titles(title, field):
    assert read_people_header(title) == field


ROWS = st.lists(
    st.builds(
        Row,
        number=st.just(0),
        village=st.integers(1, 2),
        name=st.sampled_from("甲乙"),
        phone=st.sampled_from(["", "", "p", "q"]),
        household=st.sampled_from(["", "", "h", "k"]),
    ),
    max_size=6,
)
KNOWN = [OnRecord(n, name, phone, phone, "0001", n == 3) for n, (name, phone) in enumerate(
    [("甲", "p"), ("乙", ""), ("甲", "q"), ("乙", "q")], start=1)]  # fmt: skip


@given(rows=ROWS)
@settings(max_examples=200)
def test_every_row_is_somebody_or_at_fault(rows):
    """Nothing is lost or counted twice, and no two rows that say different numbers stand for one person unnoticed."""
    rows = [Row(n, *(row.village, row.name, row.phone, row.household)) for n, row in enumerate(rows, 2)]
    records = Records({p: [k for k in KNOWN if k.phone == p] for p in "pq"}, {}, {}, frozenset())
    found = recognise(rows, records, {})
    taken = [row.number for entry in found.entries for row in entry.rows]
    assert len(taken) == len(set(taken))
    at_fault = {fault.row for fault in found.faults}
    assert {row.number for row in rows} <= set(taken) | at_fault
    for entry in found.entries:
        numbers = {row.phone for row in entry.rows if row.phone and row.number not in at_fault}
        assert len(numbers) <= 1


def test_a_guardian_who_moves_into_the_village_keeps_her_children(world, village):
    enrol_member(world.parents[0], school=village, actor=None, now=NOW)
    write(listed(("Parent 0", "13800000000", "东头", "")), village)
    assert Guardianship.objects.filter(guardian=world.parents[0]).count() == 1
    assert learners(village) == {("Parent 0", "13800000000", "东头")}


def test_somebody_of_that_name_elsewhere_is_not_taken_for_the_villager(world, village):
    stranger = person("陈秀英", home=world.villages[1])
    enrol_member(stranger, school=world.villages[1], actor=None, now=NOW)
    write(listed(CHEN), village)
    assert Person.objects.filter(name="陈秀英").count() == 2


def test_a_command_takes_the_list_too(world, village, tmp_path):
    from io import StringIO

    from django.core.management import call_command

    path = tmp_path / "村民.csv"
    path.write_bytes(listed(LIU).getvalue())
    out = StringIO()
    call_command("import_roster", str(path), "--unit", village.code, "--commit", "--by-duty", stdout=out)
    assert "新登记人员: 1" in out.getvalue()
    assert learners(village) == {("刘大山", "13700000001", "刘大山")}
