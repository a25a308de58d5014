"""Short messages by named template, through a backend chosen by the settings as Django chooses one for e-mail.

`SMS_BACKEND` names a class with one method, `deliver(message)`. A message is a number, the name of one of our
templates (`SMS_TEMPLATES` gives the gateway's own number of it) and the values that fill it: no free text, so nothing
else can ride along. Whoever sends waits for the answer; messages are not queued, because a number and a code have no
business in a broker. Nothing here writes a number or a value into a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from portal.kernel.errors import PortalError


class SmsFailed(PortalError):
    """The message was not taken. `may_have_gone` is set where nobody can say whether it went out after all."""

    code = "sms_failed"
    may_have_gone = False


class SmsDown(SmsFailed):
    """The gateway could not be reached, gave no sensible answer, or none in time."""

    code = "sms_down"

    def __init__(self, reason: str, *, may_have_gone: bool = False) -> None:
        super().__init__(_("Messages cannot be sent at the moment."), reason=reason)
        self.may_have_gone = may_have_gone


class SmsRefused(SmsFailed):
    """The gateway answered and does not want to; `details["reason"]` is its own code."""

    code = "sms_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(_("The message was not accepted for this number."), reason=reason)


class SmsBusy(SmsRefused):
    """The gateway's own limit of messages for this number is reached."""

    code = "sms_busy"


@dataclass(frozen=True)
class Message:
    """`number` is a normalised mobile number. Neither it nor the values appear when a message is printed."""

    number: str = field(repr=False)
    template: str
    values: dict[str, str] = field(repr=False)


class Backend(Protocol):
    def deliver(self, message: Message) -> None: ...


def send(message: Message) -> None:
    """Hand a message over. Raises SmsDown, SmsRefused or SmsBusy."""
    backend: Backend = import_string(settings.SMS_BACKEND)()
    backend.deliver(message)


def is_offered() -> bool:
    """Whether a backend is set at all: without one, pages lead to the other ways at once."""
    return bool(settings.SMS_BACKEND)
