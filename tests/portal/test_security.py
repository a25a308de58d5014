"""What the code and the settings must hold; the numbers are those of the security requirements.

What a running production server must hold is in test_production.py.
"""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import authenticate, get_user
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from accounts.models import Person
from portal.kernel import audit
from portal.kernel.middleware import client_address
from portal.kernel.models import AuditEntry
from tests.conftest import GUARDED
from tests.matrix.rows import fill
from tests.production import manage, production_environment
from tests.sources import ROOT, hits, own_static, python_files, templates
from tests.world import NOW, PASSWORD, person

# Each was read and found harmless; the reason stands beside it. At most five.
UNESCAPED: dict[str, str] = {
    "templates/portal/field.html: |safe": "help texts are Django's or ours, never a person's",
    "accounts/office_rows.py: mark_safe": "rows of an office list, put together of values escaped there",
    "accounts/office_rows.py: SafeString": "the type of such rows",
}


# ── Input and output ─────────────────────────────────────────────────────────


def test_row_06_every_form_and_serializer_names_its_fields():
    assert hits(r"\bfields\s*=\s*[\"']__all__[\"']", python_files()) == set()
    assert hits(r"class Meta:(?:\n    .*)*?\n\s+exclude\s*=", python_files()) == set()


def test_row_31_nothing_is_marked_safe_beyond_the_reviewed_list():
    found = hits(
        r"mark_safe|SafeString|\|\s*safe(?:seq)?\b|autoescape off|html_safe", python_files() + templates()
    )
    found |= hits(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", own_static()
    )
    assert found - set(UNESCAPED) == set()
    assert set(UNESCAPED) <= found, "a reviewed exception is gone: take it off the list"
    assert len(UNESCAPED) <= 5


def test_row_33_raw_sql_stands_only_where_it_may():
    allowed = re.compile(r"/engine/|^portal/kernel/(append_only|bulk|grants|planning|watching)\.py")
    raw = hits(r"\.raw\(|\.extra\(|RawSQL|cursor\(\)|\.execute\(|executemany|copy_expert", python_files())
    assert {line for line in raw if not allowed.search(line)} == set()
    assert hits(r"filter\(\*\*request|\*\*request\.(GET|POST|query_params)", python_files()) == set()


def test_row_36_celery_speaks_json_alone():
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_SERIALIZER == settings.CELERY_RESULT_SERIALIZER == "json"


def test_row_36_sessions_and_the_shared_cache_are_json(tmp_path):
    shown = production_settings(tmp_path, "SESSION_SERIALIZER", "CACHES", REDIS_URL="redis://127.0.0.1:1/0")
    assert shown["SESSION_SERIALIZER"].endswith("JSONSerializer")
    assert shown["CACHES"]["default"]["OPTIONS"]["serializer"] == "portal.kernel.caching.JsonSerializer"


def test_row_36_nothing_unpickles():
    assert hits(r"\bpickle\b|\bmarshal\b|\bshelve\b|yaml\.(unsafe_)?load\(|\bdill\b", python_files()) == set()


def test_row_37_no_module_fetches_from_elsewhere():
    reviewed = {
        "portal/health.py: HTTPConnection",  # asks the portal itself
        "portal/kernel/sms/gateway.py: HTTPConnection",  # the SMS gateway, whose address only the settings name
        "portal/kernel/sms/gateway.py: HTTPSConnection",
        "portal/kernel/wechat.py: HTTPConnection",  # WeChat's interface, off unless the settings name an account
        "portal/kernel/wechat.py: HTTPSConnection",
    }
    found = hits(
        r"\burlopen\b|\brequests\.(get|post)|\bhttpx\b|\bHTTPS?Connection\b|\baiohttp\b", python_files()
    )
    assert found == reviewed


def test_row_39_the_policy_is_strict():
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    sources = {str(source) for directive in policy.values() for source in directive}
    assert not sources & {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"}
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]


def test_row_39_templates_have_no_inline_scripts_styles_or_handlers():
    inline = r"(?i)<script(?![^>]*(?:\ssrc=|nonce|application/json))[^>]*>|<style(?![^>]*nonce)[^>]*>"
    inline += r"|\sstyle=|\son(?:click|change|load|submit|input|error)=|javascript:"
    assert hits(inline, templates()) == set()


def test_row_82_nothing_is_asked_of_another_origin():
    elsewhere = r"(?i)(?:src|href|action|srcset)=[\"'](?:https?:)?//[^\"']+|url\([\"']?(?:https?:)?//|@import"
    assert hits(elsewhere, templates() + own_static()) == set()


# ── Sign-in ──────────────────────────────────────────────────────────────────


def test_row_22_a_fresh_install_has_no_account(db):
    assert Person.objects.count() == 0


def test_row_22_demo_people_cannot_sign_in_to_production(db, settings, client, rf):
    demo = person("Demo", username="demo")
    Person.objects.filter(pk=demo.pk).update(is_demo=True)
    assert authenticate(rf.post("/"), username="demo", password=PASSWORD) == demo
    client.force_login(demo, backend="accounts.backends.RoleBackend")
    assert get_user(client).is_authenticated
    settings.PRODUCTION = True
    assert authenticate(rf.post("/"), username="demo", password=PASSWORD) is None
    assert not get_user(client).is_authenticated, "an open session ends too"


def test_row_61_demo_people_are_never_put_into_production(tmp_path):
    refused = manage("seed_demo", environment=production_environment(tmp_path))
    assert refused.returncode != 0
    assert "正式环境" in refused.stderr


def test_row_20_passwords_of_staff_are_long_and_not_common():
    for common in ("password123", "1234567890", "qwertyuiop", "short", "11111111111"):
        with pytest.raises(ValidationError):
            validate_password(common)
    validate_password("纸船 72 灯塔 and so on")


# ── Proxy and hosts ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("hops", "forwarded", "believed"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6, 7.7.7.7", "7.7.7.7"),
        (2, "6.6.6.6, 7.7.7.7, 8.8.8.8", "7.7.7.7"),
        (2, "7.7.7.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_row_42_only_trusted_hops_name_the_client(settings, hops, forwarded, believed):
    settings.TRUSTED_PROXIES = hops
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == believed


@pytest.mark.parametrize("hosts", ["", "*", ".example.org", "portal.example.org,*"])
def test_row_42_production_wants_each_host_in_full(tmp_path, hosts):
    refused = load_settings(production_environment(tmp_path, ALLOWED_HOSTS=hosts))
    assert refused.returncode != 0
    assert "ALLOWED_HOSTS" in refused.stderr


# ── Secrets ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FIELD_KEYS", "INDEX_KEY"])
def test_row_55_production_does_not_start_without(tmp_path, missing):
    environment = production_environment(tmp_path)
    del environment[missing]
    refused = load_settings(environment)
    assert refused.returncode != 0
    assert missing in refused.stderr
    assert list(tmp_path.glob("*.txt")) == [], "production makes no secret up"


def test_row_55_what_is_made_up_outside_production_is_for_the_owner_alone(tmp_path):
    environment = production_environment(tmp_path, PORTAL_ENV="development", ALLOWED_HOSTS="")
    for name in ("SECRET_KEY", "FIELD_KEYS", "INDEX_KEY"):
        del environment[name]
    assert load_settings(environment).returncode == 0
    made = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*.txt")}
    assert made == {"secret_key.txt": 0o600, "field_key.txt": 0o600, "index_key.txt": 0o600}


def test_row_55_no_secret_is_in_the_tree():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    looks_secret = re.compile(
        rb"-----BEGIN [A-Z ]*PRIVATE KEY"
        rb"|(?i:secret_key|index_key|password|token)[\"']?\s*[:=]\s*[\"'][A-Za-z0-9+/_\-]{24,}={0,2}[\"']"
        rb"|\b[12]:(?:aes|sm4):[A-Za-z0-9+/]{43}="
    )
    tracked = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    read = [path for path in tracked if path.is_file() and path.suffix not in {".lock", ".mo"}]
    assert [str(path) for path in read if looks_secret.search(path.read_bytes())] == []


def test_row_56_at_most_one_deployment_check_is_silenced():
    assert len(settings.SILENCED_SYSTEM_CHECKS) <= 1


def test_row_61_production_carries_no_tools_of_development(tmp_path):
    shown = production_settings(tmp_path, "DEBUG", "INSTALLED_APPS", "MIDDLEWARE", "STAFF_SECOND_FACTOR")
    assert shown["DEBUG"] is False
    assert shown["STAFF_SECOND_FACTOR"] is True
    named = " ".join(shown["INSTALLED_APPS"] + shown["MIDDLEWARE"])
    assert not re.search(r"debug_toolbar|silk|django_extensions|\btests\b|admindocs", named)


def test_row_61_the_servers_lock_is_a_part_of_the_whole_lock():
    pins = [set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.M)) for name in LOCKS]
    assert pins[0] < pins[1]
    assert not {
        pin for pin in pins[0] if pin.startswith(("pytest", "hypothesis", "playwright", "ruff", "mypy"))
    }


LOCKS = ("requirements-prod.lock", "requirements.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_row_60_every_package_is_locked_by_hash_and_names_no_address(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    unhashed = [
        line
        for line, after in pairwise([*lines, ""])
        if "==" in line and not after.strip().startswith("--hash=")
    ]
    assert unhashed == []


# ── What only grows ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
def test_row_64_the_database_refuses_to_change(full_ledger, table, verb):
    statement = {
        "update": f"UPDATE {table} SET id = id",
        "delete": f"DELETE FROM {table}",
        "truncate": f"TRUNCATE {table} CASCADE",
    }[verb]
    if verb == "truncate" and connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    connection.check_constraints()  # PostgreSQL truncates nothing that still has checks to come
    before = rows_of(table)
    assert before > 0
    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert rows_of(table) == before


@pytest.fixture
def full_ledger(world):
    audit.record("test.act", actor=None, now=NOW)
    fill(world)


def rows_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_row_64_the_admin_cannot_touch_the_audit():
    kept = admin.site._registry.get(AuditEntry)
    if kept is None:
        return
    request = RequestFactory().get("/")
    assert not any(getattr(kept, f"has_{verb}_permission")(request) for verb in ("add", "change", "delete"))


# ── Helpers ──────────────────────────────────────────────────────────────────


def load_settings(environment: dict[str, str], *names: str) -> subprocess.CompletedProcess[str]:
    program = f"import json, portal.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


def production_settings(folder: Path, *names: str, **more: str) -> dict[str, Any]:
    """Settings as production has them."""
    shown = load_settings(production_environment(folder, **more), *names)
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)
