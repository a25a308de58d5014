"""The short way of a tap: it lets in what the ordinary way would, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from accounts.models import Person
from events.middleware import ShortWayMiddleware
from events.models import Attendance
from events.services import schedule_event, take_roll
from events.services.codes import wall_code
from tests.events.pages import on_list, page, signed_in
from tests.events.plans import family, plan
from tests.world import NOW, appoint


@pytest.fixture
def evening(world, time_machine):
    """An event to which somebody has come."""
    time_machine.move_to(NOW, tick=False)
    event = schedule_event(world.schools[0], plan=plan(world, starts_at=NOW), actor=None, now=NOW)
    take_roll(event, present=[family(world, 99).pk], actor=None, now=NOW)
    return event


@pytest.fixture
def parent(world):
    return world.parents[0]


def scan(event):
    return page("check_in_scan", wall_code(event, NOW).token)


def looked(parent, event, **more) -> Client:
    """A browser whose owner looked at the page with the button."""
    client = Client(**more)
    client.force_login(parent, backend="accounts.backends.RoleBackend")
    client.get(scan(event))
    return client


def test_a_tap_is_one_statement(world, parent, evening, django_assert_num_queries):
    looked(family(world, 1), evening).post(scan(evening))  # PostgreSQL plans it at the first tap
    client = looked(parent, evening)
    with django_assert_num_queries(1):
        done = client.post(scan(evening))
    assert (done.status_code, done["Location"]) == (302, page("check_in_done", evening.pk))
    assert parent.name in on_list(evening)
    assert client.get(done["Location"]).status_code == 200


def test_a_second_tap_is_answered_alike_and_changes_nothing(parent, evening):
    client = looked(parent, evening)
    first, second = client.post(scan(evening)), client.post(scan(evening))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert Attendance.objects.filter(person=parent, revision=1).count() == 1


def test_it_answers_with_the_headers_of_the_ordinary_way(parent, evening):
    """A second tap takes the ordinary way."""
    client = looked(parent, evening)
    short, ordinary = client.post(scan(evening)), client.post(scan(evening))
    own = {"Content-Language", "Set-Cookie", "Content-Length", "Vary", "Expires"}
    assert {k: v for k, v in short.items() if k not in own} == {
        k: v for k, v in ordinary.items() if k not in own
    }
    assert "Cookie" in short["Vary"]


def test_without_the_token_of_the_form_nobody_is_let_in(parent, evening):
    client = looked(parent, evening, enforce_csrf_checks=True)
    assert client.post(scan(evening)).status_code == 403
    assert client.post(scan(evening), {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert parent.name not in on_list(evening)
    token = client.cookies["csrftoken"].value
    assert client.post(scan(evening), {"csrfmiddlewaretoken": token}).status_code == 302
    assert parent.name in on_list(evening)


def short_way(client: Client, address: str, **form):
    """What the short way makes of this browser's tap, without the ordinary way behind it."""
    request = RequestFactory().post(address, form)
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    request._dont_enforce_csrf_checks = True
    get_token(request)
    return ShortWayMiddleware(lambda request: None).let_in(request)


CHANGES = {
    "signed out": lambda person, client: client.logout() or client.cookies.load("sessionid=gone"),
    "session removed": lambda person, client: Session.objects.all().delete(),
    "session over": lambda person, client: Session.objects.update(expire_date=NOW),
    "sessions ended": lambda person, client: Person.objects.filter(pk=person.pk).update(session_generation=1),
    "password changed": lambda person, client: Person.objects.filter(pk=person.pk).update(password="!new"),
    "password due": lambda person, client: Person.objects.filter(pk=person.pk).update(password_due_at=NOW),
    "let in no more": lambda person, client: Person.objects.filter(pk=person.pk).update(is_active=False),
    "role given": lambda person, client: appoint(person, "school_lead", person.home),
    "another browser": lambda person, client: client.cookies.load("mark=other"),
    "no claim": lambda person, client: client.cookies.pop("check_in"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_since_the_page_was_shown_takes_the_ordinary_way(parent, evening, change):
    client = looked(parent, evening)
    CHANGES[change](parent, client)
    assert short_way(client, scan(evening)) is None
    assert parent.name not in on_list(evening)


def test_the_pass_of_one_person_is_worth_nothing_in_the_session_of_another(world, parent, evening):
    client, other = looked(parent, evening), looked(family(world, 1), evening)
    client.cookies["sessionid"] = other.cookies["sessionid"].value
    assert short_way(client, scan(evening)) is None


def test_family_and_other_events_take_the_ordinary_way(world, parent, evening):
    client = looked(parent, evening)
    other = schedule_event(
        world.schools[0], plan=plan(world, starts_at=NOW, title="Another"), actor=None, now=NOW
    )
    assert short_way(client, scan(evening), family="1", who=["1", "2"]) is None
    assert short_way(client, scan(evening), child="1") is None
    assert short_way(client, scan(other)) is None
    assert short_way(client, page("check_in_family")) is None
    assert short_way(client, scan(evening), family="1", who=[str(parent.pk)]) == evening.pk


def test_staff_and_sessions_about_to_end_get_no_pass(world, parent, evening):
    lead = looked(world.staff["school_lead:0"], evening)
    assert short_way(lead, scan(evening)) is None
    client = signed_in(parent)
    session = client.session
    session["began_at"] = int((NOW - timedelta(days=30) + timedelta(minutes=9)).timestamp())
    session["seen_at"] = int(NOW.timestamp())
    session.save()
    client.get(scan(evening))
    assert short_way(client, scan(evening)) is None


def test_check_ins_are_saved_while_redis_is_down(parent, evening, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    client = looked(parent, evening)
    assert client.post(scan(evening)).status_code == 302
    assert client.post(scan(evening)).status_code == 302, "nor the ordinary way"
    assert parent.name in on_list(evening)
