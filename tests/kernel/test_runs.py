"""The run log where workers overtake one another: a day that another has gone beyond is never open again."""

from datetime import timedelta

import pytest

from portal.kernel import runs
from portal.kernel.models import Run
from tests.world import TODAY

pytestmark = pytest.mark.django_db
NEXT = TODAY + timedelta(days=1)


def state(day=TODAY, shard="0001"):
    return Run.objects.get(step="points", day=day, shard=shard).status


def test_a_day_is_begun_and_begun_again():
    assert runs.start_in_order("points", TODAY, "0001").attempts == 1
    assert runs.start_in_order("points", TODAY, "0001").attempts == 2
    assert state() == Run.Status.STARTED


def test_a_day_before_one_that_has_begun_is_left_as_it_is():
    runs.done(runs.start("points", TODAY, "0001"))
    runs.start_in_order("points", NEXT, "0001")
    assert runs.start_in_order("points", TODAY, "0001") is None
    assert state() == Run.Status.DONE
    assert runs.start_in_order("points", TODAY, "0002") is not None
    assert runs.start_in_order("metrics", TODAY, "0001") is not None


def test_a_later_day_ends_those_that_a_worker_left_open():
    """It had started a day once more that was done, and was killed when another had gone on to the next."""
    runs.done(runs.start_in_order("points", TODAY, "0001"))
    runs.start_in_order("points", TODAY, "0001")
    others = [runs.start("points", TODAY, "0002"), runs.start("sheets", TODAY, "0001")]
    runs.done_in_order(runs.start_in_order("points", NEXT, "0001"), head="abc", posted=1)
    assert (state(), state(NEXT)) == (Run.Status.DONE, Run.Status.DONE)
    for other in others:
        other.refresh_from_db()
        assert other.status == Run.Status.STARTED


def test_a_day_that_failed_is_not_made_good_by_a_later_one():
    runs.failed(runs.start("points", TODAY, "0001"), ValueError("broken"))
    runs.done_in_order(runs.start("points", NEXT, "0001"))
    assert state() == Run.Status.FAILED
