"""Jobs: done once, after commit, with an end that says what happened."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from portal.kernel import clock, jobs, tidying
from portal.kernel.errors import PortalError
from portal.kernel.models import AuditEntry, Job
from portal.kernel.tracing import Trace, current_trace, traced

NEW = "new"
runs: list[str] = []


@jobs.job_kind("test.plain")
def plain(progress):
    runs.append("plain")
    progress.of(4)
    progress.at(4)
    progress.deliver("名单 2026.xlsx", ContentFile(b"rows"))
    return {"counts": [[NEW, 4]]}


@jobs.job_kind("test.two_steps", permission="parentschool.import_roster")
def check(progress):
    runs.append("check")
    return {"status": Job.Status.CHECKED, "counts": [[NEW, 2]]}


@jobs.confirmation_of("test.two_steps")
def write(progress):
    runs.append("write")
    return {"counts": [["written", progress.job.result["counts"][0][1]]]}


@jobs.job_kind("test.refusal")
def refuse(progress):
    raise PortalError("Row 3 has no name.")


@jobs.job_kind("test.refused_with_file")
def refuse_with_file(progress):
    return {
        "status": Job.Status.REFUSED,
        "error": "Three cells need mending.",
        "refused": [{"where": "C4", "why": "x"}],
    }


@jobs.job_kind("test.crash")
def crash(progress):
    raise RuntimeError("secret detail")


@jobs.job_kind("test.context")
def context(progress):
    return {
        "language": translation.get_language(),
        "origin": current_trace().origin,
        "words": gettext("done"),
    }


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    runs.clear()


@pytest.fixture
def done_at_once(django_capture_on_commit_callbacks):
    def ask(*args, **kwargs) -> Job:
        with django_capture_on_commit_callbacks(execute=True):
            job = jobs.ask(*args, actor=None, **kwargs)
        return Job.objects.get(pk=job.pk)

    return ask


def test_a_job_runs_after_commit_and_says_what_it_did(db, done_at_once):
    job = done_at_once("test.plain", title="One")
    assert (job.status, job.result, job.done, job.total) == (Job.Status.DONE, {"counts": [["new", 4]]}, 4, 4)
    with job.product.open() as product:
        assert (job.product_name, product.read()) == ("名单 2026.xlsx", b"rows")
    assert job.finished_at


@pytest.mark.django_db(transaction=True)
def test_a_job_asked_in_a_transaction_that_fails_never_runs():
    with transaction.atomic():
        jobs.ask("test.plain", title="One", actor=None)
        transaction.set_rollback(True)
    assert not Job.objects.exists()
    assert runs == []


def test_row_49_names_on_disk_are_made_by_nobody(db, done_at_once, tmp_path):
    source = ContentFile(b"in", name="../../张三 名单;rm.xlsx")
    job = done_at_once("test.plain", title="One", source=source)
    on_disk = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in on_disk} == {".xlsx"}
    assert all(len(path.stem) == 32 and set(path.stem) <= set("0123456789abcdef") for path in on_disk)
    assert len(on_disk) == 2
    assert not any(path.stat().st_mode & 0o111 for path in on_disk)
    assert job.source_name.endswith("名单;rm.xlsx")


def test_an_unknown_suffix_is_dropped(db, done_at_once, tmp_path):
    done_at_once("test.refusal", title="One", source=ContentFile(b"in", name="page.html"))
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [""]


def test_two_steps_wait_for_confirmation(db, done_at_once, django_capture_on_commit_callbacks):
    job = done_at_once("test.two_steps", title="Import", path="0001")
    assert (job.status, runs) == (Job.Status.CHECKED, ["check"])
    with django_capture_on_commit_callbacks(execute=True):
        jobs.confirm(job, actor=None, now=clock.now())
        jobs.confirm(job, actor=None, now=clock.now())
    job.refresh_from_db()
    assert (job.status, runs, job.result) == (
        Job.Status.DONE,
        ["check", "write"],
        {"counts": [["written", 2]]},
    )
    assert [e.action for e in AuditEntry.objects.order_by("pk")] == ["job.asked", "job.confirmed"]


def test_a_cancelled_job_is_not_confirmed(db, done_at_once):
    job = done_at_once("test.two_steps", title="Import", path="0001")
    assert jobs.cancel(job, actor=None, now=clock.now())
    assert not jobs.cancel(job, actor=None, now=clock.now())
    with pytest.raises(jobs.NotConfirmable):
        jobs.confirm(job, actor=None, now=clock.now())
    job.refresh_from_db()
    assert (job.status, runs) == (Job.Status.CANCELLED, ["check"])


def test_a_kind_with_a_permission_needs_its_place(db):
    with pytest.raises(ValueError, match="place"):
        jobs.ask("test.two_steps", title="Import", actor=None)


def test_a_refusal_is_told_in_its_own_words(db, done_at_once):
    job = done_at_once("test.refusal", title="One")
    assert (job.status, job.error) == (Job.Status.FAILED, "Row 3 has no name.")


def test_a_job_may_end_refused_with_reasons(db, done_at_once):
    job = done_at_once("test.refused_with_file", title="One")
    assert (job.status, job.error) == (Job.Status.REFUSED, "Three cells need mending.")
    assert job.result == {"refused": [{"where": "C4", "why": "x"}]}


def test_a_crash_tells_the_asker_nothing_of_the_inside(db, done_at_once):
    with pytest.raises(RuntimeError):
        done_at_once("test.crash", title="One")
    job = Job.objects.get()
    assert job.status == Job.Status.FAILED
    assert job.error
    assert "secret" not in job.error


def test_a_job_runs_once_however_often_its_message_comes(db, done_at_once):
    job = done_at_once("test.plain", title="One")
    jobs.run(job.pk, started_at=clock.now())
    Job.objects.filter(pk=job.pk).update(status=Job.Status.RUNNING)
    jobs.run(job.pk, started_at=clock.now())
    assert runs == ["plain"]


@pytest.mark.parametrize(("language", "words"), [("en", "done"), ("zh-hans", "完成")])
def test_a_job_speaks_and_signs_as_its_asker(db, done_at_once, language, words):
    with translation.override(language), traced(Trace(origin="10.1.2.3")):
        job = done_at_once("test.context", title="One")
    assert (job.result["language"], job.result["origin"]) == (language, "10.1.2.3")
    if language == "en":
        assert job.result["words"] == words


def test_progress_is_seen_while_the_one_transaction_is_open(db):
    job = Job.objects.create(kind="test.plain", title="One", status=Job.Status.RUNNING)
    progress = jobs.Progress(job)
    with transaction.atomic():
        progress.of(10)
        progress.at(10)
        seen = jobs.with_progress(Job.objects.get(pk=job.pk), clock.now())
    assert (seen.done, seen.total, seen.percent) == (10, 10, 100)


def test_tidy_closes_the_dead_restarts_the_lost_and_empties_the_old(db, django_capture_on_commit_callbacks):
    now = clock.now()
    long_ago = now - timedelta(hours=1)
    dead, alive, lost, old = (
        Job.objects.create(kind="test.plain", title=title, status=status)
        for title, status in [
            ("dead", Job.Status.RUNNING),
            ("alive", Job.Status.RUNNING),
            ("lost", Job.Status.QUEUED),
            ("old", Job.Status.DONE),
        ]
    )
    old.product.save("x.xlsx", ContentFile(b"x"))
    Job.objects.filter(pk=dead.pk).update(alive_at=long_ago)
    Job.objects.filter(pk=alive.pk).update(alive_at=now)
    Job.objects.filter(pk=lost.pk).update(updated_at=long_ago)
    Job.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        assert tidying.tidy(now=now) == tidying.Tidied(abandoned=1, restarted=1, emptied=1)
    assert dict(Job.objects.values_list("title", "status")) == {
        "dead": "failed", "alive": "running", "lost": "done", "old": "done",
    }  # fmt: skip
    old.refresh_from_db()
    assert not old.product
    assert tidying.tidy(now=now) == tidying.Tidied(0, 0, 0)


def test_a_file_that_no_job_names_goes_after_a_day(db, tmp_path, time_machine):
    kept = Job.objects.create(kind="test.plain", title="kept", status=Job.Status.DONE)
    kept.product.save("x.xlsx", ContentFile(b"x"))
    stray = tmp_path / "jobs" / "out" / f"{'0' * 32}.xlsx"
    stray.write_bytes(b"names")
    assert tidying.tidy(now=clock.now() + timedelta(hours=23)).strays == 0
    assert tidying.tidy(now=clock.now() + timedelta(hours=25)).strays == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / kept.product.name]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Nothing was changed"), ("zh-hans", "数据没有任何改动")]
)
def test_a_dead_job_is_closed_by_who_looks_and_in_its_askers_words(db, language, words):
    now = clock.now()
    job = Job.objects.create(
        kind="test.plain",
        title="dead",
        status=Job.Status.RUNNING,
        language=language,
        alive_at=now - 2 * jobs.SILENCE,
    )
    assert words in jobs.with_progress(job, now).error
    assert Job.objects.get().status == Job.Status.FAILED


def test_a_sign_of_life_that_comes_meanwhile_keeps_a_job_open(db):
    now = clock.now()
    job = Job.objects.create(
        kind="test.plain", title="slow", status=Job.Status.RUNNING, alive_at=now - 2 * jobs.SILENCE
    )
    Job.objects.update(alive_at=now)
    assert not jobs.close(job, now=now)
    assert Job.objects.get().status == Job.Status.RUNNING


def test_a_page_does_not_wait_where_there_is_no_broker(db, settings, monkeypatch):
    """In a request the work is handed to the thread; a command does it itself."""
    settings.JOBS_IN_THREAD = True
    handed: list[int] = []
    monkeypatch.setattr(jobs, "_run_in_thread", lambda job_id: handed.append(job_id))
    jobs._start(0)
    assert handed == []
    with traced(Trace(request_id="abc")):
        jobs._start(7)
    jobs._thread().submit(lambda: None).result(timeout=5)
    assert handed == [7]


@pytest.mark.django_db(transaction=True)
def test_the_thread_does_the_work(settings):
    """On a file database a second connection sees the job; SQLite's test database in memory has only one."""
    from django.db import connection

    if connection.vendor == "sqlite":
        pytest.skip("needs a database that two connections share")
    settings.JOBS_IN_THREAD = True
    with traced(Trace(request_id="abc")):
        job = jobs.ask("test.plain", title="One", actor=None)
    jobs._thread().submit(lambda: None).result(timeout=10)
    job.refresh_from_db()
    assert job.status == Job.Status.DONE
    assert threading.current_thread() is threading.main_thread()
