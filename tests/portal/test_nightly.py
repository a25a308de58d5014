"""`manage.py run_nightly`: from facts to points in one command."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from assessment.models import Standing
from assessment.services import posting
from portal.kernel.models import Run
from tests.assessment.facts import came, held, ledger, scheme
from tests.world import TODAY


def run_nightly(*, through=TODAY, full=False):
    out = StringIO()
    call_command("run_nightly", through=through, full=full, stdout=out)
    return out.getvalue()


@pytest.fixture
def attendance(world):
    scheme(world, {"code": "lecture"})
    return came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))


def test_one_command_gives_points(world, attendance):
    assert "posted 1" in run_nightly()
    assert Standing.objects.get().points == 1


def test_the_command_again_posts_nothing(world, attendance):
    run_nightly()
    before = ledger()
    run_nightly()
    run_nightly(full=True)
    assert ledger() == before


def test_missed_days_are_filled_in_order(world, attendance):
    run_nightly()
    run_nightly(through=TODAY + timedelta(days=3))
    days = Run.objects.filter(step="points", shard=world.stations[0].path).order_by("pk")
    assert [(run.day, run.status) for run in days] == [
        (TODAY + timedelta(days=n), Run.Status.DONE) for n in range(4)
    ]


def test_a_shard_that_fails_is_said_and_stops_no_other(world, attendance, monkeypatch):
    write = posting.write

    def break_for_one(found, **how):
        if world.stations[1].path in {shard.path for _outlook, shard, _cause in found}:
            raise ValueError("broken")
        return write(found, **how)

    with monkeypatch.context() as broken:
        broken.setattr(posting, "write", break_for_one)
        with pytest.raises(CommandError, match="1"):
            run_nightly()
    assert len(ledger()) == 1
    assert Run.objects.get(status=Run.Status.FAILED).said == "ValueError: broken"
    run_nightly()
    assert not Run.objects.exclude(status=Run.Status.DONE).exists()
