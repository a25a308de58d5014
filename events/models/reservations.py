from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scopes import ScopedModel
from events.enums import SeatStatus
from events.models.events import Event
from portal.kernel.models import StampedModel


class Reservation(StampedModel, ScopedModel):
    """The seats of one household at an event: named guardians and a number of children, who need no name here.

    A household that waits stands in the order of `asked_at`. Given back, a reservation stays on record; who books
    again asks anew.
    """

    org_path = "event__host"

    event = models.ForeignKey(
        Event, verbose_name=_("event"), on_delete=models.PROTECT, related_name="reservations"
    )
    children = models.PositiveSmallIntegerField(_("children who come along"), default=0)
    seats = models.PositiveSmallIntegerField(_("seats"))
    status = models.CharField(_("status"), max_length=10, choices=SeatStatus.choices)
    asked_at = models.DateTimeField(_("asked for at"))
    moved_up_at = models.DateTimeField(_("moved up at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("given back at"), null=True, editable=False)
    made_by = models.ForeignKey(
        Person,
        verbose_name=_("booked by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    revision = models.PositiveSmallIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seats__gt=models.F("children")),
                name="reservation_has_an_adult",
                violation_error_message=_("At least one adult comes along."),
            )
        ]
        indexes = [models.Index(fields=["event", "status", "asked_at"], name="reservation_queue")]

    def __str__(self) -> str:
        return f"{self.event} · {self.seats}"

    @property
    def is_waiting(self) -> bool:
        return self.status == SeatStatus.WAITING


class ReservedPerson(ScopedModel):
    """One guardian of a reservation. Its own copy of the event lets the database refuse a second seat alone."""

    org_path = "event__host"

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="places")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="reserved"
    )
    is_standing = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("reserved seat")
        verbose_name_plural = _("reserved seats")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"],
                condition=Q(is_standing=True),
                name="seat_once_per_event",
                violation_error_message=_("This person has a seat already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.event}"
