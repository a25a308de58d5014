"""What people are told and asked about their personal information, and what they decide.

A decision is recorded as a row of its own with the text's version and hash, the time and the way; nothing is written
over. What was on the page is what was decided upon: a text that changed meanwhile is shown anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.enums import Asked, Basis, Decision
from accounts.models import Consent, Person, Purpose, PurposeText
from accounts.queries import consents_of, texts_in_force
from accounts.rules import fingerprint
from portal.kernel import audit
from portal.kernel.errors import PortalError

CHILDREN = "children"
"""The purpose whose text is the county's rules on children's information."""

READY: list[dict[str, Any]] = [
    {"code": "duty", "basis": Basis.DUTY},
    {"code": "service", "basis": Basis.CONSENT, "is_required": True},
    {"code": CHILDREN, "basis": Basis.CONSENT, "is_required": True},
    {"code": "honour", "basis": Basis.CONSENT},
    {"code": "photos", "basis": Basis.CONSENT},
]
"""The purposes that come with the portal; their first texts lie in accounts/consent_texts/."""


class ConsentRefused(PortalError):
    code = "consent_refused"


class TextsChanged(ConsentRefused):
    code = "texts_changed"


@transaction.atomic
def load_purposes(*, actor: Person | None, now: datetime) -> list[Purpose]:
    """Put in the ready purposes that are not there yet, each with its first text; a second run changes nothing."""
    made = []
    for order, ready in enumerate(READY):
        purpose, is_new = Purpose.objects.get_or_create(
            code=ready["code"],
            defaults={
                "basis": ready["basis"],
                "is_required": ready.get("is_required", False),
                "order": order,
            },
        )
        if is_new:
            title, _newline, text = _ready_text(purpose.code).partition("\n")
            publish_text(purpose, title=title, text=text, is_real_change=True, actor=actor, now=now)
            made.append(purpose)
    return made


def _ready_text(code: str) -> str:
    return (files("accounts") / "consent_texts" / f"{code}.txt").read_text("utf-8")


@transaction.atomic
def publish_text(
    purpose: Purpose, *, title: str, text: str, is_real_change: bool, actor: Person | None, now: datetime
) -> PurposeText:
    """A new version from now on. Where it changes something real, whoever agreed before is asked at the next sign-in.
    The same words again change nothing. Raises ConsentRefused where somebody else published at the same moment."""
    title, text = " ".join(title.split()), text.replace("\r\n", "\n").strip()
    if not title or not text:
        raise ConsentRefused(_("Write a title and a text."), field="text")
    latest = purpose.texts.order_by("-number").first()
    if latest is not None and latest.sha256 == fingerprint(title, text):
        return latest
    number = (purpose.texts.aggregate(last=Max("number"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            made = PurposeText.objects.create(
                purpose=purpose,
                number=number,
                title=title,
                text=text,
                sha256=fingerprint(title, text),
                is_real_change=is_real_change or number == 1,
                published_at=now,
                published_by=actor,
            )
    except IntegrityError as error:
        raise ConsentRefused(
            _("Somebody else has just published a new version. Look at it first.")
        ) from error
    audit.record(
        "consent_text.publish",
        actor=actor,
        now=now,
        obj=made,
        path=actor.path if actor else "",
        purpose=purpose.code,
        number=number,
        sha256=made.sha256,
        real_change=made.is_real_change,
    )
    return made


@transaction.atomic
def record_decisions(
    person: Person,
    *,
    agreed: Mapping[str, bool],
    shown: Collection[int],
    asked: Asked,
    actor: Person | None,
    now: datetime,
) -> list[Consent]:
    """What a person decided on the purposes named by their codes, and on the texts that were `shown`.

    Only what differs from what stands is written, so the same again changes nothing. Raises TextsChanged.
    """
    made = []
    Person.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)  # one decision after the other
    before = {state.purpose.code: state for state in consents_of(person)}
    for code, yes in agreed.items():
        state = before.get(code)
        if state is None:
            continue
        if state.text.pk not in shown:
            raise TextsChanged(_("The text has changed in the meantime. Please read it once more."))
        decision = _decision(yes, state.latest)
        if yes == state.holds and state.latest and state.latest.decision == decision:
            continue
        made.append(
            Consent.objects.create(
                person=person,
                text=state.text,
                sha256=state.text.sha256,
                decision=decision,
                asked=asked,
                at=now,
                recorded_by=actor,
            )
        )
    if made:
        audit.record(
            "consent.decide",
            actor=actor,
            now=now,
            obj=person,
            path=person.path,
            asked=asked,
            decisions={c.text.purpose.code: [c.decision, c.text.number, c.sha256[:12]] for c in made},
        )
    return made


def _decision(yes: bool, latest: Consent | None) -> Decision:
    if yes:
        return Decision.AGREED
    had_agreed = latest is not None and latest.decision in (Decision.AGREED, Decision.WITHDRAWN)
    return Decision.WITHDRAWN if had_agreed else Decision.REFUSED


def check_required(agreed: Mapping[str, bool], shown: Collection[int]) -> None:
    """Before somebody is registered: raises ConsentRefused unless every required purpose was shown and agreed to."""
    for text in texts_in_force():
        if not text.purpose.is_required:
            continue
        if text.pk not in shown:
            raise TextsChanged(_("The text has changed in the meantime. Please read it once more."))
        if not agreed.get(text.purpose.code):
            raise ConsentRefused(_("Without this consent the portal may not keep anything of you."))
