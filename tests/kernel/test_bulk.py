"""What goes in by bulk comes out by bulk, and reads the same through the models."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Region
from portal.kernel import bulk
from portal.kernel.models import AuditEntry, Run
from tests.threads import at_once, shared_database
from tests.world import NOW

__all__ = ["shared_database"]

FULL = {
    "number": pl.Int64,
    "text": pl.String,
    "yes": pl.Boolean,
    "day": pl.Date,
    "moment": pl.Datetime("us", "UTC"),
    "bytes": pl.Binary,
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**62), 2**62),
        st.none() | TEXTS | st.sampled_from(["", "\\N", "\\.", '"', "a\nb", "a,b", "NULL", " x ", "𠮷"]),
        st.none() | st.booleans(),
        st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
        st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.none() | st.binary(max_size=8),
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_kind_of_value_survives_the_round_trip(db, rows):
    frame = pl.DataFrame(rows, schema=FULL, orient="row").with_row_index("n")
    with bulk.staged(frame) as table:
        back = bulk.copy_out(
            f"SELECT number, text, yes, day, moment, bytes FROM {table} ORDER BY n", [], FULL
        )
    assert back.rows() == frame.drop("n").rows()


def test_what_the_database_refuses_is_refused_as_by_the_models(db):
    """Whoever counts anew after a refusal has to know it for one; COPY passes Django by."""
    row = {"code": "430725", "name": "County", "level": "county", "vintage": "2023"}
    frame = pl.DataFrame([row, row])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.copy_in(Region, frame)


def test_one_column_keeps_its_empty_rows(db):
    frame = pl.DataFrame({"text": ["a", None, None, "b", None]})
    with bulk.staged(frame) as table:
        back = bulk.copy_out(f"SELECT text FROM {table}", [], {"text": pl.String})
    assert back["text"].to_list() == ["a", None, None, "b", None]


def test_the_escapes_of_copy_are_read_from_left_to_right(db):
    texts = ["\\n", "\\\n", "\\\\n", "\\N", "\\.", "\b\f\r\t\v", "a\tb\r\nc", ""]
    with bulk.staged(pl.DataFrame({"n": range(len(texts)), "text": texts})) as table:
        back = bulk.copy_out(
            f"SELECT n, text FROM {table} ORDER BY n", [], {"n": pl.Int64, "text": pl.String}
        )
    assert back["text"].to_list() == texts


def test_rows_longer_than_a_piece_are_read_whole(db, monkeypatch):
    monkeypatch.setattr(bulk, "PIECE", 64)
    texts = ['line\n"quoted"\n' * 9, "", "short", "x" * 300] * 20
    with bulk.staged(pl.DataFrame({"n": range(80), "text": texts})) as table:
        back = bulk.copy_out(
            f"SELECT n, text FROM {table} ORDER BY n", [], {"n": pl.Int64, "text": pl.String}
        )
    assert back["text"].to_list() == texts


def test_copied_rows_are_the_models_rows(db):
    moment = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(
        {
            "id": bulk.new_ids(Run, 2),
            "step": ["a", "b"],
            "day": [date(2026, 9, 1)] * 2,
            "shard": ["", "0001"],
            "status": ["started", "done"],
            "attempts": [1, 2],
            "started_at": [NOW, NOW.replace(microsecond=5)],
            "finished_at": [None, NOW],
            "counts": ["{}", '{"lines": 3}'],
            "head": ["", ""],
            "error": ["", "逗号,和\n换行"],
        },
        schema_overrides={"started_at": moment, "finished_at": moment},
    )
    assert bulk.copy_in(Run, frame) == 2
    first, second = Run.objects.order_by("step")
    assert (first.finished_at, second.started_at, second.finished_at) == (
        None,
        NOW.replace(microsecond=5),
        NOW,
    )
    assert (second.counts, second.error, first.shard) == ({"lines": 3}, "逗号,和\n换行", "")
    assert Run.objects.filter(started_at__lte=NOW).get() == first
    assert Run.objects.create(step="c", day=NOW.date(), status="done", started_at=NOW).pk > second.pk


def test_columns_that_are_not_given_hold_the_models_defaults(db):
    moment = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(
        {"step": ["a"], "day": [date(2026, 9, 1)], "status": ["done"], "started_at": [NOW]},
        schema_overrides={"started_at": moment},
    )
    bulk.copy_in(Run, frame)
    run = Run.objects.get()
    assert (run.attempts, run.counts, run.shard, run.finished_at) == (1, {}, "", None)


def test_update_rows_touches_only_the_rows_named(db):
    made = [
        Region.objects.create(code=str(i), name=f"Place {i}", level="county", vintage="1") for i in range(3)
    ]
    fresh = pl.DataFrame({"id": [made[0].pk, made[2].pk], "name": ["甲", "丙"], "vintage": ["2", "3"]})
    assert bulk.update_rows(Region, fresh) == 2
    assert [(r.name, r.vintage) for r in Region.objects.order_by("code")] == [
        ("甲", "2"),
        ("Place 1", "1"),
        ("丙", "3"),
    ]
    assert bulk.update_rows(Region, fresh.clear()) == 0


def test_new_ids_never_repeat_even_after_deletion(db):
    Region.objects.create(code="1", name="Place", level="county", vintage="1").delete()
    gone = bulk.new_ids(Region, 1)[0]
    kept = Region.objects.create(code="2", name="Place", level="county", vintage="1")
    later = bulk.new_ids(Region, 3).to_list()
    assert later == sorted(set(later))
    assert min(later) > kept.pk >= gone


def test_placeholders_and_per_cent_signs(db):
    found = bulk.copy_out("SELECT %s, '5%%'", ["a'b"], {"a": pl.String, "b": pl.String})
    assert found.rows() == [("a'b", "5%")]


def test_nothing_found_still_has_its_columns(db):
    schema = {"id": pl.Int64, "at": pl.Datetime("us", "UTC")}
    found = bulk.copy_out("SELECT id, at FROM kernel_auditentry", [], schema)
    assert found.schema == pl.Schema(schema)
    assert found.is_empty()
    assert not AuditEntry.objects.exists()


def test_a_staged_table_is_gone_afterwards(db):
    with bulk.staged(pl.DataFrame({"n": [1]})) as table:
        pass
    name = table.strip('"')
    with connection.cursor() as cursor:
        assert name not in connection.introspection.table_names(cursor)


@pytest.mark.django_db(transaction=True)
def test_an_error_leaves_no_staged_table():
    with pytest.raises(RuntimeError), transaction.atomic(), bulk.staged(pl.DataFrame({"n": [1]})) as table:
        raise RuntimeError
    with transaction.atomic(), bulk.staged(pl.DataFrame({"n": [1]})) as other:
        assert bulk.copy_out(f"SELECT n FROM {other}", [], {"n": pl.Int64}).rows() == [(1,)]
    with connection.cursor() as cursor:
        assert table.strip('"') not in connection.introspection.table_names(cursor)


def test_one_view_does_not_see_what_others_write_meanwhile(shared_database):
    def write() -> None:
        Run.objects.create(step="test", day=date(2026, 1, 1), shard=f"{Run.objects.count()}", started_at=NOW)

    write()
    with bulk.one_view():
        assert Run.objects.count() == 1
        at_once([write])
        assert Run.objects.count() == 1
    assert Run.objects.count() == 2
    with transaction.atomic(), bulk.one_view():
        write()
    assert Run.objects.count() == 3


@pytest.mark.parametrize("number", [0, 1, 70_000])
def test_however_many_ids_are_one_parameter(db, number):
    """SQLite takes 250,000 parameters at most, PostgreSQL 65,535."""
    made = Region.objects.create(code="1", name="Place", level="county", vintage="1")
    Region.objects.create(code="2", name="Place", level="county", vintage="1")
    ids = [made.pk + 10 + n for n in range(number)]
    assert not Region.objects.filter(pk__in=bulk.listed(ids)).exists()
    assert Region.objects.filter(pk__in=bulk.listed([*ids, made.pk])).get() == made
