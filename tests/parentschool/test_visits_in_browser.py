"""A class teacher's home visit, on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from parentschool.models import Child, Guardianship, HomeVisit
from tests.browser import faults_of_access, shoot
from tests.world import NOW, build_world, person

pytestmark = pytest.mark.browser


@pytest.fixture
def afternoon(transactional_db, time_machine):
    time_machine.move_to(NOW)
    world = build_world()
    own_class = world.classes[0]
    for n, name in enumerate(["孩子甲", "孩子乙", "孩子丙"]):
        child = Child.objects.create(basis="duty", name=name, school_class=own_class, path=own_class.path)
        for relation, who in (("mother", "母"), ("grandpa_p", "爷")):
            guardian = person(f"家长{who}{n}", home=world.schools[0])
            Guardianship.objects.create(guardian=guardian, child=child, relation=relation)
    return world


def test_a_visit_is_recorded_in_three_taps_and_can_be_taken_back(phone, sign_in, afternoon):
    sign_in(phone, afternoon.as_("class_teacher:0"))
    phone.goto("/work/visits/new/")
    shoot(phone, "visit-new")
    assert faults_of_access(phone) == []
    phone.get_by_role("link", name=re.compile("孩子乙")).click()
    phone.locator("label.choice", has_text="家长爷1").click()
    phone.get_by_label("备注").fill("孩子最近爱看书")
    shoot(phone, "visit-child")
    assert faults_of_access(phone) == []
    phone.get_by_role("button", name="保存家访").click()
    expect(phone.get_by_text("已记下对 孩子乙 的家访。")).to_be_visible()
    shoot(phone, "visit-list")
    assert faults_of_access(phone) == []
    visit = HomeVisit.objects.get()
    assert (visit.child.name, visit.met.name, visit.outcome) == ("孩子乙", "家长爷1", "contact")
    phone.goto("/work/visits/new/")
    expect(phone.locator("ul.rows li").last).to_contain_text("孩子乙")
    phone.goto("/work/visits/")
    phone.get_by_role("link", name="撤回", exact=True).click()
    phone.get_by_label("原因").fill("记错了孩子")
    phone.get_by_role("button", name="撤回这次家访").click()
    expect(phone.get_by_text("已撤回这次家访。")).to_be_visible()
    visit.refresh_from_db()
    assert visit.revoked_at is not None
