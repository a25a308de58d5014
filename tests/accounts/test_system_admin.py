"""The audit and failed sign-ins: looked at by the county administrator alone, changed by nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.urls import reverse

from accounts.sign_in.attempts import attempt_name
from portal.acts import GROUPS
from portal.kernel import audit
from portal.kernel.models import AuditEntry
from tests.queries import assert_same_queries
from tests.world import NOW

MODELS = (AuditEntry, AccessAttempt)
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def english(settings, time_machine):
    settings.STAFF_SECOND_FACTOR = False
    settings.LANGUAGE_CODE = "en"
    time_machine.move_to(NOW)


@pytest.fixture
def county(world, client):
    client.force_login(world.as_("county_admin"))
    return client


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def write(number=1, **more):
    for _ in range(number):
        audit.record("role.give", actor=None, now=NOW, path="0001", role="lecturer", **more)


def attempt(name):
    return AccessAttempt.objects.create(
        username=name, ip_address="192.0.2.7", user_agent="", failures_since_start=10
    )


@pytest.mark.parametrize("model", MODELS)
def test_row_64_nobody_changes_them_here(world, county, rf, model):
    request = rf.get("/")
    request.user = world.as_("county_admin")
    kept = admin.site._registry[model]
    assert not any(getattr(kept, f"has_{verb}_permission")(request) for verb in ("add", "change", "delete"))
    assert county.get(list_of(model)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("who", ["county_staff", "station_lead:0", "school_lead:0", "inspector"])
def test_only_the_county_administrator_looks_at_them(world, client, model, who):
    client.force_login(world.as_(who))
    assert client.get(list_of(model)).status_code == 403


def test_the_audit_speaks_in_words(county):
    write(name="<b>x</b>")
    text = county.get(list_of(AuditEntry)).content.decode()
    assert "role given" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<b>x</b>" not in text


def test_the_audit_is_found_by_kind_and_by_result(county, world):
    write()
    audit.record("sign_in.failed", actor=None, now=NOW, result=AuditEntry.Result.REFUSED)
    kinds = [str(group) for group, _acts in audit.GROUPS]
    page = county.get(list_of(AuditEntry), {"kind": str(kinds.index("people and roles"))})
    assert {entry.action for entry in page.context["cl"].queryset} == {"role.give"}
    page = county.get(list_of(AuditEntry), {"result__exact": "refused"})
    assert {entry.action for entry in page.context["cl"].queryset} == {"sign_in.failed"}
    assert county.get(list_of(AuditEntry), {"kind": "nonsense"}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_the_lists_ask_as_much_for_more_rows(world, county, model):
    def more(start=0):
        for number in range(start, start + 2):
            write()
            attempt(f"parent{number}")

    more()
    assert_same_queries(lambda: county.get(list_of(model)), lambda: more(5), at_most=8)


def test_an_attempt_says_for_whom_it_was_meant(world, county):
    attempt("parent0")
    attempt(attempt_name(None, {"username": "138 0000 0001"}))
    attempt("nobody")
    text = county.get(list_of(AccessAttempt)).content.decode()
    assert "Parent 0" in text
    assert "Parent 1" in text
    assert "nobody known here" in text
    assert "13800000001" not in text


def test_who_locked_themselves_out_may_be_let_try_again(world, county):
    kept, locked = attempt("parent1"), attempt("parent0")
    county.post(list_of(AccessAttempt), {"action": "unlock", "_selected_action": [locked.pk]})
    assert list(AccessAttempt.objects.all()) == [kept]
    entry = AuditEntry.objects.get(action="sign_in.unlock")
    assert entry.object_id == str(world.parents[0].pk)


def test_every_act_of_the_sources_is_named():
    """An act without words would stand in the trail as a code."""
    spelt = re.compile(
        r"(?:audit\.record|\b_record|\bnote|_set_active)\(\s*(?:person, (?:True|False), )?\"([a-z_]+\.?[a-z_.]+)\""
    )
    found = {
        act
        for app in ("portal", "accounts", "parentschool", "training", "events", "assessment")
        for path in (ROOT / app).rglob("*.py")
        for act in spelt.findall(path.read_text(encoding="utf-8"))
    }
    named = {act for _group, acts in GROUPS for act in acts}
    assert {"role.give", "sign_in.done", "unit.move", "person.deactivate"} <= found
    assert {"attendance.revoke", "event.book_lecturer"} <= found, "by a helper of the module"
    assert found - named == set(), "name these acts in portal/acts.py"
