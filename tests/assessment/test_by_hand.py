"""Points by hand: asked once, approved by a second person above the limit, never touched by the night."""

from collections import Counter
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from assessment.engine.verify import verify_ledger
from assessment.enums import AdjustmentStatus
from assessment.models import Adjustment, Batch, PointEntry, PointScheme, Spending, Standing
from assessment.queries.shards import shards
from assessment.services import by_hand, night, reversal
from portal.kernel.errors import PortalError
from portal.kernel.models import AuditEntry
from tests.assessment.facts import came, held, scheme
from tests.threads import at_once
from tests.world import NOW, TODAY, build_world

NEXT = TODAY + timedelta(days=1)


def count(day=TODAY):
    for shard in shards():
        night.count_points(shard, day)


@pytest.fixture
def counted(world):
    """The first parent has a point for a lecture."""
    scheme(world, {"code": "lecture"}, stars=({"level": 1, "threshold": 3},))
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))
    count()
    return world


def adjust(world, points=2, **how):
    how = {"reason": "the roll was lost", "actor": world.as_("county_staff"), "now": NOW, **how}
    return by_hand.adjust(world.parents[0], points=points, **how)


def available_of(person):
    return Standing.objects.get(person=person).available


@contextmanager
def refused_as(code):
    with pytest.raises(PortalError) as refused:
        yield
    assert refused.value.code == code


def points_of(person):
    standing = Standing.objects.get(person=person)
    return standing.points, standing.points_ever, standing.star


def test_a_small_adjustment_is_posted_at_once_and_shows_at_once(counted):
    made = adjust(counted)
    line = PointEntry.objects.get(source="adjustment")
    assert (line.key, line.points, line.note, line.happened_on) == (
        f"adjustment:{made.pk}",
        2,
        "the roll was lost",
        TODAY,
    )
    assert (line.batch.kind, line.batch.chain) == ("hand", f"hand:{counted.county.path}")
    assert points_of(counted.parents[0]) == (3, 3, 1)
    assert verify_ledger() == []


def test_the_night_leaves_it_alone(counted):
    adjust(counted)
    for day in (TODAY, NEXT):
        count(day)
    assert PointEntry.objects.count() == 2
    assert points_of(counted.parents[0]) == (3, 3, 1)


def test_a_night_for_an_earlier_day_does_not_take_it_out_of_the_standing(counted):
    """Adjusted after midnight, before the night of yesterday runs."""
    adjust(counted, now=NOW + timedelta(days=2))
    came(counted.parents[0], held(counted.schools[0], counted.kinds["lecture"], NEXT))
    count(NEXT)
    assert points_of(counted.parents[0]) == (3, 3, 1)
    assert verify_ledger() == []
    count(NEXT + timedelta(days=1))
    assert points_of(counted.parents[0]) == (4, 4, 1)


def test_above_the_limit_a_second_person_approves(counted):
    made = adjust(counted, points=-3)
    assert (made.status, PointEntry.objects.count()) == (AdjustmentStatus.PENDING, 1)
    with refused_as("own_adjustment"):
        by_hand.approve_adjustment(made, actor=counted.as_("county_staff"), now=NOW)
    by_hand.approve_adjustment(made, actor=counted.as_("county_admin"), now=NOW)
    assert points_of(counted.parents[0]) == (-2, -2, 0)
    with refused_as("decided"):
        by_hand.approve_adjustment(made, actor=counted.as_("county_admin"), now=NOW)
    acts = AuditEntry.objects.filter(object_type="assessment.adjustment").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == ["adjustment.ask", "adjustment.approve"]


def test_the_limit_is_the_countys(counted):
    PointScheme.objects.update(approve_above=3)
    assert adjust(counted, points=3).status == AdjustmentStatus.POSTED
    assert adjust(counted, points=4).status == AdjustmentStatus.PENDING


def test_small_parts_of_a_month_count_together_whoever_asks(counted):
    adjust(counted, points=1)
    assert adjust(counted, points=-1, actor=counted.as_("county_admin")).status == AdjustmentStatus.POSTED
    third = adjust(counted, points=1, now=NOW + timedelta(days=19))
    assert third.status == AdjustmentStatus.PENDING
    by_hand.approve_adjustment(third, actor=counted.as_("county_admin"), now=NOW + timedelta(days=20))
    next_month = {"now": NOW + timedelta(days=20)}
    assert adjust(counted, points=2, **next_month).status == AdjustmentStatus.POSTED
    other = by_hand.adjust(
        counted.parents[1], points=2, reason="x", actor=counted.as_("county_staff"), now=NOW
    )
    assert other.status == AdjustmentStatus.POSTED


def test_small_parts_at_the_same_moment_do_not_pass_the_limit(shared_database):
    world = build_world()
    scheme(world, {"code": "lecture"})
    clerk = world.as_("county_staff")
    give = {"points": 1, "reason": "x", "actor": clerk, "now": NOW}
    at_once([lambda: by_hand.adjust(world.parents[0], **give)] * 5)
    statuses = Counter(Adjustment.objects.values_list("status", flat=True))
    assert statuses == {AdjustmentStatus.POSTED: 2, AdjustmentStatus.PENDING: 3}


def test_nobody_decides_on_points_of_their_own(counted):
    """Neither alone up to the limit nor as the second person above it."""
    clerk, chief = counted.as_("county_staff"), counted.as_("county_admin")
    asked = {"reason": "the roll was lost", "now": NOW}
    with refused_as("own_points"):
        by_hand.adjust(clerk, points=1, actor=clerk, **asked)
    made = by_hand.adjust(chief, points=5, actor=clerk, **asked)
    with refused_as("own_points"):
        by_hand.approve_adjustment(made, actor=chief, now=NOW)
    with refused_as("own_points"):
        by_hand.refuse_adjustment(made, reason="x", actor=chief, now=NOW)
    made.refresh_from_db()
    assert (made.status, made.decided_by) == (AdjustmentStatus.PENDING, None)
    assert not PointEntry.objects.filter(person__in=[clerk, chief]).exists()


def test_the_database_itself_wants_four_eyes(counted):
    made = adjust(counted, points=9)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=made.pk).update(decided_by=made.asked_by)


def test_a_refused_adjustment_posts_nothing_and_says_why(counted):
    made = adjust(counted, points=9)
    by_hand.refuse_adjustment(made, reason="no such event", actor=counted.as_("county_admin"), now=NOW)
    assert (made.status, made.decision, PointEntry.objects.count()) == ("refused", "no such event", 1)


@pytest.mark.parametrize("bad", [{"points": 0}, {"reason": " "}])
def test_nothing_and_no_reason_are_refused(counted, bad):
    with pytest.raises(by_hand.AdjustmentRefused):
        adjust(counted, **bad)
    assert not Adjustment.objects.exists()


def test_the_same_form_twice_asks_once(counted):
    token = uuid4()
    assert adjust(counted, token=token) == adjust(counted, token=token)
    assert PointEntry.objects.filter(source="adjustment").count() == 1


def test_making_good_a_line_counts_for_its_day(counted):
    about = PointEntry.objects.get()
    made = adjust(counted, about=about, now=NOW + timedelta(days=400))
    assert (made.about, made.counts_on) == (about, TODAY)
    with refused_as("not_theirs"):
        by_hand.adjust(
            counted.parents[1],
            points=1,
            reason="x",
            about=about,
            actor=counted.as_("county_staff"),
            now=NOW,
        )


def test_many_at_once_stand_in_one_whole_chain(shared_database):
    world = build_world()
    scheme(world, {"code": "lecture"})
    PointScheme.objects.update(approve_above=3)
    people = [(world.parents[n % 2], world.as_("county_staff")) for n in range(6)]
    at_once(
        [
            lambda person=person, who=who: by_hand.adjust(person, points=1, reason="x", actor=who, now=NOW)
            for person, who in people
        ]
    )
    assert sorted(Batch.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert {standing.points for standing in Standing.objects.all()} <= {1, 2, 3}
    count()
    assert {standing.points for standing in Standing.objects.all()} == {3}
    assert verify_ledger() == []


# ── Points handed in ─────────────────────────────────────────────────────────


def spend(world, points=2, **how):
    how = {"what": "a trip", "actor": world.as_("county_staff"), "now": NOW, **how}
    return by_hand.spend(world.parents[0], points=points, **how)


@pytest.fixture
def generous(counted):
    PointScheme.objects.update(spending="quarter")
    adjust(counted)
    return counted


def test_what_is_handed_in_lessens_what_is_available_and_not_what_counts(generous):
    spend(generous)
    assert available_of(generous.parents[0]) == 1
    assert points_of(generous.parents[0]) == (3, 3, 1)
    count(NEXT)
    assert points_of(generous.parents[0]) == (3, 3, 1)
    assert verify_ledger() == []


def test_nobody_hands_in_more_than_is_there_or_twice_in_a_quarter(generous):
    with pytest.raises(by_hand.SpendingRefused, match="3"):
        spend(generous, points=4)
    spend(generous, points=1)
    with pytest.raises(by_hand.SpendingRefused) as refused:
        spend(generous, points=1, now=NOW + timedelta(days=80))
    assert refused.value.code == "spent_already"
    spend(generous, points=1, now=NOW + timedelta(days=81))
    assert [spending.spent_on for spending in Spending.objects.order_by("pk")] == [TODAY, date(2027, 1, 1)]


def test_the_same_handing_in_twice_is_one(generous):
    token = uuid4()
    assert spend(generous, token=token) == spend(generous, token=token)
    assert available_of(generous.parents[0]) == 1


def test_a_county_that_has_no_such_thing_refuses(counted):
    with refused_as("no_spending"):
        spend(counted, points=1)


# ── Taking back ──────────────────────────────────────────────────────────────


def reverse(world, batch, **how):
    how = {"reason": "a slip", "actor": world.as_("county_admin"), "now": NOW, **how}
    return reversal.reverse_batch(batch, **how)


def test_a_posting_by_hand_is_taken_back_once(counted):
    made = adjust(counted)
    batch = PointEntry.objects.get(source="adjustment").batch
    [back] = reverse(counted, batch)
    assert (back.undoes, back.kind, back.reason) == (batch, "reversal", "a slip")
    assert PointEntry.objects.latest("pk").key == f"x:adjustment:{made.pk}"
    assert points_of(counted.parents[0]) == (1, 1, 0)
    with refused_as("reversed"):
        reverse(counted, batch)
    with refused_as("a_reversal"):
        reverse(counted, back)
    count(NEXT)
    assert points_of(counted.parents[0]) == (1, 1, 0)
    assert verify_ledger() == []


def test_a_handing_in_taken_back_may_be_done_again(generous):
    spend(generous)
    reverse(generous, Batch.objects.latest("pk"))
    assert available_of(generous.parents[0]) == 3
    spend(generous)


def test_what_follows_from_records_is_not_taken_back_by_hand(counted):
    with refused_as("from_facts"):
        reverse(counted, Batch.objects.get())
