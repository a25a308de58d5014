from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from portal.kernel.models import StampedModel
from training.enums import Tier


class Lecturer(StampedModel, ScopedModel):
    """A person in the pool of a unit, for a period."""

    org_path = "unit"

    person = models.OneToOneField(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="lecturer"
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("pool of"), on_delete=models.PROTECT, related_name="lecturers"
    )
    tier = models.CharField(_("tier"), max_length=10, choices=Tier.choices)
    specialities = models.CharField(_("specialities"), max_length=200, blank=True)
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("lecturer")
        verbose_name_plural = _("lecturers")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="lecturer_has_a_day",
                violation_error_message=_("The end must lie after the beginning."),
            )
        ]

    def __str__(self) -> str:
        return self.person.name

    def serves_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)
