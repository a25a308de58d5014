"""Two records of one person, found and joined by the office."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Person
from accounts.services.authority import NotYours
from accounts.services.joining import JoiningRefused, join_records
from parentschool.models import Guardianship
from portal.kernel.models import AuditEntry
from tests.browser import faults_of_access, shoot
from tests.queries import assert_same_queries
from tests.world import NOW, appoint, person

REASON = {"reason": "same person, seen the ID"}


@pytest.fixture(autouse=True)
def english(settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    settings.LANGUAGE_CODE = "en"
    time_machine.move_to(NOW)


@pytest.fixture
def lead(world, client):
    client.force_login(world.as_("school_lead:0"))
    return client


@pytest.fixture
def double(world):
    """The father of the first child once more, without a phone, guardian of the child of next door."""
    made = person(world.parents[0].name, home=world.schools[0])
    Guardianship.objects.create(guardian=made, child=world.children[1], relation="father")
    return made


def page_of(who, other=None):
    return reverse("admin:accounts_person_join", args=[who.pk]) + (f"?with={other.pk}" if other else "")


def test_the_suspected_double_is_found_by_name_or_number_and_within_reach(world, lead, double):
    one = world.parents[0]
    person(one.name, home=world.schools[1])
    by_number = person("Otherwise written", home=world.schools[0], phone=one.phone)
    person("Somebody else", home=world.schools[0])
    assert set(lead.get(page_of(one)).context["doubles"]) == {double, by_number}
    link = page_of(one)
    assert link in lead.get(reverse("admin:accounts_person_change", args=[one.pk])).content.decode()


def test_the_preview_writes_nothing_and_says_what_moves(world, lead, double):
    before = AuditEntry.objects.count()
    answer = lead.get(page_of(world.parents[0], double))
    joining = answer.context["joining"]
    assert (joining.kept, joining.gone) == (world.parents[0], double)
    assert joining.moves == [("guardianships", 1)]
    assert "Join the two records" in answer.content.decode()
    assert AuditEntry.objects.count() == before
    assert Person.objects.get(pk=double.pk).joined_into is None


def test_joined_for_a_reason_which_the_audit_keeps(world, lead, double):
    one = world.parents[0]
    refused = lead.post(page_of(one, double), {"reason": ""})
    assert refused.status_code == 200
    assert Person.objects.get(pk=double.pk).joined_into is None
    answer = lead.post(page_of(one, double), REASON)
    assert answer.url == reverse("admin:accounts_person_change", args=[one.pk])
    assert Person.objects.get(pk=double.pk).joined_into == one
    assert one.guardianships.filter(child=world.children[1]).exists()
    entry = AuditEntry.objects.get(action="person.join")
    assert (entry.actor, entry.summary["gone"]) == (world.staff["school_lead:0"], double.pk)
    assert entry.summary["reason"] == REASON["reason"]
    assert lead.get(page_of(double)).context["doubles"] == []


def test_a_second_press_joins_nothing_more(world, double):
    lead, one = world.as_("school_lead:0"), world.parents[0]
    for _ in range(2):
        assert join_records(one, double, reason="same", actor=lead, now=NOW) == one
    assert AuditEntry.objects.filter(action="person.join").count() == 1


def test_row_04_a_record_of_next_door_is_not_there(world, lead):
    far = person(world.parents[0].name, home=world.schools[1])
    page = page_of(world.parents[0], far)
    assert lead.get(page).status_code == lead.post(page, REASON).status_code == 404
    with pytest.raises(NotYours):
        join_records(world.parents[0], far, reason="x", actor=world.as_("school_lead:0"), now=NOW)
    assert Person.objects.get(pk=far.pk).joined_into is None


@pytest.mark.parametrize("nonsense", ["x", "0", "9" * 30])
def test_nonsense_is_not_found(world, lead, nonsense):
    assert lead.get(page_of(world.parents[0]) + f"?with={nonsense}").status_code == 404


def test_what_cannot_be_one_is_refused_with_the_reason(world, lead, double):
    other = person(double.name, home=world.schools[0], phone="13700000009")
    page = lead.get(page_of(world.parents[0], other)).content.decode()
    assert "different numbers" in page
    assert 'name="reason"' not in page
    stranger = person("Somebody else", home=world.schools[0])
    with pytest.raises(JoiningRefused):
        join_records(double, stranger, reason="x", actor=world.as_("school_lead:0"), now=NOW)


def test_a_record_with_a_wider_role_is_out_of_hand(world, lead, double):
    wider = person(double.name, home=world.schools[0])
    appoint(wider, "inspector", world.county)
    answer = lead.post(page_of(double, wider), REASON)
    assert "reaches further" in str(answer.context["refusal"])
    assert str(answer.context["refusal"]) in answer.content.decode()
    assert Person.objects.get(pk=double.pk).joined_into is None


def test_the_list_asks_as_much_for_more_doubles(world, lead, double):
    def more():
        for _number in range(2):
            person(double.name, home=world.schools[0])

    assert_same_queries(lambda: lead.get(page_of(world.parents[0])), more, at_most=12)


@pytest.mark.django_db(transaction=True)
def test_the_county_joins_two_records_in_a_browser(world, desktop, sign_in, settings):
    settings.LANGUAGE_CODE = "zh-hans"
    one = world.parents[0]
    double = person(one.name, home=world.schools[1])
    Guardianship.objects.create(guardian=double, child=world.children[1], relation="father")
    sign_in(desktop, world.staff["county_admin"])
    desktop.goto(reverse("admin:accounts_person_change", args=[one.pk]))
    desktop.get_by_role("link", name="与另一条记录合并").click()
    expect(desktop.locator("table.plain tbody tr")).to_have_count(1)
    assert faults_of_access(desktop) == []
    shoot(desktop, "joining-doubles")
    desktop.get_by_role("link", name="对比").click()
    expect(desktop.locator("#content")).to_contain_text("合并后不能撤销")
    assert faults_of_access(desktop) == []
    shoot(desktop, "joining-preview")
    desktop.locator("[name=reason]").fill("家长来校核对身份证，是同一人")
    desktop.locator(".submit-row input.default").click()
    expect(desktop.locator(".messagelist")).to_contain_text("已合并为一条")
    assert Person.objects.get(pk=double.pk).joined_into == one
