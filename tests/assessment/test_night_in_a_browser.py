"""The morning after: a part of the night that failed is counted again; the school lead goes to a family."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from assessment.models import PointEntry
from assessment.services import posting
from parentschool.models import HomeVisit
from portal import nightly
from portal.kernel import clock
from portal.kernel.models import Run
from tests.assessment.facts import came, held, scheme
from tests.browser import faults_of_access, shoot
from tests.world import build_world


@pytest.fixture
def county(transactional_db):
    """Last night the first station's points were not counted, with somebody who came to be counted."""
    world = build_world()
    yesterday = clock.today() - timedelta(days=1)
    scheme(world, {"code": "lecture", "name": "参加讲座"}, begins=yesterday - timedelta(days=30))
    came(world.parents[1], held(world.schools[1], world.kinds["lecture"], yesterday))
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], yesterday))
    write = posting.write

    def fail_for_one(found, **how):
        if world.stations[0].path in {shard.path for _outlook, shard, _cause in found}:
            raise MemoryError("no memory left")
        return write(found, **how)

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(posting, "write", fail_for_one)
        assert "failed" in {run.status for run in nightly.run(yesterday)}
    return world


def test_an_admin_counts_a_failed_part_again(desktop, sign_in, county):
    desktop.set_default_timeout(60_000)  # the work of a job is done before the page comes back here
    sign_in(desktop, county.staff["county_admin"])
    desktop.goto("/admin/")
    desktop.get_by_role("link", name="夜间计算").click()
    content = desktop.locator("#content")
    expect(content).to_contain_text("没有算成")
    expect(content).to_contain_text("服务器内存不够")
    assert faults_of_access(desktop) == []
    shoot(desktop, "night-failed")
    desktop.get_by_text("给平台维护人员看的内容").click()
    expect(content).to_contain_text("MemoryError: no memory left")
    desktop.get_by_role("link", name="重新计算").click()
    expect(content).to_contain_text("不会重复计分")
    desktop.get_by_role("button", name="重新计算").click()
    expect(content).to_contain_text("已经算好")
    desktop.get_by_role("link", name="回到这一夜").click()
    expect(desktop.locator("[aria-current] .tag-good")).to_have_text("全部算好")
    assert faults_of_access(desktop) == []
    assert PointEntry.objects.filter(person=county.parents[0]).exists()
    assert not Run.objects.exclude(status=Run.Status.DONE).exists()


def test_a_school_lead_goes_to_a_family_that_nobody_reached(phone, sign_in, county):
    county.parents[0].attendances.update(revoked_at=clock.now())
    sign_in(phone, county.staff["school_lead:0"])
    phone.goto("/work/")
    phone.get_by_role("link", name="尚未联系到的家庭").click()
    expect(phone.locator("main")).to_contain_text("Child 0")
    expect(phone.locator("main")).to_contain_text("138****0000")
    assert faults_of_access(phone) == []
    shoot(phone, "unreached")
    phone.get_by_role("link", name="记家访").click()
    phone.locator("[name=outcome][value=contact]").check(force=True)
    phone.locator("[name=met]").first.check(force=True)
    phone.locator("button.button-main").click()
    phone.goto("/work/unreached/")
    expect(phone.locator("main")).to_contain_text("每户家庭都来过活动")
    assert HomeVisit.objects.get().child == county.children[0]
