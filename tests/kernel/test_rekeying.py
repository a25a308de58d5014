"""Rotating the field keys (security row 55)."""

import base64
import secrets

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Person
from portal.kernel import rekeying
from portal.kernel.models import AuditEntry
from tests.world import person


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def versions() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM accounts_person WHERE phone IS NOT NULL")
        return {bytes(token)[0] for (token,) in cursor.fetchall()}


def phones_by_name() -> dict[str, str]:
    return {row.name: row.phone for row in Person.objects.all()}


def test_row_55_every_row_is_readable_after_two_keys_became_one(db, settings, monkeypatch):
    monkeypatch.setattr(rekeying, "CHUNK", 2)
    old, new = key(), key()
    settings.FIELD_KEYS = f"1:aes:{old}"
    for number in range(5):
        person(f"P{number}", phone=f"1380000000{number}")
    person("No phone")
    before = phones_by_name()

    settings.FIELD_KEYS = f"2:sm4:{new},1:aes:{old}"
    assert phones_by_name() == before
    call_command("rekey", verbosity=0)
    assert versions() == {2}

    settings.FIELD_KEYS = f"2:sm4:{new}"
    assert phones_by_name() == before
    entry = AuditEntry.objects.get(action="keys.rotated")
    assert entry.summary == {
        "rows": {
            "accounts.person.phone": 5,
            "accounts.wechatbinding.openid": 0,
            "mfa.authenticator.data": 0,
        }
    }


def test_row_55_a_lost_key_is_said_and_changes_nothing(db, settings):
    settings.FIELD_KEYS = f"1:aes:{key()}"
    person("P", phone="13800000000")
    settings.FIELD_KEYS = f"2:aes:{key()}"
    with pytest.raises(CommandError):
        call_command("rekey")
    assert versions() == {1}
