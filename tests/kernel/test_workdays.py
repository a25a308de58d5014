"""The clock of working days: the published year, the arithmetic, the command and the office page."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import special_days
from portal.kernel.models import AuditEntry, SpecialDay
from portal.kernel.workdays import add_workdays, is_workday, workdays_between
from tests.world import NOW

DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
EXCEPTIONS = st.dictionaries(st.dates(date(2025, 1, 1), date(2028, 12, 31)), st.booleans(), max_size=40)


@pytest.fixture
def year(db):
    special_days.load_year(2026, actor=None, now=NOW)
    return special_days.exceptions()


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-01-01", False),  # 元旦, a Thursday
        ("2026-01-02", False),
        ("2026-01-04", True),  # a Sunday that is worked
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-04-06", False),
        ("2026-05-09", True),
        ("2026-06-19", False),
        ("2026-06-20", False),
        ("2026-09-20", True),
        ("2026-09-25", False),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2026-11-25", True),
    ],
)
def test_the_published_year_2026(year, day, worked):
    assert is_workday(date.fromisoformat(day), year) is worked


def test_the_year_has_the_working_days_that_the_notice_leaves(year):
    """39 days stand in the notice: 33 off, 6 worked."""
    assert len(year) == 39
    off = [day for day, worked in year.items() if not worked and day.weekday() < 5]
    worked = [day for day, worked in year.items() if worked]
    assert all(day.weekday() >= 5 for day in worked)
    whole = workdays_between(date(2025, 12, 31), date(2026, 12, 31), year)
    assert whole == 365 - 104 - len(off) + len(worked)


def test_a_term_runs_round_the_national_day(year):
    assert add_workdays(date(2026, 9, 30), 3, year) == date(2026, 10, 10)
    assert add_workdays(date(2026, 9, 30), 4, year) == date(2026, 10, 12)
    assert workdays_between(date(2026, 9, 30), date(2026, 10, 12), year) == 4
    with pytest.raises(ValueError, match="-1"):
        add_workdays(date(2026, 9, 30), -1, year)


@given(DAYS, st.integers(0, 40), EXCEPTIONS)
def test_adding_and_counting_are_each_others_inverse(day, number, exceptions):
    due = add_workdays(day, number, exceptions)
    assert workdays_between(day, due, exceptions) == number
    assert workdays_between(due, day, exceptions) == -number
    assert number == 0 or is_workday(due, exceptions)


@given(DAYS, DAYS, DAYS, EXCEPTIONS)
def test_counting_adds_up(a, b, c, exceptions):
    assert workdays_between(a, c, exceptions) == workdays_between(a, b, exceptions) + workdays_between(
        b, c, exceptions
    )


def test_loading_again_keeps_what_the_county_entered(db):
    SpecialDay.objects.create(day=date(2026, 10, 10), is_worked=False, name="county's own")
    out = StringIO()
    call_command("load_holidays", stdout=out)
    call_command("load_holidays", "2026", stdout=out)
    assert special_days.exceptions()[date(2026, 10, 10)] is False
    assert AuditEntry.objects.filter(action="holidays.load").count() == 1
    with pytest.raises(CommandError):
        call_command("load_holidays", "1999")


@pytest.fixture
def office(world, client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.as_("county_admin"), backend="accounts.backends.RoleBackend")
    return client


def test_the_county_enters_and_takes_out_days(world, office):
    url = reverse("admin:kernel_specialday_add")
    monday = {"day": "2027-02-08", "name": "春节"}
    assert office.post(url, monday).status_code == 302
    assert special_days.exceptions() == {date(2027, 2, 8): False}
    for wrong in ({**monday}, {"day": "2027-02-09", "name": "春节", "is_worked": "on"}):
        page = office.post(url, wrong)
        assert page.status_code == 200
        assert page.context["adminform"].form.errors
    row = SpecialDay.objects.get()
    history = office.get(reverse("admin:kernel_specialday_history", args=[row.pk]))
    assert [str(act) for _entry, act, _details in history.context["acts"]] == ["新增"]
    assert office.get(reverse("admin:kernel_specialday_changelist"), {"year": "2027"}).status_code == 200
    office.post(reverse("admin:kernel_specialday_delete", args=[row.pk]), {"post": "yes"})
    assert special_days.exceptions() == {}
    acts = AuditEntry.objects.filter(action__startswith="kernel.").order_by("pk")
    assert [act.action for act in acts] == ["kernel.add_specialday", "kernel.delete_specialday"]
    assert {act.path for act in acts} == {world.county.path}


def test_only_the_county_administrator_keeps_the_calendar(world, client, settings):
    settings.STAFF_SECOND_FACTOR = False
    for name in ("county_staff", "station_lead:0", "inspector"):
        client.force_login(world.as_(name), backend="accounts.backends.RoleBackend")
        assert client.get(reverse("admin:kernel_specialday_changelist")).status_code in (403, 404)
