"""What every app stands on: stamped rows, the audit, the run log, the work calendar, jobs with progress, notices.

An audit row says who did what to which row, from where, with what result; the table only grows. A run is one
step of the night for one day and one shard. A job is long work that a person asked for and may find again.
"""

from __future__ import annotations

import secrets
from pathlib import PurePath

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.fields import PathField


class StampedModel(models.Model):
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True


class AuditEntry(models.Model):
    """One act: written by the service that did it, inside its transaction. Only grows."""

    class Result(models.TextChoices):
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    at = models.DateTimeField(_("when"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(_("what"), max_length=60, db_index=True)
    object_type = models.CharField(_("kind of record"), max_length=60, blank=True)
    object_id = models.CharField(_("record"), max_length=40, blank=True)
    path = models.CharField(_("place"), max_length=24, blank=True, db_index=True)
    summary = models.JSONField(_("details"), default=dict)
    result = models.CharField(_("result"), max_length=10, choices=Result.choices, default=Result.DONE)
    origin = models.CharField(_("sent from"), max_length=64, blank=True)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_object")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.object_type}:{self.object_id}"


RUN_ERROR_ENDS = "\n\n"
"""Between what an error said and where it happened."""


class Run(models.Model):
    """One step of the night, for one day and one shard. Started but not done means: redo."""

    class Status(models.TextChoices):
        STARTED = "started", _("started")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    step = models.CharField(_("step"), max_length=40)
    day = models.DateField(_("day"))
    shard = models.CharField(_("shard"), max_length=24, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    counts = models.JSONField(_("counts"), default=dict)
    head = models.CharField(_("chain head"), max_length=64, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("run log")
        constraints = [
            models.UniqueConstraint(fields=["step", "day", "shard"], name="run_once_per_step_day_shard")
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.day} {self.shard or '*'}"

    @property
    def said(self) -> str:
        """The error without its trace."""
        return self.error.partition(RUN_ERROR_ENDS)[0]

    @property
    def trace(self) -> str:
        return self.error.partition(RUN_ERROR_ENDS)[2]


class SpecialDay(models.Model):
    """A day that is not what its weekday says: a weekday that is off, or a weekend day that is worked (调休)."""

    day = models.DateField(
        _("day"), unique=True, error_messages={"unique": _("This day is entered already.")}
    )
    is_worked = models.BooleanField(_("worked"), default=False)
    name = models.CharField(_("holiday"), max_length=40)

    class Meta:
        verbose_name = _("holiday or worked weekend")
        verbose_name_plural = _("holidays and worked weekends")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"


def _random_name(folder: str, name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    return f"{folder}/{secrets.token_hex(16)}{suffix if suffix in KEPT_SUFFIXES else ''}"


FOLDER_IN, FOLDER_OUT = "jobs/in", "jobs/out"
KEPT_SUFFIXES = (".xlsx", ".csv", ".pdf", ".zip", ".json")


def uploaded_to(job: Job, name: str) -> str:
    """On disk nothing is named by a person; readers only need to know the kind of file."""
    return _random_name(FOLDER_IN, name)


def delivered_to(job: Job, name: str) -> str:
    return _random_name(FOLDER_OUT, name)


class Job(StampedModel):
    """Long work a person asked for: shown with progress, may be left and found again.

    `path` is the place whose rows the work reads or writes: who asks for its page or its download must still
    hold the kind's permission there. `alive_at` tells running work from work whose process has died.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting to start")
        RUNNING = "running", _("running")
        CHECKED = "checked", _("checked, waiting for you to confirm")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused: nothing was changed")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    UNDER_WAY = (Status.QUEUED, Status.RUNNING)
    ENDED = (Status.DONE, Status.REFUSED, Status.FAILED, Status.CANCELLED)

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="jobs",
    )
    path = PathField()
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.QUEUED)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error = models.TextField(_("error"), blank=True)
    source = models.FileField(_("uploaded file"), upload_to=uploaded_to, blank=True)
    source_name = models.CharField(_("uploaded file's name"), max_length=200, blank=True)
    product = models.FileField(_("download"), upload_to=delivered_to, blank=True)
    product_name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, blank=True)
    origin = models.CharField(_("sent from"), max_length=64, blank=True)
    request_id = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    alive_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_under_way(self) -> bool:
        return self.status in self.UNDER_WAY

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


class Notice(models.Model):
    """Something a person should know, told in the portal. It keeps a kind and plain values; the sentence is made when
    it is read, in the reader's language (`portal.kernel.notices`).

    `cause` names what brought it about, so that telling twice tells once. `route` and `key` name the page where the
    person sees more, by its URL name.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("for whom"),
        on_delete=models.CASCADE,
        related_name="notices",
    )
    kind = models.CharField(_("kind"), max_length=40)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    route = models.CharField(max_length=60, blank=True)
    key = models.CharField(max_length=40, blank=True)
    cause = models.CharField(max_length=100)
    created_at = models.DateTimeField(_("created at"))
    read_at = models.DateTimeField(_("read at"), null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [models.UniqueConstraint(fields=["cause", "person"], name="notice_once_per_cause")]
        indexes = [
            models.Index(fields=["person"], condition=models.Q(read_at=None), name="notice_unread"),
            models.Index(fields=["person", "-created_at"], name="notice_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause}"
