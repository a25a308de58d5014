"""Shards looked at in one go: what is found of each is what would be found of it alone."""

from assessment.enums import VersionStatus
from assessment.models import PointEntry, SchemeVersion
from assessment.queries.rulebook import rule_book
from assessment.queries.shards import shards
from assessment.services import night
from assessment.services.outlook import look, look_together
from portal.kernel.models import Run
from tests.assessment.facts import came, held, scheme
from tests.world import TODAY


def test_shards_looked_at_together_post_what_each_posts_alone(world):
    """The county's own, two stations, a department; one station has been counted before, so it lacks other days."""
    scheme(world, {"code": "lecture", "cap_day": 2})
    for number, parent in enumerate(world.parents):
        came(parent, held(world.schools[number % 2], world.kinds["lecture"], TODAY))
    together = {
        path: (outlook.difference.to_post.rows(), outlook.standings.rows(), outlook.counts)
        for path, outlook in look_together(shards(), TODAY, rule_book(world.county), everybody=True).items()
    }
    alone = {}
    for shard in shards():
        outlook = look(shard, TODAY, rule_book(world.county), everybody=True)
        alone[shard.path] = (outlook.difference.to_post.rows(), outlook.standings.rows(), outlook.counts)
    assert together == alone
    assert sum(bool(posted) for posted, _standings, _counts in alone.values()) == 2


def test_what_was_seen_together_is_not_posted_after_the_rules_changed(world):
    """The rules are withdrawn between the look at all and the turn of the second station."""
    made = scheme(world, {"code": "lecture"})
    for number, parent in enumerate(world.parents):
        came(parent, held(world.schools[number % 2], world.kinds["lecture"], TODAY))
    runs = []
    for run in night.count_through(TODAY):
        runs.append(run)
        if run.counts.get("posted"):
            SchemeVersion.objects.filter(scheme=made.scheme).update(status=VersionStatus.WITHDRAWN)
    assert {run.status for run in runs} == {Run.Status.DONE}
    assert sum(run.counts["posted"] > 0 for run in runs) == 1


def test_a_shard_that_cannot_be_looked_at_stops_no_other(world, monkeypatch):
    scheme(world, {"code": "lecture"})
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))
    monkeypatch.setattr(night, "look_together", lambda *args, **how: 1 / 0)
    assert {run.status for run in night.count_through(TODAY)} == {Run.Status.DONE}
    assert PointEntry.objects.count() == 1
