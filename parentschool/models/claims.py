from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import NEIGHBOURHOOD
from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from parentschool.enums import ClaimStatus, Relation, ReportStatus
from parentschool.models.classes import SchoolClass
from parentschool.models.families import Guardianship
from parentschool.rules.relations import RELATION_WORD_LENGTH
from portal.kernel.fields import PathField
from portal.kernel.models import StampedModel


class Claim(StampedModel, ScopedModel):
    """A parent says of a child: this is mine. `path` is the class's, or the school's where the class is not known.
    In a village, which has no classes, it says: I belong here; it names no child, and may name the household.

    It is made whether or not the child exists, so that a stranger learns nothing from it. `token` is that of the form
    which made it: sent twice, it is one claim.
    """

    token = models.CharField(max_length=32, unique=True, editable=False)
    claimant = models.ForeignKey(
        Person, verbose_name=_("parent"), on_delete=models.PROTECT, related_name="claims"
    )
    school = models.ForeignKey(
        Unit, verbose_name=_("school"), on_delete=models.PROTECT, related_name="claims"
    )
    school_class = models.ForeignKey(
        SchoolClass,
        verbose_name=_("class"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claims",
    )
    child_name = models.CharField(_("child's name"), max_length=60, blank=True)
    household = models.CharField(_("household"), max_length=60, blank=True)
    relation = models.CharField(_("relation"), max_length=10, choices=Relation.choices)
    relation_word = models.CharField(_("relation in words"), max_length=RELATION_WORD_LENGTH, blank=True)
    status = models.CharField(
        _("state"), max_length=10, choices=ClaimStatus.choices, default=ClaimStatus.PENDING
    )
    made_at = models.DateTimeField(_("made at"))
    guardianship = models.ForeignKey(
        Guardianship,
        verbose_name=_("guardianship"),
        null=True,
        on_delete=models.PROTECT,
        related_name="claims",
    )
    decided_by = models.ForeignKey(
        Person, verbose_name=_("decided by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    path = PathField()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["made_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["claimant", "school", "child_name"],
                condition=Q(status=ClaimStatus.PENDING),
                name="claim_waits_once",
            )
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [str(self.claimant), self.child_name, str(self.school)]))

    @property
    def is_of_neighbour(self) -> bool:
        return self.school.kind in NEIGHBOURHOOD


class BindingReport(StampedModel, ScopedModel):
    """Somebody says of a guardianship that it is wrong; the school decides."""

    org_path = "guardianship__child"

    guardianship = models.ForeignKey(
        Guardianship, verbose_name=_("guardianship"), on_delete=models.PROTECT, related_name="reports"
    )
    reported_by = models.ForeignKey(
        Person, verbose_name=_("reported by"), on_delete=models.PROTECT, related_name="binding_reports"
    )
    reason = models.CharField(_("reason"), max_length=200)
    reported_at = models.DateTimeField(_("reported at"))
    status = models.CharField(
        _("state"), max_length=10, choices=ReportStatus.choices, default=ReportStatus.OPEN
    )
    decided_by = models.ForeignKey(
        Person, verbose_name=_("decided by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        verbose_name = _("report of a wrong binding")
        verbose_name_plural = _("reports of wrong bindings")
        constraints = [
            models.UniqueConstraint(
                fields=["guardianship", "reported_by"],
                condition=Q(status=ReportStatus.OPEN),
                name="report_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.guardianship} · {self.reason}"
