"""A number proved in a session: for half an hour, and never in clear."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from accounts.sign_in.verified import GOOD_FOR, forget_phone, remember_phone, verified_phone
from tests.world import NOW

NUMBER = "13800001234"


@pytest.fixture
def request_(rf, db):
    request = rf.get("/")
    request.session = SessionStore()
    return request


def test_a_proved_number_is_known_for_half_an_hour(request_):
    assert verified_phone(request_, now=NOW) is None
    remember_phone(request_, NUMBER, now=NOW)
    assert verified_phone(request_, now=NOW + GOOD_FOR - timedelta(seconds=1)) == NUMBER
    assert verified_phone(request_, now=NOW + GOOD_FOR) is None


def test_forgotten_is_forgotten(request_):
    remember_phone(request_, NUMBER, now=NOW)
    forget_phone(request_)
    assert verified_phone(request_, now=NOW) is None


def test_row_54_the_number_is_sealed_in_the_session(request_):
    remember_phone(request_, NUMBER, now=NOW)
    request_.session.save()
    held = Session.objects.get().get_decoded()
    assert verified_phone(request_, now=NOW) == NUMBER
    assert NUMBER not in str(held)
    assert NUMBER[-4:] not in str(held)


def test_a_key_that_is_gone_only_means_proving_it_again(request_, settings):
    remember_phone(request_, NUMBER, now=NOW)
    settings.FIELD_KEYS = "9:aes:" + base64.b64encode(secrets.token_bytes(32)).decode()
    assert verified_phone(request_, now=NOW) is None
