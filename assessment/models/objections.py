from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scopes import ScopedModel
from assessment.enums import AdjustmentStatus, ObjectionStatus, Remedy
from assessment.models.adjustments import Adjustment
from assessment.models.ledger import PointEntry
from portal.kernel import clock
from portal.kernel.fields import PathField
from portal.kernel.models import StampedModel


class Objection(StampedModel, ScopedModel):
    """A parent says that a line of the own points is wrong, and gets an answer by a day that was promised.

    `path` is the place whose people answer it: the parent's home when it was made, or else where the line comes
    from. Decided once, by somebody who did not record the fact; never edited afterwards. Upheld, it names what made
    it good: the adjustment, or, with `Remedy.RECORD`, the record that was corrected, from which the next night
    posts. Where a second person does not approve the adjustment, the objection is open again and names it no more.
    A line has one open objection at most.
    """

    entry = models.ForeignKey(
        PointEntry, verbose_name=_("line"), on_delete=models.PROTECT, related_name="objections"
    )
    person = models.ForeignKey(
        Person, verbose_name=_("objector"), on_delete=models.PROTECT, related_name="objections"
    )
    path = PathField()
    grounds = models.CharField(_("what is wrong"), max_length=300)
    filed_at = models.DateTimeField(_("made at"))
    due_on = models.DateField(_("answer due by"), db_index=True)
    status = models.CharField(
        _("status"), max_length=10, choices=ObjectionStatus.choices, default=ObjectionStatus.OPEN
    )
    closed_at = models.DateTimeField(_("ended at"), null=True)
    decided_by = models.ForeignKey(
        Person, verbose_name=_("decided by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.CharField(_("answer to the parent"), max_length=200, blank=True)
    remedy = models.CharField(_("made good by"), max_length=10, choices=Remedy.choices, blank=True)
    adjustment = models.OneToOneField(
        Adjustment,
        verbose_name=_("adjustment"),
        null=True,
        on_delete=models.PROTECT,
        related_name="objection",
    )

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(status="open"), name="objection_open_once"),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None) | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="objection_open_or_ended",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "withdrawn"], decided_by=None, answer="")
                | (Q(status__in=["upheld", "refused"], decided_by__isnull=False) & ~Q(answer="")),
                name="objection_decided_with_answer",
            ),
            models.CheckConstraint(
                condition=Q(status="upheld") & ~Q(remedy="") | (~Q(status="upheld") & Q(remedy="")),
                name="objection_upheld_made_good",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("person")),
                name="objection_not_decided_by_objector",
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="objection_due")]

    def __str__(self) -> str:
        return f"{self.person} · {date_format(clock.day_of(self.filed_at))}"

    @property
    def is_open(self) -> bool:
        return self.status == ObjectionStatus.OPEN

    @property
    def waits(self) -> bool:
        """Upheld by points on which a second person has not decided yet."""
        return self.adjustment is not None and self.adjustment.status == AdjustmentStatus.PENDING

    @property
    def stand(self) -> str:
        """The status as people read it."""
        return str(_("upheld, waits for a second person")) if self.waits else self.get_status_display()
