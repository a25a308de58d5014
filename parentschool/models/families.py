from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Basis
from accounts.models import Consent, Person, Unit
from accounts.scopes import ScopedModel
from parentschool.enums import Gender, MembershipSource, Relation
from parentschool.models.classes import SchoolClass
from parentschool.rules.relations import RELATION_WORD_LENGTH
from portal.kernel.fields import PathField
from portal.kernel.models import StampedModel

HOUSEHOLD_LENGTH = 30


class Child(StampedModel, ScopedModel):
    """A child of a class: the least that the work needs. `path` is the class's.

    No row without its legal basis: the duty of a school that keeps its own class list, or a guardian's consent to the
    rules on children's information. Age is not kept, so every child is treated as one under fourteen.
    """

    name = models.CharField(_("child's name"), max_length=60, db_index=True)
    school_class = models.ForeignKey(
        SchoolClass, verbose_name=_("class"), on_delete=models.PROTECT, related_name="children"
    )
    gender = models.CharField(_("gender"), max_length=1, choices=Gender.choices, blank=True)
    path = PathField()
    left_on = models.DateField(_("left on"), null=True, blank=True)
    basis = models.CharField(_("legal basis"), max_length=10, choices=Basis.choices, editable=False)
    consent = models.ForeignKey(
        Consent,
        verbose_name=_("guardian's consent"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="children",
    )

    class Meta:
        verbose_name = _("child")
        verbose_name_plural = _("children")
        constraints = [
            models.CheckConstraint(
                condition=Q(basis=Basis.DUTY, consent=None) | Q(basis=Basis.CONSENT, consent__isnull=False),
                name="child_has_a_legal_basis",
                violation_error_message=_(
                    "A child's data need a guardian's consent, or the school's statutory duty on record."
                ),
            ),
            models.UniqueConstraint(
                fields=["school_class", "name"],
                condition=Q(left_on=None),
                name="child_name_once_per_class",
                violation_error_message=_(
                    "The class has a child of this name already. If there are two, write the names apart, "
                    "for example 张伟大 and 张伟小."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Guardianship(StampedModel, ScopedModel):
    """A person cares for a child, as the mother, a grandfather or otherwise."""

    org_path = "child"

    guardian = models.ForeignKey(
        Person, verbose_name=_("guardian"), on_delete=models.PROTECT, related_name="guardianships"
    )
    child = models.ForeignKey(
        Child, verbose_name=_("child"), on_delete=models.PROTECT, related_name="guardianships"
    )
    relation = models.CharField(_("relation"), max_length=10, choices=Relation.choices)
    relation_word = models.CharField(
        _("relation in words"), max_length=RELATION_WORD_LENGTH, blank=True, help_text=_("for example 姑姑")
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        verbose_name = _("guardianship")
        verbose_name_plural = _("guardianships")
        constraints = [
            models.UniqueConstraint(
                fields=["guardian", "child"],
                name="guardianship_once",
                violation_error_message=_("This person is a guardian of this child already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.guardian} · {self.relation_name} · {self.child}"

    @property
    def relation_name(self) -> str:
        return self.relation_word or self.get_relation_display()


class Membership(StampedModel, ScopedModel):
    """A person learns at a parent school in a school year. `path` is the school's."""

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="memberships"
    )
    school = models.ForeignKey(
        Unit, verbose_name=_("parent school"), on_delete=models.PROTECT, related_name="memberships"
    )
    school_year = models.PositiveSmallIntegerField(_("school year (begins in)"))
    joined_on = models.DateField(_("joined on"))
    left_on = models.DateField(_("left on"), null=True, blank=True)
    source = models.CharField(_("how"), max_length=10, choices=MembershipSource.choices)
    household = models.CharField(
        _("household"),
        max_length=HOUSEHOLD_LENGTH,
        blank=True,
        help_text=_("as the village writes it: its number or its head; tells namesakes apart"),
    )
    path = PathField()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "school", "school_year"],
                name="membership_once_a_year",
                violation_error_message=_("This person is a learner here this school year already."),
            ),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=models.F("joined_on")),
                name="membership_leaves_after_joining",
                violation_error_message=_("The last day must not lie before the first."),
            ),
        ]
        indexes = [models.Index(fields=["school_year", "path"], name="membership_year_path")]

    def __str__(self) -> str:
        return f"{self.person} · {self.school} · {self.school_year}"
