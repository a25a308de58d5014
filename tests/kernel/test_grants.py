"""The application's role on PostgreSQL: it does the ordinary work, and nothing that would unmake it."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from assessment.models import PointEntry
from portal import nightly
from portal.kernel import audit
from portal.kernel.models import AuditEntry
from tests.assessment.facts import came, held, scheme
from tests.conftest import GUARDED
from tests.world import NOW, TODAY

ROLE = "portal_application_under_test"


@pytest.fixture
def postgres(db) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")


@pytest.fixture
def role(postgres, monkeypatch) -> str:
    """A role of its own, gone with the test's transaction."""
    monkeypatch.setenv("APPLICATION_PASSWORD", "only-for-'this'-test")
    call_command("grant_application", ROLE)
    return ROLE


@pytest.fixture
def as_role(role, world):
    """What follows is done by the application's role, as in a county that runs."""
    made = scheme(world, {"code": "lecture", "kinds": ["lecture"], "points": 2})
    connection.check_constraints()
    act(f"SET LOCAL ROLE {role}")
    yield made
    act("RESET ROLE")


def act(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def privileges(role: str, table: str) -> set[str]:
    asked = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked FROM unnest(%s) AS asked WHERE has_table_privilege(%s, %s, asked)",
            [list(asked), role, table],
        )
        return {row[0] for row in cursor.fetchall()}


def test_row_58_the_role_has_what_each_table_needs_and_no_more(role, monkeypatch):
    act(f"GRANT ALL ON assessment_pointentry, django_migrations TO {role}")  # somebody meant it well
    monkeypatch.delenv("APPLICATION_PASSWORD")
    call_command("grant_application", role)
    found = {table: privileges(role, table) for table in connection.introspection.table_names()}
    assert {table for table, may in found.items() if may == {"SELECT", "INSERT"}} == set(GUARDED)
    assert {table for table, may in found.items() if may == {"SELECT"}} == {"django_migrations"}
    rest = set(found) - set(GUARDED) - {"django_migrations"}
    assert {table for table in rest if found[table] != {"SELECT", "INSERT", "UPDATE", "DELETE"}} == set()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE theirs (id int)",
        "CREATE TEMPORARY TABLE theirs (id int)",
        "CREATE SCHEMA theirs",
        "ALTER TABLE assessment_pointentry DISABLE TRIGGER ALL",
        "DROP TRIGGER assessment_pointentry_no_change ON assessment_pointentry",
        "DROP TABLE assessment_batch",
        "UPDATE assessment_pointentry SET points = 0",
        "DELETE FROM kernel_auditentry",
        "TRUNCATE events_attendance CASCADE",
        "SET session_replication_role = replica",
    ],
)
def test_row_58_the_role_is_refused(as_role, statement):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        act(statement)


def test_row_58_the_role_does_the_nights_work(as_role, world):
    came(world.parents[0], held(world.schools[0], world.kinds["lecture"], TODAY))
    audit.record("test.act", actor=None, now=NOW)
    assert {run.status for run in nightly.run(TODAY)} == {"done"}
    assert PointEntry.objects.get().points == 2
    assert AuditEntry.objects.filter(action="test.act").exists()


def test_row_58_whoever_owns_tables_is_refused(postgres):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
    with pytest.raises(CommandError):
        call_command("grant_application", owner)
    act(f"CREATE ROLE {ROLE} IN ROLE {connection.ops.quote_name(owner)}")
    with pytest.raises(CommandError):
        call_command("grant_application", ROLE)


def test_a_role_that_is_missing_is_not_made_without_a_password(postgres, monkeypatch):
    monkeypatch.delenv("APPLICATION_PASSWORD", raising=False)
    with pytest.raises(CommandError):
        call_command("grant_application", ROLE)


def test_sqlite_says_that_it_has_no_roles(db):
    if connection.vendor == "sqlite":
        with pytest.raises(CommandError):
            call_command("grant_application", ROLE)
