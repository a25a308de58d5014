from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Asked, Basis, Decision
from accounts.models.people import Person
from accounts.models.units import Unit
from accounts.rules import Section, sections
from accounts.scopes import ScopedModel
from portal.kernel.models import StampedModel


class Purpose(models.Model):
    """What personal information is handled for. Its words are those of its latest text.

    Nobody is asked about a purpose whose basis is statutory duty: people are told of it. Without a required purpose
    the portal cannot serve a person; an optional one is off until somebody turns it on, and holds up nothing.
    """

    code = models.SlugField(_("code"), max_length=20, unique=True)
    basis = models.CharField(_("legal basis"), max_length=10, choices=Basis.choices)
    is_required = models.BooleanField(_("required"), default=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(basis=Basis.CONSENT) | Q(is_required=False), name="purpose_required_asks"
            )
        ]

    def __str__(self) -> str:
        return self.code


class PurposeText(models.Model):
    """One version of a purpose's words, never changed afterwards; `sha256` is of title and text.

    `is_real_change` says that people who agreed to an earlier version have to be asked again.
    """

    purpose = models.ForeignKey(
        Purpose, verbose_name=_("purpose"), on_delete=models.PROTECT, related_name="texts"
    )
    number = models.PositiveSmallIntegerField(_("version"), editable=False)
    title = models.CharField(_("title"), max_length=60)
    text = models.TextField(
        _("text"), help_text=_("A line that begins with ## is a heading; an empty line ends a paragraph.")
    )
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    is_real_change = models.BooleanField(
        _("ask everybody again"),
        default=True,
        help_text=_("Leave unticked only where nothing changes in substance, such as a slip of the pen."),
    )
    published_at = models.DateTimeField(_("published at"), editable=False)
    published_by = models.ForeignKey(
        Person,
        verbose_name=_("published by"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("text of a purpose")
        verbose_name_plural = _("texts on personal information")
        ordering = ["purpose__order", "-number"]
        constraints = [models.UniqueConstraint(fields=["purpose", "number"], name="text_number_once")]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"

    @property
    def sections(self) -> list[Section]:
        return sections(self.text)


class Consent(ScopedModel):
    """One decision of one person on one text. The latest on a purpose holds; earlier ones stay as they were."""

    org_path = "person"

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="consents"
    )
    text = models.ForeignKey(
        PurposeText, verbose_name=_("text"), on_delete=models.PROTECT, related_name="decisions"
    )
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices)
    asked = models.CharField(_("how"), max_length=10, choices=Asked.choices)
    at = models.DateTimeField(_("when"))
    recorded_by = models.ForeignKey(
        Person, verbose_name=_("recorded by"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.text} · {self.get_decision_display()}"


class PersonInCharge(StampedModel, ScopedModel):
    """Who answers for children's information in the county (儿童个人信息网络保护规定 8), shown to everybody."""

    org_path = "unit"

    unit = models.OneToOneField(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="person_in_charge"
    )
    name = models.CharField(_("name"), max_length=60)
    office = models.CharField(_("office"), max_length=100)
    phone = models.CharField(_("telephone"), max_length=30, help_text=_("An office number that is answered."))

    class Meta:
        verbose_name = _("person in charge of children's information")
        verbose_name_plural = _("persons in charge of children's information")

    def __str__(self) -> str:
        return f"{self.name} · {self.office}"
