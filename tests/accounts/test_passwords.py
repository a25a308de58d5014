"""Which passwords are refused (security row 20)."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.contrib.auth import password_validation
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.passwords import remainder
from accounts.services.passwords import ALPHABET, one_time_password
from tests.world import person


def refused(password: str, user=None) -> bool:
    try:
        validate_password(password, user)
    except ValidationError:
        return True
    return False


def test_row_20_the_commonest_passwords_are_refused():
    """All of Django's list, and each of them made long enough in the ways that people know."""
    listed = Path(password_validation.__file__).parent / "common-passwords.txt.gz"
    common = gzip.decompress(listed.read_bytes()).decode().split()
    assert len(common) > 3000
    assert [word for word in common if not refused(word)] == []


@pytest.mark.parametrize(
    "password",
    [
        "taoyuan2026",
        "Jiaoyuju@2026",
        "jiating12345678",
        "Password2026!!",
        "1qaz2wsx3edc",
        "qwertyuiop123",
        "家庭教育家庭教育2026",
        "admin@123456789",
        "woaini5201314",
        "aaaaaaaaaaaaaaa",
        "abcdefghijklm",
        "short",
        "x" * 129,
    ],
)
def test_row_20_words_of_the_place_years_and_keyboards_are_refused(password):
    assert refused(password)


@pytest.mark.parametrize("password", ["13800001234", "liuxiaohong1990", "LiuXiaohong!!", "school0school0"])
def test_row_20_ones_own_name_and_number_are_refused(db, password, world):
    who = person("Liu Xiaohong", home=world.schools[0], phone="13800001234", username="liuxiaohong")
    assert refused(password, who)


@pytest.mark.parametrize(
    "password",
    [
        "纸船 72 灯塔 and so on",
        "copper lantern paper boat",
        "kX9$wq-72Lm#t",
        "桂花落在旧书桌上了呀",
        "x7" * 32,
    ],
)
def test_row_20_long_ones_of_ones_own_are_welcome(password):
    assert not refused(password)


def test_one_time_passwords_would_pass_and_never_repeat():
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert set("".join(made)) <= set(ALPHABET) | {"-"}
    assert not [password for password in made if len(password) != 19]


def test_what_is_left_is_what_nobody_would_guess():
    assert remainder("Password-2026-zebra", []) == "--zebra"
    assert remainder("13800001234", ["13800001234", "1234"]) == ""
