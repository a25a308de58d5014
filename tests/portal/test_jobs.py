"""The pages of jobs: one's own, as long as the right behind them holds."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from portal.kernel import jobs
from portal.kernel.models import AuditEntry, Job
from tests.queries import assert_same_queries
from tests.world import TODAY

PAGES = ["job", "job_progress", "job_download"]
ACTS = ["job_confirm", "job_cancel"]


@jobs.job_kind("test.scoped", permission="parentschool.import_roster")
def check(progress):
    return {"status": Job.Status.CHECKED, "counts": [["new families", 12]]}


@jobs.confirmation_of("test.scoped")
def write(progress):
    progress.deliver("结果 2026.xlsx", ContentFile(b"rows"))
    return {"counts": [["written", 12]], "refused": [{"where": "Row 3", "why": "No name"}]}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.STAFF_SECOND_FACTOR = False
    settings.LANGUAGE_CODE = "en"
    cache.clear()


@pytest.fixture
def lead(world):
    return world.as_("school_lead:0")


def job_of(person, **more) -> Job:
    given = {"kind": "test.scoped", "title": "Import", "asked_by": person, "path": person.path, **more}
    product = given.pop("product", b"")
    job = Job.objects.create(**given)
    if product:
        job.product.save("x.xlsx", ContentFile(product), save=False)
        job.product_name = "名单; 2026.xlsx"
        job.save()
    return job


def read(answer) -> bytes:
    """The whole body; a file is closed once it was read to its end."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_list_holds_ones_own_jobs_and_no_other(world, client, lead):
    own = job_of(lead, title="Own import")
    job_of(world.staff["county_admin"], title="Foreign import")
    client.force_login(lead)
    page = client.get(reverse("job_list"))
    assert list(page.context["page"].object_list) == [own]
    assert "Foreign import" not in page.content.decode()


@pytest.mark.parametrize("name", PAGES + ACTS)
def test_row_04_a_job_of_another_person_is_not_found(world, client, lead, name):
    job = job_of(world.staff["school_lead:1"], status=Job.Status.CHECKED, product=b"rows")
    client.force_login(lead)
    answer = (
        client.post(reverse(name, args=[job.pk]))
        if name in ACTS
        else client.get(reverse(name, args=[job.pk]))
    )
    assert answer.status_code == 404
    assert set(Job.objects.values_list("status", flat=True)) == {"checked"}


@pytest.mark.parametrize("name", PAGES + ACTS)
def test_row_50_who_lost_the_right_opens_nothing_by_a_kept_link(world, client, lead, name):
    """The link, the confirmation and the download are open while the role holds and closed once it ended."""
    job = job_of(lead, status=Job.Status.CHECKED, product=b"rows")
    client.force_login(lead)
    act = client.post if name in ACTS else client.get
    if name in PAGES:
        answer = act(reverse(name, args=[job.pk]))
        read(answer)
        assert answer.status_code == 200
    lead.assignments.update(valid_until=TODAY.replace(year=2021))
    assert act(reverse(name, args=[job.pk])).status_code == 404
    assert client.get(reverse("job_list")).context["page"].object_list == []
    assert Job.objects.get().status == "checked"


def test_row_50_a_narrower_place_does_not_open_a_wider_download(world, client, lead):
    job = job_of(lead, path=world.county.path, product=b"county rows", status=Job.Status.DONE)
    client.force_login(lead)
    assert client.get(reverse("job_download", args=[job.pk])).status_code == 404


def test_row_50_the_media_folder_has_no_address(world, client, lead):
    job = job_of(lead, product=b"rows", status=Job.Status.DONE)
    client.force_login(lead)
    for prefix in ("/media/", "/", "/static/", "/var/media/"):
        assert client.get(prefix + job.product.name).status_code == 404


def test_row_49_a_download_is_an_attachment_by_its_own_name(world, client, lead):
    job = job_of(lead, product=b"rows", status=Job.Status.DONE)
    client.force_login(lead)
    answer = client.get(reverse("job_download", args=[job.pk]))
    assert read(answer) == b"rows"
    assert answer["Content-Disposition"] == ("attachment; filename*=utf-8''%E5%90%8D%E5%8D%95%3B%202026.xlsx")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"


def test_row_63_ask_confirm_and_download_leave_audit_rows(
    world, client, lead, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.ask("test.scoped", title="Import", actor=lead, path=lead.path)
    client.force_login(lead)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("job_confirm", args=[job.pk]))
    read(client.get(reverse("job_download", args=[job.pk])))
    rows = AuditEntry.objects.filter(action__startswith="job.").order_by("pk")
    assert [(row.action, row.actor, row.path, row.object_id) for row in rows] == [
        (action, lead, lead.path, str(job.pk)) for action in ("job.asked", "job.confirmed", "job.downloaded")
    ]
    assert rows[2].origin == "127.0.0.1"


def test_confirm_runs_the_second_step_and_a_second_tap_nothing(
    world, client, lead, django_capture_on_commit_callbacks
):
    job = job_of(lead, status=Job.Status.CHECKED, result={"counts": [["new families", 12]]})
    client.force_login(lead)
    checked = client.get(reverse("job", args=[job.pk])).content.decode()
    assert "new families" in checked
    assert reverse("job_confirm", args=[job.pk]) in checked
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse("job_confirm", args=[job.pk]))
        answer = client.get(reverse("job", args=[job.pk]))
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "written" in page
        assert "Row 3" in page
        assert reverse("job_confirm", args=[job.pk]) not in page
    assert AuditEntry.objects.filter(action="job.confirmed").count() == 1


def test_cancel_changes_nothing_but_the_job(world, client, lead):
    job = job_of(lead, status=Job.Status.CHECKED)
    client.force_login(lead)
    client.post(reverse("job_cancel", args=[job.pk]))
    answer = client.post(reverse("job_confirm", args=[job.pk]), follow=True)
    assert "nothing to confirm" in answer.content.decode()
    assert Job.objects.get().status == "cancelled"


def test_a_running_job_shows_its_bar_with_script_and_without(world, client, lead):
    job = job_of(lead, status=Job.Status.RUNNING, done=3, total=12, alive_at=timezone.now())
    client.force_login(lead)
    page = client.get(reverse("job", args=[job.pk])).content.decode()
    assert '<progress max="12" value="3"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    bar = client.get(reverse("job_progress", args=[job.pk]))
    assert '<progress max="12" value="3"' in bar.content.decode()
    assert "HX-Refresh" not in bar
    Job.objects.update(status=Job.Status.DONE)
    assert client.get(reverse("job_progress", args=[job.pk]))["HX-Refresh"] == "true"


def test_a_job_cut_off_says_so(world, client, lead):
    job = job_of(lead, status=Job.Status.RUNNING, alive_at=timezone.now() - 2 * jobs.SILENCE)
    client.force_login(lead)
    assert "cut off" in client.get(reverse("job", args=[job.pk])).content.decode()


def test_an_empty_list_says_what_comes_here(world, client, lead):
    client.force_login(lead)
    assert "Imports and exports appear here" in client.get(reverse("job_list")).content.decode()


def test_a_stranger_is_asked_to_sign_in(world, client, lead):
    job = job_of(lead, product=b"rows")
    for name in PAGES:
        assert client.get(reverse(name, args=[job.pk])).url.startswith(reverse("account_login"))


def test_row_38_a_get_confirms_nothing(world, client, lead):
    job = job_of(lead, status=Job.Status.CHECKED)
    client.force_login(lead)
    assert [client.get(reverse(name, args=[job.pk])).status_code for name in ACTS] == [405, 405]
    assert Job.objects.get().status == "checked"


def test_the_list_asks_as_much_for_three_jobs_as_for_one(world, client, lead):
    job_of(lead)
    client.force_login(lead)
    assert_same_queries(
        lambda: client.get(reverse("job_list")), lambda: [job_of(lead), job_of(lead)], at_most=8
    )


def test_a_page_asks_as_much_for_three_lines_as_for_one(world, client, lead):
    job = job_of(lead, status=Job.Status.DONE, result={"refused": [{"where": "1", "why": "x"}]})
    client.force_login(lead)
    assert_same_queries(
        lambda: client.get(reverse("job", args=[job.pk])),
        lambda: Job.objects.update(result={"refused": [{"where": str(n), "why": "x"} for n in range(3)]}),
        at_most=8,
    )
