"""The pages of the import: own units only, own imports only, and a school lead's way on a phone."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from parentschool.models import Child
from portal.kernel.models import Job
from tests.parentschool.class_lists import WANG, ZHANG, as_csv, as_xlsx, digests
from tests.world import PASSWORD, TODAY

LEFT_BY_ASKING = {"kernel.auditentry", "kernel.job", "sessions.session"}


@pytest.fixture(autouse=True)
def _stored(settings, tmp_path, time_machine):
    settings.MEDIA_ROOT = tmp_path
    settings.STAFF_SECOND_FACTOR = False
    time_machine.move_to("2026-10-12T10:00+08:00")


@pytest.fixture
def lead(world, client):
    client.force_login(world.as_("school_lead:0"))
    return client


def send(client, unit, content, django_capture_on_commit_callbacks, name="名单.csv", **more):
    upload = SimpleUploadedFile(name, content.getvalue())
    with django_capture_on_commit_callbacks(execute=True):
        return client.post(
            reverse("roster_new"),
            {"unit": unit.pk, "file": upload, "school_year": 2026, "class_text": "", "by_duty": "on", **more},
        )


def test_a_list_is_checked_confirmed_and_written(world, lead, django_capture_on_commit_callbacks):
    answer = send(lead, world.schools[0], as_csv(ZHANG, WANG), django_capture_on_commit_callbacks)
    job = Job.objects.get()
    assert answer.url == reverse("roster_job", args=[job.pk])
    page = lead.get(answer.url).content.decode()
    assert "确认导入" in page
    assert not Child.objects.filter(name="张小明").exists()
    with django_capture_on_commit_callbacks(execute=True):
        lead.post(reverse("roster_confirm", args=[job.pk]))
    assert Child.objects.filter(name="张小明").exists()
    assert "花名册已导入" in lead.get(answer.url).content.decode()


def test_faults_are_shown_at_their_cells_and_in_the_own_workbook(
    world, lead, django_capture_on_commit_callbacks
):
    faulty = as_xlsx(ZHANG, ("王小红", "女", "三年级2班", "王强", "父亲", "139", "", "", ""))
    before = digests()
    answer = send(lead, world.schools[0], faulty, django_capture_on_commit_callbacks, name="名单.xlsx")
    page = lead.get(answer.url).content.decode()
    assert "F3" in page
    assert "确认导入" not in page
    job = Job.objects.get()
    assert job.status == Job.Status.REFUSED
    assert job.product_name.endswith(".xlsx")
    after = digests()
    assert {name for name in after if after[name] != before[name]} <= {
        "kernel.auditentry",
        "kernel.job",
        "sessions.session",
    }


def test_doubts_are_decided_on_the_page(world, lead, django_capture_on_commit_callbacks):
    doubtful = as_csv(("张小明", "", "三年级2班", "陌生人", "父亲", "13800000000", "", "", ""))
    answer = send(lead, world.schools[0], doubtful, django_capture_on_commit_callbacks)
    page = lead.get(answer.url).content.decode()
    assert "answer:phone_name:2:0" in page
    first = Job.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        answered = lead.post(reverse("roster_answer", args=[first.pk]), {"answer:phone_name:2:0": "apart"})
    second = Job.objects.exclude(pk=first.pk).get()
    assert answered.url == reverse("roster_job", args=[second.pk])
    assert "确认导入" in lead.get(answered.url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        lead.post(reverse("roster_confirm", args=[second.pk]))
    assert Child.objects.filter(name="张小明").exists()


def test_import_for_a_unit_out_of_scope_is_refused_by_the_page(
    world, lead, django_capture_on_commit_callbacks
):
    for unit in (world.schools[1], world.stations[0], world.county, world.villages[0]):
        answer = send(lead, unit, as_csv(ZHANG), django_capture_on_commit_callbacks)
        assert answer.status_code == 200
        assert answer.context["form"].errors["unit"]
    assert not Job.objects.exists()


def test_only_units_in_reach_are_offered(world, client):
    offered = {}
    for name in ("school_lead:0", "village_lead:0", "station_lead:1", "county_staff"):
        client.force_login(world.as_(name))
        units = client.get(reverse("roster_new")).context["form"].fields["unit"].queryset
        offered[name] = {str(unit) for unit in units}
    assert offered == {
        "school_lead:0": {"School 0"},
        "village_lead:0": {"Village 0"},
        "station_lead:1": {"Town 1", "School 1", "Village 1"},
        "county_staff": {"County", "Town 0", "Town 1", "School 0", "School 1", "Village 0", "Village 1"},
    }


@pytest.mark.parametrize("who", ["school_lead:1", "county_admin", "class_teacher:0", "inspector", "parent"])
def test_an_import_is_its_askers_alone(world, lead, client, who, django_capture_on_commit_callbacks):
    send(lead, world.schools[0], as_csv(ZHANG), django_capture_on_commit_callbacks)
    job = Job.objects.get()
    client.force_login(world.parents[0] if who == "parent" else world.as_(who))
    for name in ("roster_job", "roster_progress"):
        assert client.get(reverse(name, args=[job.pk])).status_code == 404
    for name in ("roster_answer", "roster_confirm", "roster_cancel"):
        assert client.post(reverse(name, args=[job.pk]), {"answer:x": "y"}).status_code == 404
    job.refresh_from_db()
    assert job.status == Job.Status.CHECKED


def test_who_lost_the_role_finds_the_import_no_more(world, lead, django_capture_on_commit_callbacks):
    answer = send(lead, world.schools[0], as_csv(ZHANG), django_capture_on_commit_callbacks)
    world.staff["school_lead:0"].assignments.update(valid_until=TODAY)
    assert lead.get(answer.url).status_code == 404


def test_the_template_imports_as_it_is(world, lead, django_capture_on_commit_callbacks):
    import io

    import openpyxl

    content = b"".join(lead.get(reverse("roster_template")).streaming_content)
    book = openpyxl.load_workbook(io.BytesIO(content))
    for place, text in enumerate(ZHANG, 1):
        book.active.cell(2, place).value = text
        assert book.active.cell(2, place).number_format == "@"
    filled = io.BytesIO()
    book.save(filled)
    answer = send(lead, world.schools[0], filled, django_capture_on_commit_callbacks, name="模板.xlsx")
    assert "确认导入" in lead.get(answer.url).content.decode()


def test_each_kind_of_unit_is_offered_its_own_columns(world, client):
    classes, people = reverse("roster_template"), reverse("roster_template") + "?people"
    shown = {}
    for name in ("school_lead:0", "village_lead:0", "station_lead:0"):
        client.force_login(world.as_(name))
        page = client.get(reverse("roster_new")).content.decode()
        offered = [link for link in (classes, people) if f'href="{link}"' in page]
        shown[name] = (offered, 'name="class_text"' in page)
    assert shown == {
        "school_lead:0": ([classes], True),
        "village_lead:0": ([people], False),
        "station_lead:0": ([classes, people], True),
    }


def test_a_village_lead_imports_the_own_template(world, client, django_capture_on_commit_callbacks):
    import io

    import openpyxl

    client.force_login(world.as_("village_lead:0"))
    content = b"".join(client.get(reverse("roster_template") + "?people").streaming_content)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [cell.value for cell in book.active[1]] == ["姓名", "手机号", "户主", "孩子姓名"]
    book.active["A2"], book.active["B2"] = "刘大山", "13700000001"
    filled = io.BytesIO()
    book.save(filled)
    answer = send(client, world.villages[0], filled, django_capture_on_commit_callbacks, name="模板.xlsx")
    page = client.get(answer.url).content.decode()
    assert "新登记人员" in page
    assert "孩子" not in page.split("<main")[1]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("roster_confirm", args=[Job.objects.get().pk]))
    assert world.villages[0].memberships.get().person.name == "刘大山"


@pytest.mark.django_db(transaction=True)
def test_a_school_lead_imports_a_list_with_three_faults_on_a_phone(phone, transactional_db, tmp_path):
    from tests.world import build_world

    world = build_world()
    phone.goto("/accounts/login/?way=password")
    phone.locator("input[name=login]").fill("school_lead_0")
    phone.locator("input[name=password]").fill(PASSWORD)
    phone.get_by_role("button", name="登录", exact=True).click()
    phone.wait_for_url("**/work/**")
    faulty = tmp_path / "三年级2班.xlsx"
    bad = ("王小红", "女", "向日葵班", "王强", "父亲", "1390000", "", "", "")
    faulty.write_bytes(as_xlsx(ZHANG, bad, ("", *WANG[1:])).getvalue())
    phone.goto("/work/roster/")
    phone.locator("input[type=file]").set_input_files(faulty)
    phone.locator("input[name=by_duty]").check()
    phone.get_by_role("button", name="检查花名册").click()
    phone.get_by_text("C3", exact=True).wait_for()
    assert [phone.get_by_text(cell, exact=True).count() for cell in ("C3", "F3", "A4")] == [1, 1, 1]
    phone.screenshot(path="var/screenshots/roster-faults.png", full_page=True)
    mended = tmp_path / "三年级2班(改).xlsx"
    mended.write_bytes(as_xlsx(ZHANG, WANG).getvalue())
    phone.get_by_role("link", name="重新上传改好的名单").click()
    phone.screenshot(path="var/screenshots/roster-new.png", full_page=True)
    phone.locator("input[type=file]").set_input_files(mended)
    phone.locator("input[name=by_duty]").check()
    phone.get_by_role("button", name="检查花名册").click()
    phone.get_by_role("button", name="确认导入").wait_for()
    phone.screenshot(path="var/screenshots/roster-checked.png", full_page=True)
    phone.get_by_role("button", name="确认导入").click()
    phone.get_by_text("花名册已导入").wait_for()
    assert set(
        Child.objects.filter(school_class__school=world.schools[0]).values_list("name", flat=True)
    ) == {
        "Child 0",
        "张小明",
        "王小红",
    }
