"""Signing in by user name or by phone, and staying signed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts import phones
from accounts.models import Person, RoleAssignment
from portal.kernel import prepared

SHARED_BY = 5
"""How many people with one number are tried at most."""


def candidates(name: str) -> list[Person]:
    """Who might mean themselves by what was typed: a user name, or a number that several people may share."""
    able = Person.objects.exclude(password="").exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    try:
        number = phones.normalise(name)
    except phones.BadPhone:
        return list(able.filter(username=name.strip().lower()))
    return list(able.filter(phone_index=phones.index(number)).order_by("pk")[:SHARED_BY]) if number else []


def may_enter(person: Person) -> bool:
    """Demo people, whose passwords are printed for everybody, are nobody in production."""
    return person.is_active and not (person.is_demo and settings.PRODUCTION)


def _by_key() -> QuerySet[Person]:
    """Somebody with whether they ever held a role, so that who never did is not asked for roles again."""
    roles = RoleAssignment.objects.filter(person=OuterRef("pk"))
    return Person.objects.filter(pk=prepared.STAND_IN).annotate(had_roles=Exists(roles))


class RoleBackend(BaseBackend):
    """Whoever may enter no more is signed out by the next request."""

    def get_user(self, user_id: int) -> Person | None:
        found = prepared.rows("accounts.user", _by_key, {prepared.STAND_IN: user_id})
        person = found[0] if found else None
        return person if person is not None and may_enter(person) else None


class PhoneOrUsernameBackend(RoleBackend):
    """A phone may belong to several people; the password tells which. Unknown names cost the same time."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        person: Person | None = None,
        **kwargs: Any,
    ) -> Person | None:
        """`person` is given where somebody who has signed in gives the password once more."""
        if password is None or not (username or person):
            return None
        people = [person] if person else candidates(username or "")
        if not people:
            make_password(password)
        return next((each for each in people if each.check_password(password) and may_enter(each)), None)
