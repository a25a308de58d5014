"""What every refusal of the portal looks like."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise


class PortalError(Exception):
    """A refusal that a person can act upon.

    `code` is stable and for programs; `message` is a sentence for people; `details` is plain data.
    Subclasses live beside the function that raises them.
    """

    code = "refused"

    def __init__(self, message: str | Promise, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.message = message
        self.details = details

    def __str__(self) -> str:
        return str(self.message)
