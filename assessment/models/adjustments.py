from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scopes import ScopedModel
from assessment.enums import AdjustmentStatus
from assessment.models.ledger import PointEntry
from portal.kernel.models import StampedModel


class Adjustment(StampedModel, ScopedModel):
    """Points given or taken by hand, with the reason. Above the scheme's limit a second person approves first.

    `token` names the asking: the same form sent twice asks once. `about` is the line that this one makes good.
    What is posted carries `reason` as its note; `note` is for the office alone.
    """

    org_path = "person"

    token = models.UUIDField(unique=True)
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="adjustments"
    )
    points = models.SmallIntegerField(_("points"))
    reason = models.CharField(_("reason"), max_length=200)
    note = models.CharField(_("note of the office"), max_length=200, blank=True)
    about = models.ForeignKey(
        PointEntry,
        verbose_name=_("about this line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="adjustments",
    )
    counts_on = models.DateField(_("counts for the day"))
    status = models.CharField(
        _("status"), max_length=10, choices=AdjustmentStatus.choices, default=AdjustmentStatus.PENDING
    )
    asked_by = models.ForeignKey(
        Person, verbose_name=_("asked by"), on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked at"))
    decided_by = models.ForeignKey(
        Person, verbose_name=_("decided by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision = models.CharField(_("reason of the decision"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(points=0), name="adjustment_of_something"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="adjustment_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points:+d} {self.person}"


class Spending(StampedModel, ScopedModel):
    """Points handed in for something. It lessens what is available, never what counts for a star.

    `slot` names person, scheme and period where a county lets a person hand in once in a period; taking the spending
    back sets it free.
    """

    org_path = "person"

    token = models.UUIDField(unique=True)
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="spendings"
    )
    points = models.PositiveSmallIntegerField(_("points"))
    what = models.CharField(_("for what"), max_length=200)
    slot = models.CharField(max_length=60, null=True, unique=True, editable=False)
    spent_on = models.DateField(_("on"))
    entered_by = models.ForeignKey(
        Person, verbose_name=_("entered by"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("spending of points")
        verbose_name_plural = _("spendings of points")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="spending_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.points} {self.what}"
