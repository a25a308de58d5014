"""Signing in, the second factor, people and jobs, as a school lead and a county walk them in a browser."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.services import passwords
from portal.kernel import clock
from portal.kernel.models import Job
from tests.browser import faults_of_access, shoot
from tests.signing_in import code_now

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "paper boat copper lantern"


def fill_sign_in(page, name, password):
    page.fill("#id_login", name)
    page.fill("#id_password", password)
    page.click("main form.card button[type=submit]")


def test_a_lead_walks_from_the_one_time_password_to_the_work(world, phone, settings):
    settings.STAFF_SECOND_FACTOR = True
    first = passwords.issue_first_password(world.as_("school_lead:0"), actor=None, now=clock.now())
    phone.goto(reverse("account_login") + "?way=password")
    shoot(phone, "door-login")
    assert faults_of_access(phone) == []
    fill_sign_in(phone, "school_lead_0", "wrong password")
    shoot(phone, "door-login-wrong")
    assert phone.locator("[role=alert]:visible").count() == 1
    fill_sign_in(phone, "school_lead_0", first)
    assert phone.url.endswith(reverse("account_change_password"))
    shoot(phone, "door-password")
    assert faults_of_access(phone) == []
    phone.fill("#id_oldpassword", first)
    phone.fill("#id_password1", NEW)
    phone.fill("#id_password2", NEW)
    phone.click("main form.card button[type=submit]")
    assert phone.url.endswith(reverse("mfa_activate_totp"))
    shoot(phone, "door-totp")
    assert faults_of_access(phone) == []
    phone.fill("#id_code", code_now(phone.input_value("#authenticator_secret")))
    phone.click("main form.card button[type=submit]")
    assert phone.url.endswith(reverse("mfa_view_recovery_codes"))
    shoot(phone, "door-codes")
    assert faults_of_access(phone) == []
    assert phone.locator("code").count() == 10
    phone.click("text=已保存")
    assert reverse("account_login") not in phone.url


def test_the_county_finds_a_person_by_number_and_sees_it_whole(world, desktop, sign_in):
    sign_in(desktop, world.staff["county_admin"])
    desktop.goto(reverse("admin:accounts_person_changelist"))
    shoot(desktop, "people-list")
    assert faults_of_access(desktop) == []
    desktop.fill("#searchbar", "138 0000 0000")
    desktop.press("#searchbar", "Enter")
    desktop.wait_for_url(f"**{reverse('admin:accounts_person_change', args=[world.parents[0].pk])}")
    assert "13800000000" not in desktop.content()
    shoot(desktop, "people-person")
    desktop.click("text=查看完整手机号")
    shoot(desktop, "people-unmask")
    assert faults_of_access(desktop) == []
    desktop.fill("#id_reason", "联系家长确认家访")
    desktop.click("#content input[type=submit]")
    assert "13800000000" in desktop.content()
    shoot(desktop, "people-unmasked")
    desktop.goto(reverse("admin:accounts_roleassignment_add"))
    shoot(desktop, "people-appoint")
    desktop.goto(reverse("admin:kernel_auditentry_changelist"))
    shoot(desktop, "people-audit")
    assert faults_of_access(desktop) == []


def test_a_job_moves_by_itself_and_ends_in_its_result(world, desktop, sign_in):
    lead = world.staff["county_admin"]
    job = Job.objects.create(
        kind="school_import",
        title="导入学校名单",
        asked_by=lead,
        path=world.county.path,
        status=Job.Status.RUNNING,
        done=40,
        total=120,
        alive_at=clock.now(),
    )
    sign_in(desktop, lead)
    desktop.goto(reverse("job", args=[job.pk]))
    shoot(desktop, "jobs-running")
    assert faults_of_access(desktop) == []
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED, error="第 3 行没有学校名称。")
    desktop.wait_for_selector(".errornote")
    shoot(desktop, "jobs-failed")
    desktop.goto(reverse("job_list"))
    shoot(desktop, "jobs-list")
    assert faults_of_access(desktop) == []
