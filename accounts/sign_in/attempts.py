"""What is remembered of wrong passwords: by whom they were meant, never what was typed."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Substr
from django.http import HttpRequest

from accounts import phones
from accounts.models import Person

BY_PHONE = "phone:"


def attempt_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The name under which attempts are counted: the user name, or the blind index of a number."""
    typed = (credentials or {}).get("username") or (request.POST.get("login", "") if request else "")
    try:
        number = phones.normalise(str(typed))
    except phones.BadPhone:
        return str(typed).strip().lower()[:60]
    return BY_PHONE + phones.index(number) if number else ""


def people_meant(name: str) -> list[Person]:
    """The people whom an attempt's name may mean."""
    if name.startswith(BY_PHONE):
        return list(Person.objects.filter(phone_index=name.removeprefix(BY_PHONE)).order_by("pk")[:5])
    return list(Person.objects.filter(username=name)) if name else []


def person_meant() -> Any:
    """The name of one whom an attempt may mean, as an expression on attempts."""
    by_number = Person.objects.filter(
        phone_index__gt="", phone_index=Substr(OuterRef("username"), len(BY_PHONE) + 1)
    )
    by_name = Person.objects.filter(username=OuterRef("username"))
    return Coalesce(Subquery(by_name.values("name")[:1]), Subquery(by_number.values("name")[:1]))
