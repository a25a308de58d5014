"""Points are spent once, and no more than are there."""

from datetime import timedelta

import pytest

from accounts.enums import Level
from assessment.models import PointScheme, Standing
from assessment.services.by_hand import SpendingRefused, spend
from events.models import RecordKind
from events.services.records import RecordRefused
from tests.assessment.facts import came, held, scheme
from tests.assessment.test_ready_schemes import BEGUN, load, night, put_down
from tests.world import NOW, TODAY, unit


def test_records_and_points_handed_in_draw_on_the_same_points(world):
    load(world, "daowen")
    PointScheme.objects.update(spending="any")
    for note in "abc":
        put_down(world, "lunch-inspection", note=note)
    night()
    hand_in = {"what": "a cup", "actor": world.staff["county_admin"], "now": NOW}
    put_down(world, "term-exchange", 4)
    with pytest.raises(SpendingRefused, match="2"):
        spend(world.parents[0], points=3, **hand_in)
    spend(world.parents[0], points=1, **hand_in)
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


def spend_by_records(world, price, **version):
    """Two kinds of record by which points are spent, and a lecture that gives ten."""
    made = scheme(
        world,
        {"code": "lecture", "points": 10},
        *(
            {"code": code, "source": "record", "effect": "spend", "points": -price}
            for code in ("towel", "book")
        ),
        **version,
    )
    for code in ("towel", "book"):
        kind, _ = RecordKind.objects.get_or_create(code=code, defaults={"name": code, "most": 9})
        made.rules.get(code=code).items.set([kind])
    return made


@pytest.fixture
def ten(world):
    made = spend_by_records(world, 10, begins=BEGUN)
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))
    night()
    return made


def test_what_was_spent_by_one_kind_of_record_is_not_there_for_another(world, ten):
    put_down(world, "towel")
    with pytest.raises(RecordRefused):
        put_down(world, "book")


def test_nor_for_handing_in_over_the_counter(world, ten):
    PointScheme.objects.update(spending="any")
    put_down(world, "towel")
    with pytest.raises(SpendingRefused):
        spend(world.parents[0], points=1, what="a trip", actor=world.as_("county_staff"), now=NOW)


def test_the_price_is_that_of_the_own_county_today(world, ten):
    """Neither a version that begins later nor another county's rules say what a thing costs."""
    spend_by_records(world, 1, begins=TODAY + timedelta(days=400), of=ten.scheme)
    other = unit("Elsewhere", world.county.kind, Level.COUNTY, None, 2)
    theirs = PointScheme.objects.create(code="else", name="Else", unit=other)
    spend_by_records(world, 1, begins=TODAY, of=theirs)
    put_down(world, "towel")
    with pytest.raises(RecordRefused):
        put_down(world, "book")
