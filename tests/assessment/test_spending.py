"""Points are spent once, and no more than are there."""

from datetime import timedelta

import pytest

from assessment.models import PointScheme, Standing
from assessment.services import by_hand
from events.services.records import RecordRefused
from tests.assessment.test_ready_schemes import load, night, put_down
from tests.world import NOW, TODAY


def test_records_and_points_handed_in_draw_on_the_same_points(world):
    load(world, "daowen")
    PointScheme.objects.update(spending="any")
    for note in "abc":
        put_down(world, "lunch-inspection", note=note)
    night()
    hand_in = {"what": "a cup", "actor": world.staff["county_admin"], "now": NOW}
    put_down(world, "term-exchange", 4)
    with pytest.raises(by_hand.SpendingRefused, match="2"):
        by_hand.spend(world.parents[0], points=3, **hand_in)
    by_hand.spend(world.parents[0], points=1, **hand_in)
    with pytest.raises(RecordRefused):
        put_down(world, "term-exchange", 2, on=TODAY - timedelta(days=300))
    night(TODAY + timedelta(days=1))
    own = Standing.objects.get(person=world.parents[0])
    assert (own.points, own.available) == (6, 1)


def test_nobody_spends_more_than_is_there_nor_twice_before_the_night(world):
    load(world, "daowen")
    with pytest.raises(RecordRefused) as refusal:
        put_down(world, "term-exchange", 1)
    assert refusal.value.details["field"] == "quantity"
    for note in "abc":
        put_down(world, "lunch-inspection", note=note)
    night()
    with pytest.raises(RecordRefused):
        put_down(world, "term-exchange", 7)
    put_down(world, "term-exchange", 4)
    with pytest.raises(RecordRefused):
        put_down(world, "term-exchange", 3, on=TODAY - timedelta(days=300))
    night(TODAY + timedelta(days=1))
    own = Standing.objects.get(person=world.parents[0])
    assert (own.points, own.available) == (6, 2)
    put_down(world, "term-exchange", 2, on=TODAY - timedelta(days=300))
