from __future__ import annotations

import os

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import TransactionTestCase
from hypothesis import settings

from portal.kernel import append_only
from tests.browser import CHROMIUM, browser, desktop, phone, sign_in
from tests.threads import shared_database
from tests.workers import HAS_SERVICES, worker, worker_process
from tests.world import World, build_world

OWN = ("kernel", "accounts", "parentschool", "training", "events", "assessment")
GUARDED = ("kernel_auditentry", "assessment_pointentry", "assessment_batch")

MIGRATED: list[models.Model] = []

# CI tries the same examples every time: a change is judged by itself. The nightly profile looks for new ones.
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_teardown = TransactionTestCase._fixture_teardown


def _teardown_without_guards(self: TransactionTestCase) -> None:
    """Flushing between tests is the one DELETE the guarded tables must let through."""
    for table in GUARDED:
        append_only.run(connection, table, install=False)
    try:
        _teardown(self)
        for row in MIGRATED:
            row.save_base(raw=True, force_insert=True)
    finally:
        for table in GUARDED:  # what follows a flush may have put some guards back already
            append_only.keep_guard(connection, table)


TransactionTestCase._fixture_teardown = _teardown_without_guards


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Remember the rows that migrations brought: the flush after a test with real transactions drops them."""
    with django_db_blocker.unblock():
        ours = [model for label in OWN for model in apps.get_app_config(label).get_models()]
        MIGRATED[:] = [row for model in ours for row in model._base_manager.all()]


__all__ = [
    "browser",
    "desktop",
    "phone",
    "shared_database",
    "sign_in",
    "worker",
    "worker_process",
]  # fixtures for every test

LACKING = {
    "browser": None if CHROMIUM else "no Chromium was found; install chromium and fonts-noto-cjk",
    "services": None if HAS_SERVICES else "DATABASE_URL and REDIS_URL are not set; see `make test-services`",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser or a worker; skip what this machine lacks, unless nothing may be skipped."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"browser", "desktop", "phone"}:
            item.add_marker("browser")
        if "worker" in fixtures:
            item.add_marker("services")
        for marker, reason in LACKING.items():
            needed = marker == "browser" and bool(os.environ.get("NO_SKIPS"))
            if reason and item.get_closest_marker(marker) and not needed:
                item.add_marker(pytest.mark.skip(reason=reason))


class LongFirst:
    """So that no process is left alone with a long file in the end. After Django's own order has been made."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LongFirst())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for marker, reason in LACKING.items():
        count = sum(reason in text for text in reasons) if reason else 0
        if count:
            terminalreporter.write_line(f"{count} {marker} tests were skipped: {reason}.", yellow=True)


@pytest.fixture
def world(db) -> World:
    return build_world()
