from __future__ import annotations

from django.db import models


class SmsOutcome(models.TextChoices):
    ASKED = "asked"
    SENT = "sent"
    REFUSED = "refused"
    DOWN = "down"
    UNSURE = "unsure"


COUNTED = (SmsOutcome.ASKED, SmsOutcome.SENT, SmsOutcome.UNSURE)
"""What may have reached the phone, and so counts against the hour and the day of a number."""


class SmsCode(models.Model):
    """A code that was asked for by one browser for one number: how it went, and whether it may still open something.

    Nothing here tells the number, the address or the code to whoever reads the table: all are keyed digests, that of
    the code over the browser's own secret and the number as well. `proof` is the solved challenge, so that one
    solution is taken once. Rows are removed a day after they were made.
    """

    number = models.CharField(max_length=32)
    client = models.CharField(max_length=32)
    digest = models.CharField(max_length=32)
    proof = models.CharField(max_length=32, null=True, unique=True)
    asked_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=SmsOutcome.choices, default=SmsOutcome.ASKED)

    class Meta:
        verbose_name = "code by SMS"
        verbose_name_plural = "codes by SMS"
        indexes = [
            models.Index(fields=["number", "asked_at"], name="sms_code_number"),
            models.Index(fields=["client", "asked_at"], name="sms_code_client"),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} {self.outcome}"


class SmsGate(models.Model):
    """The one row that everybody who asks for a code holds while the limits are counted."""

    passed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.passed_at:%Y-%m-%d %H:%M:%S}"
