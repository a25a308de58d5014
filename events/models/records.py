from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from events.enums import EnteredBy, Measure, OnceIn
from events.models.events import Event
from parentschool.models import Child
from portal.kernel.models import StampedModel


class RecordKind(StampedModel):
    """A kind of record, as data: an item of voluntary service, a sheet handed in, a comment deleted, a complaint."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    measure = models.CharField(_("counted in"), max_length=10, choices=Measure.choices, default=Measure.TIMES)
    most = models.PositiveSmallIntegerField(
        _("at most, in one record"), default=1, validators=[MinValueValidator(1)]
    )
    entered_by = models.CharField(
        _("who may enter it"), max_length=10, choices=EnteredBy.choices, default=EnteredBy.LEADS
    )
    once_in = models.CharField(_("how often"), max_length=10, choices=OnceIn.choices, blank=True)
    needs_event = models.BooleanField(_("belongs to an event"), default=False)
    is_complaint = models.BooleanField(
        _("is a complaint"), default=False, help_text=_("A complaint stays open until it is settled.")
    )
    hint = models.CharField(_("what to keep in mind"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("kind of record")
        verbose_name_plural = _("kinds of record")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.name


class Record(StampedModel, ScopedModel):
    """What somebody of the staff puts down of a person where the portal has no record of its own. Never deleted:
    taken back with a reason, it counts for nothing."""

    org_path = "unit"

    kind = models.ForeignKey(
        RecordKind, verbose_name=_("kind"), on_delete=models.PROTECT, related_name="records"
    )
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="records"
    )
    unit = models.ForeignKey(Unit, verbose_name=_("where"), on_delete=models.PROTECT, related_name="records")
    happened_on = models.DateField(_("day"))
    quantity = models.PositiveSmallIntegerField(_("how much"), default=1)
    child = models.ForeignKey(
        Child,
        verbose_name=_("about the child"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="records",
    )
    event = models.ForeignKey(
        Event,
        verbose_name=_("at the event"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="records",
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    entered_by = models.ForeignKey(
        Person, verbose_name=_("entered by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    revision = models.PositiveSmallIntegerField(_("revision"), default=1, editable=False)
    settled_on = models.DateField(_("settled on"), null=True, editable=False)
    settled_note = models.CharField(_("how it was settled"), max_length=200, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        ordering = ["-happened_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="record_of_something",
                violation_error_message=_("Enter a whole number from 1 on."),
            )
        ]
        indexes = [models.Index(fields=["person", "kind"], name="record_person_kind")]

    def __str__(self) -> str:
        return f"{self.person} · {self.kind} · {self.happened_on}"

    @property
    def is_open(self) -> bool:
        """A complaint that stands and is not settled."""
        return self.kind.is_complaint and self.revoked_at is None and self.settled_on is None
