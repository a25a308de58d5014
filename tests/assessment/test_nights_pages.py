"""The page of the nights: how each part stands, why one failed, and counting it again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils.formats import date_format

from accounts.scopes import Scope
from assessment.enums import PartState
from assessment.models import PointEntry, UnitMetric
from assessment.queries.night_board import nights, part_of
from assessment.queries.shards import shard_at
from assessment.services import night, posting, recounts
from portal import nightly
from portal.home.queries import todo
from portal.kernel import runs
from portal.kernel.models import AuditEntry, Job, Run
from tests.assessment.facts import came, held, scheme
from tests.queries import assert_same_queries
from tests.world import NOW, TODAY

PAGE = "/admin/kernel/run/nights/"
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def english(settings, at_noon):
    settings.LANGUAGE_CODE = "en"


def broken_night(world, monkeypatch, error=None):
    """The first station's points fail, with a lecture to count on the day; the other parts are counted."""
    scheme(world, {"code": "lecture"})
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))
    write = posting.write

    def fail_for_one(found, **how):
        if world.stations[0].path in {shard.path for _outlook, shard, _cause in found}:
            raise error or ValueError("broken")
        return write(found, **how)

    with monkeypatch.context() as broken:
        broken.setattr(posting, "write", fail_for_one)
        return list(nightly.run(TODAY))


def of(world, number=0, *, step="points", day=TODAY):
    return {"step": step, "shard": world.stations[number].path, "day": day.isoformat()}


def recount(client, query):
    return client.post(f"{PAGE}recount/?" + "&".join(f"{key}={value}" for key, value in query.items()))


def state(world, number=0, *, step="points", day=TODAY, path=""):
    return part_of(step, path or world.stations[number].path, day, now=NOW).state


def test_a_whole_night_is_shown_part_by_part(world, office):
    list(nightly.run(TODAY))
    page = office("county_staff").get(PAGE)
    shown = page.context["night"]
    assert shown.is_whole
    assert not page.context["troubles"]
    assert {(part.step, part.shard) for part in shown.parts} == {
        ("metrics", world.county.path),
        ("appraisal", world.county.path),
        ("points", world.county.path),
        ("points", world.department.path),
        *(("points", station.path) for station in world.stations),
    }
    assert b"hx-get" not in page.content
    assert "people looked at: " in office("county_staff").get(reverse("admin:kernel_run_changelist")).text


def test_a_failed_shard_is_shown_with_its_error_in_words(world, office, monkeypatch):
    broken_night(world, monkeypatch)
    page = office("county_admin").get(PAGE)
    text = page.content.decode()
    assert "Something unforeseen happened" in text
    assert "<details>" in text
    assert "ValueError: broken" in text
    assert "fail_for_one" in text
    assert page.context["night"].settled == len(page.context["night"].parts) - 2
    assert state(world, path=world.county.path, step="metrics") == PartState.WAITING
    assert f"?step=points&amp;shard={world.stations[0].path}&amp;day={TODAY}" in text
    failed = Run.objects.get(status=Run.Status.FAILED)
    page = office("county_admin").get(reverse("admin:kernel_run_change", args=[failed.pk]))
    assert f"points of {date_format(TODAY)} · Town 0 <small" in page.content.decode()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError("x"), "too little memory"),
        (LookupError("x"), "no longer there"),
        (ValueError("x"), "unforeseen"),
    ],
)
def test_each_kind_of_error_has_its_sentence(world, monkeypatch, error, words):
    broken_night(world, monkeypatch, error)
    assert words in recounts.reason_of(part_of("points", world.stations[0].path, TODAY, now=NOW))


def test_a_failed_shard_is_counted_again_from_the_page(
    world, office, monkeypatch, django_capture_on_commit_callbacks
):
    broken_night(world, monkeypatch)
    client = office("county_admin")
    assert "nothing is counted twice" in client.get(f"{PAGE}recount/", of(world)).content.decode()
    assert not PointEntry.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        asked = recount(client, of(world))
    job = Job.objects.get()
    assert asked["Location"] == reverse("job", args=[job.pk])
    assert (job.status, job.kind, job.path) == (Job.Status.DONE, recounts.KIND, world.stations[0].path)
    assert "Back to this night" in client.get(asked["Location"]).content.decode()
    assert PointEntry.objects.get().person == world.parents[0]
    assert UnitMetric.objects.filter(day=TODAY, unit=world.county).exists()
    assert nights(Scope.of(world.county.path), now=NOW)[0].is_whole
    entry = AuditEntry.objects.get(action="night.recount")
    assert (entry.actor, entry.path) == (world.staff["county_admin"], world.stations[0].path)
    assert (entry.summary["step"], entry.summary["was"]) == ("points", "failed")


def test_a_day_already_counted_says_that_nothing_needs_doing(world, office):
    list(nightly.run(TODAY))
    client = office("county_admin")
    for answer in (client.get(f"{PAGE}recount/", of(world)), recount(client, of(world))):
        assert "counted already. Nothing needs doing." in answer.content.decode()
    assert not Job.objects.exists()
    assert not AuditEntry.objects.filter(action="night.recount").exists()


def test_a_recount_goes_on_to_the_last_night_of_the_county(
    world, office, monkeypatch, django_capture_on_commit_callbacks
):
    broken_night(world, monkeypatch)
    tomorrow = TODAY + timedelta(days=1)
    night.count_points(shard_at(world.stations[1].path), tomorrow)
    with django_capture_on_commit_callbacks(execute=True):
        recount(office("county_admin"), of(world))
    assert state(world) == state(world, day=tomorrow) == PartState.DONE
    assert state(world, day=tomorrow, path=world.department.path) == PartState.MISSING


def test_a_recount_that_fails_again_says_why(world, office, monkeypatch, django_capture_on_commit_callbacks):
    broken_night(world, monkeypatch)
    monkeypatch.setattr(night, "look", lambda *args, **how: 1 / 0)
    with django_capture_on_commit_callbacks(execute=True):
        recount(office("county_admin"), of(world))
    job = Job.objects.get()
    assert job.status == Job.Status.FAILED
    assert "unforeseen" in job.error
    assert state(world) == PartState.FAILED


def test_asking_twice_asks_once(world, office, monkeypatch):
    broken_night(world, monkeypatch)
    client = office("county_admin")
    assert recount(client, of(world))["Location"] == recount(client, of(world))["Location"]
    assert Job.objects.count() == 1


def test_what_began_long_ago_and_never_ended_is_cut_off(world, office, django_capture_on_commit_callbacks):
    scheme(world, {"code": "lecture"})
    list(nightly.run(TODAY))
    run = Run.objects.get(step="points", shard=world.stations[0].path)
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.STARTED, finished_at=None, started_at=NOW - timedelta(minutes=5)
    )
    client = office("county_admin")
    page = client.get(PAGE)
    assert state(world) == PartState.RUNNING
    assert b'hx-get="?day=' in page.content
    assert "being counted right now" in recount(client, of(world)).content.decode()
    Run.objects.filter(pk=run.pk).update(started_at=NOW - runs.STUCK_AFTER - timedelta(seconds=1))
    assert state(world) == PartState.STUCK
    assert "cut off" in client.get(PAGE).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        recount(client, of(world))
    assert state(world) == PartState.DONE


def test_figures_and_sheets_of_the_county_are_counted_again_too(
    world, office, monkeypatch, django_capture_on_commit_callbacks
):
    list(nightly.run(TODAY))
    Run.objects.filter(step="metrics").update(status=Run.Status.FAILED, error="MemoryError: x")
    query = {"step": "metrics", "shard": world.county.path, "day": TODAY.isoformat()}
    with django_capture_on_commit_callbacks(execute=True):
        recount(office("county_admin"), query)
    assert state(world, path=world.county.path, step="metrics") == PartState.DONE


def test_what_a_later_day_made_up_for_needs_nothing(world, office):
    list(nightly.run(YESTERDAY))
    list(nightly.run(TODAY))
    Run.objects.filter(day=YESTERDAY, step="metrics").update(status=Run.Status.FAILED, error="ValueError: x")
    assert state(world, path=world.county.path, step="metrics", day=YESTERDAY) == PartState.CAUGHT_UP
    assert todo.nights_to_mend(world.staff["county_admin"], now=NOW) == []
    Run.objects.filter(day=TODAY, step="metrics").update(status=Run.Status.FAILED, error="ValueError: x")
    waiting = todo.nights_to_mend(world.staff["county_admin"], now=NOW)
    assert [(one.words, one.url) for one in waiting] == [
        ("2 parts of the night failed", f"{PAGE}?day={TODAY}")
    ]
    assert todo.nights_to_mend(world.staff["county_staff"], now=NOW) == []


def test_who_looks_and_who_counts_again(world, office, monkeypatch):
    broken_night(world, monkeypatch)
    for name in ("station_lead:0", "school_lead:0", "inspector", "liaison"):
        client = office(name)
        assert client.get(PAGE).status_code == 404
        assert client.get(f"{PAGE}recount/", of(world)).status_code == 404
    staff = office("county_staff")
    assert b"recount/" not in staff.get(PAGE).content
    assert recount(staff, of(world)).status_code == 404
    assert not Job.objects.exists()


def test_another_countys_shard_is_not_found(world, office):
    """Neither shown nor counted again."""
    list(nightly.run(TODAY))
    Run.objects.create(step="points", day=TODAY, shard="00020001", status=Run.Status.FAILED, started_at=NOW)
    client = office("county_admin")
    assert "00020001" not in client.get(PAGE).content.decode()
    foreign = {"step": "points", "shard": "00020001", "day": TODAY.isoformat()}
    assert recount(client, foreign).status_code == 404
    listed = client.get(reverse("admin:kernel_run_changelist")).context["cl"].queryset
    assert not listed.filter(shard="00020001").exists()
    for wrong in ({**of(world), "day": "x"}, {**of(world), "step": "x"}, {**of(world), "shard": "00010009"}):
        assert client.get(f"{PAGE}recount/", wrong).status_code == 404


def test_row_64_nobody_changes_a_run_here(world, office, rf):
    request = rf.get("/")
    request.user = world.staff["county_admin"]
    kept = admin.site._registry[Run]
    assert not any(getattr(kept, f"has_{verb}_permission")(request) for verb in ("add", "change", "delete"))


def test_the_page_and_the_list_ask_as_much_for_more_nights(world, office):
    client = office("county_staff")
    list(nightly.run(YESTERDAY))

    def more():
        list(nightly.run(TODAY + timedelta(days=2)))

    def look():
        assert client.get(PAGE).status_code == 200
        assert client.get(reverse("admin:kernel_run_changelist")).status_code == 200

    assert_same_queries(look, more, at_most=18)


def test_before_the_first_night_the_page_says_so(world, office):
    assert "No night has been counted yet" in office("county_admin").get(PAGE).content.decode()
    assert office("county_admin").get(PAGE, {"day": TODAY.isoformat()}).status_code == 404
