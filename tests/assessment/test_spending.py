"""Points are spent once, and no more than are there."""

from datetime import timedelta

import pytest

from assessment.models import Standing
from events.services.records import RecordRefused
from tests.assessment.test_ready_schemes import load, night, put_down
from tests.world import TODAY


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
