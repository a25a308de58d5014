"""Eight ways to tamper with the ledger behind its guards, and each is found."""

import json
from datetime import timedelta
from io import StringIO

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from assessment.engine import verify, verify_lines
from assessment.engine.verify import verify_ledger
from assessment.models import Batch, PointEntry, PointRule, Standing
from assessment.queries.shards import shards
from assessment.services import metrics, night
from assessment.services.by_hand import adjust
from assessment.services.heads import heads_of
from portal.kernel import append_only
from portal.kernel.logs import OneLineFormatter
from portal.kernel.models import Run
from tests.assessment.facts import came, held, revoke, scheme
from tests.world import NOW, TODAY

LEDGER = ("assessment_pointentry", "assessment_batch")


@pytest.fixture
def posted(world):
    """Two nights: two lines of the first parent, one of the second; then one is reversed."""
    scheme(world, {"code": "lecture"}, {"code": "salon", "kinds": ["salon"], "points": 2})
    talks = [held(world.schools[0], world.kinds["lecture"], TODAY, title=title) for title in "AB"]
    first, _ = [came(world.parents[0], talk) for talk in talks]
    came(world.parents[1], held(world.schools[1], world.kinds["salon"], TODAY))
    for shard in shards():
        night.count_points(shard, TODAY)
    revoke(first)
    for shard in shards():
        night.count_points(shard, TODAY + timedelta(days=1))
    assert verify_ledger() == []


@pytest.fixture
def tamper(posted, monkeypatch):
    """Run SQL with the guards taken away, as somebody with the database password could; what is found is found
    whether the ledger is read in one piece or posting by posting."""

    def run(statement: str) -> set[str]:
        for table in LEDGER:
            append_only.run(connection, table, install=False)
        with connection.cursor() as cursor:
            cursor.execute(statement)
        for table in LEDGER:
            append_only.run(connection, table, install=True)
        found = [(finding.code, str(finding)) for finding in verify_ledger()]
        with monkeypatch.context() as small:
            small.setattr(verify, "PIECE", 1)
            assert [(finding.code, str(finding)) for finding in verify_ledger()] == found
        return {code for code, _ in found}

    return run


def line(**which) -> int:
    return PointEntry.objects.filter(**which).order_by("pk").values_list("pk", flat=True)[0]


def test_a_changed_amount_is_found(tamper):
    found = tamper(f"UPDATE assessment_pointentry SET points = 50 WHERE id = {line(reverses=None)}")
    assert {"sum", "chain", "explanation", "standing"} <= found


def test_a_deleted_line_is_found(tamper):
    assert {"sum", "chain"} <= tamper(
        f"DELETE FROM assessment_pointentry WHERE id = {line(reverses__isnull=False)}"
    )


COPY = """
INSERT INTO assessment_pointentry (key, person_id, rule_id, points, quantity, source, source_id, kind_id, unit_id,
    happened_on, posted_on, reason, cut, cut_by, batch_id, note)
SELECT {key}, person_id, rule_id, points, quantity, source, source_id + 1000, kind_id, unit_id,
    happened_on, posted_on, reason, cut, cut_by, batch_id, note
FROM assessment_pointentry WHERE id = {pk}
"""


def test_an_inserted_line_is_found(tamper):
    assert {"sum", "chain"} <= tamper(COPY.format(key="'attendance:9:9:lecture:1'", pk=line(reverses=None)))


def test_a_duplicate_is_found(tamper):
    pk = line(reverses__isnull=True, rule__code="salon")
    key = PointEntry.objects.get(pk=pk).key[:-1] + "2"
    assert {"sum", "chain", "duplicate"} <= tamper(COPY.format(key=f"'{key}'", pk=pk))


def test_a_key_that_stands_in_two_pieces_is_found(posted):
    """As where the database had lost its own unique key."""
    [*batches] = Batch.objects.values_list("pk", flat=True)
    part = verify._read(batches)
    lines = verify_lines.Lines()
    lines.add(batches, part)
    lines.add(batches, part)
    said = [str(finding) for finding in lines.findings([part, part]) if finding.code == "duplicate"]
    assert [text.rsplit(" ", 1)[-1] for text in said] == [
        f"({2 * part.height})",
        f"({2 * (part.height - 2)})",
    ]


def test_hashes_that_agree_by_chance_are_no_finding(posted, monkeypatch):
    monkeypatch.setattr(verify_lines, "_twice", pl.concat)
    assert verify_ledger() == []


def test_lines_without_a_posting_are_found(tamper):
    pk, batch = PointEntry.objects.filter(rule__code="salon").values_list("pk", "batch_id")[0]
    found = tamper(f"UPDATE assessment_pointentry SET batch_id = 99999999 WHERE id = {pk}")
    assert found == {"sum", "chain", "orphan"}
    assert tamper(f"UPDATE assessment_pointentry SET batch_id = {batch} WHERE id = {pk}") == set()


def test_lines_in_another_order_are_found(tamper):
    second = PointEntry.objects.filter(reverses=None, rule__code="lecture").order_by("pk")[1]
    assert tamper(f"UPDATE assessment_pointentry SET id = -1 WHERE id = {second.pk}") == {"chain"}


def test_a_tail_that_was_cut_off_is_found_by_a_published_head(tamper):
    chain = Batch.objects.order_by("-number").first()
    tamper(f"DELETE FROM assessment_pointentry WHERE batch_id = {chain.pk}")
    tamper(f"DELETE FROM assessment_batch WHERE id = {chain.pk}")
    Standing.objects.all().delete()
    assert {finding.code for finding in verify_ledger()} == {"run"}
    Run.objects.filter(head=chain.head).update(head="")
    assert verify_ledger() == []
    assert [finding.code for finding in verify_ledger(chain.head)] == ["cut"]


def test_a_posting_missing_in_the_middle_is_found(tamper):
    first = Batch.objects.order_by("number", "pk").filter(
        chain__in=Batch.objects.filter(number=2).values("chain")
    )[0]
    tamper("UPDATE assessment_pointentry SET reverses_id = NULL WHERE reverses_id IS NOT NULL")
    tamper(f"DELETE FROM assessment_pointentry WHERE batch_id = {first.pk}")
    assert "gap" in tamper(f"DELETE FROM assessment_batch WHERE id = {first.pk}")


def test_a_changed_rule_of_a_published_version_is_found(posted):
    PointRule.objects.filter(code="salon").update(cap_year=100)
    assert {finding.code for finding in verify_ledger()} == {"chain"}


def test_a_line_given_to_another_person_is_found(world, tamper):
    pk = line(reverses__isnull=True, rule__code="salon")
    found = tamper(f"UPDATE assessment_pointentry SET person_id = {world.parents[0].pk} WHERE id = {pk}")
    assert {"chain", "cause", "standing"} <= found


def test_missing_guards_are_found(posted):
    append_only.run(connection, "assessment_pointentry", install=False)
    try:
        assert {finding.code for finding in verify_ledger()} == {"unguarded"}
    finally:
        append_only.run(connection, "assessment_pointentry", install=True)


def test_the_command_says_what_is_wrong_and_fails(tamper):
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "4" in out.getvalue()
    tamper(f"DELETE FROM assessment_pointentry WHERE id = {line(reverses__isnull=False)}")
    with pytest.raises(CommandError):
        call_command("verify_ledger", stdout=out)
    assert "sum: " in out.getvalue()


def test_row_r_7_and_58_a_cut_tail_is_found_by_the_heads_that_the_night_logged(
    world, tamper, caplog, tmp_path
):
    """The line of the log, as it is written, kept on another machine."""
    caplog.set_level("INFO", logger="assessment.heads")
    list(metrics.measure_county_through(world.county, Run.objects.order_by("-day").first().day))
    published = tmp_path / "log"
    lines = [OneLineFormatter().format(record) for record in caplog.records]
    published.write_text(
        "\n".join(["worker-1  | not a line of ours {", *(f"worker-1  | {line}" for line in lines)])
    )
    event = json.loads(lines[0])
    assert event["county"] == world.county.path
    assert event["heads"] == heads_of(world.county)
    assert set(event["heads"].values()) <= set(Batch.objects.values_list("head", flat=True))
    out = StringIO()
    call_command("verify_ledger", published=published, stdout=out)
    assert len(event["heads"]) == 2

    chain = Batch.objects.order_by("-number").first()
    tamper(f"DELETE FROM assessment_pointentry WHERE batch_id = {chain.pk}")
    tamper(f"DELETE FROM assessment_batch WHERE id = {chain.pk}")
    Standing.objects.all().delete()
    Run.objects.filter(head=chain.head).update(head="")
    assert verify_ledger() == []
    with pytest.raises(CommandError):
        call_command("verify_ledger", published=published, stdout=out)
    said = [text for text in out.getvalue().splitlines() if text.startswith("cut: ")]
    assert [text.endswith(chain.head) for text in said] == [True]


def test_heads_are_made_known_only_once_all_points_are_counted(world, posted, caplog):
    caplog.set_level("INFO", logger="assessment.heads")
    day = Run.objects.order_by("-day").first().day
    Run.objects.filter(shard=world.stations[1].path).update(status=Run.Status.FAILED)
    assert list(metrics.measure_county_through(world.county, day)) == []
    assert not caplog.records


def test_a_file_without_heads_is_refused(posted, tmp_path):
    empty = tmp_path / "log"
    empty.write_text('{"logger": "else", "heads": {"0001": "x"}}\n')
    for file in (empty, tmp_path / "missing"):
        with pytest.raises(CommandError):
            call_command("verify_ledger", published=file)


def test_row_r_7_and_58_points_by_hand_cut_off_the_end_are_found(world, tamper):
    """Their chain has no run log: its head is made known with those of the stations, and what was asked for by hand
    misses its line."""
    made = adjust(world.parents[0], points=2, reason="x", actor=world.as_("county_staff"), now=NOW)
    last = Batch.objects.get(kind="hand")
    assert heads_of(world.county)[last.chain] == last.head
    assert verify_ledger(*heads_of(world.county).values()) == []
    tamper(f"DELETE FROM assessment_pointentry WHERE batch_id = {last.pk}")
    tamper(f"DELETE FROM assessment_batch WHERE id = {last.pk}")
    assert [finding.code for finding in verify_ledger(last.head)] == ["cut", "by_hand"]
    assert str(verify_ledger()[0]).endswith(f"adjustment:{made.pk}")
