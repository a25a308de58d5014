from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Unit
from accounts.scopes import ScopedModel
from assessment.enums import RequiredPer
from portal.kernel.models import StampedModel


class Requirement(StampedModel, ScopedModel):
    """What a law or a policy asks of every parent school of some kinds: so many events in a term or a year.

    `event_kinds` and `unit_kinds` are lists of codes; no kind of event named means every kind that is for families.
    """

    org_path = "unit"

    unit = models.ForeignKey(
        Unit, verbose_name=_("county"), on_delete=models.PROTECT, related_name="requirements"
    )
    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("what is required"), max_length=100)
    source = models.CharField(_("document and clause"), max_length=200)
    unit_kinds = models.JSONField(_("of which kinds of units"), default=list)
    event_kinds = models.JSONField(_("which kinds of events count"), default=list, blank=True)
    at_least = models.PositiveSmallIntegerField(_("at least"), validators=[MinValueValidator(1)])
    per = models.CharField(_("in each"), max_length=16, choices=RequiredPer.choices)
    valid_from = models.DateField(_("in force from"))
    valid_until = models.DateField(_("in force until"), null=True, blank=True)

    class Meta:
        verbose_name = _("statutory minimum")
        verbose_name_plural = _("statutory minimums")
        ordering = ["code", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "code", "valid_from"],
                name="requirement_once_from_a_day",
                violation_error_message=_("This requirement begins on this day already."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="requirement_ends_after_it_begins",
                violation_error_message=_("The end must lie after the beginning."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
