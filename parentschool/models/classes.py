from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Stage
from accounts.models import Person, RoleAssignment, Unit
from accounts.scopes import ScopedModel
from parentschool.enums import TeamDuty
from parentschool.rules.classes import class_name
from portal.kernel import clock
from portal.kernel.calendar import SchoolYear
from portal.kernel.fields import PathField
from portal.kernel.models import StampedModel


class SchoolClass(StampedModel, ScopedModel):
    """A class for its whole life: it entered `stage` in September of `entry_year` as number `number`."""

    school = models.ForeignKey(
        Unit, verbose_name=_("school"), on_delete=models.PROTECT, related_name="classes"
    )
    stage = models.CharField(_("stage"), max_length=12, choices=Stage.choices)
    entry_year = models.PositiveSmallIntegerField(_("entry year"))
    number = models.PositiveSmallIntegerField(_("class number"))
    path = PathField(unique=True, db_index=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "stage", "entry_year", "number"],
                name="class_once_per_school",
                violation_error_message=_("This class is there already."),
            )
        ]

    def __str__(self) -> str:
        """As people say it in the school year of today."""
        return class_name(self.stage, self.entry_year, self.number, SchoolYear.of(clock.today()))


class ClassTeamMember(StampedModel, ScopedModel):
    """One of the "1+3" of a class; the head teacher's rights come from the assignment that goes with it."""

    org_path = "school_class"

    school_class = models.ForeignKey(
        SchoolClass, verbose_name=_("class"), on_delete=models.PROTECT, related_name="team"
    )
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="class_duties"
    )
    duty = models.CharField(_("duty"), max_length=10, choices=TeamDuty.choices)
    assignment = models.OneToOneField(
        RoleAssignment,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="class_duty",
    )
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("class team member")
        verbose_name_plural = _("class teams")
        constraints = [
            models.UniqueConstraint(
                fields=["school_class", "duty"],
                condition=Q(valid_until=None),
                name="team_duty_held_once",
                violation_error_message=_("Somebody holds this duty in the class already; end theirs first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.school_class} · {self.get_duty_display()} · {self.person}"
