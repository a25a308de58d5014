from __future__ import annotations

import socket
import time

import pytest
from kombu.exceptions import OperationalError

from portal.kernel import caching, jobs
from portal.kernel.caching import JsonSerializer, SteadyRedisCache
from portal.kernel.models import Job
from portal.kernel.tasks import run_job
from portal.kernel.tidying import tidy
from tests.caches import OwnKeys
from tests.serving import free_port


@pytest.fixture(autouse=True)
def forgotten():
    caching._away_until.clear()


def steady(port: int) -> SteadyRedisCache:
    cache = SteadyRedisCache(f"redis://127.0.0.1:{port}/0", {})
    cache._memory.clear()
    return cache


def test_values_come_back_as_they_went():
    serializer = JsonSerializer()
    for value in (0, 17, 1.5, True, None, "三星", [1.5, "a"], {"a": [1]}):
        stored = serializer.dumps(value)
        assert serializer.loads(str(stored).encode()) == value


def test_whole_numbers_stay_bare_so_that_redis_can_count():
    assert JsonSerializer().dumps(17) == 17


def test_without_redis_the_process_remembers_by_itself():
    cache = steady(free_port())
    assert cache.add("lock", 1) is True
    assert cache.add("lock", 1) is False
    cache.set("tries", 1)
    assert cache.incr("tries") == 2
    assert steady_again(cache).get("tries") == 2, "another thread of the process"
    assert cache.touch("tries", 60) is True
    assert cache.delete("tries") is True
    assert cache.get("tries", "none") == "none"
    assert cache.is_away()


def steady_again(cache: SteadyRedisCache) -> SteadyRedisCache:
    return SteadyRedisCache(cache._server, {})


def test_nobody_waits_long_for_a_redis_that_does_not_answer():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        cache, began = steady(silent.getsockname()[1]), time.monotonic()
        for n in range(50):
            cache.set(f"key-{n}", n)
        assert cache.get("key-49") == 49
        assert time.monotonic() - began < 3 * caching.PATIENCE


def test_redis_is_asked_again_after_a_while(monkeypatch):
    cache = steady(free_port())
    cache.set("tries", 1)
    asked = []
    monkeypatch.setattr(cache._redis, "get", lambda *a: asked.append(a) or "there")
    assert cache.get("tries") == 1
    assert asked == []
    caching._away_until[cache._server] = time.monotonic() - 1
    assert cache.get("tries") == "there"
    assert not cache.is_away()


def test_a_job_asked_for_while_the_broker_is_away_is_kept_and_started_later(
    db, monkeypatch, django_capture_on_commit_callbacks
):
    tried = []

    def away(job_id):
        tried.append(job_id)
        raise OperationalError("Error 111 connecting to redis:6379. Connection refused.")

    monkeypatch.setattr(run_job, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.ask("school_import", title="Schools", actor=None, path="0001")
    job.refresh_from_db()
    assert (tried, job.status) == ([job.pk], Job.Status.QUEUED)
    with django_capture_on_commit_callbacks(execute=True):
        tidy(now=job.updated_at + jobs.SILENCE * 2)
    assert tried == [job.pk, job.pk]


@pytest.mark.services
def test_clearing_leaves_what_another_process_of_the_suite_keeps(settings):
    options = {"serializer": "portal.kernel.caching.JsonSerializer"}
    ours, other = (
        OwnKeys(settings.REDIS_URL, {"KEY_PREFIX": name, "OPTIONS": options}) for name in ("one", "another")
    )
    for cache in (ours, other):
        cache.set("counted", 5)
    ours.clear()
    assert (ours.get("counted"), other.get("counted")) == (None, 5)
    other.clear()
