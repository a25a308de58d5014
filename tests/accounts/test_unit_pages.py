"""Putting a unit elsewhere, in the office: what will happen is said before it does."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Unit
from tests.world import NOW


@pytest.fixture
def office(world, client, settings, time_machine):
    time_machine.move_to(NOW, tick=False)
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(world.staff["county_admin"], backend="accounts.backends.RoleBackend")
    return client


def preview(client, unit, **told):
    asked = {"on": "2026-10-20", "reason": "Order 12", "preview": "1", **told}
    return client.post(reverse("admin:accounts_unit_place", args=[unit.pk]), asked).content.decode()


def test_a_move_says_from_where_to_where_and_changes_nothing_yet(world, office):
    school, there = world.schools[0], world.stations[1]
    shown = preview(office, school, change="move", to=there.pk)
    assert f"{school}：上级由“{world.stations[0]}”调整为“{there}”。" in shown
    assert Unit.objects.get(pk=school.pk).parent == world.stations[0]
    sent = {"change": "move", "to": there.pk, "on": "2026-09-10", "reason": "Order 12", "confirm": "1"}
    office.post(reverse("admin:accounts_unit_place", args=[school.pk]), sent)
    history = office.get(reverse("admin:accounts_unit_history", args=[school.pk])).content.decode()
    assert f"{world.stations[0]} → {there}" in history


def test_only_units_under_which_it_may_stand_are_offered(world, office):
    """Neither schools, nor departments, nor where it stands already: these would be refused in the end."""
    page = office.get(reverse("admin:accounts_unit_place", args=[world.schools[0].pk]))
    offered = page.context["form"].fields["to"].queryset
    assert list(offered) == [world.county, world.stations[1]]
    assert "选择一个有效的选项" in preview(office, world.schools[0], change="move", to=world.stations[0].pk)


def test_a_new_name_and_a_closing_are_said(world, office):
    assert f"{world.schools[0]}：更名为“新名”。" in preview(
        office, world.schools[0], change="rename", name="新名"
    )
    assert f"{world.schools[0]}：停办。" in preview(office, world.schools[0], change="close")


def test_the_history_of_a_unit_is_what_the_audit_tells(world, office):
    school = world.schools[0]
    page = reverse("admin:accounts_unit_history", args=[school.pk])
    assert "这里还没有改动过" in office.get(page).content.decode()
    sent = {"change": "rename", "name": "新名", "on": "2026-10-20", "reason": "Order 12", "confirm": "1"}
    office.post(reverse("admin:accounts_unit_place", args=[school.pk]), sent)
    shown = office.get(page).content.decode()
    assert "单位更名" in shown
    assert "原因：Order 12" in shown
    assert "School 0 → 新名" in shown


def test_who_may_not_read_the_audit_is_not_led_to_a_history(world, office):
    page = reverse("admin:accounts_unit_change", args=[world.schools[0].pk])
    history = reverse("admin:accounts_unit_history", args=[world.schools[0].pk])
    assert history in office.get(page).content.decode()
    office.post(reverse("admin:accounts_unit_place", args=[world.schools[0].pk]), {})
    office.force_login(world.staff["inspector"], backend="accounts.backends.RoleBackend")
    assert history not in office.get(page).content.decode()
    assert "School 0 →" not in office.get(history).content.decode()
