"""The `worker` fixture: tasks go through Redis to a real Celery worker in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from portal.celery import app

HAS_SERVICES = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


@pytest.fixture(scope="session")
def worker_process(django_db_setup) -> Iterator[subprocess.Popen[bytes]]:
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    test_database = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{test_database}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = (
        f"celery --app portal worker --pool solo --loglevel WARNING --queues {queue} --hostname {queue}@%h"
    )
    process = subprocess.Popen([sys.executable, "-m", *command.split()], env=environment)
    try:
        for _ in range(60):
            if app.control.ping(timeout=0.5):
                break
            if process.poll() is not None:
                raise RuntimeError("the worker did not start")
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def worker(transactional_db, worker_process) -> Iterator[subprocess.Popen[bytes]]:
    """While a test holds this, a delayed task runs in the worker; the test waits for what it should see."""
    app.conf.task_always_eager = False
    yield worker_process
    app.conf.task_always_eager = True
    wait_until_idle()


def wait_until_idle() -> None:
    """What the worker still wrote later would be found by another test. It answers between two tasks."""
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    asked = app.control.inspect(pattern=f"{queue}@*", matcher="glob", timeout=30, limit=1)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with app.connection_for_read() as link:
            waiting = link.default_channel.client.llen(queue)
        told = (asked.active(), asked.reserved())
        if not waiting and all(told) and not any(any(tasks.values()) for tasks in told):
            return
    raise RuntimeError("the worker comes to no end")
