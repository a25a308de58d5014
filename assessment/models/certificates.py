from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scopes import ScopedModel
from assessment.models.rules import SchemeVersion
from portal.kernel.models import StampedModel

GROUP = 4


class Certificate(StampedModel, ScopedModel):
    """A star, as it was printed: every field is copied, so that later standings, rules and names change nothing.

    `code` is drawn, not counted: who holds the paper can look it up, nobody can guess the next. A certificate that is
    revoked stays, and its page says so.
    """

    org_path = "person"

    code = models.CharField(_("certificate number"), max_length=16, unique=True, editable=False)
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="certificates"
    )
    version = models.ForeignKey(
        SchemeVersion, verbose_name=_("scheme version"), on_delete=models.PROTECT, related_name="+"
    )
    star = models.PositiveSmallIntegerField(_("star"))
    printed_name = models.CharField(_("printed name"), max_length=60, blank=True)
    star_name = models.CharField(_("printed star"), max_length=40)
    period = models.CharField(_("printed period"), max_length=40)
    points = models.IntegerField(_("printed points"))
    school_name = models.CharField(_("printed school"), max_length=100)
    county_name = models.CharField(_("printed county"), max_length=100)
    issued_on = models.DateField(_("issued on"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("star certificate")
        verbose_name_plural = _("star certificates")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "version", "period", "star"],
                condition=models.Q(revoked_at=None),
                name="certificate_once_a_star",
            )
        ]

    def __str__(self) -> str:
        return self.spaced_code

    @property
    def spaced_code(self) -> str:
        """As it is printed: 7K3M-9QXT-2VBD-H4NP."""
        return "-".join(self.code[at : at + GROUP] for at in range(0, len(self.code), GROUP))
