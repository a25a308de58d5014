from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from events import rules
from events.enums import Audience, EventStatus
from parentschool.models import SchoolClass
from portal.kernel.models import StampedModel
from training.models import Lecturer

LESSON_MINUTES = 45
"""One lesson period (课时)."""


class EventKind(StampedModel):
    """A kind of event, as data: lecture, salon, parents' meeting, …"""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    default_minutes = models.PositiveSmallIntegerField(_("usual length in minutes"), default=90)
    for_families = models.BooleanField(_("parents take part"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("kind of event")
        verbose_name_plural = _("kinds of event")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.name


class Event(StampedModel, ScopedModel):
    """`seats_taken` and `seats_waiting` are the sums of its reservations, written by `services.reservations` alone.
    `sequence` rises, and `changed_at` is set, whenever those who come have to know of a change."""

    org_path = "host"

    host = models.ForeignKey(Unit, verbose_name=_("host"), on_delete=models.PROTECT, related_name="events")
    kind = models.ForeignKey(
        EventKind, verbose_name=_("kind"), on_delete=models.PROTECT, related_name="events"
    )
    title = models.CharField(_("title"), max_length=100)
    starts_at = models.DateTimeField(_("begins"), db_index=True)
    ends_at = models.DateTimeField(_("ends"))
    place = models.CharField(_("place"), max_length=100, blank=True)
    capacity = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    audience = models.CharField(
        _("for whom"), max_length=10, choices=Audience.choices, default=Audience.SCHOOL
    )
    classes = models.ManyToManyField(
        SchoolClass, verbose_name=_("classes"), blank=True, related_name="events"
    )
    lecturers = models.ManyToManyField(Lecturer, through="EventLecturer", blank=True, related_name="events")
    speaker = models.CharField(
        _("speaker outside the pool"),
        max_length=60,
        blank=True,
        help_text=_("Somebody who speaks without being in the lecturer pool."),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=EventStatus.choices, default=EventStatus.PLANNED
    )
    needs_booking = models.BooleanField(
        _("families book seats beforehand"),
        default=False,
        help_text=_("Without it everybody simply comes."),
    )
    book_until = models.DateTimeField(
        _("booking ends"), null=True, blank=True, help_text=_("Empty: when the event begins.")
    )
    seats_taken = models.PositiveIntegerField(_("seats taken by booking"), default=0, editable=False)
    seats_waiting = models.PositiveIntegerField(_("seats waited for"), default=0, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)
    cancel_reason = models.CharField(_("why it was called off"), max_length=200, blank=True, editable=False)
    entered_by = models.ForeignKey(
        Person,
        verbose_name=_("entered by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="event_ends_after_it_begins",
                violation_error_message=_("The end must lie after the beginning."),
            ),
            models.UniqueConstraint(
                fields=["host", "kind", "title", "starts_at", "place"],
                condition=~Q(status=EventStatus.CANCELLED),
                name="event_entered_once",
                violation_error_message=_("This event has been entered already."),
            ),
        ]
        indexes = [models.Index(fields=["host", "starts_at"], name="event_host_time")]

    def __str__(self) -> str:
        return self.title

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def lesson_periods(self) -> int:
        return self.minutes // LESSON_MINUTES

    @property
    def seats_left(self) -> int | None:
        """None where seats are not limited."""
        return rules.seats_left(self.capacity, self.seats_taken)

    @property
    def booking_ends_at(self) -> datetime:
        return self.book_until or self.starts_at

    @property
    def is_held(self) -> bool:
        return self.status == EventStatus.HELD

    @property
    def is_cancelled(self) -> bool:
        return self.status == EventStatus.CANCELLED


class EventLecturer(ScopedModel):
    """A booking. Its own copy of the times lets the database look for double bookings alone."""

    org_path = "event__host"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="bookings")
    lecturer = models.ForeignKey(
        Lecturer, verbose_name=_("lecturer"), on_delete=models.PROTECT, related_name="bookings"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        constraints = [models.UniqueConstraint(fields=["event", "lecturer"], name="lecturer_once_per_event")]
        indexes = [models.Index(fields=["lecturer", "starts_at"], name="booking_lecturer_time")]

    def __str__(self) -> str:
        return f"{self.lecturer} · {self.event}"
