"""The ledger only grows, on either database."""

import pytest
from django.db import DatabaseError, connection, transaction

from assessment.engine.verify import verify_ledger
from assessment.enums import EntryReason, Posting
from assessment.models import Adjustment, Batch, PointEntry, Standing
from assessment.queries.shards import shards
from assessment.services import night
from portal import nightly
from tests.assessment.facts import came, held, ledger, scheme
from tests.night_county import THROUGH, build_county
from tests.world import TODAY


@pytest.fixture
def lines(world):
    scheme(world, {"code": "lecture"})
    for parent, school in zip(world.parents, world.schools, strict=True):
        came(parent, held(school, world.kinds["lecture"], TODAY))
    for shard in shards():
        night.count_points(shard, TODAY)
    return ledger()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assessment_pointentry SET points = 100",
        "DELETE FROM assessment_pointentry",
        "UPDATE assessment_batch SET head = ''",
        "DELETE FROM assessment_batch",
    ],
)
def test_the_database_refuses_to_change_or_delete_lines(lines, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ledger() == lines


def test_row_r_7_balances_causes_and_chains_of_a_busy_county(db):
    """After corrections, two new sets of rules, a line by hand and the turn of the year."""
    build_county()
    list(nightly.run(THROUGH))
    lines = list(PointEntry.objects.select_related("batch__run", "rule"))
    assert len(lines) > 300
    assert {line.reason for line in lines} > {
        EntryReason.EARNED,
        EntryReason.CORRECTION,
        EntryReason.RULE_CHANGE,
    }

    sums: dict[int, int] = {}
    for line in lines:
        sums[line.person_id] = sums.get(line.person_id, 0) + line.points
    assert dict(Standing.objects.values_list("person", "points_ever")) == sums

    asked = dict(Adjustment.objects.values_list("pk", "asked_by"))
    for line in lines:
        assert line.reason in EntryReason.values
        assert line.source
        assert line.source_id
        by_hand = line.batch.kind == Posting.HAND
        assert line.rule or by_hand
        assert asked[line.source_id] if by_hand else line.batch.run

    chains: dict[str, list[int]] = {}
    for chain, number in Batch.objects.order_by("chain", "number").values_list("chain", "number"):
        chains.setdefault(chain, []).append(number)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in chains.values())
    assert len({line.key for line in lines}) == len(lines)
    assert verify_ledger() == []
