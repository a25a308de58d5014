"""Row R-1 for the night: workers killed with SIGKILL at random moments, on a real database. The command
`python -m tests.kill_night` does the same as often as one likes."""

import pytest

from tests.kill_night import kill

pytestmark = pytest.mark.long

KILLS, SEED = 15, 20_270_901
"""On each database: 30 in all."""


def test_row_r_1_killed_workers_leave_the_county_of_an_undisturbed_night(whole_night):
    assert whole_night.undisturbed["findings"] == []
    told = kill(whole_night, kills=KILLS, seed=SEED)
    assert told.kills == KILLS
    assert 0 < told.at["from outside"] < KILLS, told


@pytest.mark.parametrize("moment", ["before commit", "after commit", "copy assessment_pointentry"])
def test_a_worker_killed_at_the_edge_of_its_writing_leaves_the_same_county(whole_night, moment):
    """The moments that a draw may miss: the first time that a night writes, and on either side of its commit."""
    found = whole_night.after_a_kill(die_at=whole_night.undisturbed["moments"].index(moment))
    assert found["findings"] == []
    assert found["digest"] == whole_night.undisturbed["digest"]


def test_a_night_by_tasks_makes_the_same_county(whole_night):
    assert whole_night.whole(by_tasks=True)["digest"] == whole_night.undisturbed["digest"]


def test_a_night_without_its_transaction_would_be_found_out(whole_night):
    """The negative control: what belongs together is written apart, and a worker dies between."""
    calm = whole_night.whole(apart=True)
    assert calm["digest"] == whole_night.undisturbed["digest"], "undisturbed it makes the same"
    dies = calm["moments"].index("copy assessment_pointentry")
    found = whole_night.after_a_kill(die_at=dies, apart=True)
    assert "sum" in found["findings"]
    assert found["digest"] != calm["digest"]
