"""`manage.py import_roster`: the same service, the plan printed in Chinese."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from parentschool.models import Child
from portal.kernel.models import AuditEntry
from tests.parentschool.class_lists import WANG, ZHANG, as_csv, as_xlsx, digests


def run(path, unit, *more):
    out = StringIO()
    call_command("import_roster", str(path), "--unit", unit.code, *more, stdout=out)
    return out.getvalue()


@pytest.fixture
def school(world):
    return world.schools[0]


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "花名册.xlsx"
    path.write_bytes(as_xlsx(ZHANG, WANG).getvalue())
    return path


def test_without_commit_the_plan_is_printed_and_nothing_written(world, school, listed):
    before = digests()
    said = run(listed, school)
    assert "新登记孩子: 2" in said
    assert "新建班级：三年级2班。" in said
    assert "尚未写入" in said
    assert digests() == before


def test_with_commit_it_is_written_and_audited(world, school, listed):
    assert "已写入" in run(listed, school, "--commit", "--by-duty")
    assert Child.objects.filter(name="张小明").exists()
    assert AuditEntry.objects.get(action="roster.import").actor is None
    assert "不变: 2" in run(listed, school, "--commit", "--by-duty")


def test_faults_are_named_and_end_with_an_error(world, school, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(
        as_csv(ZHANG, ("王小红", "女", "三年级2班", "王强", "父亲", "139", "", "", "")).getvalue()
    )
    out = StringIO()
    before = digests()
    with pytest.raises(CommandError, match="没有写入"):
        call_command("import_roster", str(path), "--unit", school.code, "--commit", "--by-duty", stdout=out)
    assert "F3: 手机号应为 1 开头的 11 位数字，请核对。" in out.getvalue()
    assert digests() == before


def test_doubts_are_answered_on_the_line(world, school, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(
        as_csv(("张小明", "", "三年级2班", "陌生人", "父亲", "13800000000", "", "", "")).getvalue()
    )
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_roster", str(path), "--unit", school.code, "--commit", "--by-duty", stdout=out)
    assert "--answer phone_name:2:0=apart" in out.getvalue()
    assert "已写入" in run(path, school, "--commit", "--by-duty", "--answer", "phone_name:2:0=apart")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("no-such-file.xlsx", "--unit", "U00010001"), "打不开"), (("x.xlsx", "--unit", "NONE"), "没有代码")],
)
def test_wrong_arguments_get_a_sentence(world, arguments, says):
    with pytest.raises(CommandError, match=says):
        call_command("import_roster", *arguments)


def test_a_file_that_is_none_gets_a_sentence(world, school, tmp_path):
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"%PDF")
    with pytest.raises(CommandError, match="Excel"):
        call_command("import_roster", str(path), "--unit", school.code)
