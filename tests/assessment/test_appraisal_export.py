"""The workbook made from the sheets of a county: by whom, of what, and what the units gave."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from accounts.models import RoleAssignment
from assessment.services import appraisal as services
from assessment.services.appraisal.export import ask_for_workbook, export_appraisals
from portal.kernel import jobs
from portal.kernel.models import AuditEntry, Job
from tests.assessment.sheets import YEAR
from tests.queries import asked
from tests.world import NOW, unit


def export(sheets, path: str = "") -> openpyxl.Workbook:
    made = io.BytesIO()
    export_appraisals(
        sheets.scheme, year=YEAR, path=path or sheets.world.county.path, target=made, actor=None, now=NOW
    )
    return openpyxl.load_workbook(made)


def test_all_units_of_the_county_township_by_township(sheets):
    book = export(sheets)
    assert book.sheetnames == ["汇总", "School 0", "Village 0", "School 1", "Village 1"]
    assert [[cell.value for cell in row][1:4] for row in book["汇总"].iter_rows(min_row=3)] == [
        ["Town 0", "School 0", "待自评"],
        ["Town 0", "Village 0", "待自评"],
        ["Town 1", "School 1", "待自评"],
        ["Town 1", "Village 1", "待自评"],
    ]


def test_a_settled_sheet_shows_scores_reasons_people_and_day(sheets):
    sheets.settle()
    sheet = export(sheets)["School 0"]
    assert sheet["A1"].value == "2026—2027学年度家长学校考核评分表"
    assert sheet["E2"].value == "日期：2026年10月12日"
    rows = [[cell.value for cell in row] for row in sheet["B4:H7"]]
    formula = sheets.mark("3").computed_from["formula"]
    scored = [(row[0], *row[3:6]) for row in rows]
    assert scored == [("1", 6, 6, 5), ("2", 4, 4, 4), ("3", 6, 3, 3), ("4", 4, 4, 4)]
    assert [row[6] for row in rows] == ["分工不明确", None, formula, None]
    assert (sheet["A9"].value, sheet["E9"].value) == (
        f"填表人：{sheets.by('school_lead:0')}",
        f"审核人：{sheets.by('inspector')}",
    )


def test_the_units_own_deduction_prints_its_note(sheets):
    sheets.score_for_unit("1", "6")
    sheets.score_for_unit("2", "3", "缺一次会议记录")
    services.hand_in_self_score(sheets.own, actor=sheets.by("school_lead:0"), now=NOW)
    sheets.county(("1", "6", ""), ("2", "3", ""), ("3", "3", ""), ("4", "4", ""), settle=True)
    assert export(sheets)["School 0"]["H5"].value == "缺一次会议记录"


def test_the_workbook_is_chinese_whatever_the_asker_reads(sheets):
    with translation.override("en"):
        assert export(sheets)["School 0"]["E3"].value == "分值"


def test_a_part_of_the_tree_gives_only_its_units(sheets):
    assert export(sheets, sheets.world.stations[1].path).sheetnames == ["汇总", "School 1", "Village 1"]


def test_the_queries_of_an_export_do_not_grow_with_the_units(sheets):
    few = asked(lambda: export(sheets))
    for n in range(3, 9):
        unit(f"Village {n}", "village", "school", sheets.world.stations[0], n)
    services.open_appraisals(sheets.scheme, year=YEAR, actor=None, now=NOW)
    assert len(asked(lambda: export(sheets))) == len(few) <= 5


# ── Who may ──────────────────────────────────────────────────────────────────


def run_export(sheets, client, name: str, callbacks, **more):
    person = sheets.by(name)
    client.force_login(person, backend="accounts.backends.RoleBackend")
    given = {"scheme": sheets.scheme.pk, "year": YEAR, "place": sheets.world.county.pk, **more}
    with callbacks(execute=True):
        return client.post(reverse("admin:assessment_appraisal_export"), given)


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def test_the_inspector_asks_for_the_workbook_and_downloads_it(
    sheets, client, django_capture_on_commit_callbacks
):
    answer = run_export(sheets, client, "inspector", django_capture_on_commit_callbacks)
    job = Job.objects.get()
    assert answer["Location"] == reverse("job", args=[job.pk])
    assert (job.status, job.done, job.total) == ("done", 4, 4)
    download = client.get(reverse("job_download", args=[job.pk]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(download.streaming_content)))
    assert book.sheetnames[0] == "汇总"
    assert job.product_name == "2026—2027学年度家长学校考核评分表.xlsx"


def test_row_63_an_export_leaves_a_trace(sheets, client, django_capture_on_commit_callbacks):
    run_export(sheets, client, "inspector", django_capture_on_commit_callbacks)
    entry = AuditEntry.objects.get(action="appraisal.export")
    assert (entry.actor, entry.path, entry.summary) == (
        sheets.by("inspector"), sheets.world.county.path, {"year": YEAR, "units": 4},
    )  # fmt: skip


def test_an_export_without_the_right_is_not_found(sheets, client, django_capture_on_commit_callbacks):
    refused = {
        name
        for name in sheets.world.staff
        if run_export(sheets, client, name, django_capture_on_commit_callbacks).status_code == 404
    }
    assert refused == set(sheets.world.staff) - {"county_admin", "county_staff", "inspector"}
    assert Job.objects.count() == 3


def test_an_export_of_a_place_out_of_scope_is_refused(sheets, client, django_capture_on_commit_callbacks):
    """A forged place: the form takes only where the right is held."""
    RoleAssignment.objects.filter(person=sheets.by("inspector")).update(
        unit=sheets.world.stations[0], path=sheets.world.stations[0].path
    )
    for place in (sheets.world.county, sheets.world.stations[1]):
        answer = run_export(sheets, client, "inspector", django_capture_on_commit_callbacks, place=place.pk)
        assert answer.status_code == 200
        assert "place" in answer.context["form"].errors or "scheme" in answer.context["form"].errors
    assert not Job.objects.exists()


def test_an_export_whose_asker_lost_the_right_meanwhile_fails(sheets):
    job = ask_for_workbook(sheets.scheme, year=YEAR, place=sheets.world.county, actor=sheets.by("inspector"))
    RoleAssignment.objects.filter(person=sheets.by("inspector")).update(valid_until=date(2026, 1, 1))
    jobs.run(job.pk, started_at=NOW)
    job.refresh_from_db()
    assert job.status == "failed"
    assert not job.product


def test_a_year_without_sheets_says_so(sheets):
    job = ask_for_workbook(sheets.scheme, year=1999, place=sheets.world.county, actor=sheets.by("inspector"))
    jobs.run(job.pk, started_at=NOW)
    job.refresh_from_db()
    assert job.status == "failed"
    assert "1999" in job.error


# ── The command ──────────────────────────────────────────────────────────────


def test_the_command_writes_the_workbook(sheets, tmp_path):
    out = tmp_path / "考核.xlsx"
    call_command(
        "export_appraisal", "--scheme", "small", "--year", str(YEAR), "--out", str(out), stdout=io.StringIO()
    )
    assert openpyxl.load_workbook(out).sheetnames[1:] == ["School 0", "Village 0", "School 1", "Village 1"]
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--scheme", "none", "--year", "2026", "--out", "x.xlsx"),
        ("--scheme", "small", "--year", "1999", "--out", "x.xlsx"),
        ("--scheme", "small", "--year", "2026", "--out", "no/such/folder/x.xlsx"),
    ],
)
def test_the_command_refuses_with_a_sentence_and_leaves_no_file(sheets, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError):
        call_command("export_appraisal", *arguments)
    assert list(tmp_path.iterdir()) == []
