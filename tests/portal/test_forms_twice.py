"""Every form of the phone pages sent four times at the same moment, and once more after that (R-5).

One press is what stays: the rows of every table of ours are counted around it, the audit included. Nobody is told an
error: each answer leads to the same page. A form that is neither here nor excused fails a test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import QuerySet, UniqueConstraint
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import Consent, Person
from assessment.models import DirtyPerson
from parentschool.models import DataRequest
from portal.kernel.models import AuditEntry
from tests.conftest import OWN
from tests.matrix.routes import ROUTES, Needs
from tests.matrix.rows import fill
from tests.portal.presses import Press, of_parents, of_school
from tests.threads import at_once
from tests.world import World, build_world

TIMES = 4
EXCUSED = {
    "text_size": "keeps a cookie",
    "account_sessions_end": "ends the session that a second press would need; tests/accounts/test_own_sessions.py",
    "account_proof": "sends a code, counted by number; tests/accounts/test_sms_limits.py",
    "account_proof_code": "takes a code once; tests/accounts/test_sms_limits.py",
    "account_set_password": "the same password twice is the same password",
    "consent_ask": "writes by the service of own_consents, and asks only while something is lacking",
    "family_school": "keeps a choice in the session",
    "my_calendar": "a new link is what pressing means, and the older one ends",
    "notice": "marks as read, as notices_read does",
    "own_data_copy": "a copy each time, with its row in the audit",
    "managed_new": "searches",
    "neighbour_list": "searches",
    "record_new": "searches",
    "visit_new": "searches",
    "record_settle": "changes a row by the service that take_back shares",
    "person_by_code": "takes the roll of one, by the service of roll_call",
    "unreached_export": "a file each time, with its row in the audit",
    "roster_new": "a file each time is a job each time; tests/parentschool/test_roster_confirmation.py",
    "work_hand_in": "a step of the appraisal's course; tests/assessment/test_appraisal_course.py",
    "work_mark": "saves what stands in the fields; tests/assessment/test_appraisal_course.py",
    "evidence_remove": "a step of the appraisal's course; tests/assessment/test_evidence.py",
}
FIRST_ROWS = (Consent, DataRequest, Person)
"""What the presses of the control write first."""
Answers = list[tuple[int, str]]


def rows() -> Counter[str]:
    """How many rows each table of ours holds; notes for the night are no rows of anybody."""
    own = (model for label in OWN for model in apps.get_app_config(label).get_models())
    counted = Counter({m.__name__: m._base_manager.count() for m in own if m is not DirtyPerson})
    signed_out = AuditEntry.objects.filter(action="sign_out").count()  # one for each tab that was open
    counted["AuditEntry"] -= signed_out
    return counted


def client_of(world: World, who: str) -> Client:
    client = Client()
    person = Person.objects.get(pk=world.parents[0].pk) if who == "parent" else world.as_(who)
    client.force_login(person, backend="accounts.backends.PhoneOrUsernameBackend")
    return client


def sent(client: Client, press: Press) -> tuple[int, str]:
    answer = client.post(press.address, press.fields)
    return answer.status_code, answer.headers.get("Location", "")


def at_the_same_moment(client: Client, press: Press) -> Answers:
    def one() -> tuple[int, str]:
        own = Client()
        own.cookies.update(client.cookies)
        return sent(own, press)

    return at_once([one] * TIMES)


def what_is_wrong(world: World, press: Press) -> list[str]:
    client = client_of(world, press.who)
    press.before(client)
    before, wrong = rows(), []
    answers = at_the_same_moment(client, press)
    added = +(rows() - before)
    if added != Counter(press.adds):
        wrong.append(f"{TIMES} presses at once added {dict(added)}, one adds {press.adds}")
    answers.append(sent(client, press))
    kinds = {status if press.ends or press.says_so else (status, to) for status, to in answers}
    if len(kinds) > 1 + press.says_so or {status for status, _to in answers} - {200, 302}:
        wrong.append(f"answers: {sorted(set(answers))}")
    if +(rows() - before) != added:
        wrong.append(f"once more added {dict(+(rows() - before - added))}")
    return wrong


@pytest.fixture
def county(shared_database, settings) -> World:
    settings.STAFF_SECOND_FACTOR = False
    return fill(build_world())


def takes_a_form(client: Client, name: str, kwargs: dict[str, Any]) -> bool:
    return client.post(reverse(name, kwargs=kwargs)).status_code != 405


def test_every_form_is_pressed_or_excused(county):
    given = {"pk": 0, "token": "no-code", "kind": "json", "secret": "none", "code": "none"}
    found = set()
    for name, rule in ROUTES.items():
        if ":" in name or name in {"healthz", "jsi18n", "account_login"}:
            continue
        _pattern, parameters = get_resolver().reverse_dict.getlist(name)[0][0][0]
        client = client_of(county, "school_lead:0" if isinstance(rule, Needs) else "parent")
        if takes_a_form(client, name, {key: given[key] for key in parameters}):
            found.add(name)
    pressed = set(of_parents(county)) | set(of_school(county))
    assert found - pressed - set(EXCUSED) == set()
    assert (pressed | set(EXCUSED)) - found == set()


@pytest.fixture
def all_have_looked() -> Iterator[None]:
    """No press writes its first row before each has looked at what stands, unless a lock holds one of them up."""
    meeting = Barrier(TIMES)

    def wait(**_: object) -> None:
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=3)

    for model in FIRST_ROWS:
        pre_save.connect(wait, sender=model)
    yield
    for model in FIRST_ROWS:
        pre_save.disconnect(wait, sender=model)


def test_without_locks_and_constraints_the_same_presses_are_noticed(county, monkeypatch, all_have_looked):
    """The control. Those of check-in, seats and claims stand beside their services."""
    if connection.vendor != "postgresql":
        pytest.skip("a writer on SQLite stands alone, and sees what the one before it wrote")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **how: rows)
    once = [c for c in DataRequest._meta.constraints if isinstance(c, UniqueConstraint)]
    with connection.schema_editor() as editor:
        for constraint in once:
            editor.remove_constraint(DataRequest, constraint)
    try:
        presses = {**of_parents(county), **of_school(county)}
        for name in ("own_consents", "own_data_ask", "neighbour_new"):
            assert any("at once" in words for words in what_is_wrong(county, presses[name])), name
    finally:
        DataRequest.objects.all().delete()
        with connection.schema_editor() as editor:
            for constraint in once:
                editor.add_constraint(DataRequest, constraint)


def test_each_form_of_a_parent(county):
    found = {name: what_is_wrong(county, press) for name, press in of_parents(county).items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_each_form_of_a_school(county):
    found = {name: what_is_wrong(county, press) for name, press in of_school(county).items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
