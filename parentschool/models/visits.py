from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scopes import ScopedModel
from parentschool.enums import VisitOutcome
from parentschool.models.families import Child
from portal.kernel.models import StampedModel


class HomeVisit(StampedModel, ScopedModel):
    """Somebody of the school went to a child's home; who was met, if anybody."""

    org_path = "child"

    child = models.ForeignKey(
        Child, verbose_name=_("child"), on_delete=models.PROTECT, related_name="home_visits"
    )
    visited_on = models.DateField(_("day of the visit"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=VisitOutcome.choices)
    met = models.ForeignKey(
        Person,
        verbose_name=_("guardian met"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="visits_received",
    )
    visitor = models.ForeignKey(
        Person, verbose_name=_("visited by"), on_delete=models.PROTECT, related_name="visits_made"
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    revision = models.PositiveSmallIntegerField(default=1, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("home visit")
        verbose_name_plural = _("home visits")
        constraints = [
            models.UniqueConstraint(
                fields=["child", "visited_on", "visitor"],
                name="visit_once_a_day",
                violation_error_message=_("You have recorded a visit to this child on this day already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.child} {self.visited_on} {self.get_outcome_display()}"
