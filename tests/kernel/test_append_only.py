"""The database itself refuses to change what only grows."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from portal.kernel import audit
from portal.kernel.models import AuditEntry
from tests.world import NOW


@pytest.mark.parametrize(
    "statement", ["UPDATE kernel_auditentry SET action = 'x'", "DELETE FROM kernel_auditentry"]
)
def test_audit_refuses_change(db, statement):
    audit.record("test.act", actor=None, now=NOW)
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert [entry.action for entry in AuditEntry.objects.all()] == ["test.act"]


def test_audit_grows(db):
    audit.record("test.act", actor=None, now=NOW, reason="because")
    assert AuditEntry.objects.get().summary == {"reason": "because"}
