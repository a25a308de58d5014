from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scopes import ScopedModel
from events.enums import Doubt, Method
from events.models.events import Event
from parentschool.models import Child
from portal.kernel.models import StampedModel


class Attendance(StampedModel, ScopedModel):
    """A person came to an event. One row for each pair for ever; revoked, it counts for nothing.

    A row with a doubt begins revoked and waits: it counts from the moment at which staff accept it. `device` is a
    keyed digest of a random mark of the browser and of the event, so it tells nothing of other events; a second
    person on the same device stands there `device_again`.
    """

    org_path = "event__host"

    event = models.ForeignKey(
        Event,
        verbose_name=_("event"),
        on_delete=models.PROTECT,
        related_name="attendances",
        db_index=False,  # attendance_once begins with it
    )
    person = models.ForeignKey(
        Person,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="attendances",
        db_index=False,  # attendance_of_person begins with it
    )
    method = models.CharField(_("how taken"), max_length=10, choices=Method.choices)
    taken_at = models.DateTimeField(_("taken at"))
    taken_by = models.ForeignKey(
        Person,
        verbose_name=_("taken by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="attendances_taken",
    )
    revision = models.PositiveSmallIntegerField(_("revision"), default=1, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    correction_reason = models.CharField(
        _("reason of correction"), max_length=200, blank=True, editable=False
    )

    child = models.ForeignKey(
        Child,
        verbose_name=_("came for"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty: for all children here."),
    )
    device = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)
    device_again = models.BooleanField(default=False, db_default=False, editable=False)
    doubt = models.CharField(
        _("doubt"),
        max_length=10,
        choices=Doubt.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    doubt_settled_at = models.DateTimeField(_("doubt settled at"), null=True, editable=False)

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"],
                name="attendance_once",
                violation_error_message=_("This person is on the list already."),
            ),
            models.UniqueConstraint(
                fields=["event", "device"],
                condition=Q(device_again=False) & ~Q(device=""),
                name="attendance_first_of_device",
                violation_error_message=_("Somebody signed in on this phone already."),
            ),
        ]
        indexes = [
            models.Index(fields=["updated_at"], name="attendance_changed"),
            models.Index(fields=["person", "event", "id"], name="attendance_of_person"),
            models.Index(fields=["event"], name="attendance_revoked", condition=Q(revoked_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.event}"

    @property
    def is_pending(self) -> bool:
        """Staff have not yet said whether the person came."""
        return bool(self.doubt) and self.doubt_settled_at is None
