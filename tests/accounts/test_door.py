"""The door before every page: times of sessions, and staff by password alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts.middleware import FOR_SECOND_FACTOR
from portal.kernel.models import Job
from tests.matrix.test_matrix import routes
from tests.signing_in import enter
from tests.world import NOW

LOGIN = "/accounts/login/"
MINUTES, HOURS, DAYS = (lambda n, unit=unit: timedelta(**{unit: n}) for unit in ("minutes", "hours", "days"))


def open_at(client, moment, time_machine, page="/accounts/password/change/") -> bool:
    time_machine.move_to(moment, tick=False)
    answer = client.get(page)
    return not (answer.status_code == 302 and answer.url.startswith(LOGIN))


@pytest.fixture
def lead(world, client, time_machine):
    time_machine.move_to(NOW, tick=False)
    return enter(client, world.staff["school_lead:0"])


@pytest.fixture
def parent(world, client, time_machine):
    time_machine.move_to(NOW, tick=False)
    return enter(client, world.parents[0], second_factor=False)


def test_row_25_staff_are_signed_out_after_half_an_hour_of_rest(lead, time_machine):
    assert open_at(lead, NOW, time_machine)
    assert open_at(lead, NOW + MINUTES(30) - timedelta(seconds=1), time_machine)
    last = NOW + MINUTES(30) - timedelta(seconds=1)
    assert not open_at(lead, last + MINUTES(30), time_machine)


def test_row_25_staff_are_signed_out_after_twelve_hours_of_work(lead, time_machine):
    for minute in range(0, 12 * 60, 20):
        assert open_at(lead, NOW + MINUTES(minute), time_machine)
    assert open_at(lead, NOW + HOURS(12) - timedelta(seconds=1), time_machine)
    assert not open_at(lead, NOW + HOURS(12), time_machine)


def test_row_25_parents_are_signed_out_after_seven_and_thirty_days(parent, time_machine):
    for day in range(0, 30, 6):
        assert open_at(parent, NOW + DAYS(day), time_machine)
    assert open_at(parent, NOW + DAYS(30) - timedelta(seconds=1), time_machine)
    assert not open_at(parent, NOW + DAYS(30), time_machine)


def test_row_25_a_parent_who_rests_for_seven_days(parent, time_machine):
    assert open_at(parent, NOW, time_machine)
    assert not open_at(parent, NOW + DAYS(7), time_machine)


def test_a_page_that_asks_by_itself_is_nobody_at_work(lead, world, time_machine):
    job = Job.objects.create(
        kind="accounts.import_unit",
        title="x",
        asked_by=world.staff["school_lead:0"],
        status=Job.Status.RUNNING,
    )
    assert open_at(lead, NOW, time_machine)
    for minute in range(1, 30):
        open_at(lead, NOW + MINUTES(minute), time_machine, reverse("job_progress", args=[job.pk]))
    assert not open_at(lead, NOW + MINUTES(30), time_machine)


def test_the_way_back_is_kept_and_the_reason_said(lead, time_machine, settings):
    settings.LANGUAGE_CODE = "en"
    lead.get("/admin/")
    time_machine.move_to(NOW + HOURS(1), tick=False)
    answer = lead.get("/admin/?q=1", follow=True)
    assert answer.redirect_chain == [("/accounts/login/?next=/admin/%3Fq%3D1", 302)]
    assert "signed out because nothing happened" in answer.content.decode()


def test_a_part_of_a_page_sends_the_whole_page_to_the_door(lead, time_machine):
    lead.get("/admin/")
    time_machine.move_to(NOW + HOURS(1), tick=False)
    answer = lead.get("/admin/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith(LOGIN)


def every_address(world) -> dict[str, str]:
    """Each route of the portal with an address that resolves to it."""
    found = {}
    for name in routes(get_resolver()):
        for arguments in ((), (1,), ("1",), ("events", "event"), (world.schools[0].pk, "x"), ("x",)):
            try:
                found[name] = reverse(name, args=arguments)
                break
            except NoReverseMatch:
                continue
    return found


@pytest.mark.parametrize("method", ["get", "post"])
def test_row_14_staff_by_password_alone_reach_no_page_but_the_set_up(world, method):
    """Every route of the portal, by every role of staff."""
    addresses = every_address(world)
    open_pages = {reverse(name) for name in FOR_SECOND_FACTOR}
    assert len(addresses) > 80
    assert {"admin:index", "job_list", "api:unit-list", "admin:accounts_person_changelist"} <= set(addresses)
    for who in ("county_admin", "station_lead:0", "school_lead:0", "class_teacher:0", "inspector"):
        client = enter(Client(raise_request_exception=False), world.staff[who], second_factor=False)
        for name, address in addresses.items():
            if address in open_pages:
                continue
            answer = getattr(client, method)(address)
            assert answer.status_code == 302, (who, name, answer.status_code)
            assert answer.url == reverse("mfa_activate_totp"), (who, name, answer.url)


def test_what_stays_open_shows_nothing_of_anybody(world):
    """The pages open to staff by password alone, named one by one."""
    assert {
        "healthz",
        "set_language",
        "text_size",
        "jsi18n",
        "account_logout",
        "mfa_activate_totp",
        "account_reauthenticate",
        "mfa_reauthenticate",
    } == FOR_SECOND_FACTOR
