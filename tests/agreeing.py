"""People who have agreed to what the portal cannot do without."""

from __future__ import annotations

from accounts.enums import Asked
from accounts.models import Consent, Person
from accounts.queries import consents_of
from accounts.services.consents import record_decisions
from tests.world import NOW


def agree(person: Person, *codes: str, asked: Asked = Asked.REGISTRATION) -> list[Consent]:
    """To the purposes named, or to every required one."""
    states = consents_of(person)
    wanted = codes or [state.purpose.code for state in states if state.purpose.is_required]
    shown = [state.text.pk for state in states]
    return record_decisions(
        person, agreed=dict.fromkeys(wanted, True), shown=shown, asked=asked, actor=person, now=NOW
    )
