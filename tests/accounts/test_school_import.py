"""Schools from a spreadsheet: whole file first, nothing before the confirmation, all or none."""

from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.access import scope_for
from accounts.enums import Kind, Stage
from accounts.models import Unit
from accounts.services.school_import import HeadingsMissing, check_schools, write_schools
from portal.kernel.models import Job
from tests.world import NOW, TODAY

HEADINGS = ["学校名称", "学校代码", "学段", "乡镇"]
GOOD = [
    ["North school", "2143000001", "小学", "Town 0"],
    ["North kindergarten", 1143000002, "幼儿园", "Town 1"],
]


def workbook(rows, headings=HEADINGS, title=None):
    book = openpyxl.Workbook()
    for row in [*([[title]] if title else []), headings, *rows]:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def plan(world, rows, **more):
    scope = scope_for(world.as_("county_admin"), "accounts.import_unit")
    return check_schools(BytesIO(workbook(rows, **more)), filename="schools.xlsx", scope=scope)


def test_good_rows_open_schools_under_their_stations(world):
    found = plan(world, GOOD, title="2026 school list")
    assert (len(found.new), found.same, found.other, found.faults) == (2, [], [], [])
    write_schools(found, opened_on=TODAY, actor=None, now=NOW)
    made = Unit.objects.filter(code__in=["2143000001", "1143000002"]).order_by("code")
    assert [(u.name, u.kind, u.stage, u.parent) for u in made] == [
        ("North kindergarten", Kind.KINDERGARTEN, Stage.KINDERGARTEN, world.stations[1]),
        ("North school", Kind.SCHOOL, Stage.PRIMARY, world.stations[0]),
    ]


def test_the_same_file_again_changes_nothing(world):
    write_schools(plan(world, GOOD), opened_on=TODAY, actor=None, now=NOW)
    again = plan(world, GOOD)
    assert (again.new, len(again.same), again.faults) == ([], 2, [])


def test_columns_in_any_order_and_more_of_them(world):
    rows = [["x", r[3], f" {r[1]} ", r[2], f"{r[0]}　"] for r in GOOD]
    found = plan(world, rows, headings=["is_staff", "乡镇", "学校代码", "学段", "学校名称"])
    assert [(s.name, s.code) for s in found.new] == [(r[0], str(r[1])) for r in GOOD]


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (["", "1", "小学", "Town 0"], "A2"),
        (["New", "", "小学", "Town 0"], "B2"),
        (["New", 430725198503159274, "小学", "Town 0"], "B2"),
        (["New", "1", "大学", "Town 0"], "C2"),
        (["New", "1", "小学", "Nowhere"], "D2"),
        (["=1+1", "1", "小学", "Town 0"], "A2"),
        (["N" * 101, "1", "小学", "Town 0"], "A2"),
    ],
)
def test_a_fault_is_named_at_its_cell(world, row, cell):
    found = plan(world, [row, GOOD[1]])
    assert {fault.where for fault in found.faults} == {cell}
    assert all(fault.why for fault in found.faults)


def test_a_code_or_a_name_twice_is_a_fault(world):
    assert [f.where for f in plan(world, [GOOD[0], [*GOOD[1][:1], *GOOD[0][1:]]]).faults] == ["B3"]
    assert len(plan(world, [GOOD[0], ["North school", "9", "小学", "Town 0"]]).faults) == 1


def test_a_school_that_stands_otherwise_is_named_and_left_alone(world):
    standing = world.schools[0]
    found = plan(world, [["Other name", standing.code, "小学", "Town 0"]])
    assert (found.new, len(found.other)) == ([], 1)
    assert standing.name in found.other[0].why


def test_without_headings_nothing_is_read(world):
    with pytest.raises(HeadingsMissing):
        plan(world, GOOD, headings=["a", "b", "c", "d"])


def upload(client, content, name="schools.xlsx"):
    return client.post(
        reverse("admin:accounts_unit_import"),
        {"file": SimpleUploadedFile(name, content), "opened_on": "2026-09-01"},
        follow=True,
    )


@pytest.fixture
def county_staff(world, client, settings, time_machine, django_capture_on_commit_callbacks):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("county_staff"), backend="accounts.backends.RoleBackend")
    return client


def test_from_upload_to_confirmation(world, county_staff, django_capture_on_commit_callbacks):
    before = Unit.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        upload(county_staff, workbook(GOOD))
    job = Job.objects.get()
    assert job.status == Job.Status.CHECKED
    assert Unit.objects.count() == before
    with django_capture_on_commit_callbacks(execute=True):
        county_staff.post(reverse("job_confirm", args=[job.pk]))
    job.refresh_from_db()
    assert (job.status, Unit.objects.count()) == (Job.Status.DONE, before + 2)


def test_a_file_with_a_fault_changes_nothing(world, county_staff, django_capture_on_commit_callbacks):
    before = Unit.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        upload(county_staff, workbook([*GOOD, ["", "3", "小学", "Town 0"]]))
    job = Job.objects.get()
    assert job.status == Job.Status.REFUSED
    assert [item["where"] for item in job.result["refused"]] == ["A4"]
    assert Unit.objects.count() == before


def test_import_out_of_scope_is_refused(world, client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("station_lead:0"), backend="accounts.backends.RoleBackend")
    assert upload(client, workbook(GOOD)).status_code == 404
    assert not Job.objects.exists()
