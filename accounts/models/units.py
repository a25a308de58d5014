from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import CAMPUS, Kind, Level, RegionLevel, Stage
from accounts.paths import parent_path
from accounts.scopes import ScopedModel
from portal.kernel.fields import PathField
from portal.kernel.models import StampedModel


class Region(models.Model):
    """A statistical division of the county set up here, as of the year of its list."""

    code = models.CharField(_("region code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=100)
    level = models.CharField(_("level"), max_length=10, choices=RegionLevel.choices)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("belongs to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    vintage = models.CharField(_("list as of"), max_length=10)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Unit(StampedModel, ScopedModel):
    """A node of the organisation tree, with the name and place in force."""

    code = models.CharField(_("unit code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    level = models.CharField(_("level"), max_length=12, choices=Level.choices)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    stage = models.CharField(_("stage"), max_length=12, choices=Stage.choices, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("belongs to"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="children",
    )
    path = PathField(unique=True, db_index=False)
    region = models.ForeignKey(
        Region,
        verbose_name=_("region"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="units",
    )
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")),
                name="unit_closes_after_opening",
                violation_error_message=_("A unit cannot close before it opened."),
            ),
            models.CheckConstraint(
                condition=(Q(level=Level.COUNTY) & Q(parent=None))
                | (~Q(level=Level.COUNTY) & Q(parent__isnull=False)),
                name="unit_only_county_is_root",
                violation_error_message=_("Only the county guidance centre stands at the top."),
            ),
        ]
        indexes = [models.Index(fields=["parent", "name"], name="unit_parent_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def served_path(self) -> str:
        """The subtree whose families the unit is there for: the own one; a department stands beside the stations and
        serves all that stands under the unit above it."""
        return parent_path(self.path) if self.level == Level.DEPARTMENT else self.path

    @property
    def is_campus(self) -> bool:
        return self.kind in CAMPUS


class UnitPlacement(ScopedModel):
    """Under which parent and name a unit stands from a day until (not including) another."""

    org_path = "unit"

    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="placements"
    )
    parent = models.ForeignKey(
        Unit,
        verbose_name=_("belongs to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="placements_below",
    )
    name = models.CharField(_("name"), max_length=100)
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason or document"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["unit", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="placement_one_per_day"),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(valid_until=None), name="placement_one_open_per_unit"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="placement_has_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from}–{self.valid_until or ''}"
